// This file opens connections as a client without blocking: name look-up off the data path, then TCP and the opening handshake
// (RFC 6455 §4.1).

package core

import (
	"context"
	"crypto/rand"
	"net/netip"
	"slices"

	"libws/core/internal/poller"
	"libws/core/internal/sock"
	"libws/core/protocol"
)

// dialing is what is known of a connection that has none of its own yet.
type dialing struct {
	addrs []netip.Addr // still to be tried
	port  uint16
	until uint32 // when the opening handshake must be done
}

// Dial begins to connect to a ws:// URL and returns at once. LoopOpen follows, or LoopClose with 1006 and the reason: CodeResolve,
// CodeSystem, CodeTimeout, CodeHandshake, or CodeRefused with the HTTP status. Host names are looked up on a goroutine of their own; the
// addresses of a host are tried one after the other, each for its share of the rest of OptHandshakeTimeoutMS. Of the options only
// Subprotocols, Origin and Header count. Errors: CodeURL, CodeHeader, CodeArgument, CodeState while the loop drains, CodeTooMany; nothing
// was sent then.
func (l *Loop) Dial(url string, o *DialOptions) (ConnID, error) {
	const op = "Loop.Dial"
	e, bad := parseURL(op, url)
	if bad != nil {
		return 0, bad
	}
	if err := l.lock(op); err != nil {
		return 0, err
	}
	defer l.mu.Unlock()
	slot, c, err := l.beginDial(op, -1, e, o, cConnecting)
	if err != nil {
		return 0, err
	}
	id := l.id(slot, c)
	if l.dials == nil {
		l.dials = map[uint32]*dialing{}
	}
	d := &dialing{port: e.port, until: c.stageTick}
	l.dials[slot] = d
	if a, err := netip.ParseAddr(e.host); err == nil {
		d.addrs = []netip.Addr{a}
		l.tryNext(slot, c, d)
		return id, nil
	}
	go l.lookUp(id, func() ([]netip.Addr, error) { return resolve(context.Background(), "Loop.Dial", e.host) })
	return id, nil
}

// DialFD performs the client's opening handshake on a connected stream socket; url says host and target, and is not connected to.
// The loop closes the descriptor in the end, unless an error is returned. Errors are Dial's and Adopt's.
func (l *Loop) DialFD(fd int, url string, o *DialOptions) (ConnID, error) {
	const op = "Loop.DialFD"
	e, bad := parseURL(op, url)
	if bad != nil {
		return 0, bad
	}
	if err := l.lock(op); err != nil {
		return 0, err
	}
	defer l.mu.Unlock()
	if err := poller.Adopt(fd); err != nil {
		return 0, &Error{Code: CodeArgument, Op: op, Msg: "the descriptor must be a connected stream socket", Err: err}
	}
	slot, c, err := l.beginDial(op, fd, e, o, 0)
	if err != nil {
		return 0, err
	}
	l.mark(slot, c)
	l.watch(slot, c)
	return l.id(slot, c), nil
}

// beginDial enters a connection whose request is ready.
func (l *Loop) beginDial(op string, fd int, e endpoint, o *DialOptions, flags cFlag) (uint32, *loopConn, error) {
	if err := l.roomFor(op); err != nil {
		return 0, nil, err
	}
	if o == nil {
		o = &DialOptions{}
	}
	req := protocol.ClientRequest{Host: e.field, Target: e.target, Origin: o.Origin, Subprotocols: slices.Clone(o.Subprotocols), Header: fieldsOf(o.Header)}
	_, _ = rand.Read(req.Key[:])
	var m protocol.Machine
	if err := m.InitClient(l.config[1], req); err != nil {
		return 0, nil, fromProtocol(op, err)
	}
	l.readClock()
	slot, c, err := l.admit(op, fd, flags|cYoung|cClient|cKnown)
	if err != nil {
		return 0, nil, err
	}
	c.m = m
	c.stageTick = l.tick + l.more.handshakeMS
	l.schedule(slot, c)
	l.stir() // the timer must be set
	return slot, c, nil
}

// lookUp finds the addresses of a host. It is the only thing a loop does on another goroutine, where a panic would end the process.
func (l *Loop) lookUp(id ConnID, find func() ([]netip.Addr, error)) {
	defer func() {
		if recover() != nil {
			l.lookUpFailed(id)
		}
	}()
	addrs, err := find()
	if l.lock("") != nil {
		return
	}
	defer l.mu.Unlock()
	slot, c, gone := l.find("", id)
	if gone != nil {
		return
	}
	if err != nil {
		delete(l.dials, slot)
		l.lost(slot, c, CodeResolve)
		return
	}
	l.readClock()
	d := l.dials[slot]
	d.addrs = addrs
	l.tryNext(slot, c, d)
}

// lookUpFailed ends a connection whose look-up met a defect.
func (l *Loop) lookUpFailed(id ConnID) {
	if l.lock("") != nil {
		return
	}
	defer l.mu.Unlock()
	if slot, c, gone := l.find("", id); gone == nil {
		delete(l.dials, slot)
		l.lost(slot, c, CodeInternal)
	}
}

// tryNext connects to the next address; without one the attempt has failed.
func (l *Loop) tryNext(slot uint32, c *loopConn, d *dialing) {
	for len(d.addrs) > 0 {
		ap := netip.AddrPortFrom(d.addrs[0], d.port)
		d.addrs = d.addrs[1:]
		fd, err := poller.ConnectTCP(ap)
		if err != nil {
			continue
		}
		c.fd = int32(fd)
		c.stageTick = l.share(d)
		l.schedule(slot, c)
		l.watch(slot, c)
		l.stir()
		return
	}
	delete(l.dials, slot)
	l.lost(slot, c, CodeSystem)
}

// share returns until when the address that is being tried may take: its part of the time that is left, so that one that is silent leaves
// some for the others.
func (l *Loop) share(d *dialing) uint32 {
	until := l.dialUntil(d)
	if l.passed(until) {
		return until
	}
	return l.tick + (until-l.tick)/uint32(len(d.addrs)+1)
}

// dialUntil returns when the opening handshake must be done. A drain may be over earlier.
func (l *Loop) dialUntil(d *dialing) uint32 {
	if l.draining && (int32(l.drainTick-d.until) < 0 || l.more.handshakeMS == 0) {
		return l.drainTick
	}
	return d.until
}

// mayTryNext tells whether an address that has not answered in its time leaves some for others.
func (l *Loop) mayTryNext(slot uint32, c *loopConn) bool {
	d := l.dials[slot]
	return d != nil && c.fd >= 0 && len(d.addrs) > 0 && !l.passed(l.dialUntil(d))
}

// giveUpAddress ends an attempt to connect and tries the next address.
func (l *Loop) giveUpAddress(slot uint32, c *loopConn) {
	l.shut(c)
	l.tryNext(slot, c, l.dials[slot])
}

// connected goes on once an attempt to connect has ended.
func (l *Loop) connected(slot uint32, c *loopConn) {
	if poller.SocketError(int(c.fd)) != 0 || sock.MeetsItself(int(c.fd)) {
		l.giveUpAddress(slot, c)
		return
	}
	c.stageTick = l.dialUntil(l.dials[slot])
	delete(l.dials, slot)
	c.flags &^= cConnecting
	l.mark(slot, c)
	l.watch(slot, c)
}
