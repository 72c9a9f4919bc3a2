// This file holds Frame, the unit that RecvFrame and SendFrame trade in (RFC 6455 §5.2).

package core

import (
	"encoding/binary"

	"libws/core/wire"
)

// Frame is one WebSocket frame. The payload of a received frame belongs to the connection and is valid until the next
// receiving call on it; Clone keeps it longer. The payload of a frame made here is the caller's.
type Frame struct {
	Opcode   Opcode
	Payload  []byte // unmasked
	IsFinal  bool   // FIN: the last or only frame of its message
	IsMasked bool   // MASK: came masked. Sending looks at the role instead (RFC 6455 §5.1)
}

// NewFrame makes a final frame with the given opcode. The payload is not copied.
func NewFrame(op Opcode, payload []byte) Frame {
	return Frame{Opcode: op, Payload: payload, IsFinal: true}
}

// TextFrame makes a text frame.
func TextFrame(msg string) Frame { return NewFrame(OpText, []byte(msg)) }

// BinaryFrame makes a binary frame. The data is not copied.
func BinaryFrame(data []byte) Frame { return NewFrame(OpBinary, data) }

// PingFrame makes a ping frame with no payload.
func PingFrame() Frame { return NewFrame(OpPing, nil) }

// PongFrame makes a pong frame with no payload.
func PongFrame() Frame { return NewFrame(OpPong, nil) }

// CloseFrame makes a close frame with a status code. Sending it fails with CodeCloseCode when the code must not be on the wire, as
// CloseNoStatus must not (RFC 6455 §7.4.1). A close frame without a code is NewFrame(OpClose, nil).
func CloseFrame(code CloseCode) Frame {
	return NewFrame(OpClose, binary.BigEndian.AppendUint16(nil, uint16(code)))
}

// IsControl tells whether this is a close, ping or pong frame (opcode ≥ 8).
func (f *Frame) IsControl() bool { return f.Opcode != NoFrame && f.Opcode >= OpClose }

// IsText tells whether this is a text frame.
func (f *Frame) IsText() bool { return f.Opcode == OpText }

// IsBinary tells whether this is a binary frame.
func (f *Frame) IsBinary() bool { return f.Opcode == OpBinary }

// IsClose tells whether this is a close frame.
func (f *Frame) IsClose() bool { return f.Opcode == OpClose }

// IsPing tells whether this is a ping frame.
func (f *Frame) IsPing() bool { return f.Opcode == OpPing }

// IsPong tells whether this is a pong frame.
func (f *Frame) IsPong() bool { return f.Opcode == OpPong }

// PayloadLen returns the length of the payload in bytes.
func (f *Frame) PayloadLen() int { return len(f.Payload) }

// PayloadText returns a copy of the payload as a string, empty when there is none.
func (f *Frame) PayloadText() string { return string(f.Payload) }

// CloseCode returns the status code of a close frame, CloseNoStatus when it has none or is no close frame.
func (f *Frame) CloseCode() CloseCode {
	if f.Opcode != OpClose || len(f.Payload) < 2 {
		return CloseNoStatus
	}
	return CloseCode(binary.BigEndian.Uint16(f.Payload))
}

// CloseReason returns the reason of a close frame, empty when it has none or is no close frame.
func (f *Frame) CloseReason() string {
	if f.Opcode != OpClose || len(f.Payload) < 2 {
		return ""
	}
	return string(f.Payload[2:])
}

// Clone returns a copy whose payload is memory of its own.
func (f *Frame) Clone() Frame {
	c := *f
	c.Payload = append([]byte(nil), f.Payload...)
	return c
}

// CopyPayload copies the payload to dst, as much of it as fits, and returns that many bytes. dst must not overlap the payload. Long
// payloads are copied faster than by copy, for they begin behind a header, at odd addresses.
func (f *Frame) CopyPayload(dst []byte) int {
	return wire.Copy(dst, f.Payload[:min(len(dst), len(f.Payload))])
}

// Drop lets the payload go. Go programs need not call it; a second call does nothing.
func (f *Frame) Drop() { f.Payload = nil }

// noFrame comes with every error of a receiving call.
func noFrame() Frame { return Frame{Opcode: NoFrame} }
