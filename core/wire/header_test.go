package wire

// These tests feed raw headers whole, byte by byte and cut at every place, and code them back (RFC 6455 §5.2).

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"testing"
)

var testKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

var headerVectors = []struct {
	clause, hex string
	want        Header
}{
	{"RFC6455_5_7_TextHello", "8105", Header{Fin: true, Opcode: OpText, Length: 5}},
	{"RFC6455_5_7_TextHelloMasked", "818537fa213d", Header{Fin: true, Opcode: OpText, Masked: true, Key: testKey, Length: 5}},
	{"RFC6455_5_7_FirstFragment", "0103", Header{Opcode: OpText, Length: 3}},
	{"RFC6455_5_7_LastFragment", "8002", Header{Fin: true, Opcode: OpContinuation, Length: 2}},
	{"RFC6455_5_7_Ping", "8905", Header{Fin: true, Opcode: OpPing, Length: 5}},
	{"RFC6455_5_7_PongMasked", "8a8537fa213d", Header{Fin: true, Opcode: OpPong, Masked: true, Key: testKey, Length: 5}},
	{"RFC6455_5_7_Binary256", "827e0100", Header{Fin: true, Opcode: OpBinary, Length: 256}},
	{"RFC6455_5_7_Binary64KiB", "827f0000000000010000", Header{Fin: true, Opcode: OpBinary, Length: 65536}},
	{"RFC6455_5_2_Empty", "8200", Header{Fin: true, Opcode: OpBinary}},
	{"RFC6455_5_2_EmptyMasked", "828037fa213d", Header{Fin: true, Opcode: OpBinary, Masked: true, Key: testKey}},
	{"RFC6455_5_2_Length125", "827d", Header{Fin: true, Opcode: OpBinary, Length: 125}},
	{"RFC6455_5_2_Length126", "827e007e", Header{Fin: true, Opcode: OpBinary, Length: 126}},
	{"RFC6455_5_2_Length126Masked", "82fe007e37fa213d", Header{Fin: true, Opcode: OpBinary, Masked: true, Key: testKey, Length: 126}},
	{"RFC6455_5_2_Length65535", "827effff", Header{Fin: true, Opcode: OpBinary, Length: 65535}},
	{"RFC6455_5_2_Length65536Masked", "82ff000000000001000037fa213d", Header{Fin: true, Opcode: OpBinary, Masked: true, Key: testKey, Length: 65536}},
	{"RFC6455_5_2_Length2To40", "827f0000010000000000", Header{Fin: true, Opcode: OpBinary, Length: 1 << 40}},
	{"RFC6455_5_2_Length63Bits", "827f7fffffffffffffff", Header{Fin: true, Opcode: OpBinary, Length: math.MaxInt64}},
	{"RFC6455_5_2_RSV1", "c100", Header{Fin: true, RSV: RSV1, Opcode: OpText}},
	{"RFC6455_5_2_RSV2", "a100", Header{Fin: true, RSV: RSV2, Opcode: OpText}},
	{"RFC6455_5_2_RSV3", "9100", Header{Fin: true, RSV: RSV3, Opcode: OpText}},
	{"RFC6455_5_2_RSVAll", "7100", Header{RSV: RSV1 | RSV2 | RSV3, Opcode: OpText}},
	{"RFC6455_5_2_ReservedOpcode3", "8300", Header{Fin: true, Opcode: 3}},
	{"RFC6455_5_2_ReservedOpcode15", "8f00", Header{Fin: true, Opcode: 15}},
}

func TestHeader_Vectors(t *testing.T) {
	for _, v := range headerVectors {
		t.Run(v.clause, func(t *testing.T) {
			raw := unhex(t, v.hex)
			for _, tail := range [][]byte{nil, {0xFF}, bytes.Repeat([]byte{0xAA}, 20)} {
				h, n, err := ParseHeader(append(bytes.Clone(raw), tail...))
				if h != v.want || n != len(raw) || err != nil {
					t.Errorf("ParseHeader = %+v, %d, %v; want %+v, %d", h, n, err, v.want, len(raw))
				}
			}
			for cut := range raw {
				h, n, err := ParseHeader(raw[:cut])
				if n != 0 || err != nil {
					t.Errorf("with %d of %d bytes: size %d, error %v", cut, len(raw), n, err)
				}
				expectKnown(t, h, v.want, cut)
			}
			if size := headerSize(v.want.Length, v.want.Masked); size != len(raw) {
				t.Errorf("HeaderSize = %d, want %d", size, len(raw))
			}
			if got := AppendHeader([]byte("x"), v.want); !bytes.Equal(got[1:], raw) || got[0] != 'x' {
				t.Errorf("AppendHeader gives %x, want %x", got[1:], raw)
			}
			buf := bytes.Repeat([]byte{0xEE}, MaxHeaderSize)
			if n := PutHeader(buf, v.want); !bytes.Equal(buf[:n], raw) {
				t.Errorf("PutHeader gives %x, want %x", buf[:n], raw)
			}
			if n := PutHeader(make([]byte, len(raw)), v.want); n != len(raw) {
				t.Errorf("PutHeader into just enough room gives %d bytes", n)
			}
		})
	}
}

