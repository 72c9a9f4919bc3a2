//go:build !purego && !race

package wire

// This file makes the tables with which AVX2 validates 64 bytes of UTF-8 at a time (RFC 3629 §4).
//
// The method is the one of Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte" (2020). All that can
// be wrong with two neighbouring bytes is told by three nibbles: both of the first byte, and the high one of the second.
// Each of eight rules has a bit; a table for each nibble holds the bits of the rules that this nibble can break; a rule is
// broken when all three tables say so. The rules forbid that a tail follows a tail, too, which is right after the heads of
// three and four bytes, so there it is taken back.

// byteRange is an inclusive range of bytes.
type byteRange struct{ least, most int }

// utf8Rules are the neighbours that must not be: any of first before any of second. The rule at index i has bit i.
var utf8Rules = [8]struct{ first, second []byteRange }{
	0: {[]byteRange{{0xC0, 0xFF}}, []byteRange{{0x00, 0x7F}, {0xC0, 0xFF}}}, // a head without its tail
	1: {[]byteRange{{0x00, 0x7F}}, []byteRange{{0x80, 0xBF}}},               // a tail without a head
	2: {[]byteRange{{0xC0, 0xC1}}, []byteRange{{0x80, 0xBF}}},               // overlong, two bytes
	3: {[]byteRange{{0xE0, 0xE0}}, []byteRange{{0x80, 0x9F}}},               // overlong, three bytes
	4: {[]byteRange{{0xED, 0xED}}, []byteRange{{0xA0, 0xBF}}},               // a surrogate
	5: {[]byteRange{{0xF4, 0xFF}}, []byteRange{{0x90, 0xBF}}},               // above U+10FFFF
	6: {[]byteRange{{0xF0, 0xF0}, {0xF5, 0xFF}}, []byteRange{{0x80, 0x8F}}}, // overlong, four bytes, or far above U+10FFFF
	7: {[]byteRange{{0x80, 0xBF}}, []byteRange{{0x80, 0xBF}}},               // a tail after a tail
}

// utf8RuleTables holds the bits for the first byte's high nibble, for its low one, and for the second byte's high one.
var utf8RuleTables = func() (t [3][16]uint8) {
	for i, rule := range utf8Rules {
		for _, r := range rule.first {
			for b := r.least; b <= r.most; b++ {
				t[0][b>>4] |= 1 << i
				t[1][b&15] |= 1 << i
			}
		}
		for _, r := range rule.second {
			for b := r.least; b <= r.most; b++ {
				t[2][b>>4] |= 1 << i
			}
		}
	}
	return t
}()
