// Masking keys of clients are fresh and distinct (RFC 6455 §5.3, §10.3).

package core

import (
	"bytes"
	"io"
	"testing"
)

func TestClientMasksWithAFreshKey(t *testing.T) {
	a, b := tcpPair(t)
	c := must(FromClient(a))(t)
	defer c.Drop()
	peer := newRawPeer(t, b)
	if c.MaskKey() != 0 {
		t.Fatal("a key before the first frame")
	}
	seen := map[uint32]bool{}
	for _, size := range []int{1, 100, 1000, 65536} {
		payload := bytes.Repeat([]byte("m"), size)
		if _, err := c.SendBinary(payload); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(payload, bytes.Repeat([]byte("m"), size)) {
			t.Fatal("the caller's bytes were masked in place")
		}
		head := map[bool]int{true: 2, false: 4}[size < 126]
		if size > 65535 {
			head = 10
		}
		got := make([]byte, head+4+size)
		if _, err := io.ReadFull(peer, got); err != nil {
			t.Fatal(err)
		}
		key := got[head : head+4]
		for i, x := range got[head+4:] {
			if x^key[i%4] != 'm' {
				t.Fatalf("byte %d of %d does not unmask", i, size)
			}
		}
		k := uint32(key[0])<<24 | uint32(key[1])<<16 | uint32(key[2])<<8 | uint32(key[3])
		if c.MaskKey() != k {
			t.Fatalf("MaskKey %x, the wire has %x", c.MaskKey(), k)
		}
		if seen[k] {
			t.Fatal("a key came twice")
		}
		seen[k] = true
	}
}

// RFC 6455 §5.3: keys are not to be predicted; ten thousand are all different.
func TestMasksAreDistinct(t *testing.T) {
	seen := map[[4]byte]bool{}
	repeats := 0
	for range 10_000 {
		key := drawMask()
		if seen[key] {
			repeats++
		}
		seen[key] = true
	}
	if repeats > 1 { // a repeat among 10,000 random 32-bit keys has a chance of 1 in 86; two of 1 in 15,000
		t.Fatal(repeats, "keys came twice")
	}
}
