// Dialling from a loop: nothing blocks, and every failure is an event (RFC 6455 §4.1).

package core

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func readFull(fd int, b []byte) (int, error) {
	for {
		n, err := unix.Read(fd, b)
		if err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

func nonblock(t *testing.T, fd int) {
	t.Helper()
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
}

// A loop's client and a loop's server talk, on one thread.
func TestLoopDial(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Subprotocols: []string{"p"}})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		l.take()
		id, err := l.Dial(fmt.Sprintf("ws://%s:%d/x?y", host, port), &DialOptions{Subprotocols: []string{"p"}, Header: http.Header{"X-A": {"b"}}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = l.SendText(id, "too early")
		wantCode(t, err, CodeState)
		l.until("both ends open", func() bool { return len(l.of(LoopOpen)) == 2 })
		var server ConnID
		for _, e := range l.of(LoopOpen) {
			if e.Payload != "p" {
				t.Errorf("subprotocol %q", e.Payload)
			}
			if e.Conn != id {
				server = e.Conn
			}
		}
		if _, err := l.SendText(id, strings.Repeat("hello", 10_000)); err != nil {
			t.Fatal(err)
		}
		l.until("the message", func() bool { return len(l.of(LoopMessage)) == 1 })
		if e := l.last(); e.Conn != server || e.Payload != strings.Repeat("hello", 10_000) {
			t.Errorf("got %v", e)
		}
		for _, end := range []ConnID{id, server} { // told for as long as the connection lives, not with the event alone
			if p, err := l.Subprotocol(end); p != "p" || err != nil {
				t.Errorf("subprotocol %q, %v", p, err)
			}
		}
		if err := l.CloseConn(id, 1000, "done"); err != nil {
			t.Fatal(err)
		}
		l.until("both ends closed", func() bool { return len(l.of(LoopClose)) == 2 })
		for _, e := range l.of(LoopClose) {
			if e.Code != 1000 || e.Error != 0 {
				t.Errorf("got %v", e)
			}
		}
		l.until("both are gone", func() bool { return l.slab.live == 0 })
		_, err = l.Subprotocol(id)
		wantCode(t, err, CodeClosed)
		if len(l.chosen) != 0 {
			t.Errorf("%d subprotocols are kept of connections that are gone", len(l.chosen))
		}
	}
}

// A look-up that panics fails its connection, not the process.
func TestLoopDialLookUpPanics(t *testing.T) {
	muteResolver(t) // the look-up of Dial's own must not be the first
	l := newTestLoop(t, LoopOptions{})
	id, err := l.Dial("ws://nowhere.invalid/", nil)
	if err != nil {
		t.Fatal(err)
	}
	l.lookUp(id, func() ([]netip.Addr, error) { panic("a defect") })
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	if e := l.last(); e.Conn != id || e.Code != 1006 || e.Error != CodeInternal {
		t.Errorf("got %v", e)
	}
}

func TestLoopDialFailures(t *testing.T) {
	emptyResolver(t)
	l := newTestLoop(t, LoopOptions{})
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	answer := func(response string) net.Listener {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				_, _ = c.Read(make([]byte, 4096))
				_, _ = c.Write([]byte(response))
				_ = c.Close()
			}
		}()
		t.Cleanup(func() { _ = ln.Close() })
		return ln
	}
	for _, c := range []struct {
		name, url string
		error     ErrorCode
		status    int64
	}{
		{"nobody listens", "ws://" + deserted(t), CodeSystem, 0},
		{"silence", "ws://" + silent.Addr().String(), CodeTimeout, 0},
		{"refused", "ws://" + answer("HTTP/1.1 404 Not Found\r\n\r\n").Addr().String(), CodeRefused, 404},
		{"wrong key", "ws://" + answer("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n").Addr().String(), CodeHandshake, 101},
		{"ends early", "ws://" + answer("HTTP/1.1 101 X\r\nUpgr").Addr().String(), CodeHandshake, 0},
		{"no such name", "ws://no-such-name.invalid/", CodeResolve, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l.t = t
			l.take()
			patience := time.Minute
			if c.error == CodeTimeout { // the others answer, however late
				patience = 300 * time.Millisecond
			}
			if err := l.SetOption(OptHandshakeTimeoutMS, patience.Milliseconds()); err != nil {
				t.Fatal(err)
			}
			id, err := l.Dial(c.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			l.until("close", func() bool { return len(l.events) > 0 })
			e := l.last()
			if e.Kind != LoopClose || e.Conn != id || e.Code != 1006 || e.Error != c.error || e.Status != c.status || e.Payload == "" {
				t.Errorf("got %v", e)
			}
		})
	}
	l.t = t
	l.until("all are gone", func() bool { return l.slab.live == 0 })
	if len(l.dials) != 0 {
		t.Errorf("%d attempts are left", len(l.dials))
	}
	for _, bad := range []string{"", "http://a/", "wss://a/", "ws://", "ws://a:0/", "ws://a/#f"} {
		_, err := l.Dial(bad, nil)
		wantCode(t, err, CodeURL)
	}
	_, err = l.Dial("ws://127.0.0.1:1/", &DialOptions{Header: http.Header{"A": {"b\r\nc"}}})
	wantCode(t, err, CodeHeader)
	if l.slab.live != 0 || l.Metrics().Pending != 0 {
		t.Error("a refused call left something behind")
	}
}

