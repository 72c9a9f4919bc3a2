package wire

// This file copies payloads, which begin behind a header and so at odd addresses, at the speed of aligned memory.

// copyLeast is from where on Copy does better than Go's copy: there that one begins to use the processor's string moves, which
// fall to a fifth of their speed when source and destination are not both aligned.
const copyLeast = 2048

// Copy copies src to the first len(src) bytes of dst, which has at least that length and does not overlap it. It returns len(src)
// and does not allocate.
func Copy(dst, src []byte) int {
	if len(src) < copyLeast || !hasVector {
		return copy(dst[:len(src)], src)
	}
	maskVector(dst[:len(src)], src, 0)
	return len(src)
}

// Append is append(dst, src...) with Copy. src does not overlap what dst has room for.
func Append(dst, src []byte) []byte {
	at := len(dst)
	if cap(dst)-at < len(src) {
		return append(dst, src...)
	}
	dst = dst[:at+len(src)]
	Copy(dst[at:], src)
	return dst
}
