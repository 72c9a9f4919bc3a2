// The graceful end of a loop: nobody new, everybody told, one deadline.

package core

import (
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestLoopDrain(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	_, polite := l.open()
	_, silent := l.open()
	young := dialTCP(t, port)
	l.until("it is accepted", func() bool { return l.pending == 1 })
	wantCode(t, l.Drain(0), CodeArgument)
	wantCode(t, l.Drain(-time.Second), CodeArgument)
	if err := l.Drain(3 * time.Second); err != nil {
		t.Fatal(err)
	}
	l.settle()
	young.read()
	if !young.eof && young.err == nil {
		t.Error("a half-open connection lives on")
	}
	if got := polite.read(); len(got) != 1 || got[0] != "close 1001 " {
		t.Errorf("the peer got %q", got)
	}
	polite.sendClose(1001, "")
	l.settle()
	polite.close()
	l.settle()
	wantEvents(t, l.events, "close ")
	_, err = l.Listen("127.0.0.1:0", false)
	wantCode(t, err, CodeState)
	a, b := socketpair(t)
	_, err = l.Adopt(a, RoleServer, nil)
	wantCode(t, err, CodeState)
	_, err = l.Dial("ws://127.0.0.1:1/", nil)
	wantCode(t, err, CodeState)
	_, _ = unix.Close(a), unix.Close(b)
	l.pass(2 * time.Second)
	if len(l.of(LoopDrained)) != 0 {
		t.Error("drained while a connection is left")
	}
	l.pass(time.Second + clockTick)
	wantEvents(t, l.events, "close ", "close a deadline passed", "drained ")
	if silent.read(); !silent.eof {
		t.Error("the silent peer was not cut off")
	}
	l.settle()
	if n := len(l.of(LoopDrained)); n != 1 {
		t.Errorf("told %d times", n)
	}
}

func TestLoopDrainsAnEmptyLoop(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	if err := l.Drain(time.Second); err != nil {
		t.Fatal(err)
	}
	if l.poll(10*time.Second) != 1 || l.last().Kind != LoopDrained {
		t.Errorf("got %v", l.events)
	}
}

// A listener that another process has as well, the next generation of the server for one, is left to it.
func TestLoopDrainForgetsListenersThatLiveOn(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	file, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	fd, err := unix.Dup(int(file.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.ListenFD(fd); err != nil {
		t.Fatal(err)
	}
	l.open() // draining goes on
	port := ln.Addr().(*net.TCPAddr).Port
	if l.Port() != port {
		t.Errorf("before: port %d, not %d", l.Port(), port)
	}
	if err := l.Drain(time.Minute); err != nil {
		t.Fatal(err)
	}
	if l.Port() != 0 {
		t.Errorf("port %d of a loop that listens no longer", l.Port())
	}
	l.settle()
	dialTCP(t, port)
	if n := l.epollReady(); n != 0 {
		t.Errorf("%d ready", n)
	}
}

// What opens while the loop drains, a request that is accepted or a dial under way, is told to go like everybody else, and is cut off
// with them.
func TestLoopDrainClosesWhatOpensLater(t *testing.T) {
	for _, o := range []LoopOptions{{Requests: true}, {Requests: true, HandshakeTimeout: NoTimeout}} {
		l := newClockLoop(t, o)
		port, err := l.Listen("127.0.0.1:0", false)
		if err != nil {
			t.Fatal(err)
		}
		polite, silent := dialTCP(t, port), dialTCP(t, port)
		var ids [2]ConnID
		for i, p := range []*loopPeer{polite, silent} {
			p.raw([]byte(upgradeRequest))
			e, _ := l.nextRequest()
			ids[i] = e.Conn
		}
		a, b := socketpair(t)
		nonblock(t, b)
		dialled, err := l.DialFD(a, "ws://example/", nil)
		if err != nil {
			t.Fatal(err)
		}
		server := &loopPeer{t: t, fd: b}
		t.Cleanup(server.close)
		l.settle()
		if err := l.Drain(3 * time.Second); err != nil {
			t.Fatal(err)
		}
		l.pass(time.Second)
		for i, p := range []*loopPeer{polite, silent} {
			if err := l.Accept(ids[i], "", nil); err != nil {
				t.Fatal(err)
			}
			p.head(l, "101")
		}
		server.serve(l)
		l.until("all open", func() bool { return len(l.of(LoopOpen)) == 3 })
		for _, p := range []*loopPeer{polite, silent, server} {
			if got := p.await(l, 1); got[len(got)-1] != "close 1001 " {
				t.Errorf("the peer got %q", got)
			}
		}
		for _, id := range append(ids[:], dialled) {
			if s := l.State(id); s != StateClosing {
				t.Errorf("it is %v", s)
			}
		}
		for _, p := range []*loopPeer{polite, server} {
			p.sendClose(1001, "")
		}
		l.settle()
		l.pass(2*time.Second + clockTick)
		if n := len(l.of(LoopClose)); n != 3 || l.last().Kind != LoopDrained {
			t.Errorf("3 s after Drain(3 s): %v", l.events)
		}
	}
}

// A request that nobody decides on holds a drain up until its end, whatever time handshakes have otherwise.
func TestLoopDrainCutsUndecidedRequests(t *testing.T) {
	for _, limit := range []time.Duration{0, NoTimeout} {
		l := newClockLoop(t, LoopOptions{Requests: true, HandshakeTimeout: limit})
		port, err := l.Listen("127.0.0.1:0", false)
		if err != nil {
			t.Fatal(err)
		}
		dialTCP(t, port).raw([]byte(upgradeRequest))
		l.nextRequest()
		if err := l.Drain(3 * time.Second); err != nil {
			t.Fatal(err)
		}
		l.pass(2 * time.Second)
		wantEvents(t, l.events, "request /chat?x=1")
		l.pass(time.Second + clockTick)
		wantEvents(t, l.events, "request /chat?x=1", "close a deadline passed", "drained ")
	}
}

// An HTTP client that has its answer and asks for nothing is let go at once; one that is asking gets its last answer.
func TestLoopDrainEndsKeepAlive(t *testing.T) {
	const plain = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	l := newClockLoop(t, LoopOptions{Requests: true})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(p *loopPeer, rest string) {
		p.raw([]byte(rest))
		e, _ := l.nextRequest()
		if err := l.Respond(e.Conn, 204, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	idle, asking, fresh := dialTCP(t, port), dialTCP(t, port), dialTCP(t, port)
	for _, p := range []*loopPeer{idle, asking} {
		ask(p, plain)
		p.head(l, "204")
	}
	asking.raw([]byte(plain[:9]))
	asking.landed()
	l.settle()
	ask(fresh, plain) // its answer has not left yet
	l.take()
	if err := l.Drain(30 * time.Second); err != nil {
		t.Fatal(err)
	}
	fresh.head(l, "204")
	for _, p := range []*loopPeer{idle, fresh} {
		p.awaitEOF(l)
		p.close()
	}
	l.settle()
	if got := l.take(); len(got) != 2 || got[0].Kind != LoopClose || got[0].Error != 0 || got[1].Error != 0 {
		t.Errorf("those who have their answer end with %v", got)
	}
	l.requests = 0
	ask(asking, plain[9:])
	if head := asking.head(l, "204"); !strings.Contains(head, "Connection: close\r\n") {
		t.Errorf("the last answer is %q", head)
	}
	asking.close()
	l.until("the end", func() bool { return len(l.of(LoopDrained)) == 1 })
}

// LoopDrained that found no room in the array is announced like anything else that is left to do.
func TestLoopDrainedBehindAFullArray(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	l.cap = 1
	_, p := l.open()
	fd := l.EpollFD()
	l.settle()
	if err := l.Drain(time.Minute); err != nil {
		t.Fatal(err)
	}
	l.settle()
	p.close()
	l.until("the array is full", func() bool { return len(l.of(LoopClose)) == 1 })
	for len(l.of(LoopDrained)) == 0 {
		if n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0); n == 0 {
			t.Fatalf("the descriptor is silent behind %v", l.last())
		}
		l.once()
	}
}

// What is left to write to connections that have ended, before a drain or amid it, is waited for until its end, whether the reader stops or
// goes on.
func TestLoopDrainCutsSlowReadersOff(t *testing.T) {
	for name, c := range map[string]struct {
		amid bool
		step int
	}{"stops": {false, 0}, "goes on": {false, 1 << 20}, "stops, told amid it": {true, 0}, "goes on, told amid it": {true, 1 << 20}} {
		t.Run(name, func(t *testing.T) {
			l := newClockLoop(t, LoopOptions{Requests: true, CloseTimeout: time.Hour})
			p := asked(t, l, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
			l.nextRequest()
			l.requests--
			for _, drains := range []bool{c.amid, !c.amid} {
				if !drains {
					l.answer(make([]byte, 64<<20))
					l.settle()
				} else if err := l.Drain(time.Second); err != nil {
					t.Fatal(err)
				}
			}
			for range 20 {
				p.take(c.step)
				l.pass(45 * time.Millisecond)
			}
			if n := len(l.of(LoopDrained)); n != 0 {
				t.Error("it did not get the time of the drain")
			}
			for range 5 {
				p.take(c.step)
				l.pass(45 * time.Millisecond)
			}
			if n := len(l.of(LoopDrained)); n != 1 {
				t.Errorf("it holds the drain up: %v", l.events)
			}
		})
	}
}