func TestLoopDialFD(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	a, b := socketpair(t)
	if _, err := l.AdoptUpgrade(a, nil); err != nil {
		t.Fatal(err)
	}
	id, err := l.DialFD(b, "ws://example/path", nil)
	if err != nil {
		t.Fatal(err)
	}
	l.until("both ends open", func() bool { return len(l.of(LoopOpen)) == 2 })
	if _, err := l.SendText(id, "x"); err != nil {
		t.Fatal(err)
	}
	l.until("the message", func() bool { return len(l.of(LoopMessage)) == 1 })
	_, err = l.DialFD(-1, "ws://example/", nil)
	wantCode(t, err, CodeArgument)
}

// silence makes attempts to connect to a port of an address go unanswered: the queue of its listener is full.
func silence(t *testing.T, address netip.Addr, port int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	to := &unix.SockaddrInet4{Addr: address.As4(), Port: port}
	if err := unix.Bind(fd, to); err != nil {
		t.Skip("the port is taken on the other address:", err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		waits, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Close(waits) })
		_ = unix.Connect(waits, to)
	}
}

// dialAll begins to dial a host that has these addresses.
func (l *testLoop) dialAll(port int, addrs ...netip.Addr) ConnID {
	l.t.Helper()
	e, bad := parseURL("", "ws://host/")
	if bad != nil {
		l.t.Fatal(bad)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	slot, c, err := l.beginDial("", -1, e, nil, cConnecting)
	if err != nil {
		l.t.Fatal(err)
	}
	id := l.id(slot, c)
	d := &dialing{port: uint16(port), addrs: addrs, until: c.stageTick}
	l.dials = map[uint32]*dialing{slot: d}
	l.tryNext(slot, c, d)
	return id
}

// An address that is silent has its share of the time and leaves the others theirs.
func TestLoopDialSharesTheTime(t *testing.T) {
	works, quiet, still := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")
	start := func(t *testing.T, addrs ...netip.Addr) *testLoop {
		l := newClockLoop(t, LoopOptions{HandshakeTimeout: 9 * time.Second})
		port, err := l.Listen("127.0.0.1:0", false)
		if err != nil {
			t.Fatal(err)
		}
		silence(t, quiet, port)
		silence(t, still, port)
		l.dialAll(port, addrs...)
		return l
	}
	lasts := func(l *testLoop, d time.Duration) {
		l.t.Helper()
		l.pass(d - clockTick)
		if len(l.events) != 0 {
			l.t.Fatalf("too early: %v", l.events)
		}
		l.pass(3 * clockTick)
	}
	givenUp := func(l *testLoop) {
		l.t.Helper()
		if e := l.last(); e.Kind != LoopClose || e.Error != CodeTimeout {
			l.t.Errorf("got %v", e)
		}
		if l.settle(); len(l.dials) != 0 || l.slab.live != 0 {
			l.t.Errorf("%d attempts and %d connections are left", len(l.dials), l.slab.live)
		}
	}
	t.Run("the last one answers", func(t *testing.T) {
		l := start(t, quiet, still, works)
		lasts(l, 3*time.Second)
		lasts(l, 3*time.Second)
		l.until("both ends open", func() bool { return len(l.of(LoopOpen)) == 2 })
	})
	t.Run("the last one answers late", func(t *testing.T) {
		l := start(t, quiet, works)
		for i := range l.listeners { // accepts, and does not answer before most of the time is over
			l.epoll.Remove(l.listeners[i].fd)
			l.listeners[i].paused = true
		}
		l.pass(8 * time.Second)
		l.retryAccepting()
		l.until("both ends open", func() bool { return len(l.of(LoopOpen)) == 2 })
	})
	t.Run("the first one has failed when its time is over", func(t *testing.T) {
		l := start(t, netip.MustParseAddr("127.0.0.4"), quiet, works)
		fd := l.slab.at(0).fd
		if n, err := unix.Poll([]unix.PollFd{{Fd: fd, Events: unix.POLLOUT}}, 20_000); n != 1 {
			t.Fatal(n, err)
		}
		l.pass(3*time.Second + clockTick) // epoll reports that in the same poll
		if c := l.slab.at(0); c.flags&cConnecting == 0 {
			t.Error("the silent one passes for connected")
		}
		l.pass(3*time.Second + clockTick)
		l.until("both ends open", func() bool { return len(l.of(LoopOpen)) == 2 })
	})
	t.Run("nobody answers", func(t *testing.T) {
		l := start(t, quiet, still)
		lasts(l, 9*time.Second)
		givenUp(l)
	})
	t.Run("the time is shortened", func(t *testing.T) {
		l := start(t, quiet, still)
		l.pass(4 * time.Second)
		if err := l.SetOption(OptHandshakeTimeoutMS, 6000); err != nil {
			t.Fatal(err)
		}
		lasts(l, 2*time.Second)
		givenUp(l)
	})
	t.Run("the loop drains", func(t *testing.T) {
		l := start(t, quiet, still)
		l.pass(time.Second)
		if err := l.Drain(2 * time.Second); err != nil {
			t.Fatal(err)
		}
		lasts(l, 2*time.Second)
		l.events = l.events[:1] // and drained
		givenUp(l)
	})
}

// The kernel connects a socket to itself when it happens to have the port that is asked for; nobody listens there (RFC 9293 §3.5).
func TestLoopDialNeverMeetsItself(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	own, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Connect(fd, own); err != nil && err != unix.EINPROGRESS {
		t.Fatal(err)
	}
	e, bad := parseURL("", "ws://127.0.0.1/")
	if bad != nil {
		t.Fatal(bad)
	}
	slot, c, err := l.beginDial("", -1, e, nil, cConnecting)
	if err != nil {
		t.Fatal(err)
	}
	l.dials = map[uint32]*dialing{slot: {until: c.stageTick}}
	c.fd = int32(fd)
	l.watch(slot, c)
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	if e := l.last(); e.Error != CodeSystem {
		t.Errorf("got %v", e)
	}
}
