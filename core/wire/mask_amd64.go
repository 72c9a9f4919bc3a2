//go:build !purego

package wire

// This file finds out at run time whether the processor can mask with AVX2 (RFC 6455 §5.3).

import "golang.org/x/sys/cpu"

// hasMaskVector tells whether maskVector may be called. HasAVX2 includes that the system saves the registers.
var hasMaskVector = cpu.X86.HasAVX2

// maskVector masks src into dst, which has the same length of at least 32; the lowest byte of key is for src[0].
func maskVector(dst, src []byte, key uint32) { maskAVX2(&dst[0], &src[0], len(src), key) }

//go:noescape
func maskAVX2(dst, src *byte, n int, key uint32)
