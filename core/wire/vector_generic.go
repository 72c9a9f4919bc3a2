//go:build !amd64 || purego || race

package wire

// This file stands in for vector_amd64.go on other processors, with the build tag purego, and under the race detector, which sees
// nothing of what assembly reads and writes: programs built with -race would not learn that they change a payload while it is sent.

const hasVector = false

func maskVector(dst, src []byte, key uint32) { maskWords(dst, src, key) }

func utf8Vector([]byte) int { return 0 }
