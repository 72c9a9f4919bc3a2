package wire

// This file validates UTF-8 as a stream that may be cut anywhere, failing at the first bad byte (RFC 6455 §8.1, RFC 3629 §4).

import (
	"encoding/binary"
	"unsafe"
)

// UTF8 validates text that arrives in chunks. Its zero value is ready. It is one byte, and none of its methods allocates.
type UTF8 struct{ state uint8 }

// Write goes on with p and returns -1 while everything so far can be the start of valid UTF-8, otherwise the index in p of
// the first byte that cannot continue it. A bad text stays bad: Write then returns 0 until Reset is called.
func (v *UTF8) Write(p []byte) int {
	if v.state == utf8Reject {
		return 0
	}
	s, i := uint64(v.state), 0
	if hasVector && len(p) >= 2*utf8Block {
		// Vectors need a code point's start, which comes within three bytes.
		for ; s != utf8Accept; i++ {
			if s = utf8Table[p[i]] >> s & 63; s == utf8Reject {
				v.state = utf8Reject
				return i
			}
		}
		// Where they end, for the first bad byte or for lack of bytes, the automaton goes on, again from such a start.
		i += utf8Vector(p[i:])
		i -= unfinished(p[:i])
	}
	for len(p)-i >= utf8Block {
		if s&63 == utf8Accept {
			i += skipASCII(p[i:])
			if len(p)-i < utf8Block {
				break
			}
		}
		before := s
		s = stepBlock((*[utf8Block]byte)(p[i:]), s)
		if s&63 == utf8Reject {
			return v.writeBytes(p, i, before)
		}
		i += utf8Block
	}
	if s&63 == utf8Accept && endsInASCII(p, i) {
		v.state = utf8Accept
		return -1
	}
	return v.writeBytes(p, i, s)
}

// unfinished returns how many bytes at the end of p, valid before them, are the start of a code point that lacks a tail, or a
// byte that starts none.
func unfinished(p []byte) int {
	n := len(p)
	switch {
	case n >= 1 && p[n-1] >= 0xC0:
		return 1
	case n >= 2 && p[n-2] >= 0xE0:
		return 2
	case n >= 3 && p[n-3] >= 0xF0:
		return 3
	}
	return 0
}

// writeBytes ends a Write from p[i] on, in state s, looking at each byte's result.
func (v *UTF8) writeBytes(p []byte, i int, s uint64) int {
	for ; i < len(p); i++ {
		s = utf8Table[p[i]] >> (s & 63)
		if s&63 == utf8Reject {
			v.state = utf8Reject
			return i
		}
	}
	v.state = uint8(s & 63)
	return -1
}

// Complete tells whether everything written so far is valid and no code point is left unfinished.
func (v *UTF8) Complete() bool { return v.state == utf8Accept }

// Reset makes v ready for another text.
func (v *UTF8) Reset() { v.state = utf8Accept }

// ValidUTF8 tells whether p is valid UTF-8 as a whole.
func ValidUTF8(p []byte) bool {
	var v UTF8
	return v.Write(p) < 0 && v.Complete()
}

// ValidUTF8String is ValidUTF8 for a string; it does not copy s.
func ValidUTF8String(s string) bool {
	return ValidUTF8(unsafe.Slice(unsafe.StringData(s), len(s)))
}

// The states of the validator: what may come next. Each is a multiple of six, the place of its successor in the words of
// utf8Table, and the one to start with is zero.
const (
	utf8Accept = 6 * iota // the start of a code point
	utf8Tail1             // one more byte, 80-BF
	utf8Tail2             // two more, 80-BF each
	utf8Tail3             // three more
	utf8E0                // after E0: A0-BF, then one more (shorter forms exist for what 80-9F would give)
	utf8ED                // after ED: 80-9F, then one more (A0-BF would give a surrogate)
	utf8F0                // after F0: 90-BF, then two more (shorter forms exist for what 80-8F would give)
	utf8F4                // after F4: 80-8F, then two more (90-BF would be above U+10FFFF)
	utf8Reject            // not UTF-8 any more
)

