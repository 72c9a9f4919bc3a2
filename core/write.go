// This file is the write side of a connection: one frame after the other, whoever sends (RFC 6455 §5.4, §6.1).

package core

import (
	"context"
	"errors"
	"sync"
	"time"

	"libws/core/internal/sock"
	"libws/core/protocol"
	"libws/core/wire"
)

// outgoing is what one sending call wants on the wire.
type outgoing struct {
	name    string // of the call, for its errors
	op      Opcode
	fin     bool
	whole   bool // never split
	answer  bool // a pong whose payload is that of the ping it answers
	payload []byte
	until   *sock.Event // ends the wait as a signal would; nil: none
	unsized bool        // the caller learns of no size: what is taken is sent, though a part may go out later

	before protocol.Sending // how far the machine was before the frame under way
}

// sending is one call's way of waiting.
type sending struct {
	name string
	ctx  context.Context // nil: none
	wait sock.Wait
	kept bool // a signal cut what is sent, and the rest goes out later
}

// lookEvery is how long a sending call lasts at most with OptInterruptible 2.
const lookEvery = 50 * time.Millisecond

// sendWait is how a sending call may wait. The caller holds mu.
func (c *Conn) sendWait(until *sock.Event) sock.Wait {
	w := sock.Wait{Deadline: c.set.deadline(OptSendTimeoutMS), Interruptible: c.set[OptInterruptible] != 0, Until: until}
	if c.set[OptInterruptible] == 2 {
		w.Look = time.Now().Add(lookEvery)
	}
	return w
}

// send is every sending call.
func (c *Conn) send(ctx context.Context, o outgoing) (int, error) {
	s := sending{name: o.name, ctx: ctx}
	c.mu.Lock()
	s.wait = c.sendWait(o.until)
	split := int64(len(o.payload)) > c.set[OptSendFrameBytes] && o.fin && !o.whole && (o.op == OpText || o.op == OpBinary)
	step := int(min(c.set[OptSendFrameBytes], int64(len(o.payload))))
	c.mu.Unlock()
	var done <-chan struct{}
	if ctx != nil {
		if ctx.Err() != nil {
			return 0, contextError(s.name, ctx)
		}
		done = ctx.Done()
	}
	if err := c.takeGate(&s, done); err != nil {
		return 0, c.waitError(&s, err)
	}
	defer c.leaveGate()
	if done != nil {
		s.wait.Wakeable = true
		defer c.watch(ctx)()
	}
	if c.owed.Load() {
		if err := c.flush(&s); err != nil {
			return 0, err
		}
	}
	var n int
	var err error
	if split {
		n, err = c.writeFragments(&s, &o, step)
	} else {
		n, err = c.writeFrame(&s, &o, false)
	}
	if err == nil && s.kept && !o.unsized && !s.wait.Look.IsZero() {
		err = newError(CodeInterrupted, s.name, "the rest of what is sent goes out later; Flush waits for it")
	}
	return n, err
}

// watch has the end of ctx wake the write under way until stop is called. The caller holds the gate. Behind stop comes no wake-up: it
// would meet the next sender's write, and TLS never recovers from a write that is cut.
func (c *Conn) watch(ctx context.Context) (stop func()) {
	woken := make(chan struct{})
	undo := context.AfterFunc(ctx, func() {
		defer close(woken)
		c.stream.WakeWrite()
	})
	return func() {
		if !undo() {
			<-woken
		}
	}
}

// writeFragments sends a long message as fragments (RFC 6455 §5.4). Text is checked as a whole before the first leaves.
func (c *Conn) writeFragments(s *sending, o *outgoing, step int) (int, error) {
	if o.op == OpText && !wire.ValidUTF8(o.payload) {
		return 0, newError(CodeUTF8, s.name, "text must be valid UTF-8 (RFC 6455 §5.6)")
	}
	total := 0
	part := *o
	for rest := o.payload; ; {
		n := min(step, len(rest))
		part.payload, rest = rest[:n], rest[n:]
		part.fin = len(rest) == 0
		sent, err := c.writeFrame(s, &part, total > 0)
		total += sent
		if err != nil || part.fin {
			return total, err
		}
		part.op = OpContinuation
		if c.owed.Load() && len(c.carry) == 0 { // a ping is answered before a long message is over
			if err := c.drain(s); err == sock.ErrInterrupted {
				s.kept = true
				c.carryOutput() // and the rest of the message behind it, as when a signal comes inside a frame
			} else if err != nil {
				return total, c.cutOff(s, err)
			}
		}
	}
}

// writeFrame sends one frame. The caller holds the gate. begun tells that a message is under way which must go on.
func (c *Conn) writeFrame(s *sending, o *outgoing, begun bool) (int, error) {
	c.mu.Lock()
	if err := c.maySend(s); err != nil {
		c.mu.Unlock()
		return 0, err
	}
	payload := o.payload
	if o.answer {
		payload = c.m.HeldPing()
	}
	o.before = c.m.Sending()
	if len(payload) <= headerRoom-wire.MaxHeaderSize {
		frame, err := c.m.AppendFrame(c.header[:0], o.op, o.fin, payload)
		c.mirror()
		c.mu.Unlock()
		if err != nil {
			return 0, fromProtocol(s.name, err)
		}
		return c.writeEncoded(s, o, begun, frame, nil)
	}
	n, key, err := c.m.FrameHeader((*[wire.MaxHeaderSize]byte)(c.header[:]), o.op, o.fin, payload)
	c.mirror()
	c.mu.Unlock()
	if err != nil {
		return 0, fromProtocol(s.name, err)
	}
	if c.cfg.Role == RoleServer {
		return c.writeEncoded(s, o, begun, c.header[:n], payload)
	}
	return c.writeMasked(s, o, begun, n, key, payload)
}

