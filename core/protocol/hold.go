// This file holds back what ends a connection until the messages that came before it could be answered, for shells that answer
// in batches (RFC 6455 §5.5.1).

package protocol

// held says what waits.
type held uint8

const (
	heldNothing   held = iota
	heldClose          // a close frame; its body is in the control box
	heldViolation      // the failure in ending.err
)

// answersWait reports whether a message of the batch that the shell is gathering has been delivered.
func (m *Machine) answersWait() bool {
	return m.batch != 0 && m.batch == *m.cfg.Batch && m.state != Connecting && m.state != Closed
}

// delivers notes that a message, or a part of one, goes out with the current batch.
func (m *Machine) delivers() {
	if b := m.cfg.Batch; b != nil {
		m.batch = *b
	}
}

// Held reports whether the end of the connection, or of its input, waits for the next batch.
func (m *Machine) Held() bool {
	return m.end != nil && m.end.held != heldNothing || m.flags&(eofFed|endTold) == eofFed && m.answersWait()
}

// hold makes the end wait. What is left of the input is not looked at any more (RFC 6455 §5.5.1, §7.1.7).
func (m *Machine) hold(what held) {
	m.ends().held = what
	m.in = nil
}

// nextHeld goes on with what was held back, once its batch is over. Nothing else is looked at meanwhile.
func (m *Machine) nextHeld() Event {
	if m.answersWait() {
		return Event{}
	}
	what := m.end.held
	m.end.held = heldNothing
	if what == heldViolation {
		return m.fail(m.end.err)
	}
	b := m.box()
	ev := Event{Kind: FrameEvent, Opcode: m.frameOp, Final: true, Masked: m.cfg.Role == Server, Payload: b.part[:b.partLen]}
	b.partLen = 0
	return m.closeReceived(ev)
}