// nextPlain is the plain twin of utf8Table, RFC 3629 §4 as it is written: the state that b leads to from state s.
func nextPlain(s uint8, b byte) uint8 {
	least, most, next := byte(0x80), byte(0xBF), uint8(utf8Reject)
	switch s {
	case utf8Accept:
		switch {
		case b <= 0x7F:
			return utf8Accept
		case b <= 0xC1: // a tail out of place, or the head of an overlong form
			return utf8Reject
		case b <= 0xDF:
			return utf8Tail1
		case b == 0xE0:
			return utf8E0
		case b == 0xED:
			return utf8ED
		case b <= 0xEF:
			return utf8Tail2
		case b == 0xF0:
			return utf8F0
		case b <= 0xF3:
			return utf8Tail3
		case b == 0xF4:
			return utf8F4
		}
		return utf8Reject
	case utf8Tail1:
		next = utf8Accept
	case utf8Tail2:
		next = utf8Tail1
	case utf8Tail3:
		next = utf8Tail2
	case utf8E0:
		least, next = 0xA0, utf8Tail1
	case utf8ED:
		most, next = 0x9F, utf8Tail1
	case utf8F0:
		least, next = 0x90, utf8Tail2
	case utf8F4:
		most, next = 0x8F, utf8Tail2
	}
	if b < least || b > most {
		return utf8Reject
	}
	return next
}

// utf8Table holds, for each byte, the successors of all nine states, six bits each. So a step is one load, which does not
// depend on the state, and one shift, which alone is on the critical path: about a byte per clock for any text.
var utf8Table = func() (t [256]uint64) {
	for b := range t {
		for s := uint8(utf8Accept); s <= utf8Reject; s += 6 {
			t[b] |= uint64(nextPlain(s, byte(b))) << s
		}
	}
	return t
}()

const utf8Block = 16

// stepBlock runs the automaton over a block; only the low six bits of state are meaningful.
func stepBlock(b *[utf8Block]byte, s uint64) uint64 {
	s = utf8Table[b[0]] >> (s & 63)
	s = utf8Table[b[1]] >> (s & 63)
	s = utf8Table[b[2]] >> (s & 63)
	s = utf8Table[b[3]] >> (s & 63)
	s = utf8Table[b[4]] >> (s & 63)
	s = utf8Table[b[5]] >> (s & 63)
	s = utf8Table[b[6]] >> (s & 63)
	s = utf8Table[b[7]] >> (s & 63)
	s = utf8Table[b[8]] >> (s & 63)
	s = utf8Table[b[9]] >> (s & 63)
	s = utf8Table[b[10]] >> (s & 63)
	s = utf8Table[b[11]] >> (s & 63)
	s = utf8Table[b[12]] >> (s & 63)
	s = utf8Table[b[13]] >> (s & 63)
	s = utf8Table[b[14]] >> (s & 63)
	return utf8Table[b[15]] >> (s & 63)
}

const notASCII = 0x8080808080808080 // the bits that no byte of ASCII has

// skipASCII returns how many bytes at the start of p, in steps of eight, are ASCII.
func skipASCII(p []byte) int {
	i := 0
	for len(p)-i >= 32 {
		b := (*[32]byte)(p[i:])
		w0, w1 := binary.LittleEndian.Uint64(b[0:]), binary.LittleEndian.Uint64(b[8:])
		w2, w3 := binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])
		if (w0|w1|w2|w3)&notASCII != 0 {
			break
		}
		i += 32
	}
	for len(p)-i >= 8 && binary.LittleEndian.Uint64(p[i:])&notASCII == 0 {
		i += 8
	}
	return i
}

// endsInASCII tells whether the bytes of p from i on are ASCII, when that takes one or two loads to see.
func endsInASCII(p []byte, i int) bool {
	n := len(p)
	return n >= 8 && n-i <= 16 && (binary.LittleEndian.Uint64(p[n-8:])|binary.LittleEndian.Uint64(p[min(i, n-8):]))&notASCII == 0
}
