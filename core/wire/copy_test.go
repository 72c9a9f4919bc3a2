package wire

// These tests hold Copy and Append against Go's own, and show what they are for.

import (
	"bytes"
	"fmt"
	"testing"
)

// Every length around the limit, at addresses that are aligned in no common way, with guards around the result.
func TestCopyIsCopy(t *testing.T) {
	src := pattern(70_000)
	for _, n := range []int{0, 1, 31, 32, 2046, 2047, 2048, 2080, 4095, 4096, 65_536, 69_000} {
		for from := range 34 {
			for to := range 34 {
				got := bytes.Repeat([]byte{0xEE}, to+n+40)
				want := bytes.Clone(got)
				copy(want[to:], src[from:from+n])
				if took := Copy(got[to:to+n], src[from:from+n]); took != n || !bytes.Equal(got, want) {
					t.Fatalf("%d bytes from +%d to +%d: copied %d, or something else", n, from, to, took)
				}
				if n > 5000 {
					break
				}
			}
		}
	}
}

func TestCopyRefusesTooLittleRoom(t *testing.T) {
	for _, n := range []int{1, 5000} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%d bytes were copied to %d", n, n-1)
				}
			}()
			Copy(make([]byte, n-1), make([]byte, n))
		}()
	}
}

func TestAppendIsAppend(t *testing.T) {
	src := pattern(5000)
	for _, room := range []int{0, 10, 4999, 5000, 9000} {
		for _, n := range []int{0, 9, 2049, 5000} {
			dst := append(make([]byte, 0, 3+room), "abc"...)
			want := append(bytes.Clone(dst), src[:n]...)
			got := Append(dst, src[:n])
			if !bytes.Equal(got, want) {
				t.Errorf("%d bytes into room for %d: %d bytes came out, or others", n, room, len(got))
			}
			if n > 0 && n <= room && &got[0] != &dst[0] {
				t.Errorf("%d bytes into room for %d: moved", n, room)
			}
		}
	}
}

func BenchmarkCopyBehindAHeader(b *testing.B) {
	for _, n := range []int{2048, 4096, 16 << 10, 64 << 10, 1 << 20} {
		dst, src := make([]byte, n), make([]byte, 14+n)[14:]
		b.Run(fmt.Sprintf("copy/%d", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for range b.N {
				copy(dst, src)
			}
		})
		b.Run(fmt.Sprintf("Copy/%d", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for range b.N {
				Copy(dst, src)
			}
		})
	}
}
