// This file takes connections in: listening sockets, inherited ones, descriptors of connections that others made.

package core

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"libws/core/internal/poller"
	"libws/core/wire"

	"golang.org/x/sys/unix"
)

const (
	acceptMost    = 64   // connections taken from one listener per poll
	acceptRetryMS = 50   // after running out of descriptors, and while too many handshakes are under way
	youngMS       = 1000 // a handshake older than this gives way when there are too many
)

// listener is one listening socket of a loop.
type listener struct {
	fd     int
	path   string // of a Unix socket: removed when the listener is closed
	paused bool   // not watched for a while
	ours   bool   // the loop made it; others may share one that was inherited
}

func (ln *listener) close() {
	if ln.fd >= 0 {
		if ln.ours {
			poller.Shutdown(ln.fd) // ends it though a forked child may have a copy
		}
		_ = unix.Close(ln.fd)
		if ln.path != "" {
			_ = unix.Unlink(ln.path)
		}
		ln.fd, ln.path = -1, ""
	}
}

// Listen opens a listener: "host:port" with an IP address or an empty host, which means every address, or "unix:PATH". Port 0 takes any
// free one; the port is returned, 0 for a Unix socket. With reusePort several loops share a TCP port.
func (l *Loop) Listen(address string, reusePort bool) (port int, err error) {
	const op = "Loop.Listen"
	if e := l.lock(op); e != nil {
		return 0, e
	}
	defer l.mu.Unlock()
	if l.draining {
		return 0, newError(CodeState, op, "the loop is draining")
	}
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		if path == "" || len(path) > 107 || strings.IndexByte(path, 0) >= 0 {
			return 0, argumentError(op, "the path of a Unix socket has 1 to 107 bytes")
		}
		fd, err := poller.ListenUnix(path)
		if err != nil {
			return 0, systemError(op, err)
		}
		if strings.HasPrefix(path, "@") {
			path = ""
		}
		return 0, l.addOwnListener(op, fd, path)
	}
	ap, e := listenAddress(op, address)
	if e != nil {
		return 0, e
	}
	fd, port, err := poller.ListenTCP(ap, reusePort)
	if (errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EADDRNOTAVAIL)) && ap.Addr() == netip.IPv6Unspecified() {
		fd, port, err = poller.ListenTCP(netip.AddrPortFrom(netip.IPv4Unspecified(), ap.Port()), reusePort)
	}
	if err != nil {
		return 0, systemError(op, err)
	}
	return port, l.addOwnListener(op, fd, "")
}

func listenAddress(op, address string) (netip.AddrPort, *Error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return netip.AddrPort{}, argumentError(op, "the address must be host:port or unix:PATH")
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return netip.AddrPort{}, argumentError(op, "the port must be 0 to 65535")
	}
	ip := netip.IPv6Unspecified()
	switch host {
	case "":
	case "localhost":
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	default:
		if ip, err = netip.ParseAddr(host); err != nil {
			return netip.AddrPort{}, argumentError(op, "the host to listen on must be an IP address")
		}
	}
	return netip.AddrPortFrom(ip, uint16(port)), nil
}

// ListenFD takes over a descriptor that listens already, inherited from another process perhaps. The loop closes it in the end, unless
// an error is returned. Errors: CodeArgument, also for one that the loop has already, CodeState while it drains, CodeSystem, CodeClosed.
func (l *Loop) ListenFD(fd int) error {
	const op = "Loop.ListenFD"
	if e := l.lock(op); e != nil {
		return e
	}
	defer l.mu.Unlock()
	if l.draining {
		return newError(CodeState, op, "the loop is draining")
	}
	if err := poller.AdoptListener(fd); err != nil {
		return &Error{Code: CodeArgument, Op: op, Msg: "the descriptor must be a listening stream socket", Err: err}
	}
	return l.addListener(op, listener{fd: fd})
}

// Port returns the port of the loop's first TCP listener, 0 when it has none, as behind Drain and Close.
func (l *Loop) Port() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.listeners {
		if port := poller.Port(l.listeners[i].fd); port != 0 {
			return port
		}
	}
	return 0
}

