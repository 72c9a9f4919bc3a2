package wire

// This file codes the frame header of RFC 6455 §5.2 to and from bytes; which headers are legal when is not decided here.

import (
	"encoding/binary"
	"errors"
)

const (
	// MaxHeaderSize is the size of the longest header: two bytes, a 64-bit length and a masking key.
	MaxHeaderSize = 14

	// MaxControlPayload bounds the payload of a control frame (RFC 6455 §5.5).
	MaxControlPayload = 125
)

var (
	// ErrLengthNotMinimal reports a payload length that fits in a shorter encoding (RFC 6455 §5.2).
	ErrLengthNotMinimal = errors.New("wire: payload length is not in its shortest form")

	// ErrLengthTopBit reports a 64-bit payload length whose most significant bit is set (RFC 6455 §5.2).
	ErrLengthTopBit = errors.New("wire: most significant bit of a 64-bit payload length is set")
)

// The bits of a header's first two bytes (RFC 6455 §5.2).
const (
	bitFin    = 0x80
	bitMasked = 0x80

	length16 = 126 // the 7-bit length that announces 16 bits more
	length64 = 127 // the 7-bit length that announces 64 bits more

	maxLength7  = 125
	maxLength16 = 1<<16 - 1
)

// Bits of Header.RSV.
const (
	RSV1 = 4
	RSV2 = 2
	RSV3 = 1
)

// Header is a frame header. Key matters only when Masked is true.
type Header struct {
	Fin    bool
	RSV    uint8 // RSV1, RSV2 and RSV3 or'ed
	Opcode Opcode
	Masked bool
	Key    [4]byte
	Length int64 // of the payload, in bytes
}

// ParseHeader reads the header at the start of b and returns it with its size n.
//
// When n is 0 and err is nil, b ends inside the header, and h holds what is known so far: Fin, RSV and Opcode from the
// first byte on, Masked from the second, and in Length a lower bound of the payload's length (exact once it is below
// 126), so that an illegal or too long frame can be refused without waiting for the rest of its header.
//
// ErrLengthNotMinimal and ErrLengthTopBit come with the earliest byte that proves them. It does not allocate.
func ParseHeader(b []byte) (h Header, n int, err error) {
	n, err = h.Parse(b)
	return h, n, err
}

// Parse is ParseHeader into h. It takes half the time, since loading a struct of bytes as a whole to copy it stalls the
// processor when the bytes have just been stored.
func (h *Header) Parse(b []byte) (n int, err error) {
	*h = Header{}
	if len(b) < 2 {
		if len(b) == 1 {
			h.setFirst(b[0])
		}
		return 0, nil
	}
	h.setFirst(b[0])
	h.Masked = b[1]&bitMasked != 0
	h.Length = int64(b[1] &^ bitMasked)
	n = 2
	if h.Length > maxLength7 {
		if h.Length, n, err = parseLength(b); n == 0 {
			return 0, err
		}
	}
	if h.Masked {
		if len(b) < n+4 {
			return 0, nil
		}
		h.Key = [4]byte(b[n:])
		n += 4
	}
	return n, nil
}

func (h *Header) setFirst(b byte) {
	h.Fin = b&bitFin != 0
	h.RSV = b >> 4 & 7
	h.Opcode = Opcode(b & 0x0F)
}

// parseLength reads the 16-bit or 64-bit length that b[1] announces, and the size of the header without a key. Size 0 without
// an error comes with a lower bound.
func parseLength(b []byte) (length int64, size int, err error) {
	if b[1]&^bitMasked == length16 {
		if len(b) < 4 {
			return leastLength(b[2:], 2, maxLength7+1), 0, nil
		}
		length = int64(binary.BigEndian.Uint16(b[2:]))
		// RFC 6455 §5.2: the minimal number of bytes MUST be used to encode the length.
		if length <= maxLength7 {
			return 0, 0, ErrLengthNotMinimal
		}
		return length, 4, nil
	}
	// RFC 6455 §5.2: the most significant bit of the 64-bit length MUST be 0.
	if len(b) > 2 && b[2] >= 0x80 {
		return 0, 0, ErrLengthTopBit
	}
	// Six zero bytes leave at most 65,535, which has a 16-bit form.
	if len(b) >= 8 && b[2]|b[3]|b[4]|b[5]|b[6]|b[7] == 0 {
		return 0, 0, ErrLengthNotMinimal
	}
	if len(b) < 10 {
		return leastLength(b[2:], 8, maxLength16+1), 0, nil
	}
	return int64(binary.BigEndian.Uint64(b[2:])), 10, nil
}

// leastLength returns the least length, from least on, whose size bytes start with b.
func leastLength(b []byte, size int, least int64) int64 {
	var l int64
	for i := range size {
		l <<= 8
		if i < len(b) {
			l |= int64(b[i])
		}
	}
	return max(l, least)
}

// PutHeader writes h to the start of dst, with the shortest length encoding, and returns its size. dst has room
// for it, for which MaxHeaderSize bytes are always enough; h.Length is not negative. It does not allocate.
func PutHeader(dst []byte, h Header) int {
	b := byte(h.Opcode)&0x0F | h.RSV&7<<4
	if h.Fin {
		b |= bitFin
	}
	dst[0] = b
	b = 0
	if h.Masked {
		b = bitMasked
	}
	n := 2
	switch {
	case h.Length <= maxLength7:
		dst[1] = b | byte(h.Length)
	case h.Length <= maxLength16:
		dst[1] = b | length16
		binary.BigEndian.PutUint16(dst[2:], uint16(h.Length))
		n = 4
	default:
		dst[1] = b | length64
		binary.BigEndian.PutUint64(dst[2:], uint64(h.Length))
		n = 10
	}
	if h.Masked {
		n += copy(dst[n:n+4], h.Key[:])
	}
	return n
}

// AppendHeader appends h to dst and returns the longer slice.
func AppendHeader(dst []byte, h Header) []byte {
	var buf [MaxHeaderSize]byte
	return append(dst, buf[:PutHeader(buf[:], h)]...)
}
