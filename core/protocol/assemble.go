// This file owns the memory in which a message or frame is gathered that no single input held whole (RFC 6455 §5.4).

package protocol

import "libws/core/wire"

const (
	trustedBytes = 256 << 10 // an announced length is believed up to here; beyond, memory follows what has arrived
	keptBytes    = 64 << 10  // a buffer up to this capacity is used again for the next message
	directBytes  = 256 << 10 // the longest piece that Direct offers at once
)

// errNoMemory tells that there is no room for what has arrived of a message.
var errNoMemory = &Error{Kind: Exhausted, Rule: "there is no memory for the message", CloseCode: wire.CloseUnexpected}

// keep appends payload, already taken off m.remain, to what has been gathered; false when there is no memory for it.
func (m *Machine) keep(p []byte) bool {
	need := len(m.buf) + len(p)
	if !m.reserve(need, int64(need)+m.remain) {
		return false
	}
	m.buf = wire.Append(m.buf, p)
	return true
}

// reserve makes the buffer hold need bytes, with an eye to whole, the bytes there will be when the current frame is
// complete. An announced length is believed up to trustedBytes, so a header alone never costs more; beyond that, and over
// the fragments of a message, memory grows with what has arrived and stays within a small multiple of it. It returns false when there
// is no memory.
func (m *Machine) reserve(need int, whole int64) bool {
	if need <= cap(m.buf) {
		return true
	}
	want := int(min(whole, max(trustedBytes, 4*int64(len(m.buf)))))
	if m.has(inMessage) || !m.has(finFrame) {
		want = max(want, 2*len(m.buf))
	}
	var grown []byte
	if m.cfg.Grow != nil && cap(m.buf) > 0 {
		grown = m.cfg.Grow(m.buf, max(want, need))
	} else if grown = m.alloc(max(want, need)); grown != nil {
		grown = wire.Append(grown, m.buf)
		m.free(m.buf)
	}
	if grown == nil {
		return false
	}
	m.buf = grown
	return true
}

func (m *Machine) alloc(n int) []byte {
	if m.cfg.Alloc != nil {
		return m.cfg.Alloc(n)
	}
	return make([]byte, 0, n)
}

func (m *Machine) free(b []byte) {
	if m.cfg.Free != nil && cap(b) > 0 {
		m.cfg.Free(b)
	}
}

// EndPayload ends the life of the last event's payload, as the next call of Next does: for shells that may not call it for a while.
func (m *Machine) EndPayload() {
	if m.has(delivered) {
		m.recycle()
	}
}

// recycle takes back the buffer that the last event lent out, once the shell has moved on.
func (m *Machine) recycle() {
	m.clear(delivered)
	if cap(m.buf) == 0 || m.has(inMessage) && !m.has(framesMode|streaming) {
		return
	}
	if m.cfg.Free != nil || cap(m.buf) > keptBytes {
		m.recycleAll()
		return
	}
	m.buf = m.buf[:0]
}

func (m *Machine) recycleAll() {
	m.free(m.buf)
	m.buf = nil
}

// Direct offers memory to read the rest of a long payload straight into, saving one copy: nil unless the machine waits for
// at least least more bytes of a message that it gathers. After reading, call Filled, then Next. The payload of an
// earlier event must no longer be used.
func (m *Machine) Direct(least int) []byte {
	if m.flags&(inFrame|streaming) != inFrame || m.frameOp.IsControl() || len(m.in) > 0 || m.remain < int64(least) || m.state == Closed || m.Held() {
		return nil
	}
	if !m.reserve(len(m.buf)+least, int64(len(m.buf))+m.remain) {
		return nil // keep tells
	}
	room := m.buf[len(m.buf):cap(m.buf)]
	return room[:min(int64(len(room)), m.remain, directBytes)]
}

// Filled tells that n bytes were read into the memory that Direct returned last.
func (m *Machine) Filled(n int) {
	p := m.buf[len(m.buf) : len(m.buf)+n]
	m.unmask(p)
	if m.validText(p) >= 0 {
		m.failWith(errPeerUTF8)
		return
	}
	m.buf = m.buf[:len(m.buf)+n]
}