// addListener accepts from a listener from now on. On an error it stays the caller's.
func (l *Loop) addListener(op string, ln listener) error {
	poller.MakeRoom(ln.fd)
	if err := l.watchNew(op, ln.fd, tokenListener|uint64(len(l.listeners))); err != nil {
		return err
	}
	l.listeners = append(l.listeners, ln)
	return nil
}

// addOwnListener is addListener for one that the loop has opened.
func (l *Loop) addOwnListener(op string, fd int, path string) error {
	ln := listener{fd: fd, path: path, ours: true}
	err := l.addListener(op, ln)
	if err != nil {
		ln.close()
	}
	return err
}

// watchNew watches a descriptor that is new to the loop for input. One that epoll knows is another's already.
func (l *Loop) watchNew(op string, fd int, token uint64) error {
	switch err := l.epoll.Add(fd, poller.In, token); err {
	case nil:
		return nil
	case unix.EEXIST:
		return argumentError(op, "the loop has this descriptor already")
	default:
		return systemError(op, err)
	}
}

// acceptFrom takes what waits at a listener, a batch at a time.
func (l *Loop) acceptFrom(i int) {
	ln := &l.listeners[i]
	for range acceptMost {
		if ln.fd >= 0 && l.noRoom() && !poller.Waiting(ln.fd) {
			return // nobody is given up for somebody who does not come
		}
		if ln.fd < 0 || l.crowded() {
			l.pauseListener(i)
			return
		}
		fd, errno := poller.Accept(ln.fd)
		switch errno {
		case 0:
		case unix.EAGAIN:
			return
		default:
			// Out of descriptors or memory: the listener stays readable, so it is left alone for a while.
			l.metrics.AcceptsFailed++
			l.pauseListener(i)
			return
		}
		if l.slab.live >= int(l.more.value[OptMaxConnections]) {
			l.metrics.Total++
			l.metrics.Refused++
			poller.Close(fd)
			continue
		}
		l.serve(fd)
	}
}

// serve waits for the opening handshake of a client on a fresh connection.
func (l *Loop) serve(fd int) (uint32, *loopConn) {
	slot, c := l.enter(fd, cYoung)
	if c == nil {
		poller.Close(fd)
		return 0, nil
	}
	c.m.InitServer(l.config[0])
	c.stageTick = l.tick + l.more.handshakeMS
	l.young = append(l.young, l.id(slot, c))
	l.schedule(slot, c)
	l.watch(slot, c)
	return slot, c
}

// crowded tells that no more opening handshakes may begin. Room is made by giving up the first that has had its time: a flood of
// silent connections cannot shut others out.
func (l *Loop) crowded() bool {
	if !l.noRoom() {
		if len(l.young) > 2*l.pending+64 {
			l.pruneYoung()
		}
		return false
	}
	l.pruneYoung()
	for _, id := range l.young { // an answered request makes a connection young again, so the first need not be the oldest
		slot, c := l.lookup(uint64(id))
		// What came after the last look is not read yet: a time in which nobody polled ages no one.
		if age := l.looked - (c.stageTick - l.more.handshakeMS); int32(age) >= youngMS {
			l.lost(slot, c, CodeTimeout)
			return false
		}
	}
	return true
}

// noRoom tells that as many opening handshakes as may be are under way.
func (l *Loop) noRoom() bool { return l.pending >= int(l.more.value[OptMaxPending]) }

// pruneYoung forgets handshakes that are over.
func (l *Loop) pruneYoung() {
	kept := l.young[:0]
	for _, id := range l.young {
		if _, c := l.lookup(uint64(id)); c != nil && c.flags&cYoung != 0 {
			kept = append(kept, id)
		}
	}
	l.young = kept
}

// pauseListener stops watching a listener for acceptRetryMS.
func (l *Loop) pauseListener(i int) {
	ln := &l.listeners[i]
	l.unwatchListener(ln)
	l.planChore(acceptRetryMS)
}

func (l *Loop) unwatchListener(ln *listener) {
	if ln.fd >= 0 && !ln.paused {
		ln.paused = true
		l.epoll.Remove(ln.fd)
	}
}

