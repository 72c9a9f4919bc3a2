// This file holds the Machine itself: its memory, its life cycle and the verbs that move bytes in and out of it.

package protocol

import "libws/core/wire"

// Machine is the protocol state of one connection. The zero value is of no use before Init, InitServer or InitClient. It
// holds no pointer to itself, so a shell keeps it by value.
type Machine struct {
	cfg     *Config
	in      []byte      // fed and not yet looked at
	out     []byte      // to be written; the pending pong is not in it yet
	buf     []byte      // payload gathered so far: of the message, or in frame mode of the frame
	opening *opening    // the opening handshake, until Release or ReleaseOpening
	end     *ending     // how the connection ends; nil while nothing ends it
	control *controlBox // payloads of control frames that must outlive the input

	remain    int64 // payload bytes of the current frame still to come
	size      int64 // payload bytes of the message so far, this frame's announced length included
	fragments int64 // frames of the message so far

	hdr     [wire.MaxHeaderSize - 1]byte // start of a header that was cut by the end of the input
	hdrLen  uint8
	key     [4]byte // mask of the current frame
	keyPos  uint8
	state   State
	frameOp wire.Opcode // opcode of the current frame
	msgOp   wire.Opcode // opcode of the message's first frame
	sendOp  wire.Opcode // opcode of the outgoing fragmented message, 0 when none is begun
	batch   uint8       // *Config.Batch when a message was delivered last
	flags   flag
	sentKey [4]byte // the last mask that was drawn

	recvText wire.UTF8
	sendText wire.UTF8
}

// flag packs the machine's booleans, so that an idle connection stays small.
type flag uint16

const (
	inFrame      flag = 1 << iota // a header was read, payload or delivery is due
	finFrame                      // FIN of the current frame
	inMessage                     // a fragmented message has begun
	framesMode                    // deliver frames
	streaming                     // the current message is delivered in parts
	partSent                      // its first part was delivered
	delivered                     // buf was handed out with the last event
	pongDue                       // control.ping is to be answered by Output
	pingHeld                      // control.ping holds an unanswered ping
	eofFed                        // FeedEOF was called
	endTold                       // EndEvent was delivered
	failTold                      // FailedEvent was delivered
	awaitVerdict                  // a request was reported, Accept or Refuse is due
	openDue                       // the request was accepted, Opened is to be told
)

func (m *Machine) has(f flag) bool { return m.flags&f != 0 }
func (m *Machine) set(f flag)      { m.flags |= f }
func (m *Machine) clear(f flag)    { m.flags &^= f }

// controlBox keeps the payload of a control frame across inputs, and that of the latest unanswered ping.
type controlBox struct {
	part    [wire.MaxControlPayload]byte
	ping    [wire.MaxControlPayload]byte
	partLen uint8
	pingLen uint8
}

func (m *Machine) box() *controlBox {
	if m.control == nil {
		m.control = new(controlBox)
	}
	return m.control
}

// Init starts a machine whose opening handshake was done elsewhere: the connection is Open.
func (m *Machine) Init(cfg *Config) {
	*m = Machine{cfg: cfg, state: Open}
	if cfg.Frames {
		m.set(framesMode)
	}
}

// Feed hands over bytes that came from the peer. They belong to the machine, which unmasks them in place, until Next
// answers NeedInput or Retain was called. Bytes fed after the connection is Closed are ignored (RFC 6455 §5.5.1).
func (m *Machine) Feed(b []byte) {
	if len(m.in) == 0 {
		m.in = b
		return
	}
	m.in = append(m.in[:len(m.in):len(m.in)], b...)
}

// FeedEOF tells that the peer will send no more. Next reports what was fed before, then EndEvent.
func (m *Machine) FeedEOF() { m.set(eofFed) }

// Retain copies the input that is left, so that the fed memory can be used again before Next answered NeedInput.
func (m *Machine) Retain() {
	if len(m.in) > 0 {
		m.in = append([]byte(nil), m.in...)
	}
}

// Unread takes back the input that Next has not looked at, as when reading shall pause. It is the caller's again; fed once
// more later, it gives the same events.
func (m *Machine) Unread() []byte {
	b := m.in
	m.in = nil
	return b
}

// Buffered returns how many bytes of input Next has not looked at.
func (m *Machine) Buffered() int { return len(m.in) }

