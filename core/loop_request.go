// This file decides on opening handshakes: by the loop's rules, or by the user, who may also answer plain HTTP on the same port
// (RFC 6455 §4.2).

package core

import (
	"libws/core/internal/sock"
	"libws/core/protocol"

	"golang.org/x/sys/unix"
)

// requested acts on a whole request: it is accepted or refused under the rules, or told and left to the user.
func (l *Loop) requested(slot uint32, c *loopConn) {
	r := c.m.Request()
	if l.more.requests {
		c.flags |= cKnown | cVerdict
		e := l.emit(LoopRequest, slot, c)
		if p := r.Problem(); p != nil {
			e.Code = int64(p.Status)
		}
		l.viewText(e, r.Target())
		return
	}
	if len(l.offer.origins) > 0 && !originAllowed(l.offer.origins, r.Origin()) {
		_ = c.m.Refuse(protocol.Refusal{Status: 403, Body: []byte("this origin is not allowed\n")})
		l.conclude(slot, c, CloseAbnormal, CodeOrigin)
		return
	}
	var a protocol.AcceptOptions
	if len(l.offer.subprotocols) > 0 {
		a.Subprotocol = choose(l.offer.subprotocols, r.Subprotocols())
	}
	_ = c.m.Accept(a)
}

// Request returns a copy of the request that a LoopRequest event reported, until it is decided on, and of that behind a LoopOpen event
// until the next poll. Errors: CodeHandle, CodeClosed, CodeState when there is none.
func (l *Loop) Request(id ConnID) (*Request, error) {
	const op = "Loop.Request"
	if e := l.lock(op); e != nil {
		return nil, e
	}
	defer l.mu.Unlock()
	_, c, e := l.find(op, id)
	if e != nil {
		return nil, e
	}
	r := c.m.Request()
	if r == nil {
		return nil, newError(CodeState, op, "the request is known only until the poll after it was accepted")
	}
	return requestOf(r), nil
}

// Accept answers a reported request with 101; LoopOpen follows. The subprotocol is one that the client offered, or "". Errors:
// CodeHandle, CodeClosed, CodeState when no request waits or it is no opening handshake, CodeArgument, CodeHeader; the request still
// waits then. On CodeNoMemory the connection is lost, and LoopClose follows.
func (l *Loop) Accept(id ConnID, subprotocol string, header []HeaderField) error {
	const op = "Loop.Accept"
	if e := l.lock(op); e != nil {
		return e
	}
	defer l.mu.Unlock()
	slot, c, e := l.find(op, id)
	if e != nil {
		return e
	}
	if err := c.m.Accept(protocol.AcceptOptions{Subprotocol: subprotocol, Header: header}); err != nil {
		return fromProtocol(op, err)
	}
	c.flags &^= cVerdict | cAnswered
	if !l.takeOutput(slot, c) { // before what is sent from now on
		return noMemory(op)
	}
	l.mark(slot, c)
	l.heed(slot, c)
	return nil
}

// Respond answers a reported request with another status than 101, 200 to 599, and a body. The connection goes on with the next
// request where HTTP allows it, once the system has taken the answer; otherwise it is closed and LoopClose follows. The client gets all
// of the answer as long as it goes on taking it in: it is given up after OptHandshakeTimeoutMS without progress, or OptCloseTimeoutMS
// where the connection ends. Errors are Accept's.
func (l *Loop) Respond(id ConnID, status int, header []HeaderField, body []byte) error {
	return l.answer("Loop.Respond", id, status, header, body, true)
}

// Refuse is Respond, but the connection is closed behind the answer, and LoopClose follows.
func (l *Loop) Refuse(id ConnID, status int, header []HeaderField, body []byte) error {
	return l.answer("Loop.Refuse", id, status, header, body, false)
}

