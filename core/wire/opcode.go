// Package wire is the lowest layer of libws: pure functions on bytes for everything that RFC 6455 puts on the wire.
// Frame headers, masks, close codes, UTF-8, the accept key, HTTP/1.1 heads with their header grammar. Nothing here knows
// a socket, a clock, a role or the state of a connection; a rule that needs one of these lives in core/protocol.
package wire

// This file names the opcodes of RFC 6455 §5.2 and sorts them into data, control and reserved ones (§5.5, §5.6).

import "strconv"

// Opcode is the four-bit opcode of a frame header (RFC 6455 §5.2, §11.8).
type Opcode uint8

// The opcodes that RFC 6455 §5.2 defines; 3 to 7 are reserved for data frames, 11 to 15 for control frames.
const (
	OpContinuation Opcode = 0
	OpText         Opcode = 1
	OpBinary       Opcode = 2
	OpClose        Opcode = 8
	OpPing         Opcode = 9
	OpPong         Opcode = 10
)

// IsControl tells whether op is close, ping or pong (RFC 6455 §5.5).
func (op Opcode) IsControl() bool { return op >= OpClose && op <= OpPong }

// IsData tells whether op carries message data: text, binary or a continuation of either (RFC 6455 §5.6).
func (op Opcode) IsData() bool { return op <= OpBinary }

// IsReserved tells whether RFC 6455 §5.2 leaves op undefined.
func (op Opcode) IsReserved() bool { return !op.IsData() && !op.IsControl() }

// String gives the RFC's word for op, and "reserved N" for the undefined ones.
func (op Opcode) String() string {
	switch op {
	case OpContinuation:
		return "continuation"
	case OpText:
		return "text"
	case OpBinary:
		return "binary"
	case OpClose:
		return "close"
	case OpPing:
		return "ping"
	case OpPong:
		return "pong"
	}
	return "reserved " + strconv.Itoa(int(op))
}