// Pending reports whether Next has more to say without further input.
func (m *Machine) Pending() bool {
	return len(m.in) > 0 && m.state != Closed || m.Held() || m.has(openDue) || m.has(eofFed) && !m.has(endTold) || m.end != nil && m.end.err != nil && !m.has(failTold)
}

// Next returns the next event, NeedInput when there is none. It ends the life of the previous event's payload.
func (m *Machine) Next() Event {
	m.EndPayload()
	if m.has(openDue) {
		m.clear(openDue)
		return Event{Kind: Opened}
	}
	if m.end != nil && m.end.held != heldNothing {
		return m.nextHeld()
	}
	if len(m.in) == 0 && m.end == nil && m.flags&(inFrame|eofFed) == 0 {
		return Event{}
	}
	for {
		switch {
		case m.state == Connecting:
			if ev, ok := m.nextOpening(); ok {
				return ev
			}
		case m.state == Closed:
			m.in = nil // RFC 6455 §5.5.1, §7.1.7: what follows a close frame or a failure is not looked at
		default:
			if ev, ok := m.nextWhole(); ok {
				return ev
			}
			if ev, ok := m.nextFrame(); ok {
				return ev
			}
		}
		if ev, ok := m.nextEnd(); ok {
			return ev
		}
		if m.state == Connecting || m.state == Closed || len(m.in) == 0 {
			return Event{}
		}
	}
}

// Output returns the bytes to write next: handshakes, pongs and close frames, in order. They belong to the machine and
// stay the same until Sent tells how many of them were written.
func (m *Machine) Output() []byte {
	if len(m.out) == 0 && m.has(pongDue) {
		m.out = m.appendPong(m.out[:0])
	}
	return m.out
}

// Sent tells that the first n bytes of Output were written.
func (m *Machine) Sent(n int) {
	if n < len(m.out) {
		m.out = m.out[n:]
		return
	}
	if cap(m.out) > 512 || m.state == Closed {
		m.out = nil
		return
	}
	m.out = m.out[:0]
}

// AppendOutput moves everything that Output would return, in order, behind dst.
func (m *Machine) AppendOutput(dst []byte) []byte {
	dst = append(dst, m.out...)
	m.cfg.Spare.giveOutput(m.out)
	m.out = nil
	if m.has(pongDue) {
		dst = m.appendPong(dst)
	}
	return dst
}

// OutputSize returns how many bytes AppendOutput appends at most.
func (m *Machine) OutputSize() int {
	n := len(m.out)
	if m.has(pongDue) {
		n += wire.MaxHeaderSize + wire.MaxControlPayload
	}
	return n
}

// HasOutput reports whether Output has bytes, at the price of a comparison.
func (m *Machine) HasOutput() bool { return len(m.out) > 0 || m.has(pongDue) }

// Abandon closes the machine without a word to the peer, as when the carrier is cut off locally. What was to be written is
// dropped, too.
func (m *Machine) Abandon() {
	m.move(stepEnded)
	m.in, m.out = nil, nil
	m.clear(pongDue)
}

// Release gives back the machine's memory. Only the accessors of state and ending may be called afterwards.
func (m *Machine) Release() {
	m.recycleAll()
	m.ReleaseOpening()
	m.in, m.out, m.control = nil, nil, nil
}

// State returns the connection's state. It changes inside Next, Close, AppendFrame, Accept, Refuse and Abandon.
func (m *Machine) State() State { return m.state }

// Role returns which end this machine plays.
func (m *Machine) Role() Role { return m.cfg.Role }

// InMessage reports whether a frame or a fragmented message has begun and is not whole yet.
func (m *Machine) InMessage() bool { return m.hdrLen > 0 || m.flags&(inFrame|inMessage) != 0 }

// Fragmenting reports whether a message of this end's was begun in fragments and is not whole yet: nothing but control frames can be
// sent besides (RFC 6455 §5.4).
func (m *Machine) Fragmenting() bool { return m.sendOp != 0 && m.state == Open }

// LastMask returns the masking key that was drawn last, zero before the first.
func (m *Machine) LastMask() [4]byte { return m.sentKey }

// SetFrames switches between frame mode and message mode. It is refused inside a message.
func (m *Machine) SetFrames(on bool) error {
	if m.has(framesMode) == on {
		return nil
	}
	if m.flags&(inFrame|inMessage) != 0 {
		return errModeInMessage
	}
	m.flags ^= framesMode
	return nil
}

// Frames reports whether the machine is in frame mode.
func (m *Machine) Frames() bool { return m.has(framesMode) }
