// This file opens connections as a client: name, TCP connection, opening handshake, all within one deadline (RFC 6455 §4.1).

package core

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"libws/core/internal/sock"
	"libws/core/protocol"
)

// DialOptions are what Dial and ClientHandshake need to know. Zero fields mean the defaults.
type DialOptions struct {
	Options                  // HandshakeTimeout bounds the whole call
	Subprotocols []string    // offered, in order of preference
	Origin       string      // "" sends none
	Header       http.Header // further fields of the request
}

// Dial connects to a ws:// URL and performs the opening handshake. Redirects are not followed. It blocks, at most for the
// handshake timeout or as long as ctx lives.
//
// Errors: CodeURL, CodeHeader, CodeArgument, CodeOption (nothing was sent); CodeResolve, CodeSystem (no address could be
// connected to), CodeTimeout, CodeInterrupted; CodeRefused (the server answered with the HTTP status in the error),
// CodeHandshake (its answer was no proper one).
func Dial(ctx context.Context, url string, o *DialOptions) (*Conn, error) {
	const op = "Dial"
	c, e, err := newClient(op, url, o)
	if err != nil {
		return nil, err
	}
	if ctx == nil {
		ctx = context.Background()
	}
	deadline := c.set.deadline(OptHandshakeTimeoutMS)
	if !deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	if ctx.Err() != nil {
		return nil, contextError(op, ctx)
	}
	fd, err := connectTo(ctx, op, e, c.set[OptInterruptible] != 0)
	if err != nil {
		return nil, err
	}
	return c.request101(ctx, op, fd)
}

// ClientHandshake performs the client's opening handshake on a connected stream socket; url says host and target, and is not
// connected to. The descriptor belongs to the connection from then on. On an error it is still the caller's, to be closed.
// Errors are Dial's.
func ClientHandshake(fd int, url string, o *DialOptions) (*Conn, error) {
	const op = "ClientHandshake"
	c, _, err := newClient(op, url, o)
	if err != nil {
		return nil, err
	}
	s, err := adopt(op, fd)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	if deadline := c.set.deadline(OptHandshakeTimeoutMS); !deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	done, err := c.request101(ctx, op, s.Borrow())
	if err != nil {
		return nil, err
	}
	s.Keep()
	return done, nil
}

// newClient checks everything that the caller passed and prepares the request, before anything is sent.
func newClient(op, url string, o *DialOptions) (*Conn, endpoint, error) {
	e, bad := parseURL(op, url)
	if bad != nil {
		return nil, e, bad
	}
	if o == nil {
		o = &DialOptions{}
	}
	set := defaultSettings()
	if err := set.apply(&o.Options); err != nil {
		return nil, e, err
	}
	if err := sock.StartPoller(); err != nil {
		return nil, e, systemError(op, err)
	}
	c := newConn(nil, RoleClient, &set)
	req := protocol.ClientRequest{Host: e.field, Target: e.target, Origin: o.Origin, Subprotocols: slices.Clone(o.Subprotocols), Header: fieldsOf(o.Header)}
	_, _ = rand.Read(req.Key[:])
	if err := c.m.InitClient(&c.cfg, req); err != nil {
		return nil, e, fromProtocol(op, err)
	}
	c.mirror()
	return c, e, nil
}

// connectTo finds the addresses of an endpoint and connects to the first that answers.
func connectTo(ctx context.Context, op string, e endpoint, interruptible bool) (*sock.FD, error) {
	find := resolve
	if interruptible {
		find = resolveBehind
	}
	addrs, err := find(ctx, op, e.host)
	if err != nil {
		return nil, err
	}
	var last error
	for i, a := range addrs {
		wait := sock.Wait{Interruptible: interruptible, Deadline: share(ctx, len(addrs)-i)}
		fd, err := sock.Connect(ctx, netip.AddrPortFrom(a, e.port), wait)
		switch {
		case err == nil:
			return fd, nil
		case ctx.Err() != nil:
			return nil, contextError(op, ctx)
		case err == sock.ErrInterrupted:
			return nil, newError(CodeInterrupted, op, "a signal came")
		}
		last = err
	}
	if last == sock.ErrTimeout {
		return nil, newError(CodeTimeout, op, "no address of "+e.address()+" answered in time")
	}
	return nil, &Error{Code: CodeSystem, Op: op, Msg: "cannot connect to " + e.address(), Err: last}
}

// share gives the next of n addresses its part of the time that is left, so that one that is silent leaves some for the others.
func share(ctx context.Context, n int) time.Time {
	end, ok := ctx.Deadline()
	if !ok || n <= 1 {
		return end
	}
	return time.Now().Add(time.Until(end) / time.Duration(n))
}

// resolve returns the addresses of a host.
func resolve(ctx context.Context, op, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	switch {
	case ctx.Err() != nil:
		return nil, contextError(op, ctx)
	case err != nil || len(addrs) == 0:
		return nil, &Error{Code: CodeResolve, Op: op, Msg: "the host " + host + " has no address", Err: err}
	}
	return addrs, nil
}

// resolveBehind is resolve while the caller's thread waits for signals, which end it. The resolver itself hears none: it runs on other
// threads.
func resolveBehind(ctx context.Context, op, host string) (addrs []netip.Addr, err error) {
	if _, literal := netip.ParseAddr(host); literal == nil {
		return resolve(ctx, op, host)
	}
	done, err := sock.NewEvent()
	if err != nil {
		return nil, systemError(op, err)
	}
	defer done.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer done.Set()
		defer func() {
			if recover() != nil { // a resolver of the program's may panic; that must not end the process
				err = newError(CodeInternal, op, "the resolver panicked")
			}
		}()
		addrs, err = resolve(ctx, op, host)
	}()
	interrupted := done.Await(sock.Wait{Interruptible: true})
	cancel()
	<-ended // at once
	if interrupted != nil {
		return nil, newError(CodeInterrupted, op, "a signal came")
	}
	return addrs, err
}

// request101 sends the request that the machine holds and waits for the answer.
func (c *Conn) request101(ctx context.Context, op string, fd *sock.FD) (*Conn, error) {
	c.stream, c.onFD, c.peerAddr = fd, true, fd.PeerAddr()
	r := receiving{name: op, ctx: ctx, wait: sock.Wait{Wakeable: true, Interruptible: c.set[OptInterruptible] != 0}}
	stop := context.AfterFunc(ctx, func() { fd.WakeRead(); fd.WakeWrite() })
	err := c.open(&r)
	stop()
	if response := c.m.Response(); response != nil {
		c.status, c.chosen = response.Status(), response.Subprotocol()
	}
	if err != nil {
		c.finish(err)
		var known *Error
		if errors.As(err, &known) && known.Code == CodeAbnormal {
			known.Code, known.Msg = CodeHandshake, "the server ended the connection inside the opening handshake (RFC 6455 §4.1)"
		}
		return nil, err
	}
	c.m.ReleaseOpening()
	return c, nil
}
