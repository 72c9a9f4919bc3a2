// This file encodes what the caller sends: every check first, then header, mask and payload (RFC 6455 §5, §6.1).

package protocol

import (
	"slices"

	"libws/core/wire"
)

// maySend returns why data cannot be sent in this state, or nil.
func (m *Machine) maySend() error {
	switch m.state {
	case Open:
		return nil
	case Connecting:
		return errNotOpenYet
	case Closing:
		return errCloseSent // RFC 6455 §5.5.1: no more data frames after a close frame
	}
	return errClosed
}

// MaySendMessage returns why no whole message can be sent now, or nil. It is for shells that encode a message once for many
// servers' connections: its frame is the same for each.
func (m *Machine) MaySendMessage() error {
	if m.Fragmenting() {
		return errMessageOpen
	}
	return m.maySend()
}

// MaySend returns why this frame cannot be sent now, or nil, and changes nothing.
func (m *Machine) MaySend(op wire.Opcode, fin bool, payload []byte) error {
	if err := m.maySend(); err != nil {
		return err
	}
	text := m.sendText
	err := m.checkSend(op, fin, payload)
	m.sendText = text
	return err
}

// FrameHeader checks that a frame with this payload may be sent now, commits the machine to it and writes its header into
// h. The caller then sends h[:n] and the payload, which a client masks with key first (RFC 6455 §5.3). On an error nothing
// has changed. A close frame's answer is Closing.
func (m *Machine) FrameHeader(h *[wire.MaxHeaderSize]byte, op wire.Opcode, fin bool, payload []byte) (n int, key [4]byte, err error) {
	if err := m.maySend(); err != nil {
		return 0, key, err
	}
	if err := m.checkSend(op, fin, payload); err != nil {
		return 0, key, err
	}
	switch {
	case op == wire.OpClose:
		m.ends().sent = true
		m.move(stepCloseSent)
	case op == wire.OpPong:
		m.clear(pingHeld)
	case op.IsControl():
	case !fin && op != wire.OpContinuation:
		m.sendOp = op
	case fin:
		m.sendOp = 0
	}
	n, key = m.putHeader(h, op, fin, len(payload))
	return n, key, nil
}

// checkSend refuses what the RFC forbids to send. It is the caller's misuse, and nothing has changed after it.
func (m *Machine) checkSend(op wire.Opcode, fin bool, payload []byte) error {
	if op.IsReserved() || op > 0xF {
		return errOpcode
	}
	if op.IsControl() {
		if len(payload) > wire.MaxControlPayload {
			return errControlLong
		}
		if !fin {
			return errControlFragment
		}
		if op == wire.OpClose {
			if err := checkCloseBody(payload); err != nil {
				return err
			}
		}
		return nil
	}
	if op == wire.OpContinuation && m.sendOp == 0 {
		return errNothingToGoOn
	}
	if op != wire.OpContinuation && m.sendOp != 0 {
		return errMessageOpen
	}
	if op == wire.OpText || op == wire.OpContinuation && m.sendOp == wire.OpText {
		return m.checkText(op, fin, payload)
	}
	return nil
}

// checkText validates outgoing text over the fragments of its message (RFC 6455 §5.6, §8.1).
func (m *Machine) checkText(op wire.Opcode, fin bool, payload []byte) error {
	if op == wire.OpText && fin {
		if !wire.ValidUTF8(payload) {
			return errTextUTF8
		}
		return nil
	}
	v := m.sendText
	if op == wire.OpText {
		v.Reset()
	}
	if v.Write(payload) >= 0 || fin && !v.Complete() {
		return errTextUTF8
	}
	m.sendText = v
	return nil
}

// putHeader writes a frame header; a client draws a fresh mask for each frame (RFC 6455 §5.3).
func (m *Machine) putHeader(h *[wire.MaxHeaderSize]byte, op wire.Opcode, fin bool, length int) (int, [4]byte) {
	hd := wire.Header{Fin: fin, Opcode: op, Length: int64(length)}
	if m.cfg.Role == Client {
		hd.Masked, hd.Key = true, m.cfg.Mask()
		m.sentKey = hd.Key
	}
	return wire.PutHeader(h[:], hd), hd.Key
}

// AppendFrame checks one frame and appends it, encoded, to dst. On an error dst comes back as it was and nothing has
// changed.
func (m *Machine) AppendFrame(dst []byte, op wire.Opcode, fin bool, payload []byte) ([]byte, error) {
	if fin {
		if whole, ok := m.appendWhole(dst, op, payload); ok {
			return whole, nil
		}
	}
	var h [wire.MaxHeaderSize]byte
	n, key, err := m.FrameHeader(&h, op, fin, payload)
	if err != nil {
		return dst, err
	}
	return m.appendPayload(append(dst, h[:n]...), key, payload), nil
}

// Sending is how far a machine has got with what its caller sends.
type Sending struct {
	op   wire.Opcode
	text wire.UTF8
	held bool
}

// Sending notes how far the machine has got, for TakeBack.
func (m *Machine) Sending() Sending {
	return Sending{m.sendOp, m.sendText, m.has(pingHeld)}
}

// TakeBack undoes the one data frame, ping or pong that was encoded since before, and of which no byte was written. A ping that has
// come meanwhile is the one that is unanswered. A close frame cannot be taken back.
func (m *Machine) TakeBack(before Sending) {
	m.sendOp, m.sendText = before.op, before.text
	if before.held {
		m.set(pingHeld)
	}
}

// AppendMessage checks one text or binary message and appends it, encoded, to dst: one frame, or fragments when it is longer
// than Limits.SendFrame (RFC 6455 §5.4). On an error dst comes back as it was and nothing has changed.
func (m *Machine) AppendMessage(dst []byte, op wire.Opcode, payload []byte) ([]byte, error) {
	limit := m.cfg.Limits.SendFrame
	if int64(len(payload)) <= limit || op.IsControl() {
		return m.AppendFrame(dst, op, true, payload)
	}
	if err := m.maySend(); err != nil {
		return dst, err
	}
	if op == wire.OpContinuation {
		return dst, errOpcode
	}
	if err := m.checkSend(op, true, payload); err != nil {
		return dst, err
	}
	for len(payload) > 0 {
		n := int(min(limit, int64(len(payload))))
		var h [wire.MaxHeaderSize]byte
		hn, key := m.putHeader(&h, op, n == len(payload), n)
		dst = m.appendPayload(append(dst, h[:hn]...), key, payload[:n])
		payload, op = payload[n:], wire.OpContinuation
	}
	return dst, nil
}

// appendControl encodes a control frame of the machine's own.
func (m *Machine) appendControl(dst []byte, op wire.Opcode, payload []byte) []byte {
	var h [wire.MaxHeaderSize]byte
	n, key := m.putHeader(&h, op, true, len(payload))
	return m.appendPayload(append(dst, h[:n]...), key, payload)
}

// appendPayload appends payload, masked when this end is a client.
func (m *Machine) appendPayload(dst []byte, key [4]byte, payload []byte) []byte {
	if m.cfg.Role == Server {
		return wire.Append(dst, payload)
	}
	at := len(dst)
	dst = slices.Grow(dst, len(payload))[:at+len(payload)]
	wire.MaskInto(dst[at:], payload, key, 0)
	return dst
}
