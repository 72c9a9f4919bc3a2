// This file accepts: it serves the listener and every opening handshake under way together, so that a silent client keeps
// nobody waiting (RFC 6455 §4.2).

package core

import (
	"io"
	"slices"
	"time"

	"libws/core/internal/sock"
	"libws/core/protocol"

	"golang.org/x/sys/unix"
)

const (
	lingerTime = time.Second            // how long a refused client may take to read why
	pauseTime  = 100 * time.Millisecond // how long the listener rests when descriptors run out
)

// phase is what a connection that is not open yet waits for.
type phase uint8

const (
	phaseRequest phase = iota // the rest of the request
	phaseAnswer               // room to write our answer
	phaseLinger               // the refused client to go
)

// pending is one opening handshake under way.
type pending struct {
	conn     *Conn
	fd       *sock.FD
	phase    phase
	deadline time.Time // of the phase; absolute, no byte extends it
}

// Accept waits for the next client and performs its opening handshake, choosing a subprotocol and checking the origin as the
// server's options say. Any number of clients may be amid their handshakes: a slow one holds nobody up.
//
// Errors: CodeHandshake and CodeOrigin when one client's handshake failed, which was answered with the HTTP status in the
// error: call Accept again. CodeClosed once the server is stopped or closed, CodeTimeout, CodeInterrupted (with OptInterruptible, when a
// signal came, or half handshakes left nothing to wait for, and so no signal to be heard, for 50 ms; the reason is EINTR for a signal),
// CodeSystem, which stays when others closed or shut down the listening socket: its reason is EBADF, ENOTSOCK or EINVAL then.
func (s *Server) Accept() (*Conn, error) {
	return s.accept("Accept", false, vigil{patience: lookEvery})
}

// AcceptRequest is Accept without the verdict: the connection is in StateConnecting, its Request can be read, and it is to
// be decided with AcceptUpgrade or Refuse. Foreign origins are refused already.
func (s *Server) AcceptRequest() (*Conn, error) {
	return s.accept("AcceptRequest", true, vigil{patience: lookEvery})
}

// accept is every accepting call. Signals end its waits; watch ends it when half handshakes leave it none.
func (s *Server) accept(name string, undecided bool, watch vigil) (*Conn, error) {
	if !s.IsValid() {
		return nil, newError(CodeClosed, name, "the server is closed")
	}
	s.mu.Lock()
	wait := sock.Wait{Deadline: s.set.deadline(OptAcceptTimeoutMS), Interruptible: s.set[OptInterruptible] != 0}
	s.mu.Unlock()
	if err := s.takeTurn(name, wait); err != nil {
		return nil, err
	}
	defer s.acceptor.leave()
	for {
		if s.stopped.Load() || s.stop.IsSet() {
			return nil, newError(CodeClosed, name, "the server is stopped")
		}
		if c := s.next(undecided); c != nil {
			if undecided || c.IsOpen() {
				return c, nil
			}
			if c, err := s.decide(c); c != nil || err != nil {
				return c, err
			}
			continue
		}
		if len(s.failed) > 0 {
			err := s.failed[0]
			s.failed = s.failed[1:]
			return nil, err
		}
		if wait.Interruptible && watch.deaf(s.slept) {
			return nil, newError(CodeInterrupted, name, "clients left no time in which a signal is heard")
		}
		if err := sock.Listening(s.listener); err != nil { // poll would wait for what is none, and accept fail again and again
			return nil, &Error{Code: CodeSystem, Op: name, Msg: "the listening socket was closed or shut down by others", Err: err}
		}
		if err := s.await(name, wait); err != nil {
			return nil, err
		}
		s.serve()
	}
}

// takeTurn waits until no other call accepts.
func (s *Server) takeTurn(name string, wait sock.Wait) (err error) {
	if wait.Interruptible {
		err = s.acceptor.takeOnThread(wait, nil, nil, s.acceptor.leave)
	} else {
		err = s.acceptor.take(wait.Deadline, nil, nil)
	}
	switch err {
	case nil:
		return nil
	case sock.ErrInterrupted:
		return signalCame(name)
	case sock.ErrTimeout:
		return newError(CodeTimeout, name, "another call is accepting")
	}
	return systemError(name, err)
}

