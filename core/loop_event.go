// This file defines LoopEvent, one report of a loop, in the layout that C programs see.

package core

import "unsafe"

// LoopEventKind tells what happened.
type LoopEventKind int64

// The kinds of event.
const (
	LoopOpen     LoopEventKind = 1 // the opening handshake is done; the payload is the agreed subprotocol
	LoopMessage  LoopEventKind = 2 // a whole message
	LoopFragment LoopEventKind = 3 // the next part of a message longer than OptStreamOverBytes; see First and Final
	LoopPing     LoopEventKind = 4 // a ping, answered already; only with OptPings
	LoopPong     LoopEventKind = 5 // a pong; only with OptPongs. Status is the round-trip time in microseconds when it answers the loop's own ping, else -1
	LoopClose    LoopEventKind = 6 // the connection is over: Code and the payload tell why, Error whether it failed. The last event of a connection
	LoopDrain    LoopEventKind = 7 // the queue of a connection that was nearly full, or refused a message, has room again
	LoopRequest  LoopEventKind = 8 // an HTTP request waits for Accept or Respond; the payload is its target. Only with OptRequests
	LoopDrained  LoopEventKind = 9 // after Drain: the last connection is gone. Conn is 0
)

var loopEventNames = [...]string{"none", "open", "message", "fragment", "ping", "pong", "close", "drain", "request", "drained"}

func (k LoopEventKind) String() string {
	if k > 0 && int(k) < len(loopEventNames) {
		return loopEventNames[k]
	}
	return "unknown"
}

// Bits of LoopEvent.Flags.
const (
	LoopFinal int64 = 1 // the last part of a message, or a whole one
	LoopFirst int64 = 2 // the first part of a message, or a whole one
)

// LoopEvent is one report: eighty bytes, ten words, the same in Go and in C. Payload is a view of the loop's own memory, which is
// not the garbage collector's; it is valid until the next poll of the loop.
type LoopEvent struct {
	Kind    LoopEventKind
	Conn    ConnID
	Context uintptr // what SetContext left there
	Op      int64   // opcode: 1 text, 2 binary, 8 close, 9 ping, 10 pong
	data    uintptr
	size    int64
	// Code of LoopClose is the close code, 1006 when the connection ended without a close frame; of LoopRequest 0 for a proper opening
	// handshake, else the status it would be refused with.
	Code   int64
	Error  ErrorCode // LoopClose: 0 when the closing handshake was clean, else why the connection failed
	Status int64     // LoopClose, when the opening handshake failed: the HTTP status that it ended with, if any, else 0
	Flags  int64     // LoopFinal, LoopFirst
}

// Payload returns the event's bytes, valid until the next poll.
func (e *LoopEvent) Payload() []byte {
	if e.size == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&e.data))), e.size)
}

// Opcode returns the opcode of the message or frame.
func (e *LoopEvent) Opcode() Opcode { return Opcode(e.Op) }

// CloseCode returns the close code of a LoopClose event.
func (e *LoopEvent) CloseCode() CloseCode { return CloseCode(e.Code) }

// First tells whether this is the first part of a message; a whole one is first and final.
func (e *LoopEvent) First() bool { return e.Flags&LoopFirst != 0 }

// Final tells whether this is the last part of a message.
func (e *LoopEvent) Final() bool { return e.Flags&LoopFinal != 0 }

// full tells that the caller's array has no room left.
func (l *Loop) full() bool { return l.count == len(l.events) }

// emit adds an event; there is room.
func (l *Loop) emit(kind LoopEventKind, slot uint32, c *loopConn) *LoopEvent {
	e := &l.events[l.count]
	l.count++
	*e = LoopEvent{Kind: kind, Conn: l.id(slot, c), Context: c.context}
	return e
}

// view makes b the payload of e. b lies in mapped memory and stays until the next poll.
func (e *LoopEvent) view(b []byte) { e.data, e.size = addressOf(b), int64(len(b)) }

// viewCopy makes a copy of b, which lies elsewhere, the payload of e.
func (l *Loop) viewCopy(e *LoopEvent, b []byte) {
	if len(b) > 0 {
		e.view(append(l.viewBlock(len(b)), b...))
	}
}

// viewText is viewCopy for a string.
func (l *Loop) viewText(e *LoopEvent, s string) {
	if s != "" {
		e.view(append(l.viewBlock(len(s)), s...))
	}
}

// viewBlock returns memory that lives until the next poll, for what is short: a head's part, or a control frame's. An event is never told
// without it: the collector, which never moves memory, helps out.
func (l *Loop) viewBlock(n int) []byte {
	if b := l.pool.Get(n); b != nil {
		l.later = append(l.later, b)
		return b
	}
	b := make([]byte, 0, n)
	l.kept = append(l.kept, b)
	return b
}
