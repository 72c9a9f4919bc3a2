// This file offers the loop in callback style for Go programs, over Poll.

package core

import (
	"errors"
	"time"
)

// LoopHandler is what Run calls on the polling goroutine. A handler may call every method of the loop except Poll, Run and Close;
// the last message that an event leads to may leave at once, what is sent to the same connection after it leaves together before the
// next poll. Payloads are valid until the handler returns. It may also implement LoopRequestHandler, LoopDrainHandler,
// LoopFragmentHandler and LoopPingHandler.
type LoopHandler interface {
	OnOpen(l *Loop, c ConnID)
	OnMessage(l *Loop, c ConnID, op Opcode, payload []byte)
	// OnClose ends a connection; err is nil after a clean closing handshake.
	OnClose(l *Loop, c ConnID, code CloseCode, reason string, err error)
}

// LoopRequestHandler decides on requests; it needs OptRequests.
type LoopRequestHandler interface {
	OnRequest(l *Loop, c ConnID, r *Request)
}

// LoopDrainHandler is told that a connection takes messages again.
type LoopDrainHandler interface {
	OnDrain(l *Loop, c ConnID)
}

// LoopFragmentHandler gets long messages in parts; it needs OptStreamOverBytes.
type LoopFragmentHandler interface {
	OnFragment(l *Loop, c ConnID, op Opcode, part []byte, first, final bool)
}

// LoopPingHandler is told of pings and pongs; it needs OptPings or OptPongs.
type LoopPingHandler interface {
	OnPing(l *Loop, c ConnID, payload []byte)
	OnPong(l *Loop, c ConnID, payload []byte, roundTrip time.Duration)
}

// runBatch is how many events Run asks for at a time.
const runBatch = 256

// Run polls and calls the handler until Drain has ended or Close or Stop was called. It returns nil after Drain and Stop.
func (l *Loop) Run(h LoopHandler) error {
	events := make([]LoopEvent, runBatch)
	requests, _ := h.(LoopRequestHandler)
	drains, _ := h.(LoopDrainHandler)
	fragments, _ := h.(LoopFragmentHandler)
	pings, _ := h.(LoopPingHandler)
	for !l.stopped.Swap(false) {
		n, err := l.Poll(events, -1)
		if err != nil {
			if errors.Is(err, ErrClosed) {
				return nil
			}
			return err
		}
		eager := l.eager.Load()
		for i := range events[:n] {
			e := &events[i]
			if last := i+1 == n || events[i+1].Conn != e.Conn; last != eager {
				eager = last
				l.eager.Store(last)
			}
			switch e.Kind {
			case LoopOpen:
				h.OnOpen(l, e.Conn)
			case LoopMessage:
				h.OnMessage(l, e.Conn, e.Opcode(), e.Payload())
			case LoopClose:
				h.OnClose(l, e.Conn, e.CloseCode(), string(e.Payload()), e.closeError())
			case LoopRequest:
				l.runRequest(requests, e.Conn)
			case LoopDrain:
				if drains != nil {
					drains.OnDrain(l, e.Conn)
				}
			case LoopFragment:
				if fragments != nil {
					fragments.OnFragment(l, e.Conn, e.Opcode(), e.Payload(), e.First(), e.Final())
				}
			case LoopPing:
				if pings != nil {
					pings.OnPing(l, e.Conn, e.Payload())
				}
			case LoopPong:
				if pings != nil {
					pings.OnPong(l, e.Conn, e.Payload(), time.Duration(e.Status)*time.Microsecond)
				}
			case LoopDrained:
				return nil
			}
		}
	}
	return nil
}

// runRequest lets the handler decide; without one the rules of a loop without OptRequests would have: opening handshakes are
// accepted.
func (l *Loop) runRequest(h LoopRequestHandler, id ConnID) {
	r, err := l.Request(id)
	switch {
	case err != nil:
	case h != nil:
		h.OnRequest(l, id, r)
	default:
		if l.Accept(id, "", nil) != nil {
			_ = l.Respond(id, 426, nil, nil)
		}
	}
}

// Stop makes Run return after the batch of events it is at. Any thread may call it.
func (l *Loop) Stop() error {
	l.stopped.Store(true)
	return l.Wake()
}

// closeError says why a connection failed; nil when the closing handshake was clean.
func (e *LoopEvent) closeError() error {
	if e.Error == 0 {
		return nil
	}
	return &Error{Code: e.Error, Op: "Loop", Msg: string(e.Payload()), CloseCode: e.CloseCode(), Status: int(e.Status)}
}
