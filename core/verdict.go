// This file decides on a request: the server's answer to an opening handshake (RFC 6455 §4.2.2).

package core

import (
	"net/http"
	"time"

	"libws/core/internal/sock"
	"libws/core/protocol"
)

// AcceptOptions say how a request is accepted.
type AcceptOptions struct {
	Subprotocol string      // one that the client offered, or none
	Header      http.Header // further fields of the 101 response
}

// AcceptUpgrade accepts the request of a connection in StateConnecting; the connection is open then. It blocks until the
// response is written, at most for the handshake timeout.
//
// Errors: CodeArgument (a subprotocol that the client did not offer) and CodeHeader (nothing was sent, and the request still
// waits for a verdict), CodeState (there is no request), CodeClosed, CodeAbnormal, CodeTimeout.
func (c *Conn) AcceptUpgrade(o *AcceptOptions) error {
	var a protocol.AcceptOptions
	if o != nil {
		a = protocol.AcceptOptions{Subprotocol: o.Subprotocol, Header: fieldsOf(o.Header)}
	}
	c.mu.Lock()
	wait := sock.Wait{Deadline: c.set.deadline(OptHandshakeTimeoutMS), Interruptible: c.set[OptInterruptible] != 0}
	c.mu.Unlock()
	return c.decide(&sending{name: "AcceptUpgrade", wait: wait}, func() error { return c.grant(a) })
}

// Refuse answers the request of a connection in StateConnecting with another HTTP status than 101, 200 to 599, and closes the
// connection. The status brings the fields it needs with it, such as Sec-WebSocket-Version with 426. It blocks until the
// client has had the chance to read the answer, at most for the close timeout.
//
// Errors: CodeArgument and CodeHeader (nothing was sent, and the request still waits for a verdict), CodeState (there is no
// request), CodeClosed, CodeAbnormal, CodeTimeout.
func (c *Conn) Refuse(status int, header http.Header, body []byte) error {
	c.mu.Lock()
	wait := sock.Wait{Deadline: c.set.deadline(OptCloseTimeoutMS)}
	c.mu.Unlock()
	decided := false
	err := c.decide(&sending{name: "Refuse", wait: wait}, func() error {
		if err := c.m.Refuse(protocol.Refusal{Status: status, Header: fieldsOf(header), Body: body}); err != nil {
			return fromProtocol("Refuse", err)
		}
		c.status, decided = status, true
		c.mirror()
		return nil
	})
	if err == nil {
		c.linger(wait)
	}
	if decided {
		c.finish(nil)
	}
	return err
}

// decide has the machine answer the request, and writes the answer. It holds the gate over both: the connection may be open from
// the verdict on, and no frame must overtake the 101 (RFC 6455 §4.2.2).
func (c *Conn) decide(s *sending, verdict func() error) error {
	if err := c.gate.take(s.wait.Deadline, c.closing, nil); err != nil {
		return c.waitError(s, err)
	}
	defer c.leaveGate()
	c.mu.Lock()
	err := c.undecided(s.name)
	if err == nil {
		err = verdict()
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	return c.deliver(s)
}

// undecided tells why there is nothing to decide. The caller holds mu.
func (c *Conn) undecided(name string) error {
	switch {
	case c.closed.Load() || c.over:
		return newError(CodeClosed, name, "the connection is closed")
	case c.request == nil || c.m.State() != StateConnecting:
		return newError(CodeState, name, "there is no request to decide on")
	}
	return nil
}

// grant puts a 101 response into the machine's output. The caller holds mu, or nobody else knows the connection yet.
func (c *Conn) grant(a protocol.AcceptOptions) error {
	if err := c.m.Accept(a); err != nil {
		return fromProtocol("AcceptUpgrade", err)
	}
	c.status, c.chosen = http.StatusSwitchingProtocols, a.Subprotocol
	c.m.ReleaseOpening()
	c.mirror()
	return nil
}

// deliver writes the machine's output; a failure ends the connection. The caller holds the gate, or nobody else knows the connection
// yet.
func (c *Conn) deliver(s *sending) error {
	err := c.flush(s)
	if err != nil {
		c.finish(err)
	}
	return err
}

// open drives the machine through the opening handshake of either role. It returns at the request of a server's client, and
// when the handshake has succeeded or failed.
func (c *Conn) open(r *receiving) error {
	var got arrival
	for {
		c.feed(&got)
		if c.m.HasOutput() {
			if err := c.flush(&sending{name: r.name, ctx: r.ctx, wait: r.wait}); err != nil {
				return err
			}
		}
		ev := c.m.Next()
		c.mirror()
		switch ev.Kind {
		case protocol.RequestEvent, protocol.Opened:
			return nil
		case protocol.FailedEvent:
			failed := c.m.Err()
			c.status = failed.Status
			s := sending{name: r.name, wait: sock.Wait{Deadline: time.Now().Add(lingerTime)}}
			if c.m.HasOutput() && c.flush(&s) == nil {
				c.linger(s.wait)
			}
			return fromProtocol(r.name, failed)
		}
		var err error
		if got, err = c.fill(r, nil, time.Time{}); err != nil {
			return c.late(err)
		}
	}
}

// late answers a client whose request has begun and did not end in time, without waiting (RFC 9110 §15.5.9).
func (c *Conn) late(err error) error {
	e, ok := err.(*Error)
	if !ok || e.Code != CodeTimeout || !c.m.TimeOut() {
		return err
	}
	c.mirror()
	c.status = c.m.Err().Status
	c.answer()
	told := *e
	told.Status = c.status
	return &told
}
