//go:build !purego && !race

package wire

// This file lets the tests take the way of a processor without AVX2.

func withoutVectors(f func()) {
	defer func(had bool) { hasVector = had }(hasVector)
	hasVector = false
	f()
}
