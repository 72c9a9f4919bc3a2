// This file ends connections: the closing handshake, lingering so that the peer sees our close frame, and cutting off
// (RFC 6455 §5.5.1, §7.1).

package core

import (
	"io"
	"sync"
	"time"

	"libws/core/internal/sock"
	"libws/core/protocol"
)

// wakeGrace is how long Close lets a blocked receiver or sender go on before it is woken.
const wakeGrace = 50 * time.Millisecond

// Close closes the connection gracefully with CloseNormal: CloseWith(CloseNormal, "").
func (c *Conn) Close() error { return c.closeWith("Close", CloseNormal, "") }

// CloseWith closes the connection gracefully (RFC 6455 §7.1.2): it sends a close frame, unless one was sent, waits for the
// peer's up to OptCloseTimeoutMS while discarding what else comes, and closes the socket in such a way that the peer can read
// our close frame. Calls that are blocked in other goroutines return within 100 ms; then the wait is as short.
//
// The first call on a connection returns nil, even when the peer had closed it before or does not answer: CloseCode tells.
// Errors: CodeCloseCode, CodeControlSize, CodeUTF8 (nothing has happened); CodeClosed when Close, ForceClose or Drop was called
// before; CodeInterrupted when a signal cut the wait short, or, with OptInterruptible, a peer that sends without a pause kept it from
// hearing any for a second: then another call goes on with what is left of the time, and ForceClose and Drop end the connection at once.
func (c *Conn) CloseWith(code CloseCode, reason string) error {
	return c.closeWith("CloseWith", code, reason)
}

func (c *Conn) closeWith(name string, code CloseCode, reason string) error {
	if err := checkClose(name, code, reason); err != nil {
		return err
	}
	first := c.closed.CompareAndSwap(false, true)
	if first {
		close(c.closing)
	} else if !c.halted.CompareAndSwap(true, false) {
		return newError(CodeClosed, name, "the connection is closed")
	}
	c.mu.Lock()
	over := c.over
	if over && !first { // ForceClose came in between
		c.mu.Unlock()
		return newError(CodeClosed, name, "the connection is closed")
	}
	if first {
		c.closeBy = c.set.deadline(OptCloseTimeoutMS)
	}
	if !over && c.m.State() == StateConnecting { // a request without a verdict
		_ = c.m.Refuse(protocol.Refusal{Status: 503})
	} else if !over {
		_ = c.m.Close(code, reason) // fails when a close frame was sent before: then its answer is waited for
		c.mirror()
	}
	wait := sock.Wait{Deadline: c.closeBy, Interruptible: c.set[OptInterruptible] != 0}
	c.mu.Unlock()
	if !over {
		if err := c.handshakeAway(name, wait); err != nil {
			c.halted.Store(true)
			return err
		}
	}
	c.finish(nil)
	return nil
}

// handshakeAway carries the closing handshake through, in bounded time.
func (c *Conn) handshakeAway(name string, wait sock.Wait) error {
	s := sending{name: name, wait: wait}
	grace := earlier(time.Now().Add(wakeGrace), wait.Deadline)
	patience := wait
	patience.Deadline = grace
	if c.flushing.Load() && c.freeReceiver() { // no call of the program's is blocked, and what it sent is still on its way
		patience.Deadline = wait.Deadline
	}
	switch c.takeGateLast(patience) {
	case nil:
	case sock.ErrInterrupted:
		return newError(CodeInterrupted, name, "a signal came")
	default:
		return nil // a sender is stuck: the peer does not read, so it would not see a close frame either
	}
	if c.receiver.held() {
		s.wait.Deadline = grace // whoever is blocked there has to be woken, which is done behind this
	}
	if err := c.flushAndLeave(&s); err != nil {
		return interruption(err)
	}
	if c.receiver.take(grace, nil, nil) != nil {
		_ = c.stream.Shutdown(sock.ShutBoth) // wakes the receiver; our close frame is on its way
		if c.receiver.take(earlier(time.Now().Add(wakeGrace), wait.Deadline), nil, nil) != nil {
			return nil
		}
		c.receiver.leave()
		return nil
	}
	defer c.receiver.leave()
	return interruption(c.awaitClose(wait))
}

// freeReceiver wakes a receiver that is blocked. It tells whether none stays so.
func (c *Conn) freeReceiver() bool {
	return !c.receiver.held() || c.onFD && c.stream.Shutdown(sock.ShutRead) == nil
}

// interruption keeps of a failure what Close reports.
func interruption(err error) error {
	if e, ok := err.(*Error); ok && e.Code == CodeInterrupted {
		return e
	}
	return nil
}

