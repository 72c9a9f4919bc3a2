//go:build !purego && !race

package wire

// This file finds out at run time whether the processor has AVX2, and leads to what is written for it.

import "golang.org/x/sys/cpu"

// hasVector tells whether maskVector and utf8Vector may be called. HasAVX2 includes that the system saves the registers.
var hasVector = cpu.X86.HasAVX2

// maskVector masks src into dst, which has the same length of at least 32; the lowest byte of key is for src[0].
func maskVector(dst, src []byte, key uint32) { maskAVX2(&dst[0], &src[0], len(src), key) }

//go:noescape
func maskAVX2(dst, src *byte, n int, key uint32)

// utf8Vector looks at p from a code point's start on, and returns the length of a part of it that is valid UTF-8 but for a
// code point or a bad byte, C0, C1 or F5 and more, at its very end. The length is a multiple of 64.
func utf8Vector(p []byte) int {
	if len(p) < 64 {
		return 0
	}
	return utf8AVX2(&p[0], len(p), &utf8RuleTables)
}

//go:noescape
func utf8AVX2(p *byte, n int, rules *[3][16]uint8) int
