//go:build !amd64 || purego

package wire

// This file stands in for vector masking where there is none (RFC 6455 §5.3).

const hasMaskVector = false

func maskVector(dst, src []byte, key uint32) { maskWords(dst, src, key) }
