// This file handles received control frames and the pongs they call for (RFC 6455 §5.5).

package protocol

import "libws/core/wire"

// pongBacklog is how many unwritten bytes may wait before pings are no longer answered one by one: from then on only the
// latest is (RFC 6455 §5.5.3 allows it), so a peer that pings and does not read costs a bounded amount of memory.
const pongBacklog = 2048

// controlPayload gathers the payload of a control frame, which may come between the fragments of a message.
func (m *Machine) controlPayload() (Event, bool) {
	p := m.take()
	if m.remain == 0 && (m.control == nil || m.control.partLen == 0) {
		return m.controlFrame(p)
	}
	b := m.box()
	b.partLen += uint8(copy(b.part[b.partLen:], p))
	if m.remain > 0 {
		return Event{}, false
	}
	p = b.part[:b.partLen]
	b.partLen = 0
	return m.controlFrame(p)
}

// controlFrame acts on a whole control frame.
func (m *Machine) controlFrame(p []byte) (Event, bool) {
	m.clear(inFrame)
	ev := Event{Kind: FrameEvent, Opcode: m.frameOp, Final: true, Masked: m.cfg.Role == Server, Payload: p}
	switch m.frameOp {
	case wire.OpClose:
		return m.closeReceived(ev), true
	case wire.OpPing:
		m.pingReceived(p)
		if !m.has(framesMode) {
			ev.Kind = PingEvent
		}
	case wire.OpPong:
		if !m.has(framesMode) {
			ev.Kind = PongEvent
		}
	}
	return ev, true
}

// pingReceived answers a ping, or holds it for Pong: RFC 6455 §5.5.2, a ping MUST be answered unless a close came before.
func (m *Machine) pingReceived(p []byte) {
	manual := m.has(framesMode) || m.cfg.ManualPong
	if !manual && len(m.out) < pongBacklog && !m.has(pongDue) {
		m.out = m.appendControl(m.grab(), wire.OpPong, p)
		return
	}
	b := m.box()
	b.pingLen = uint8(copy(b.ping[:], p))
	if manual {
		m.set(pingHeld)
	} else {
		m.set(pongDue)
	}
}

// appendPong encodes the pong that is due.
func (m *Machine) appendPong(dst []byte) []byte {
	m.clear(pongDue)
	return m.appendControl(dst, wire.OpPong, m.control.ping[:m.control.pingLen])
}

// Ping queues a ping with at most 125 bytes of payload in Output (RFC 6455 §5.5.2).
func (m *Machine) Ping(payload []byte) error { return m.queueControl(wire.OpPing, payload) }

// PongPayload queues an unsolicited pong with at most 125 bytes of payload in Output (RFC 6455 §5.5.3).
func (m *Machine) PongPayload(payload []byte) error { return m.queueControl(wire.OpPong, payload) }

// Pong queues the answer to the latest ping that has none yet, carrying its payload (RFC 6455 §5.5.3); without such a
// ping, an empty unsolicited pong.
func (m *Machine) Pong() error { return m.queueControl(wire.OpPong, m.HeldPing()) }

// HeldPing returns the payload of the latest unanswered ping, nil when there is none. Sending any pong answers it.
func (m *Machine) HeldPing() []byte {
	if !m.has(pingHeld) {
		return nil
	}
	return m.control.ping[:m.control.pingLen]
}

func (m *Machine) queueControl(op wire.Opcode, payload []byte) error {
	out, err := m.AppendFrame(m.grab(), op, true, payload)
	if err == nil {
		m.out = out
	}
	return err
}