// writeMasked sends a client's frame: the caller's bytes stay as they are, so they are masked in a borrowed buffer, piece by
// piece (RFC 6455 §5.3).
func (c *Conn) writeMasked(s *sending, o *outgoing, begun bool, head int, key [4]byte, payload []byte) (int, error) {
	borrowed := sendBuffers.Get().(*[SendBuffer]byte)
	defer sendBuffers.Put(borrowed)
	pos, total := 0, 0
	copy(borrowed[:], c.header[:head])
	for at := head; ; at = 0 {
		n := min(len(payload), len(borrowed)-at)
		pos = wire.MaskInto(borrowed[at:at+n], payload[:n], key, pos)
		payload = payload[n:]
		sent, err := c.writeEncoded(s, o, begun || total > 0, borrowed[:at+n], nil)
		total += sent
		if err != nil || len(payload) == 0 {
			return total, err
		}
	}
}

var sendBuffers = sync.Pool{New: func() any { return new([SendBuffer]byte) }}

// writeEncoded writes a frame, or a piece of one, that the machine is committed to.
func (c *Conn) writeEncoded(s *sending, o *outgoing, begun bool, head, body []byte) (int, error) {
	if len(c.carry) > 0 { // a signal came while the earlier part of this message was written
		c.carry = append(append(c.carry, head...), body...)
		return len(head) + len(body), nil
	}
	n, err := c.writeAll(s, head, body)
	if err == nil {
		return n, nil
	}
	switch {
	case n == 0 && !begun && o.op != OpClose && waitEnded(err):
		c.mu.Lock()
		c.m.TakeBack(o.before) // nothing of it is out
		c.mu.Unlock()
		return 0, c.waitError(s, err)
	case errors.Is(err, sock.ErrInterrupted) || o.op == OpClose && err == sock.ErrTimeout:
		// A frame cannot be taken back once a part of it is out: the rest is kept and goes out first, behind the caller's back.
		// Nor can a close frame, since nothing may be sent after it: the peer still gets it once it reads.
		c.keep(n, head, body)
		s.kept = err != sock.ErrTimeout
		return len(head) + len(body), nil
	}
	return n, c.cutOff(s, err)
}

// keep stores what follows the first n bytes of head and body.
func (c *Conn) keep(n int, head, body []byte) {
	c.carry = append(c.carry, head[min(n, len(head)):]...)
	c.carry = append(c.carry, body[max(0, n-len(head)):]...)
	c.owed.Store(true)
}

// carryOutput makes the machine's output, of which a part may be out, the carry.
func (c *Conn) carryOutput() {
	out := c.output()
	c.keep(0, out, nil)
	c.mu.Lock()
	c.m.Sent(len(out))
	c.mu.Unlock()
}

// writeAll writes head, then body. It returns how many bytes went out.
func (c *Conn) writeAll(s *sending, head, body []byte) (int, error) {
	n := 0
	c.writing = true
	for {
		c.bufs[0], c.bufs[1] = head[min(n, len(head)):], body[max(0, n-len(head)):]
		count := 2
		if len(body) == 0 {
			count = 1
		}
		sent, err := c.stream.Write(c.bufs[:count], s.wait)
		n += int(sent)
		if err == sock.ErrWoken && s.ctx.Err() == nil {
			continue // the wake-up was meant for an earlier call
		}
		c.bufs, c.writing = [2][]byte{}, false
		return n, err
	}
}

// maySend returns why nothing can be sent any more. The caller holds mu.
func (c *Conn) maySend(s *sending) error {
	switch {
	case c.closed.Load():
		return newError(CodeClosed, s.name, "the connection is closed")
	case c.cut:
		return newError(CodeAbnormal, s.name, "the connection cannot send any more")
	}
	return nil
}

// cutOff notes that nothing can be sent any more and returns the error to tell the caller. What has arrived can still be
// received.
func (c *Conn) cutOff(s *sending, err error) error {
	c.stopSending()
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	if waitEnded(err) {
		known = c.waitError(s, err)
		known.Msg += " inside a message; the connection cannot send any more"
		return known
	}
	return c.ioError(s.name, err)
}

// stopSending notes that nothing can be sent any more.
func (c *Conn) stopSending() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = true
	c.mirror()
}

// waitEnded tells whether err ended a wait rather than the connection.
func waitEnded(err error) bool {
	return err == sock.ErrTimeout || err == sock.ErrInterrupted || err == sock.ErrWoken
}

// waitError turns the reason why a wait ended into the caller's error.
func (c *Conn) waitError(s *sending, err error) *Error {
	switch err {
	case sock.ErrTimeout:
		return newError(CodeTimeout, s.name, "the peer did not take the data in time")
	case sock.ErrInterrupted:
		return newError(CodeInterrupted, s.name, "a signal came")
	case sock.ErrWoken:
		return contextError(s.name, s.ctx)
	}
	return c.ioError(s.name, err)
}

// contextError is the error of a call that its context ended.
func contextError(op string, ctx context.Context) *Error {
	err := context.Cause(ctx)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Error{Code: CodeTimeout, Op: op, Msg: "the context's deadline passed", Err: err}
	}
	return &Error{Code: CodeInterrupted, Op: op, Msg: "the context was cancelled", Err: err}
}

// ioError is the error of a call that found the connection at its end.
func (c *Conn) ioError(op string, err error) *Error {
	if c.closed.Load() || err == sock.ErrClosed {
		return newError(CodeClosed, op, "the connection is closed")
	}
	return &Error{Code: CodeAbnormal, Op: op, Msg: "the peer is gone", Err: err}
}