// resumeAccepting watches listeners again once a handshake that is over has made room. Where there was plenty of it before, they pause
// for another reason, if they do.
func (l *Loop) resumeAccepting() {
	if (l.pending+1)*2 < int(l.more.value[OptMaxPending]) {
		return
	}
	for i := range l.listeners {
		if l.listeners[i].paused {
			l.planChore(0)
			return
		}
	}
}

// retryAccepting watches paused listeners again.
func (l *Loop) retryAccepting() {
	for i := range l.listeners {
		if ln := &l.listeners[i]; ln.paused && ln.fd >= 0 {
			ln.paused = false
			_ = l.epoll.Add(ln.fd, poller.In, tokenListener|uint64(i))
		}
	}
}

// Adopt takes over a connected stream socket on which the opening handshake is done; role is our end. input holds bytes that were
// read behind the handshake already. LoopOpen follows. The loop closes the descriptor in the end, unless an error is returned. Errors:
// CodeArgument, also for a descriptor that the loop has already, CodeState while it drains, CodeTooMany, CodeNoMemory, CodeSystem, CodeClosed.
func (l *Loop) Adopt(fd int, role Role, input []byte) (ConnID, error) {
	const op = "Loop.Adopt"
	if role != RoleServer && role != RoleClient {
		return 0, argumentError(op, "the role must be Server or Client")
	}
	slot, c, err := l.adopt(op, fd, input, 0)
	if err != nil {
		return 0, err
	}
	defer l.mu.Unlock()
	config := l.config[0]
	if role == RoleClient {
		config = l.config[1]
		c.flags |= cClient
	}
	c.m.Init(config)
	c.flags |= cKnown | cTellOpen
	l.metrics.Open++
	l.beginOpen(slot, c)
	l.watch(slot, c)
	return l.id(slot, c), nil
}

// AdoptUpgrade takes over a connected stream socket on which a client's request is still to be answered; input holds what was
// read of it already. It goes on as on a connection that a listener accepted. Errors are Adopt's.
func (l *Loop) AdoptUpgrade(fd int, input []byte) (ConnID, error) {
	slot, c, err := l.adopt("Loop.AdoptUpgrade", fd, input, cYoung)
	if err != nil {
		return 0, err
	}
	defer l.mu.Unlock()
	c.m.InitServer(l.config[0])
	c.flags |= cKnown
	c.stageTick = l.tick + l.more.handshakeMS
	l.schedule(slot, c)
	l.watch(slot, c)
	return l.id(slot, c), nil
}

// adopt enters a descriptor, keeps its input for the next poll and leaves the loop locked.
func (l *Loop) adopt(op string, fd int, input []byte, flags cFlag) (uint32, *loopConn, error) {
	if e := l.lock(op); e != nil {
		return 0, nil, e
	}
	if err := poller.Adopt(fd); err != nil {
		l.mu.Unlock()
		return 0, nil, &Error{Code: CodeArgument, Op: op, Msg: "the descriptor must be a connected stream socket", Err: err}
	}
	if e := l.roomFor(op); e != nil {
		l.mu.Unlock()
		return 0, nil, e
	}
	l.readClock()
	slot, c, err := l.admit(op, fd, flags)
	if err != nil {
		l.mu.Unlock()
		return 0, nil, err
	}
	if len(input) > 0 {
		block := l.pool.Get(len(input))
		if block == nil {
			l.epoll.Remove(fd)
			l.withdraw(slot, c)
			l.mu.Unlock()
			return 0, nil, noMemory(op)
		}
		l.held[slot] = heldInput{block: wire.Append(block, input)}
		c.flags |= cHeld
	}
	l.heed(slot, c)
	return slot, c, nil
}

func (l *Loop) roomFor(op string) *Error {
	if l.draining {
		return newError(CodeState, op, "the loop is draining")
	}
	if l.slab.live >= int(l.more.value[OptMaxConnections]) {
		return newError(CodeTooMany, op, "the loop has OptMaxConnections connections")
	}
	return nil
}
