// This file writes what nobody's call sends: replies to control frames in between, and the rest of messages whose calls have returned
// (RFC 6455 §5.5).
package core

import (
	"errors"
	"time"

	"libws/core/internal/sock"
)

// flush writes what the machine wants written and what earlier calls left. The caller holds the gate.
func (c *Conn) flush(s *sending) error {
	c.owed.Store(false)
	if len(c.carry) > 0 {
		n, err := c.writeAll(s, c.carry, nil)
		c.carry = c.carry[:copy(c.carry, c.carry[n:])]
		if err != nil {
			return c.flushError(s, err)
		}
		c.carry = nil
	}
	for {
		out := c.output()
		if len(out) == 0 {
			return nil
		}
		n, err := c.writeAll(s, out, nil)
		c.sent(n)
		if err != nil {
			return c.flushError(s, err)
		}
	}
}

// Flush waits until the socket has taken what earlier calls left: the rest of what OptInterruptible 2 cut, and answers to pings.
// Nothing waits for it otherwise.
//
// Errors: CodeInterrupted (call again), CodeTimeout when OptSendTimeoutMS is over (the connection cannot send any more),
// CodeAbnormal, CodeClosed.
func (c *Conn) Flush() error {
	s := sending{name: "Flush"}
	c.mu.Lock()
	s.wait = c.sendWait(nil)
	c.mu.Unlock()
	if err := c.enter(&s, nil); err == sock.ErrTimeout && c.flushing.Load() {
		return c.cutOff(&s, err)
	} else if err != nil {
		return c.waitError(&s, err)
	}
	defer c.leaveGate(&s)
	var err error
	if c.owed.Load() {
		err = c.flush(&s)
	}
	if errors.Is(err, ErrTimeout) {
		return c.cutOff(&s, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if gone := c.maySend(&s); err == nil && gone != nil {
		return gone
	}
	return err
}

// flushError says why a flush stopped: what is left stays owed, unless nothing can be sent any more.
func (c *Conn) flushError(s *sending, err error) error {
	if waitEnded(err) {
		c.owed.Store(true)
		return c.waitError(s, err)
	}
	return c.cutOff(s, err)
}

// keepReplies puts the replies that are owed behind the part of a message that is out, where its rest will follow them.
func (c *Conn) keepReplies(s *sending) {
	out := c.output()
	c.carry = append(c.carry, out...)
	c.sent(len(out))
	c.owed.Store(true)
	s.kept = true
}

// output returns the machine's bytes to write, none once a write has failed.
func (c *Conn) output() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.m.Output()
	if c.cut {
		c.m.Sent(len(out))
		return nil
	}
	return out
}

func (c *Conn) sent(n int) {
	c.mu.Lock()
	c.m.Sent(n)
	c.mu.Unlock()
}

// leaveGate lets the next one write. What the receiver wanted written meanwhile goes out first: it does not wait for the gate.
// The rest of a message that a signal cut is left to a goroutine, since the signal's handlers want to run now.
func (c *Conn) leaveGate(s *sending) {
	for {
		for c.owed.Load() && len(c.carry) == 0 {
			if err := c.flush(s); err != nil {
				c.gate.leave()
				if errors.Is(err, ErrInterrupted) {
					c.flushLater() // a receiver may rely on it
				}
				return
			}
		}
		carried := c.owed.Load()
		c.gate.leave()
		if carried {
			c.flushLater()
			return
		}
		if !c.owed.Load() || !c.gate.try() {
			return
		}
	}
}

// answer writes replies without waiting, on behalf of the receiver. left tells that the socket has no room for them now and
// that the receiver should watch for it.
func (c *Conn) answer() (left bool) {
	c.owed.Store(true)
	for c.owed.Load() {
		if !c.gate.try() {
			return false // whoever holds the gate writes them before it lets go
		}
		left, err := c.tryFlush()
		c.gate.leave()
		if err == sock.ErrMustWait || left && !c.onFD {
			c.flushLater()
			return false
		}
		if left {
			return true
		}
	}
	return false
}

// tryFlush is flush without waiting. The caller holds the gate.
func (c *Conn) tryFlush() (left bool, err error) {
	c.owed.Store(false)
	for {
		out := c.carry
		carried := len(out) > 0
		if !carried {
			if out = c.output(); len(out) == 0 {
				return false, nil
			}
		}
		n, err := c.stream.TryWrite(out)
		if carried {
			c.carry = c.carry[:copy(c.carry, c.carry[n:])]
		} else {
			c.sent(n)
		}
		if err == sock.ErrMustWait {
			c.owed.Store(true)
			return true, err
		}
		if err != nil {
			return false, c.cutOff(&sending{}, err)
		}
		if n < len(out) {
			c.owed.Store(true)
			return true, nil
		}
	}
}

// flushLater has what is owed written while the caller goes on.
func (c *Conn) flushLater() {
	if c.flushing.CompareAndSwap(false, true) {
		go c.flushBehind()
	}
}

// flushBehind writes what is owed when nobody else waits for it: replies on a carrier that cannot write without waiting, and the
// rest of a message that a signal cut.
func (c *Conn) flushBehind() {
	defer func() { _ = recover() }() // a foreign net.Conn may panic; that must not end the process
	s := sending{}
	for {
		for c.owed.Load() && c.gate.take(time.Time{}, c.closing, nil) == nil {
			_ = c.flush(&s)
			c.leaveGate(&s)
		}
		c.flushing.Store(false)
		if !c.owed.Load() || c.closed.Load() || !c.flushing.CompareAndSwap(false, true) {
			return
		}
	}
}
