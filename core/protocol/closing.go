// This file holds the ways a connection ends: the closing handshake, a broken rule, the end of input (RFC 6455 §5.5.1, §7).

package protocol

import "libws/core/wire"

// ending is what is known about how the connection ends. It exists only from the first sign of an end on.
type ending struct {
	err      *Error         // the rule the peer broke
	code     wire.CloseCode // received; CloseNoStatus when the close frame was empty
	reason   string         // received
	sent     bool           // a close frame of ours is in Output or beyond
	received bool           // the peer's close frame has come
	held     held           // what waits until the messages before it could be answered
}

func (m *Machine) ends() *ending {
	if m.end == nil {
		m.end = &ending{code: wire.CloseAbnormal}
	}
	return m.end
}

// The rules of closing a peer can break.
var (
	errCloseOneByte = violation(wire.CloseProtocolError, "a close frame has one byte of body (RFC 6455 §5.5.1)")
	errPeerCode     = violation(wire.CloseProtocolError, "a close frame carries a code that must not be sent (RFC 6455 §7.4)")
	errPeerReason   = violation(wire.CloseInvalidData, "a close reason is not valid UTF-8 (RFC 6455 §5.5.1)")
)

// Close starts the closing handshake: a close frame with code and reason goes into Output and the state becomes Closing
// (RFC 6455 §7.1.2). The reason has at most 123 bytes of UTF-8.
func (m *Machine) Close(code wire.CloseCode, reason string) error {
	if err := m.maySend(); err != nil {
		return err
	}
	if !code.OnWire() {
		return errCloseCode
	}
	if len(reason) > wire.MaxControlPayload-2 {
		return errCloseReasonLong
	}
	if !wire.ValidUTF8String(reason) {
		return errCloseReasonUTF8
	}
	var body [wire.MaxControlPayload]byte
	m.sendClose(wire.AppendClosePayload(body[:0], code, reason))
	m.move(stepCloseSent)
	return nil
}

// sendClose queues a close frame behind the pong that is due.
func (m *Machine) sendClose(body []byte) {
	if m.has(pongDue) {
		m.out = m.appendPong(m.grab())
	}
	m.out = m.appendControl(m.grab(), wire.OpClose, body)
	m.ends().sent = true
}

// checkCloseBody checks the body of a close frame that the caller wants to send as it is.
func checkCloseBody(body []byte) *Error {
	switch _, _, err := wire.ParseClosePayload(body); err {
	case nil:
		return nil
	case wire.ErrCloseCode:
		return errCloseCode
	case wire.ErrCloseReason:
		return errCloseReasonUTF8
	}
	return errCloseBody
}

// closeReceived answers the peer's close frame with its own code, unless ours went first (RFC 6455 §5.5.1, §7.1.5).
func (m *Machine) closeReceived(ev Event) Event {
	if m.answersWait() {
		b := m.box()
		b.partLen = uint8(copy(b.part[:], ev.Payload))
		m.hold(heldClose)
		return Event{}
	}
	code, reason, err := wire.ParseClosePayload(ev.Payload)
	switch err {
	case nil:
	case wire.ErrCloseCode:
		return m.fail(errPeerCode)
	case wire.ErrCloseReason:
		return m.fail(errPeerReason)
	default:
		return m.fail(errCloseOneByte)
	}
	e := m.ends()
	e.code, e.reason, e.received = code, string(reason), true
	if m.state == Open {
		m.sendClose(ev.Payload[:min(2, len(ev.Payload))])
	}
	m.move(stepCloseReceived)
	ev.Kind, ev.Code = CloseEvent, code
	return ev
}

// fail reports a broken rule right away.
func (m *Machine) fail(err *Error) Event {
	m.failWith(err)
	ev, _ := m.nextEnd()
	return ev
}

// failWith fails the connection: RFC 6455 §7.1.7, the peer is told why, once the connection had been established.
func (m *Machine) failWith(err *Error) {
	e := m.ends()
	e.err = err
	if m.answersWait() && err.told() {
		m.hold(heldViolation)
		return
	}
	if m.state == Open && err.told() {
		var body [wire.MaxControlPayload]byte
		m.sendClose(wire.AppendClosePayload(body[:0], err.CloseCode, err.Rule))
	}
	m.move(stepFailed)
	m.in = nil
	m.clear(inFrame | inMessage | streaming | partSent)
}

// nextEnd reports a failure, then the end of input, once each.
func (m *Machine) nextEnd() (Event, bool) {
	if m.Held() {
		return Event{}, false
	}
	if m.end != nil && m.end.err != nil && !m.has(failTold) {
		m.set(failTold)
		code := m.end.err.CloseCode
		if code == 0 {
			code = wire.CloseAbnormal
		}
		return Event{Kind: FailedEvent, Code: code}, true
	}
	if !m.has(eofFed) || m.has(endTold) || m.has(awaitVerdict) || len(m.in) > 0 && m.state != Closed {
		return Event{}, false
	}
	if m.state == Connecting {
		return m.fail(errEndedEarly), true
	}
	m.set(endTold)
	m.move(stepEnded)
	return Event{Kind: EndEvent, Code: m.CloseCode()}, true
}

// Err returns the rule that the peer broke, nil when it broke none.
func (m *Machine) Err() *Error {
	if m.end == nil {
		return nil
	}
	return m.end.err
}

// CloseCode returns the code of the close frame that was received, CloseNoStatus when it had none, CloseAbnormal when none
// has come (RFC 6455 §7.1.5).
func (m *Machine) CloseCode() wire.CloseCode {
	if m.end == nil {
		return wire.CloseAbnormal
	}
	return m.end.code
}

// CloseReason returns the reason of the close frame that was received (RFC 6455 §7.1.6).
func (m *Machine) CloseReason() string {
	if m.end == nil {
		return ""
	}
	return m.end.reason
}

// CloseSent reports whether a close frame of ours was put into Output.
func (m *Machine) CloseSent() bool { return m.end != nil && m.end.sent }

// CloseReceived reports whether the peer's close frame has come.
func (m *Machine) CloseReceived() bool { return m.end != nil && m.end.received }