// expectKnown checks what an unfinished header of cut bytes tells about want.
func expectKnown(t *testing.T, h, want Header, cut int) {
	t.Helper()
	if cut == 0 && h != (Header{}) {
		t.Errorf("nothing of a header gives %+v", h)
	}
	if cut >= 1 && (h.Fin != want.Fin || h.RSV != want.RSV || h.Opcode != want.Opcode) {
		t.Errorf("the first byte gives %+v, want %+v", h, want)
	}
	if cut >= 2 && h.Masked != want.Masked {
		t.Errorf("two bytes give %+v, want %+v", h, want)
	}
	if h.Length > want.Length || cut >= 2 && want.Length > 125 && h.Length < 126 || cut >= 2 && want.Length > 65535 && h.Length < 65536 {
		t.Errorf("%d bytes bound the length by %d, it is %d", cut, h.Length, want.Length)
	}
}

// A length that breaks a limit is known from its first bytes on.
func TestHeader_UnfinishedLength_IsLowerBound(t *testing.T) {
	for _, v := range []struct {
		hex  string
		want int64
	}{
		{"82", 0}, {"827d", 125}, {"827e", 126}, {"827e00", 126}, {"827e01", 256}, {"827eff", 0xFF00},
		{"827f", 65536}, {"827f00", 65536}, {"827f0001", 1 << 48}, {"827f7f", 0x7F << 56}, {"827f00000000000100", 65536},
		{"827f00000000010000", 1 << 24}, {"827f00000000000201", 0x20100}, {"82fe012c37fa21", 300},
	} {
		raw := unhex(t, v.hex)
		if len(raw) == 2 && raw[1] <= 125 {
			raw[1] |= 0x80 // masked, so that the key is missing
		}
		if h, n, err := ParseHeader(raw); h.Length != v.want || n != 0 || err != nil {
			t.Errorf("%s: length %d, size %d, error %v; want %d", v.hex, h.Length, n, err, v.want)
		}
	}
}

func TestHeader_IllegalLength(t *testing.T) {
	for _, v := range []struct {
		clause, hex string
		want        error
		earliest    int // bytes that prove it
	}{
		{"RFC6455_5_2_MinimalLength_0In16", "827e0000", ErrLengthNotMinimal, 4},
		{"RFC6455_5_2_MinimalLength_125In16", "827e007d", ErrLengthNotMinimal, 4},
		{"RFC6455_5_2_MinimalLength_125In16Masked", "82fe007d37fa213d", ErrLengthNotMinimal, 4},
		{"RFC6455_5_2_MinimalLength_0In64", "827f0000000000000000", ErrLengthNotMinimal, 8},
		{"RFC6455_5_2_MinimalLength_125In64", "827f000000000000007d", ErrLengthNotMinimal, 8},
		{"RFC6455_5_2_MinimalLength_65535In64", "827f000000000000ffff", ErrLengthNotMinimal, 8},
		{"RFC6455_5_2_TopBit_Alone", "827f8000000000000000", ErrLengthTopBit, 3},
		{"RFC6455_5_2_TopBit_All", "82ffffffffffffffffff37fa213d", ErrLengthTopBit, 3},
		{"RFC6455_5_2_TopBit_WithShortLength", "827f8000000000000005", ErrLengthTopBit, 3},
	} {
		t.Run(v.clause, func(t *testing.T) {
			raw := unhex(t, v.hex)
			for cut := range len(raw) + 1 {
				_, n, err := ParseHeader(raw[:cut])
				want := v.want
				if cut < v.earliest {
					want = nil
				}
				if n != 0 || err != want {
					t.Errorf("with %d bytes: size %d, error %v; want error %v", cut, n, err, want)
				}
			}
		})
	}
}

