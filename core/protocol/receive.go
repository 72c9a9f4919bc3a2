// This file reads frames: headers across chunk borders, payload unmasked in place, control frames between fragments
// (RFC 6455 §5.2–§5.5).

package protocol

import "libws/core/wire"

// nextFrame works on the input until it has an event or the input is used up.
func (m *Machine) nextFrame() (Event, bool) {
	for {
		if !m.has(inFrame) {
			h, ok := m.nextHeader()
			if !ok {
				return Event{}, false
			}
			if err := m.begin(h); err != nil {
				return m.fail(err), true
			}
		}
		var ev Event
		var ok bool
		if m.frameOp.IsControl() {
			ev, ok = m.controlPayload()
		} else {
			ev, ok = m.dataPayload()
		}
		if ok || m.has(inFrame) {
			return ev, ok
		}
	}
}

// nextHeader takes one frame header from the input. A header that the input cuts is kept for the next one.
func (m *Machine) nextHeader() (wire.Header, bool) {
	if m.hdrLen == 0 {
		h, n, err := wire.ParseHeader(m.in)
		if n > 0 && err == nil {
			m.in = m.in[n:]
			return h, true
		}
		if err == nil {
			m.hdrLen = uint8(copy(m.hdr[:], m.in))
			m.in = nil
			return h, false
		}
		m.failWith(headerError(err))
		return h, false
	}
	var whole [wire.MaxHeaderSize]byte
	had := copy(whole[:], m.hdr[:m.hdrLen])
	took := copy(whole[had:], m.in)
	h, n, err := wire.ParseHeader(whole[:had+took])
	if err != nil {
		m.failWith(headerError(err))
		return h, false
	}
	if n == 0 {
		m.hdrLen = uint8(copy(m.hdr[:], whole[:had+took]))
		m.in = m.in[took:]
		return h, false
	}
	m.hdrLen = 0
	m.in = m.in[n-had:]
	return h, true
}

// begin checks a header and prepares for its payload.
func (m *Machine) begin(h wire.Header) *Error {
	r := reception{role: m.cfg.Role, inMessage: m.has(inMessage), frames: m.has(framesMode), fragments: m.fragments, size: m.size}
	if err := checkHeader(h, r, &m.cfg.Limits); err != nil {
		return err
	}
	m.frameOp, m.remain, m.key, m.keyPos = h.Opcode, h.Length, h.Key, 0
	m.set(inFrame)
	m.clear(finFrame)
	if h.Fin {
		m.set(finFrame)
	}
	if h.Opcode.IsControl() {
		return nil
	}
	if h.Opcode != wire.OpContinuation {
		m.msgOp, m.size, m.fragments = h.Opcode, 0, 0
		m.recvText.Reset()
	}
	m.size += h.Length
	m.fragments++
	if over := m.cfg.StreamOver; over > 0 && m.size > over && !m.has(framesMode) {
		m.set(streaming)
	}
	return nil
}

// take cuts the next piece of the current frame's payload from the input and unmasks it in place.
func (m *Machine) take() []byte {
	n := int(min(int64(len(m.in)), m.remain))
	p := m.in[:n:n]
	m.in = m.in[n:]
	m.unmask(p)
	return p
}

// unmask accounts for payload bytes that have arrived and removes their mask (RFC 6455 §5.3).
func (m *Machine) unmask(p []byte) {
	m.remain -= int64(len(p))
	if m.cfg.Role == Server {
		m.keyPos = uint8(wire.Mask(p, m.key, int(m.keyPos)))
	}
}

// dataPayload goes on with a data frame: it delivers it, keeps its bytes, or waits for more.
func (m *Machine) dataPayload() (Event, bool) {
	if m.remain > 0 && len(m.in) == 0 {
		return Event{}, false
	}
	p := m.take()
	if good := m.validText(p); good >= 0 {
		return m.badText(p[:good])
	}
	if m.has(streaming) {
		return m.part(p)
	}
	whole := m.remain == 0
	if whole && len(m.buf) == 0 && (m.has(framesMode) || !m.has(inMessage) && m.has(finFrame)) {
		return m.frameDone(p)
	}
	if !m.keep(p) {
		return m.fail(errNoMemory), true
	}
	if !whole {
		return Event{}, false
	}
	return m.frameDone(m.buf)
}

// validText validates text as it arrives, so that the first bad byte fails the connection (RFC 6455 §8.1). It returns -1, or
// how many bytes of p were good.
func (m *Machine) validText(p []byte) int {
	if m.msgOp != wire.OpText {
		return -1
	}
	if bad := m.recvText.Write(p); bad >= 0 {
		return bad
	}
	if m.remain == 0 && m.has(finFrame) && !m.recvText.Complete() {
		return len(p)
	}
	return -1
}

// badText fails the connection over text. Of a streamed message the good bytes are delivered first, as they would have been
// had they come alone.
func (m *Machine) badText(good []byte) (Event, bool) {
	if !m.has(streaming) || len(good) == 0 {
		return m.fail(errPeerUTF8), true
	}
	m.clear(finFrame)
	ev, _ := m.part(good)
	m.failWith(errPeerUTF8)
	return ev, true
}

// frameDone ends a data frame. payload is what has been gathered: of the frame in frame mode, else of the message.
func (m *Machine) frameDone(payload []byte) (Event, bool) {
	op, fin := m.frameOp, m.has(finFrame)
	m.clear(inFrame)
	if !fin {
		m.set(inMessage)
	} else {
		m.clear(inMessage)
		m.size, m.fragments = 0, 0
	}
	if m.has(framesMode) {
		m.set(delivered)
		return Event{Kind: FrameEvent, Opcode: op, Final: fin, Masked: m.cfg.Role == Server, Payload: payload}, true
	}
	if !fin {
		return Event{}, false
	}
	m.set(delivered)
	m.delivers()
	return Event{Kind: MessageEvent, Opcode: m.msgOp, Final: true, Masked: m.cfg.Role == Server, Payload: payload}, true
}

// part delivers a piece of a streamed message. What was gathered before streaming began goes first.
func (m *Machine) part(p []byte) (Event, bool) {
	if len(m.buf) > 0 && !m.has(partSent) {
		if !m.keep(p) {
			return m.fail(errNoMemory), true
		}
		p = m.buf
	}
	ends := m.remain == 0
	last := ends && m.has(finFrame)
	if len(p) == 0 && !last {
		if ends {
			m.clear(inFrame)
			m.set(inMessage)
		}
		return Event{}, false
	}
	ev := Event{Kind: FragmentEvent, Opcode: m.msgOp, First: !m.has(partSent), Final: last, Masked: m.cfg.Role == Server, Payload: p}
	m.set(partSent | delivered)
	m.delivers()
	if ends {
		m.clear(inFrame)
		m.set(inMessage)
	}
	if last {
		m.clear(inMessage | streaming | partSent)
		m.size, m.fragments = 0, 0
	}
	return ev, true
}
