// This file is the read side of a connection: bytes from the socket into the machine until it has an event for the caller.

package core

import (
	"context"
	"io"
	"time"

	"libws/core/internal/sock"
	"libws/core/protocol"
)

const (
	directLeast = 2048      // a payload of which at least this much is to come is read straight into place
	largestRead = 128 << 10 // readBuf grows up to this, so that one read takes in a frame of the default size
	growAfter   = 8         // what noteRead has to count up to for readBuf to grow
)

// receiving is one receiving call.
type receiving struct {
	name string
	ctx  context.Context // nil: none
	wait sock.Wait

	unwatch func() bool // ends the watch over ctx; nil: none
	unseen  int         // bytes read since clock, context and event were looked at, more or less
	vigil   vigil
	end     time.Time // by when the connection has to be closed, should this call end it; zero: the close timeout from then on
}

// beginReceive makes the caller the one who receives, until endReceive.
func (c *Conn) beginReceive(ctx context.Context, name string) (receiving, error) {
	r := receiving{name: name, ctx: ctx, vigil: vigil{patience: lookEvery}}
	if ctx != nil && ctx.Err() != nil {
		return r, contextError(name, ctx)
	}
	busy := !c.receiver.try()
	c.mu.Lock()
	switch {
	case c.over || c.closed.Load():
		err := c.ended(name)
		c.mu.Unlock()
		if !busy {
			c.receiver.leave()
		}
		return r, err
	case busy:
		c.mu.Unlock()
		return r, newError(CodeBusy, name, "another call is receiving on this connection")
	case c.m.State() == StateConnecting:
		c.mu.Unlock()
		c.receiver.leave()
		return r, newError(CodeState, name, "the opening handshake is not done yet (RFC 6455 §4)")
	}
	r.wait = sock.Wait{Deadline: c.set.deadline(OptRecvTimeoutMS), Interruptible: c.set[OptInterruptible] != 0, Signals: &c.signals}
	c.signals.Missed = false
	c.mu.Unlock()
	if ctx != nil && ctx.Done() != nil {
		r.wait.Wakeable = true
		r.unwatch = context.AfterFunc(ctx, c.stream.WakeRead)
	}
	return r, nil
}

func (c *Conn) endReceive(r *receiving) {
	if r.unwatch != nil {
		r.unwatch()
	}
	c.receiver.leave()
}

// arrival is what one read brought, for the machine.
type arrival struct {
	bytes  []byte
	direct bool // the bytes are where the machine wanted them
	eof    bool
}

// feed hands to the machine what one read brought. The caller holds mu.
func (c *Conn) feed(a *arrival) {
	switch {
	case a.eof:
		c.m.FeedEOF()
	case a.direct:
		c.m.Filled(len(a.bytes))
	case len(a.bytes) > 0:
		c.m.Feed(a.bytes)
	}
}

// nextEvent returns the next event that is not NeedInput. The close frame of the peer, its violations and its
// disappearance end the connection before it returns.
func (c *Conn) nextEvent(r *receiving) (protocol.Event, error) {
	if err := c.overrun(r); err != nil {
		_, err = c.fillEnded(r, err, false)
		return protocol.Event{}, err
	}
	r.unseen += unseenEvent
	var got arrival
	for {
		c.mu.Lock() // once for each read
		c.feed(&got)
		ev := c.m.Next()
		replies := c.m.HasOutput() || c.owed.Load()
		var direct []byte
		var end time.Time
		if ev.Kind == protocol.NeedInput {
			direct = c.m.Direct(directLeast)
			end = c.messageDeadline()
		}
		c.mirror()
		c.mu.Unlock()
		switch ev.Kind {
		case protocol.CloseEvent:
			c.conclude(r, c.peerClosed())
			return ev, nil
		case protocol.FailedEvent:
			err := c.violation(r.name)
			c.conclude(r, err)
			return ev, err
		case protocol.EndEvent:
			return ev, c.vanished(r.name, nil)
		}
		if replies {
			r.wait.Writable = c.answer()
		}
		if ev.Kind != protocol.NeedInput {
			if ev.Final && !ev.Opcode.IsControl() {
				c.betweenMessages() // the next one has a deadline of its own
			}
			return ev, nil
		}
		var err error
		if got, err = c.fill(r, direct, end); err != nil {
			return ev, err
		}
	}
}

// fill reads once, into direct when there is such memory. end is by when the message under way must be whole (zero: no such time).
func (c *Conn) fill(r *receiving, direct []byte, end time.Time) (got arrival, err error) {
	into := direct
	if into == nil {
		into = c.buffer()
	}
	wait, limited := r.wait, false
	n, err := 0, c.overrun(r)
	if err == nil {
		if !end.IsZero() {
			if c.tooLate(end) {
				return got, c.expireMessage(r)
			}
			if wait.Deadline.IsZero() || end.Before(wait.Deadline) {
				wait.Deadline, limited = end, true
			}
		}
		n, err = c.stream.Read(into, wait)
	}
	if err != nil {
		return c.fillEnded(r, err, limited)
	}
	r.unseen += max(n, unseenRead)
	if direct == nil {
		c.noteRead(n == len(into))
	}
	return arrival{bytes: into[:n], direct: direct != nil}, nil
}

