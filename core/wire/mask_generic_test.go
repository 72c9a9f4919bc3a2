//go:build !amd64 || purego

package wire

// This file stands in for mask_amd64_test.go where there is no vector masking to be switched off.

func withoutVectors(f func()) {
	maskVector(make([]byte, 32), make([]byte, 32), 0)
	f()
}