func TestHeader_Parse_ForgetsTheHeaderBefore(t *testing.T) {
	h := Header{true, 7, 15, true, testKey, 99}
	if n, err := h.Parse([]byte{0x01}); n != 0 || err != nil || h != (Header{Opcode: OpText}) {
		t.Errorf("%d, %v, %+v", n, err, h)
	}
	h = Header{true, 7, 15, true, testKey, 99}
	if n, err := h.Parse([]byte{0x01, 0x00}); n != 2 || err != nil || h != (Header{Opcode: OpText}) {
		t.Errorf("%d, %v, %+v", n, err, h)
	}
}

func TestHeader_NoAllocation(t *testing.T) {
	raw := unhex(t, "82ff000000000001000037fa213d")
	var buf [MaxHeaderSize]byte
	dst := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() {
		h, _, err := ParseHeader(raw)
		if err != nil {
			t.Fatal(err)
		}
		PutHeader(buf[:], h)
		dst = AppendHeader(dst[:0], h)
	}); n != 0 {
		t.Errorf("coding a header allocates %v times", n)
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What is parsed is coded back to the same bytes, and any header survives the way there and back.
func FuzzHeaderRoundTrip(f *testing.F) {
	for _, v := range headerVectors {
		f.Add(unhex(f, v.hex), int64(300), byte(0x82), uint32(0))
	}
	f.Fuzz(func(t *testing.T, raw []byte, length int64, first byte, key uint32) {
		h, n, err := ParseHeader(raw)
		if n > 0 {
			if err != nil {
				t.Fatalf("%x: size %d and error %v", raw, n, err)
			}
			if got := AppendHeader(nil, h); !bytes.Equal(got, raw[:n]) {
				t.Fatalf("%x is coded back as %x", raw[:n], got)
			}
		}
		for cut := range min(len(raw), MaxHeaderSize) {
			part, m, perr := ParseHeader(raw[:cut])
			if m != 0 && m != n || m == 0 && n > 0 && perr != nil || perr != nil && perr != err {
				t.Fatalf("%x: %d, %v with all of it, %d, %v with %d bytes", raw, n, err, m, perr, cut)
			}
			if n > 0 && part.Length > h.Length {
				t.Fatalf("%x: with %d bytes the length seems to be at least %d, it is %d", raw, cut, part.Length, h.Length)
			}
		}

		made := Header{Fin: first >= 0x80, RSV: first >> 4 & 7, Opcode: Opcode(first & 15), Length: length & math.MaxInt64}
		if key != 0 {
			made.Masked, made.Key = true, [4]byte{byte(key), byte(key >> 8), byte(key >> 16), byte(key >> 24)}
		}
		coded := AppendHeader(nil, made)
		if got, n, err := ParseHeader(coded); got != made || n != len(coded) || err != nil || n != headerSize(made.Length, made.Masked) {
			t.Fatalf("%+v, coded as %x, is parsed as %+v, %d, %v", made, coded, got, n, err)
		}
	})
}

func BenchmarkHeader(b *testing.B) {
	for _, v := range []string{"8105", "818537fa213d", "82fe007e37fa213d", "82ff000000000001000037fa213d"} {
		raw := unhex(b, v)
		b.Run(fmt.Sprintf("ParseHeader/%d", len(raw)), func(b *testing.B) {
			for b.Loop() {
				ParseHeader(raw)
			}
		})
		h, _, _ := ParseHeader(raw)
		b.Run(fmt.Sprintf("Header.Parse/%d", len(raw)), func(b *testing.B) {
			for b.Loop() {
				h.Parse(raw)
			}
		})
		var buf [MaxHeaderSize]byte
		b.Run(fmt.Sprintf("PutHeader/%d", len(raw)), func(b *testing.B) {
			for b.Loop() {
				PutHeader(buf[:], h)
			}
		})
	}
}

// headerSize returns the size of the shortest header for a payload of length bytes (RFC 6455 §5.2).
func headerSize(length int64, masked bool) int {
	n := 2
	if length > maxLength16 {
		n = 10
	} else if length > maxLength7 {
		n = 4
	}
	if masked {
		n += 4
	}
	return n
}