func (l *Loop) answer(op string, id ConnID, status int, header []HeaderField, body []byte, goOn bool) error {
	if e := l.lock(op); e != nil {
		return e
	}
	defer l.mu.Unlock()
	slot, c, e := l.find(op, id)
	if e != nil {
		return e
	}
	if err := c.m.Refuse(protocol.Refusal{Status: status, Header: header, Body: body, KeepAlive: goOn && !l.draining}); err != nil {
		return fromProtocol(op, err)
	}
	l.readClock()
	c.flags &^= cVerdict
	c.flags |= cAnswered
	if !l.takeOutput(slot, c) {
		return noMemory(op)
	}
	l.mark(slot, c)
	if c.m.State() == protocol.Closed {
		l.conclude(slot, c, CloseAbnormal, 0)
		l.end(slot, c)
		return nil
	}
	c.stageTick = l.tick + l.more.handshakeMS // each request has its own time
	l.heed(slot, c)
	return nil
}

// answering tells that a plain HTTP client has not taken its last answer in. Its next request waits meanwhile: what it cannot read
// must not pile up with us.
func (c *loopConn) answering() bool {
	return c.flags&(cYoung|cAnswered|cBlocked) == cYoung|cAnswered|cBlocked
}

// awaitRequest goes on with the next request of a plain HTTP client that had to be waited for. Its time begins only now.
func (l *Loop) awaitRequest(slot uint32, c *loopConn) {
	l.readClock() // the last poll may be long ago
	c.stageTick = l.tick + l.more.handshakeMS
	l.schedule(slot, c)
	l.heed(slot, c)
}

// SetContext leaves a number, or the address of something of C's, with a connection; its events carry it.
func (l *Loop) SetContext(id ConnID, context uintptr) error {
	const op = "Loop.SetContext"
	if e := l.lock(op); e != nil {
		return e
	}
	defer l.mu.Unlock()
	_, c, e := l.find(op, id)
	if e != nil {
		return e
	}
	c.context = context
	return nil
}

// Context returns what SetContext left.
func (l *Loop) Context(id ConnID) (uintptr, error) {
	const op = "Loop.Context"
	if e := l.lock(op); e != nil {
		return 0, e
	}
	defer l.mu.Unlock()
	_, c, e := l.find(op, id)
	if e != nil {
		return 0, e
	}
	return c.context, nil
}

// PeerAddr returns the peer's address in readable form, "" when it has none.
func (l *Loop) PeerAddr(id ConnID) (string, error) {
	const op = "Loop.PeerAddr"
	if e := l.lock(op); e != nil {
		return "", e
	}
	defer l.mu.Unlock()
	_, c, e := l.find(op, id)
	if e != nil {
		return "", e
	}
	sa, err := unix.Getpeername(int(c.fd))
	if err != nil {
		return "", nil
	}
	return sock.Readable(sa), nil
}

// Pause stops reading a connection; what its peer sends stays in the system's buffers and so slows the peer down. While it is
// paused neither silence nor an unfinished message is held against the peer, and it is sent no pings. Resume goes on. LoopOpen of a
// request that was accepted, LoopDrain, and an end that was read already with the message before it come during a pause, too.
//
// A peer that goes meanwhile is told with LoopClose at once when it has left nothing to read, else not before Resume: what it sent comes
// first. One that vanishes without a word, as a machine without power does, shows only when something is sent to it.
func (l *Loop) Pause(id ConnID) error { return l.pause("Loop.Pause", id, true) }

// Resume goes on reading a connection that was paused.
func (l *Loop) Resume(id ConnID) error { return l.pause("Loop.Resume", id, false) }

func (l *Loop) pause(op string, id ConnID, on bool) error {
	if e := l.lock(op); e != nil {
		return e
	}
	defer l.mu.Unlock()
	slot, c, e := l.find(op, id)
	if e != nil {
		return e
	}
	switch {
	case c.m.State() == protocol.Connecting:
		return newError(CodeState, op, "the connection is not open yet")
	case on && c.m.State() == protocol.Open:
		c.flags |= cPaused // epoll learns of it when there is something to read
	case c.flags&cPaused != 0:
		c.flags &^= cPaused
		l.readClock()
		c.restartClocks(l.tick) // the silence was ours
		l.heed(slot, c)
		l.watch(slot, c)
	}
	return nil
}

// State returns the state of a connection; StateClosed for one that is over.
func (l *Loop) State(id ConnID) State {
	if l.lock("") != nil {
		return StateClosed
	}
	defer l.mu.Unlock()
	_, c, e := l.find("", id)
	if e != nil {
		return StateClosed
	}
	return c.m.State()
}
