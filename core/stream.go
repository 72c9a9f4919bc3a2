// This file streams messages of any length in bounded memory: an io.Reader for one message, an io.WriteCloser for one
// (RFC 6455 §5.4).

package core

import (
	"context"
	"errors"
	"io"
	"sync"

	"libws/core/protocol"
	"libws/core/wire"
)

// NextReader waits for the next message and returns its opcode and a reader of its data, which arrives while it is read: the
// memory it takes does not grow with the message. OptMaxMessageBytes still bounds its length. Pings are answered. What is left
// unread of the message before is discarded; until a message is read to its end, the other receiving calls fail with CodeState.
//
// ctx bounds NextReader and every Read. The errors are Receive's; the reader ends with io.EOF.
func (c *Conn) NextReader(ctx context.Context) (Opcode, io.Reader, error) {
	if u := c.unread.Load(); u != nil {
		if err := u.discard(ctx); err != nil {
			return NoFrame, nil, err
		}
	}
	r, err := c.beginReceive(ctx, "NextReader")
	if err != nil {
		return NoFrame, nil, err
	}
	defer c.endReceive(&r)
	if err := c.shape(&r, false, RecvBuffer); err != nil {
		return NoFrame, nil, err
	}
	m := &messageReader{conn: c, ctx: ctx}
	if err := m.next(&r); err != nil {
		return NoFrame, nil, err
	}
	if !m.last || len(m.part) > 0 {
		c.unread.Store(m)
	}
	return m.op, m, nil
}

// messageReader reads one message.
type messageReader struct {
	conn *Conn
	ctx  context.Context
	op   Opcode

	reading sync.Mutex // never waited for: who reads has what follows to himself
	part    []byte     // arrived and not read yet; the machine's memory
	last    bool       // nothing comes after part
	err     error
}

// next waits for the next part.
func (m *messageReader) next(r *receiving) error {
	for {
		ev, err := m.conn.nextEvent(r)
		if err != nil {
			return err
		}
		switch ev.Kind {
		case protocol.MessageEvent, protocol.FragmentEvent:
			m.op, m.part, m.last = ev.Opcode, ev.Payload, ev.Final
			return nil
		case protocol.CloseEvent:
			return m.conn.lost(r.name)
		}
	}
}

// more waits for the next part on behalf of a call of its own.
func (m *messageReader) more(ctx context.Context, name string) error {
	r, err := m.conn.beginReceive(ctx, name)
	if err == nil {
		err = m.next(&r)
		m.conn.endReceive(&r)
	}
	if err != nil && !passing(err) {
		m.finish(err)
	}
	return err
}

// discard reads what is left for nobody.
func (m *messageReader) discard(ctx context.Context) error {
	if !m.reading.TryLock() {
		return beingRead("NextReader")
	}
	defer m.reading.Unlock()
	for m.err == nil {
		m.part = nil
		if m.last {
			m.finish(io.EOF)
		} else if err := m.more(ctx, "NextReader"); err != nil {
			return err
		}
	}
	return nil
}

func beingRead(name string) error {
	return newError(CodeBusy, name, "another call is reading this message")
}

// Read implements io.Reader.
func (m *messageReader) Read(p []byte) (int, error) {
	if !m.reading.TryLock() {
		return 0, beingRead("Read")
	}
	defer m.reading.Unlock()
	if m.err != nil {
		return 0, m.err
	}
	for len(m.part) == 0 && !m.last {
		if err := m.more(m.ctx, "Read"); err != nil {
			return 0, err
		}
	}
	n := wire.Copy(p, m.part[:min(len(p), len(m.part))])
	m.part = m.part[n:]
	if len(m.part) == 0 && m.last {
		m.finish(io.EOF)
		if n == 0 {
			return 0, io.EOF
		}
	}
	return n, nil
}

// finish ends the reader and makes room for the next message.
func (m *messageReader) finish(err error) {
	m.err = err
	m.conn.unread.CompareAndSwap(m, nil)
}

// passing tells whether the same call may succeed later.
func passing(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Code == CodeTimeout || e.Temporary())
}

// NextWriter returns a writer for the data of a text or binary message: what is written is gathered and sent in fragments of
// OptSendFrameBytes, 64 KiB at most, and Close sends the last one. From the first fragment to the last the other calls that send
// messages fail with CodeState, and so does this writer while another message is under way; control frames may be sent. ctx bounds
// every Write and Close. The errors are SendFrame's.
//
// After CodeTimeout and CodeInterrupted the same Write, with what it did not take, or Close can be made again while ctx lives. When a
// message that has begun can no longer be finished, the connection cannot send any more.
func (c *Conn) NextWriter(ctx context.Context, op Opcode) (io.WriteCloser, error) {
	if op != OpText && op != OpBinary {
		return nil, argumentError("NextWriter", "the opcode of a message must be 1 (text) or 2 (binary)")
	}
	if err := c.sendable("NextWriter"); err != nil {
		return nil, err
	}
	size, _ := c.Option(OptSendFrameBytes)
	return &messageWriter{conn: c, ctx: ctx, op: op, buf: make([]byte, 0, min(size, MaxFrameSize))}, nil
}

// sendable tells why no message can be begun now.
func (c *Conn) sendable(name string) error {
	switch c.State() {
	case StateOpen:
		return nil
	case StateConnecting:
		return newError(CodeState, name, "the opening handshake is not done yet (RFC 6455 §4)")
	}
	return newError(CodeClosed, name, "the connection is closed")
}

// messageWriter writes one message.
type messageWriter struct {
	conn *Conn
	ctx  context.Context
	op   Opcode // of the next fragment
	buf  []byte // not sent yet
	err  error
}

// Write implements io.Writer.
func (m *messageWriter) Write(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	written := 0
	for len(p) > 0 {
		if len(m.buf) == cap(m.buf) {
			if err := m.fragment(false); err != nil {
				return written, err
			}
		}
		n := min(len(p), cap(m.buf)-len(m.buf))
		m.buf = wire.Append(m.buf, p[:n])
		p = p[n:]
		written += n
	}
	return written, nil
}

// fragment sends what is buffered.
func (m *messageWriter) fragment(final bool) error {
	o := outgoing{name: "Write", op: m.op, fin: final, payload: m.buf, whole: true, unsized: true}
	if _, err := m.conn.send(m.ctx, o); err != nil {
		if !passing(err) || m.ctx != nil && m.ctx.Err() != nil {
			m.giveUp(err)
		}
		return err
	}
	m.op, m.buf = OpContinuation, m.buf[:0]
	return nil
}

// giveUp ends the writer for good. Nothing can follow a message that has begun and is never finished (RFC 6455 §5.4).
func (m *messageWriter) giveUp(err error) {
	if m.err = err; m.op == OpContinuation {
		m.conn.stopSending()
	}
}

// Close sends the last fragment. A second call does nothing.
func (m *messageWriter) Close() error {
	if m.err == errWritten {
		return nil
	}
	if m.err != nil {
		return m.err
	}
	if err := m.fragment(true); err != nil {
		return err
	}
	m.err = errWritten
	return nil
}

// errWritten answers writes behind the end of a message.
var errWritten = &Error{Code: CodeState, Op: "Write", Msg: "the message is complete"}