// awaitClose discards what comes until the peer's close frame has, then lingers. The caller is the receiver.
func (c *Conn) awaitClose(wait sock.Wait) error {
	wait.Signals = &c.signals
	r := receiving{name: "Close", wait: wait, end: wait.Deadline, vigil: vigil{patience: lingerTime}}
	// The payload of the last frame may still be in use by the goroutine that received it, so its memory is left alone.
	c.mu.Lock()
	c.cfg.Free = func([]byte) {}
	c.mu.Unlock()
	c.readBuf = nil
	for {
		c.mu.Lock()
		over := c.over
		if !over && c.m.State() == StateClosed {
			c.mu.Unlock()
			c.linger(wait)
			return nil
		}
		c.mu.Unlock()
		if over {
			return nil
		}
		ev, err := c.nextEvent(&r)
		if err != nil || ev.Kind == protocol.CloseEvent {
			return err
		}
	}
}

// ForceClose closes the connection at once, without a close frame, and wakes every blocked call. It returns an error with
// CodeClosed when the connection was closed by a call before.
func (c *Conn) ForceClose() error {
	first := c.closed.CompareAndSwap(false, true)
	if first {
		close(c.closing)
	}
	released := c.finish(nil)
	// Of calls at once, the one that released the socket need not be the first.
	if !first && !released || !c.forced.CompareAndSwap(false, true) {
		return newError(CodeClosed, "ForceClose", "the connection is closed")
	}
	return nil
}

// Drop is ForceClose for use with defer: closing what is closed is no mistake.
func (c *Conn) Drop() { _ = c.ForceClose() }

// conclude ends a connection whose last frames are exchanged or whose peer broke the protocol: what is to be written goes
// out, then the socket lingers. why is what later calls are told. The caller is the receiver.
func (c *Conn) conclude(r *receiving, why error) {
	c.mu.Lock()
	wait := sock.Wait{Deadline: earlier(c.set.deadline(OptCloseTimeoutMS), r.end), Interruptible: c.set[OptInterruptible] != 0}
	c.mu.Unlock()
	s := sending{wait: wait}
	err := c.takeGateLast(s.wait)
	if err == sock.ErrInterrupted {
		hurry(&s.wait)
		err = c.takeGateLast(s.wait)
	}
	if err == nil && c.flushLast(&s) == nil {
		c.linger(s.wait)
	}
	c.finish(why)
}

// flushLast is flushAndLeave for what ends the connection: a signal shortens it.
func (c *Conn) flushLast(s *sending) error {
	defer c.leaveGate()
	err := c.flush(s)
	if interruption(err) != nil {
		hurry(&s.wait)
		err = c.flush(s)
	}
	return err
}

// hurry leaves a wait that a signal ended the moment in which a peer that is there can still read our close frame.
func hurry(w *sock.Wait) {
	w.Interruptible = false
	w.Deadline = earlier(time.Now().Add(wakeGrace), w.Deadline)
}

// linger ends our direction and discards what still comes until the peer ends its own. Closing a socket with unread data
// would reset the connection, and the reset could destroy our close frame before the peer has read it.
//
// RFC 6455 §7.1.1: the server closes first; a client waits for that. A carrier whose directions cannot end apart is closed at once by
// a server that has the peer's close frame, behind which nothing comes (RFC 6455 §5.5.1).
func (c *Conn) linger(wait sock.Wait) {
	if violated, answered := c.howItEnded(); c.cfg.Role == RoleServer || violated {
		if err := c.stream.Shutdown(sock.ShutWrite); err == sock.ErrNoHalves && answered {
			return
		}
	}
	// The event that is about to be returned may alias readBuf, so the waste goes elsewhere.
	waste := wasteBuffers.Get().(*[RecvBuffer]byte)
	defer wasteBuffers.Put(waste)
	wait.Signals = &c.signals
	watch := vigil{patience: lingerTime}
	for reads := 1; ; reads++ {
		_, err := c.stream.Read(waste[:], wait)
		switch {
		case err == sock.ErrInterrupted:
			hurry(&wait)
		case err == io.EOF:
			_ = c.stream.Shutdown(sock.ShutWrite)
			return
		case err != nil:
			return
		case reads%lookAfter != 0:
		case passed(wait.Deadline): // a peer that never stops meets no other end
			return
		case wait.Interruptible && watch.deaf(c.signals.Slept):
			hurry(&wait)
		}
	}
}

var wasteBuffers = sync.Pool{New: func() any { return new([RecvBuffer]byte) }}

// howItEnded tells whether the peer broke the protocol, and whether its close frame has come.
func (c *Conn) howItEnded() (violated, answered bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m.Err() != nil, c.m.CloseReceived()
}

// finish closes the socket and wakes every blocked call. Only the first call does something; it alone returns true. why is
// what later receiving calls are told.
func (c *Conn) finish(why error) bool {
	c.mu.Lock()
	if !c.over {
		c.over, c.why = true, why
	}
	c.m.Abandon()
	c.mirror()
	c.mu.Unlock()
	return c.stream.Close()
}

// earlier returns the earlier of two deadlines; a zero one is none.
func earlier(a, b time.Time) time.Time {
	if b.IsZero() || !a.IsZero() && a.Before(b) {
		return a
	}
	return b
}
