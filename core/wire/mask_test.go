package wire

// These tests hold every way of masking against its plain twin (RFC 6455 §5.3).

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/bits"
	"testing"
)

// pattern returns n bytes that repeat with no period that masking could hide.
func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint32(0x9E3779B9)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// The examples of RFC 6455 §5.7: "Hello" masked, and "lo" as the second part of it.
func TestMask_RFC6455_5_3_Example(t *testing.T) {
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	masked, _ := hex.DecodeString("7f9f4d5158")
	for cut := range masked {
		b := bytes.Clone(masked)
		pos := Mask(b[:cut], key, 0)
		if pos = Mask(b[cut:], key, pos); string(b) != "Hello" || pos != 1 {
			t.Errorf("cut at %d: got %q at position %d, want \"Hello\" at 1", cut, b, pos)
		}
	}
}

// Every length up to some rounds of every loop, at every alignment and position, with guards around the result.
func TestMask_RFC6455_5_3_EveryLengthAndAlignment(t *testing.T) {
	key := [4]byte{0x01, 0x80, 0xFE, 0x37}
	src := pattern(700)
	for _, n := range lengths() {
		for align := range 34 {
			for pos := range 4 {
				want := make([]byte, n)
				wantPos := maskPlain(want, src[align:align+n], key, pos)

				buf := bytes.Clone(src)
				if got := Mask(buf[align:align+n], key, pos); got != wantPos {
					t.Fatalf("n=%d align=%d pos=%d: Mask returns position %d, want %d", n, align, pos, got, wantPos)
				}
				expectMasked(t, "Mask", buf, src, want, align)

				buf = bytes.Clone(src)
				if got := MaskInto(buf[align:align+n], src[1:1+n], key, pos); got != wantPos {
					t.Fatalf("n=%d align=%d pos=%d: MaskInto returns position %d, want %d", n, align, pos, got, wantPos)
				}
				maskPlain(want, src[1:1+n], key, pos)
				expectMasked(t, "MaskInto", buf, src, want, align)

				buf = bytes.Clone(src)
				k := bits.RotateLeft32(0x37FE8001, -8*pos)
				maskWords(buf[align:align+n], src[1:1+n], k)
				expectMasked(t, "maskWords", buf, src, want, align)
			}
		}
	}
}

func lengths() []int {
	var ns []int
	for n := range 200 {
		ns = append(ns, n)
	}
	return append(ns, 255, 256, 257, 300, 383, 384, 385, 511, 512, 600, 640)
}

// expectMasked checks that buf is src with want at align, and nothing else.
func expectMasked(t *testing.T, what string, buf, src, want []byte, align int) {
	t.Helper()
	if !bytes.Equal(buf[align:align+len(want)], want) {
		t.Fatalf("%s of %d bytes at alignment %d differs from its plain twin", what, len(want), align)
	}
	if !bytes.Equal(buf[:align], src[:align]) || !bytes.Equal(buf[align+len(want):], src[align+len(want):]) {
		t.Fatalf("%s of %d bytes at alignment %d writes outside of them", what, len(want), align)
	}
}

func TestMask_Twice_RestoresPayload(t *testing.T) {
	src := pattern(1000)
	b := bytes.Clone(src)
	key := [4]byte{9, 8, 7, 6}
	Mask(b, key, 3)
	if bytes.Equal(b, src) {
		t.Error("masking has changed nothing")
	}
	Mask(b, key, 3)
	if !bytes.Equal(b, src) {
		t.Error("masking twice does not restore the payload")
	}
}

func TestMaskInto_LeavesRestOfLongerDst(t *testing.T) {
	dst := pattern(100)
	want := bytes.Clone(dst)
	MaskInto(dst, make([]byte, 40), [4]byte{}, 0)
	clear(want[:40])
	if !bytes.Equal(dst, want) {
		t.Error("MaskInto writes beyond the length of src")
	}
}

func TestMaskInto_ShortDst_Panics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a dst shorter than src is written to")
		}
	}()
	MaskInto(make([]byte, 39), make([]byte, 40), [4]byte{}, 0)
}

// What a processor without vectors does must be the same.
func TestMask_WithoutVectors(t *testing.T) {
	src, key := pattern(333), [4]byte{5, 6, 7, 8}
	want, got := make([]byte, len(src)), make([]byte, len(src))
	maskPlain(want, src, key, 2)
	withoutVectors(func() { MaskInto(got, src, key, 2) })
	if !bytes.Equal(got, want) {
		t.Error("MaskInto without vectors differs from its plain twin")
	}
}

func TestMask_NoAllocation(t *testing.T) {
	b, dst := make([]byte, 4096), make([]byte, 4096)
	if n := testing.AllocsPerRun(100, func() {
		Mask(b, [4]byte{1, 2, 3, 4}, 1)
		MaskInto(dst, b, [4]byte{1, 2, 3, 4}, 1)
		Mask(b[:20], [4]byte{1, 2, 3, 4}, 1)
	}); n != 0 {
		t.Errorf("masking allocates %v times", n)
	}
}

func FuzzMaskTwin(f *testing.F) {
	f.Add([]byte("Hello"), uint32(0x3d21fa37), uint8(0), uint8(2))
	f.Add(pattern(300), uint32(0x01020304), uint8(3), uint8(131))
	f.Fuzz(func(t *testing.T, data []byte, k uint32, pos, cut uint8) {
		key := [4]byte{byte(k), byte(k >> 8), byte(k >> 16), byte(k >> 24)}
		want := make([]byte, len(data))
		wantPos := maskPlain(want, data, key, int(pos))

		got := make([]byte, len(data))
		if p := MaskInto(got, data, key, int(pos)); p != wantPos || !bytes.Equal(got, want) {
			t.Fatalf("MaskInto gives %x at %d, its plain twin %x at %d", got, p, want, wantPos)
		}
		words := make([]byte, len(data))
		maskWords(words, data, bits.RotateLeft32(k, -8*int(pos&3)))
		if !bytes.Equal(words, want) {
			t.Fatalf("maskWords gives %x, its plain twin %x", words, want)
		}
		at := min(int(cut), len(data))
		chunked := bytes.Clone(data)
		if p := Mask(chunked[at:], key, Mask(chunked[:at], key, int(pos))); p != wantPos || !bytes.Equal(chunked, want) {
			t.Fatalf("Mask cut at %d gives %x at %d, its plain twin %x at %d", at, chunked, p, want, wantPos)
		}
	})
}

// BenchmarkMask compares masking with copy, which only moves the same bytes, and with its slower twins.
func BenchmarkMask(b *testing.B) {
	key := [4]byte{1, 2, 3, 4}
	for _, n := range []int{7, 20, 125, 1 << 10, 16 << 10, 64 << 10, 1 << 20, 64 << 20} {
		src, dst := make([]byte, n), make([]byte, n)
		run := func(name string, f func()) {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.SetBytes(int64(n))
				for b.Loop() {
					f()
				}
			})
		}
		run("copy", func() { copy(dst, src) })
		run("Mask", func() { Mask(dst, key, 0) })
		run("MaskInto", func() { MaskInto(dst, src, key, 0) })
		run("maskWords", func() { maskWords(dst, dst, 0x04030201) })
		if n <= 1<<20 {
			run("maskPlain", func() { maskPlain(dst, dst, key, 0) })
		}
	}
}
