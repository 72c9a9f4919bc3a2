//go:build !purego

package wire

// This file lets the tests of masking take the way of a processor without AVX2.

func withoutVectors(f func()) {
	defer func(had bool) { hasMaskVector = had }(hasMaskVector)
	hasMaskVector = false
	f()
}
