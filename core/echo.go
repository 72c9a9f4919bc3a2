// This file is the echo server that the API offers ready made.

package core

import (
	"context"
	"errors"
	"math"
	"time"

	"libws/core/internal/sock"
)

// RunEcho serves one connection at a time, echoing each text and binary message whole, in whatever fragments it came, and
// answering pings, until Stop or Close: then it returns nil. A client that misbehaves ends its own connection only.
//
// Errors: CodeClosed when the server was stopped or closed before, CodeInterrupted, CodeSystem. It blocks.
func (s *Server) RunEcho() error {
	if !s.Running() || !s.enter() {
		return newError(CodeClosed, "RunEcho", "the server is stopped")
	}
	defer s.leave()
	for {
		c, err := s.accept("Accept", false, vigil{patience: math.MaxInt64}) // clients do not end it in another way than a signal
		switch {
		case err == nil:
			if err = s.echo(c); err != nil {
				return err
			}
		case !s.Running():
			return nil
		case errors.Is(err, ErrInterrupted) || errors.Is(err, ErrSystem) || errors.Is(err, ErrClosed):
			return err
		}
	}
}

// echo serves one connection to its end. It returns an error only when a signal came.
func (s *Server) echo(c *Conn) error {
	defer c.Drop()
	for n := 0; ; n++ {
		var m Frame
		err := error(ErrInterrupted)
		// A client that never lets us wait must not keep us from stopping. The event, which a signal handler may have set alone, costs
		// a system call.
		if !s.stopped.Load() && (n%lookAfter != lookAfter-1 || !s.stop.IsSet()) {
			m, err = c.recvUntil(s.stop, "RunEcho")
		}
		switch {
		case err == nil && m.Opcode == OpClose:
			return nil
		case err == nil:
			_, err = c.send(context.Background(), outgoing{name: "RunEcho", op: m.Opcode, fin: true, payload: m.Payload, until: s.stop})
		}
		switch {
		case err == nil:
		case errors.Is(err, ErrInterrupted) && s.Running():
			return err
		case !s.Running():
			// Stop is to end this at once, so the peer has a moment only.
			_ = c.SetOption(OptCloseTimeoutMS, int64(wakeGrace/time.Millisecond))
			_ = c.CloseWith(CloseGoingAway, "")
			return nil
		default:
			return nil
		}
	}
}

// lookAfter is how many messages are echoed before the stop event is looked at.
const lookAfter = 16

// recvUntil is RecvMessage that an event ends as a signal would.
func (c *Conn) recvUntil(until *sock.Event, name string) (Frame, error) {
	r, err := c.beginReceive(context.Background(), name)
	if err != nil {
		return noFrame(), err
	}
	defer c.endReceive(&r)
	// The event tells of a signal whose handler stops the server. A client that sends without a pause shall not end it in another way.
	r.wait.Until, r.wait.Signals = until, nil
	return c.recvWith(&r, false)
}
