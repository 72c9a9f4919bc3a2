//go:build !amd64 || purego || race

package wire

// This file stands in for vector_amd64_test.go where there are no vectors to be switched off.

func withoutVectors(f func()) {
	maskVector(make([]byte, 32), make([]byte, 32), 0)
	utf8Vector(nil)
	f()
}
