// This file holds the short cuts for what most frames are: one whole, unfragmented data message that is not long. Each does what the
// general path does, at a fraction of its steps; tests run both side by side.

package protocol

import "libws/core/wire"

// The longest payloads whose length stands in the second byte of a header, and in two bytes more (RFC 6455 §5.2).
const (
	shortPayload  = 125
	mediumPayload = 1<<16 - 1
)

// underWay are the conditions in which a frame is not the beginning of a message or not delivered in one piece.
const underWay = inFrame | inMessage | streaming | partSent | delivered | openDue

// NextMessage is Next for what comes most: a text or binary message that the input holds whole, in one frame. ok is false when
// something else is to be said, or nothing, and Next says it. The payload lives as long as that of an event.
func (m *Machine) NextMessage() (op wire.Opcode, payload []byte, ok bool) {
	if m.state != Open || m.end != nil || m.has(framesMode) {
		return 0, nil, false
	}
	return m.whole()
}

// nextWhole is NextMessage in every state and mode in which data frames come.
func (m *Machine) nextWhole() (Event, bool) {
	op, p, ok := m.whole()
	if !ok {
		return Event{}, false
	}
	kind := MessageEvent
	if m.has(framesMode) {
		kind = FrameEvent
	}
	return Event{Kind: kind, Opcode: op, Final: true, Masked: m.cfg.Role == Server, Payload: p}, true
}

// whole takes the next frame from the input when it is a text or binary message of at most mediumPayload that the input holds whole.
// Anything else, what breaks a rule included, is left to nextFrame as it came.
func (m *Machine) whole() (wire.Opcode, []byte, bool) {
	b := m.in
	if len(b) < 2 || m.hdrLen != 0 || m.flags&underWay != 0 {
		return 0, nil, false
	}
	op := wire.Opcode(b[0] & 0x0F)
	if b[0]&0xF0 != 0x80 || op != wire.OpText && op != wire.OpBinary {
		return 0, nil, false
	}
	n, head, masked := int(b[1]&0x7F), 2, b[1]&0x80 != 0
	if n > shortPayload {
		if n > shortPayload+1 || len(b) < 4 {
			return 0, nil, false
		}
		if n, head = int(b[2])<<8|int(b[3]), 4; n <= shortPayload {
			return 0, nil, false
		}
	}
	if masked {
		head += 4
	}
	cfg := m.cfg
	if masked != (cfg.Role == Server) || len(b) < head+n || int64(n) > cfg.Limits.MaxFrame || int64(n) > cfg.Limits.MaxMessage || cfg.StreamOver > 0 && int64(n) > cfg.StreamOver {
		return 0, nil, false
	}
	p := b[head : head+n : head+n]
	var key [4]byte
	if masked {
		key = [4]byte(b[head-4 : head])
		wire.Mask(p, key, 0)
	}
	if op == wire.OpText && !wire.ValidUTF8(p) {
		if masked {
			wire.Mask(p, key, 0) // as it came
		}
		return 0, nil, false
	}
	m.in = b[head+n:]
	m.delivers()
	return op, p, true
}

// appendWhole appends a text or binary message as a server sends it; false when that is not what it is asked for.
func (m *Machine) appendWhole(dst []byte, op wire.Opcode, payload []byte) ([]byte, bool) {
	n := len(payload)
	if n > mediumPayload || m.state != Open || m.sendOp != 0 || m.cfg.Role != Server {
		return dst, false
	}
	if op != wire.OpBinary && (op != wire.OpText || !wire.ValidUTF8(payload)) {
		return dst, false
	}
	if n <= shortPayload {
		dst = append(dst, 0x80|byte(op), byte(n))
	} else {
		dst = append(dst, 0x80|byte(op), shortPayload+1, byte(n>>8), byte(n))
	}
	return wire.Append(dst, payload), true
}
