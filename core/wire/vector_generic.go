//go:build !amd64 || purego

package wire

// This file stands in for vector_amd64.go on other processors, and with the build tag purego.

const hasVector = false

func maskVector(dst, src []byte, key uint32) { maskWords(dst, src, key) }

func utf8Vector([]byte) int { return 0 }