// fillEnded is what a read comes to that brought nothing. limited tells that its deadline was that of the message.
func (c *Conn) fillEnded(r *receiving, err error, limited bool) (got arrival, _ error) {
	switch {
	case err == io.EOF:
		return arrival{eof: true}, nil
	case err == sock.ErrWritable:
		r.wait.Writable = c.answer()
		return got, nil
	case err == sock.ErrWoken && r.ctx.Err() == nil:
		return got, nil // the wake-up was meant for an earlier call
	case err == sock.ErrWoken:
		return got, contextError(r.name, r.ctx)
	case err == sock.ErrInterrupted:
		return got, newError(CodeInterrupted, r.name, "a signal came")
	case err == sock.ErrTimeout && limited:
		return got, c.expireMessage(r)
	case err == sock.ErrTimeout:
		return got, newError(CodeTimeout, r.name, "nothing came in time")
	case c.closed.Load() || err == sock.ErrClosed:
		return got, c.lost(r.name)
	}
	return got, c.vanished(r.name, err)
}

// tooLate tells whether a message is past its end for good. Some reads are granted behind it, for a caller that comes late to what
// has long arrived.
func (c *Conn) tooLate(end time.Time) bool {
	if !passed(end) {
		return false
	}
	c.lateReads++
	return c.lateReads > unseenMost/unseenRead
}

// vanished ends a connection whose peer is gone: RFC 6455 §7.1.5, without a close frame the code is 1006.
func (c *Conn) vanished(name string, cause error) error {
	err := &Error{Code: CodeAbnormal, Op: name, Msg: "the peer is gone without a close frame (RFC 6455 §7.1.5)", Err: cause}
	if c.closed.Load() {
		return c.lost(name)
	}
	c.finish(err)
	return err
}

// noteRead notes whether a read filled readBuf. What a message leaves for the next read rarely does, so each of those takes back half
// of a full one only: messages that are always a little longer than readBuf make it grow, a long one among many short ones does not.
func (c *Conn) noteRead(full bool) {
	switch {
	case full:
		c.fullReads += 2
	case c.fullReads > 0:
		c.fullReads--
	}
}

// buffer returns memory to read into. It starts small, and grows when reads keep filling it.
func (c *Conn) buffer() []byte {
	switch {
	case c.readBuf == nil:
		c.readBuf = make([]byte, RecvBuffer)
	case c.fullReads >= growAfter && len(c.readBuf) < largestRead:
		c.readBuf = make([]byte, min(4*len(c.readBuf), largestRead))
		c.fullReads = 0
	}
	return c.readBuf
}

// messageDeadline tells by when the message under way must be whole, zero when there is none or no such option. No byte that
// comes moves it. The caller holds mu.
func (c *Conn) messageDeadline() time.Time {
	if c.set[OptMessageTimeoutMS] == NoTimeoutMS {
		return time.Time{}
	}
	if !c.m.InMessage() {
		c.betweenMessages()
		return time.Time{}
	}
	if c.began.IsZero() {
		c.began = time.Now()
	}
	return c.began.Add(time.Duration(c.set[OptMessageTimeoutMS]) * time.Millisecond)
}

// betweenMessages forgets the time of the message before.
func (c *Conn) betweenMessages() { c.began, c.lateReads = time.Time{}, 0 }

// expireMessage closes the connection over a message that never ends.
func (c *Conn) expireMessage(r *receiving) error {
	err := newError(CodePeerPolicy, r.name, "a message was not finished in time")
	err.CloseCode = ClosePolicy
	c.mu.Lock()
	_ = c.m.Close(ClosePolicy, "the message was not finished in time")
	c.mirror()
	c.mu.Unlock()
	c.conclude(r, err)
	return err
}

// violation is the error of a peer that broke the protocol.
func (c *Conn) violation(name string) *Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.m.Err(); err != nil {
		return fromProtocol(name, err)
	}
	return newError(CodeInternal, name, "the connection failed for no reason")
}

// peerClosed is what ended a connection whose peer sent a close frame.
func (c *Conn) peerClosed() *CloseError {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &CloseError{Code: c.m.CloseCode(), Reason: c.m.CloseReason()}
}

// lost is ended for callers that do not hold mu.
func (c *Conn) lost(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended(name)
}

// ended is the error of every receiving call after the end. The caller holds mu.
func (c *Conn) ended(name string) error {
	return &Error{Code: CodeClosed, Op: name, Msg: "the connection is closed", Err: c.why}
}