// signalCame is the end of a wait by a signal. The reason tells it from the end of a call that could not hear any.
func signalCame(name string) *Error {
	return &Error{Code: CodeInterrupted, Op: name, Msg: "a signal came", Err: unix.EINTR}
}

// next takes the first connection out of the queue, or the first undecided one, nil when there is none.
func (s *Server) next(undecided bool) *Conn {
	for i, c := range s.ready {
		if !undecided || c.State() == StateConnecting {
			s.ready = slices.Delete(s.ready, i, i+1)
			return c
		}
	}
	return nil
}

// await polls the stop event, the listener and the handshakes.
func (s *Server) await(name string, wait sock.Wait) error {
	now := time.Now()
	set := append(s.polled[:0], unix.PollFd{Fd: int32(s.stop.FD()), Events: unix.POLLIN}, unix.PollFd{Fd: int32(s.listener), Events: unix.POLLIN})
	until := wait.Deadline
	if now.Before(s.pause) {
		set[1].Fd = -1
		until = earlier(until, s.pause)
	}
	for _, p := range s.pending {
		events := int16(unix.POLLIN)
		if p.phase == phaseAnswer {
			events = unix.POLLOUT
		}
		set = append(set, unix.PollFd{Fd: int32(p.fd.FD()), Events: events})
		until = earlier(until, p.deadline)
	}
	s.polled = set
	_, errno := sock.Poll(set, until)
	s.slept += time.Since(now)
	switch {
	case errno == unix.EINTR && wait.Interruptible:
		return signalCame(name)
	case errno == unix.EINTR:
		for i := range set {
			set[i].Revents = 0
		}
	case errno != 0:
		return systemError(name, errno)
	case passed(wait.Deadline):
		return newError(CodeTimeout, name, "no client came in time")
	}
	return nil
}

// serve does what the last poll found to do.
func (s *Server) serve() {
	now := time.Now()
	for i, p := range s.pending {
		if s.polled[i+2].Revents != 0 {
			s.advance(p)
		}
		if p.conn != nil && !p.deadline.IsZero() && now.After(p.deadline) {
			s.expire(p)
		}
	}
	kept := s.pending[:0]
	for _, p := range s.pending {
		if p.conn != nil {
			kept = append(kept, p)
		}
	}
	clear(s.pending[len(kept):])
	s.pending = kept
	if s.polled[1].Revents != 0 {
		s.admit(now)
	}
}

// admit takes what the listener has, up to a batch, so that handshakes under way get their turn.
func (s *Server) admit(now time.Time) {
	s.mu.Lock()
	set := s.set
	s.mu.Unlock()
	for range 64 {
		fd, err := sock.Accept(s.listener)
		if err == unix.EAGAIN {
			return
		}
		if err != nil { // out of descriptors or memory: it passes, and asking at once would only spin
			s.pause = now.Add(pauseTime)
			return
		}
		c := newConn(fd, RoleServer, &set)
		c.m.InitServer(&c.cfg)
		c.mirror()
		if len(s.pending) >= int(set[OptMaxPending]) {
			s.evict()
		}
		s.pending = append(s.pending, &pending{conn: c, fd: fd, deadline: set.deadline(OptHandshakeTimeoutMS)})
	}
}

