// This file writes what nobody's call sends: replies to control frames in between, and the rest of messages whose calls have returned
// (RFC 6455 §5.5).

package core

import (
	"errors"
	"time"

	"libws/core/internal/sock"
)

// mostReplies is how often a call looks for more that others want written: a receiver adds a pong for each ping, and a peer that pings and
// reads without end shall keep no sender at that. What was there when the call came is out after the second time.
const mostReplies = 16

// flush writes what the machine wants written and what earlier calls left. The caller holds the gate.
func (c *Conn) flush(s *sending) error {
	err := c.drain(s)
	switch {
	case err == nil:
		return nil
	case waitEnded(err):
		return c.waitError(s, err)
	}
	return c.cutOff(s, err)
}

// drain is flush with the stream's own errors. What is left when one ended the wait stays owed, as does what others keep adding; it begins
// with a new frame then.
func (c *Conn) drain(s *sending) error {
	c.owed.Store(false)
	for range mostReplies {
		out := c.output()
		if len(out) == 0 {
			return nil
		}
		n, err := c.writeAll(s, out, nil)
		c.sent(n)
		if err != nil {
			if waitEnded(err) {
				c.owed.Store(true)
			}
			return err
		}
	}
	c.owed.Store(true)
	return nil
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
	if err := c.takeGate(&s, nil); err == sock.ErrTimeout && c.flushing.Load() {
		return c.cutOff(&s, err)
	} else if err != nil {
		return c.waitError(&s, err)
	}
	defer c.leaveGate()
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

// output returns what is to be written next: the rest of a message that a signal cut, or else the machine's bytes; none once a write
// has failed. The caller holds the gate.
func (c *Conn) output() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut {
		c.carry = nil
		c.m.Sent(len(c.m.Output()))
		return nil
	}
	if len(c.carry) > 0 {
		return c.carry
	}
	return c.m.Output()
}

// sent tells that the first n bytes of output were written.
func (c *Conn) sent(n int) {
	if len(c.carry) > 0 {
		if c.carry = c.carry[:copy(c.carry, c.carry[n:])]; len(c.carry) == 0 {
			c.carry = nil
		}
		return
	}
	c.mu.Lock()
	c.m.Sent(n)
	c.mu.Unlock()
}

// leaveGate lets the next one write. First goes out what the receiver, who does not wait for the gate, wanted written meanwhile, and
// what this call could not write in its time. But nothing is waited for, since that time is over: what finds no room, or is added again and
// again, is left to a goroutine.
func (c *Conn) leaveGate() {
	if c.writing { // a foreign net.Conn panicked, and nobody knows what is out
		c.writing = false
		c.stopSending()
	}
	for looks := 1; ; looks++ {
		left := false
		if c.owed.Load() {
			left, _ = c.tryFlush()
		}
		c.gate.leave()
		if left || looks == mostReplies && c.owed.Load() {
			c.flushLater()
			return
		}
		if !c.owed.Load() || !c.gate.try() {
			return
		}
	}
}

// flushAndLeave is flush, then leaveGate.
func (c *Conn) flushAndLeave(s *sending) error {
	defer c.leaveGate()
	return c.flush(s)
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
	for range mostReplies {
		out := c.output()
		if len(out) == 0 {
			return false, nil
		}
		n, err := c.stream.TryWrite(out)
		c.sent(n)
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
	c.owed.Store(true) // others keep adding
	return false, nil
}

// flushLater has what is owed written while the caller goes on.
func (c *Conn) flushLater() {
	if c.flushing.CompareAndSwap(false, true) {
		go c.flushBehind()
	}
}

// flushBehind writes what is owed when nobody else waits for it: replies on a carrier that cannot write without waiting, and what
// found no room when the gate was left, such as the rest of a message that a signal cut.
func (c *Conn) flushBehind() {
	defer func() {
		if recover() != nil { // a foreign net.Conn may panic; that must not end the process
			c.flushing.Store(false)
		}
	}()
	s := sending{}
	for {
		for c.owed.Load() && c.gate.take(time.Time{}, c.closing, nil) == nil {
			_ = c.flushAndLeave(&s)
		}
		c.flushing.Store(false)
		if !c.owed.Load() || c.closed.Load() || !c.flushing.CompareAndSwap(false, true) {
			return
		}
	}
}
