package wire

// This file masks payloads (RFC 6455 §5.3) as fast as the processor allows, beside the plain twin that defines the result.

import (
	"encoding/binary"
	"math/bits"
)

// Mask XORs b in place with key, where pos is the offset of b[0] in the payload, and returns the position after b, reduced
// modulo 4, for the next call on the same payload. Masking twice restores b. It does not allocate.
func Mask(b []byte, key [4]byte, pos int) int {
	return MaskInto(b, b, key, pos)
}

// MaskInto is Mask that leaves src as it is and writes the result to the first len(src) bytes of dst. dst has at least
// that length, and is src itself or does not overlap it. It does not allocate.
func MaskInto(dst, src []byte, key [4]byte, pos int) int {
	// RFC 6455 §5.3: octet i of the result is octet i of the data XOR octet i mod 4 of the key.
	k := bits.RotateLeft32(binary.LittleEndian.Uint32(key[:]), -8*(pos&3))
	dst = dst[:len(src)]
	switch {
	case len(src) < 32:
		maskShort(dst, src, k)
	case hasVector:
		maskVector(dst, src, k)
	default:
		maskWords(dst, src, k)
	}
	return (pos + len(src)) & 3
}

// maskPlain is the definition of RFC 6455 §5.3, one byte after the other: the reference twin of everything faster.
func maskPlain(dst, src []byte, key [4]byte, pos int) int {
	for i, b := range src {
		dst[i] = b ^ key[(pos+i)&3]
	}
	return (pos + len(src)) & 3
}

// maskWords masks src into dst, which has the same length, with 64-bit words; the lowest byte of k is for src[0].
func maskWords(dst, src []byte, k uint32) {
	k64 := uint64(k)<<32 | uint64(k)
	for len(src) >= 64 {
		s, d := (*[64]byte)(src), (*[64]byte)(dst)
		w0 := binary.LittleEndian.Uint64(s[0:]) ^ k64
		w1 := binary.LittleEndian.Uint64(s[8:]) ^ k64
		w2 := binary.LittleEndian.Uint64(s[16:]) ^ k64
		w3 := binary.LittleEndian.Uint64(s[24:]) ^ k64
		w4 := binary.LittleEndian.Uint64(s[32:]) ^ k64
		w5 := binary.LittleEndian.Uint64(s[40:]) ^ k64
		w6 := binary.LittleEndian.Uint64(s[48:]) ^ k64
		w7 := binary.LittleEndian.Uint64(s[56:]) ^ k64
		binary.LittleEndian.PutUint64(d[0:], w0)
		binary.LittleEndian.PutUint64(d[8:], w1)
		binary.LittleEndian.PutUint64(d[16:], w2)
		binary.LittleEndian.PutUint64(d[24:], w3)
		binary.LittleEndian.PutUint64(d[32:], w4)
		binary.LittleEndian.PutUint64(d[40:], w5)
		binary.LittleEndian.PutUint64(d[48:], w6)
		binary.LittleEndian.PutUint64(d[56:], w7)
		src, dst = src[64:], dst[64:]
	}
	for len(src) >= 8 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^k64)
		src, dst = src[8:], dst[8:]
	}
	for i, b := range src {
		dst[i] = b ^ byte(k)
		k = bits.RotateLeft32(k, -8)
	}
}

// maskShort is maskWords for fewer than 32 bytes, without a loop: it reads words from both ends, which may overlap in the
// middle, before it writes any, so a byte that is written twice gets the same value twice.
func maskShort(dst, src []byte, k uint32) {
	n := len(src)
	kEnd := bits.RotateLeft32(k, -8*(n&3)) // for a word of 4 or 8 bytes at the end
	switch {
	case n >= 16:
		k64, kEnd64 := uint64(k)<<32|uint64(k), uint64(kEnd)<<32|uint64(kEnd)
		w0 := binary.LittleEndian.Uint64(src) ^ k64
		w1 := binary.LittleEndian.Uint64(src[8:]) ^ k64
		w2 := binary.LittleEndian.Uint64(src[n-16:]) ^ kEnd64
		w3 := binary.LittleEndian.Uint64(src[n-8:]) ^ kEnd64
		binary.LittleEndian.PutUint64(dst, w0)
		binary.LittleEndian.PutUint64(dst[8:], w1)
		binary.LittleEndian.PutUint64(dst[n-16:], w2)
		binary.LittleEndian.PutUint64(dst[n-8:], w3)
	case n >= 8:
		w0 := binary.LittleEndian.Uint64(src) ^ (uint64(k)<<32 | uint64(k))
		w1 := binary.LittleEndian.Uint64(src[n-8:]) ^ (uint64(kEnd)<<32 | uint64(kEnd))
		binary.LittleEndian.PutUint64(dst, w0)
		binary.LittleEndian.PutUint64(dst[n-8:], w1)
	case n >= 4:
		w0 := binary.LittleEndian.Uint32(src) ^ k
		w1 := binary.LittleEndian.Uint32(src[n-4:]) ^ kEnd
		binary.LittleEndian.PutUint32(dst, w0)
		binary.LittleEndian.PutUint32(dst[n-4:], w1)
	default:
		for i, b := range src {
			dst[i] = b ^ byte(k>>(8*i))
		}
	}
}