// evict makes room for a new client at the cost of the one that has waited longest.
func (s *Server) evict() {
	p := s.pending[0]
	if p.phase == phaseRequest {
		_, _ = p.fd.TryWrite([]byte("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
	}
	p.conn.Drop()
	copy(s.pending, s.pending[1:])
	s.pending = s.pending[:len(s.pending)-1]
}

// expire ends a phase whose deadline has passed. It does not wait for room to write.
func (s *Server) expire(p *pending) {
	if p.phase == phaseLinger {
		p.drop()
		return
	}
	late := &Error{Code: CodeHandshake, Op: "Accept", Msg: "the opening handshake was not done in time"}
	if p.phase == phaseRequest && p.conn.m.TimeOut() { // otherwise there is nothing to answer
		p.conn.mirror()
		p.conn.status, late.Status = 408, 408
		_, _ = p.fd.TryWrite(p.conn.m.Output())
	}
	s.fail(late)
	p.lingerOn()
}

func (p *pending) drop() {
	p.conn.Drop()
	p.conn = nil
}

// lingerOn gives a refused client time to read why, so that unread bytes of its own do not destroy the answer.
func (p *pending) lingerOn() {
	_ = p.fd.Shutdown(sock.ShutWrite)
	p.phase, p.deadline = phaseLinger, time.Now().Add(lingerTime)
}

// advance goes on with a handshake whose socket is ready.
func (s *Server) advance(p *pending) {
	if p.phase == phaseAnswer {
		s.answer(p)
		return
	}
	if s.buf == nil {
		s.buf = make([]byte, RecvBuffer)
	}
	n, ok, err := p.fd.TryRead(s.buf)
	switch {
	case !ok:
		return
	case p.phase == phaseLinger && err != nil:
		p.drop()
		return
	case p.phase == phaseLinger:
		return
	case err == nil:
		p.conn.m.Feed(s.buf[:n])
	case err == io.EOF:
		p.conn.m.FeedEOF()
	default:
		s.fail(&Error{Code: CodeHandshake, Op: "Accept", Msg: "the client is gone", Err: err})
		p.drop()
		return
	}
	s.judge(p)
}

// judge acts on what the machine makes of the request so far. A proper one is decided when a call takes it: which one it will be is
// not known yet.
func (s *Server) judge(p *pending) {
	c := p.conn
	ev := c.m.Next()
	c.mirror()
	switch ev.Kind {
	case protocol.RequestEvent:
		c.m.Retain() // frames may follow the request in the same segment
		c.request = requestOf(c.m.Request())
		if err := s.screen(c); err != nil {
			s.fail(err)
			s.answer(p)
			return
		}
		p.conn = nil
		s.ready = append(s.ready, c)
	case protocol.FailedEvent:
		err := c.m.Err()
		s.fail(fromProtocol("Accept", err))
		c.status = err.Status
		if err.Kind == protocol.EndedEarly {
			p.drop()
			return
		}
		s.answer(p)
	}
}

// screen refuses foreign origins (RFC 6455 §4.2.2 item 4: 403).
func (s *Server) screen(c *Conn) *Error {
	s.mu.Lock()
	allowed := originAllowed(s.origins, c.request.Origin)
	s.mu.Unlock()
	if allowed {
		return nil
	}
	_ = c.m.Refuse(protocol.Refusal{Status: 403, Body: []byte("this origin is not allowed\n")})
	c.status = 403
	c.mirror()
	return &Error{Code: CodeOrigin, Op: "Accept", Msg: "the origin is not in the allow-list (RFC 6455 §10.2)", Status: 403}
}

// answer writes what goes of the answer. When it is out, an open connection is ready and a refused one lingers.
func (s *Server) answer(p *pending) {
	switch done, err := p.write(); {
	case err != nil:
		p.drop()
	case !done:
		p.phase = phaseAnswer
	case p.conn.IsOpen():
		s.ready = append(s.ready, p.conn)
		p.conn = nil
	default:
		p.lingerOn()
	}
}

// write writes what goes of the answer; done tells that it is out.
func (p *pending) write() (done bool, err error) {
	m := &p.conn.m
	for m.HasOutput() {
		out := m.Output()
		n, err := p.fd.TryWrite(out)
		m.Sent(n)
		if err != nil || n < len(out) {
			return false, err
		}
	}
	return true, nil
}

// fail keeps an error for the next return of Accept. A flood of bad clients costs bounded memory.
func (s *Server) fail(err error) {
	if len(s.failed) < 64 {
		s.failed = append(s.failed, err)
	}
}

// decide accepts a connection from the queue. It returns nil when there is no room to write the answer now.
func (s *Server) decide(c *Conn) (*Conn, error) {
	s.mu.Lock()
	chosen := choose(s.subprotocols, c.request.Subprotocols)
	s.mu.Unlock()
	p := &pending{conn: c, fd: c.stream.(*sock.FD), phase: phaseAnswer, deadline: c.set.deadline(OptHandshakeTimeoutMS)}
	if err := c.grant(protocol.AcceptOptions{Subprotocol: chosen}); err != nil {
		p.drop()
		return nil, err
	}
	switch done, err := p.write(); {
	case err != nil:
		p.drop()
		return nil, &Error{Code: CodeHandshake, Op: "Accept", Msg: "the client is gone", Err: err}
	case !done:
		s.pending = append(s.pending, p)
		return nil, nil
	}
	return c, nil
}
