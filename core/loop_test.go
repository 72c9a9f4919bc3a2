// The tools of the loop's tests, a loop that is polled by hand and a clock that stands still, and tests of the loop as a whole.
package core

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// loopTold is an event with its payload copied.
type loopTold struct {
	Kind    LoopEventKind
	Conn    ConnID
	Op      int64
	Payload string
	Code    int64
	Error   ErrorCode
	Status  int64
	Flags   int64
}

func (g loopTold) String() string {
	p := g.Payload
	if len(p) > 32 {
		p = fmt.Sprintf("%s…(%d)", p[:32], len(p))
	}
	return fmt.Sprintf("%v op=%d code=%d error=%d status=%d flags=%d %q", g.Kind, g.Op, g.Code, g.Error, g.Status, g.Flags, p)
}

// testLoop is a loop under test with every event it has delivered.
type testLoop struct {
	*Loop
	t        *testing.T
	cap      int // room of the event array
	events   []loopTold
	now      time.Duration // the injected clock, when it is one
	tcpPort  int
	requests int // that nextRequest has returned
}

// newTestLoop makes a loop on the real clock.
func newTestLoop(t *testing.T, o LoopOptions) *testLoop {
	t.Helper()
	l, err := NewLoop(&o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &testLoop{Loop: l, t: t, cap: 64}
}

// newClockLoop makes a loop whose time only passes with pass.
func newClockLoop(t *testing.T, o LoopOptions) *testLoop {
	t.Helper()
	tl := &testLoop{t: t, cap: 64, now: time.Hour}
	o.Clock = func() time.Duration { return tl.now }
	l, err := NewLoop(&o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	tl.Loop = l
	return tl
}

// pass lets time pass on the injected clock, and the loop see it.
func (l *testLoop) pass(d time.Duration) {
	l.t.Helper()
	l.now += d
	l.settle()
}

// once polls one time without waiting and returns how many events came.
func (l *testLoop) once() int { return l.poll(0) }

func (l *testLoop) poll(timeout time.Duration) int {
	l.t.Helper()
	events := make([]LoopEvent, l.cap)
	n, err := l.Poll(events, timeout)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, e := range events[:n] {
		l.events = append(l.events, loopTold{e.Kind, e.Conn, e.Op, string(e.Payload()), e.Code, e.Error, e.Status, e.Flags})
	}
	return n
}

// settle polls until there is nothing left to do at the moment.
func (l *testLoop) settle() {
	l.t.Helper()
	for quiet := 0; quiet < 3; {
		if l.once() == 0 {
			quiet++
		} else {
			quiet = 0
		}
	}
}

// until polls until a condition holds.
func (l *testLoop) until(what string, ok func() bool) {
	l.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for i := 0; !ok(); i++ {
		if time.Now().After(deadline) {
			l.t.Fatalf("%s: it did not happen; events so far: %v", what, l.events)
		}
		// Often the peer, which this thread plays as well, only needs the loop's next step.
		l.poll(time.Duration(min(max(i-4, 0), 20)) * time.Millisecond)
	}
}

// take returns the events so far and forgets them.
func (l *testLoop) take() []loopTold {
	e := l.events
	l.events = nil
	return e
}

// of returns the events of one kind.
func (l *testLoop) of(kind LoopEventKind) (list []loopTold) {
	for _, e := range l.events {
		if e.Kind == kind {
			list = append(list, e)
		}
	}
	return list
}

// last returns the newest event.
func (l *testLoop) last() loopTold {
	l.t.Helper()
	if len(l.events) == 0 {
		l.t.Fatal("there is no event")
	}
	return l.events[len(l.events)-1]
}

// connect adopts one end of a socketpair as an open server's connection and returns the other end.
func (l *testLoop) connect() (ConnID, *loopPeer) {
	l.t.Helper()
	return l.connectAs(RoleServer)
}

func (l *testLoop) connectAs(role Role) (ConnID, *loopPeer) {
	l.t.Helper()
	return l.connectBehind(role, func(*loopPeer) []byte { return nil })
}

// connectBehind is connectAs for a connection of which this end has read something already.
func (l *testLoop) connectBehind(role Role, input func(p *loopPeer) []byte) (ConnID, *loopPeer) {
	l.t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		l.t.Fatal(err)
	}
	p := &loopPeer{t: l.t, fd: fds[1]}
	p.m.Init(peerConfig(RoleClient + RoleServer - role))
	l.t.Cleanup(p.close)
	id, err := l.Adopt(fds[0], role, input(p))
	if err != nil {
		l.t.Fatal(err)
	}
	return id, p
}

// open is connect with the LoopOpen event taken away.
func (l *testLoop) open() (ConnID, *loopPeer) {
	l.t.Helper()
	id, p := l.connect()
	l.settle()
	if e := l.last(); e.Kind != LoopOpen || e.Conn != id {
		l.t.Fatalf("got %v, want open", e)
	}
	l.events = l.events[:len(l.events)-1]
	return id, p
}

func wantEvents(t *testing.T, events []loopTold, want ...string) {
	t.Helper()
	var have []string
	for _, e := range events {
		have = append(have, e.Kind.String()+" "+e.Payload)
	}
	if strings.Join(have, "|") != strings.Join(want, "|") {
		t.Errorf("events %q, want %q", have, want)
	}
}

func TestLoopEchoesOverTCP(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	p := dialTCP(t, port)
	p.upgrade(l)
	p.send(OpText, "hello")
	p.send(OpBinary, "")
	l.until("two messages", func() bool { return len(l.of(LoopMessage)) == 2 })
	for _, e := range l.of(LoopMessage) {
		if _, err := l.Send(e.Conn, Opcode(e.Op), []byte(e.Payload)); err != nil {
			t.Error(err)
		}
	}
	if got := p.await(l, 2); got[0] != "text hello" || got[1] != "binary " {
		t.Errorf("echoed %q", got)
	}
	p.sendClose(1000, "bye")
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	if e := l.last(); e.Code != 1000 || e.Error != 0 || e.Payload != "bye" {
		t.Errorf("closed with %v", e)
	}
	p.await(l, 3)
	p.awaitEOF(l)
	if p.got[2] != "close 1000 " {
		t.Errorf("the close frame was answered with %q", p.got[2])
	}
}

// The blocking client and the loop are two shells of one machine.
func TestLoopServesDial(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Subprotocols: []string{"b", "a"}})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		c, err := Dial(t.Context(), fmt.Sprintf("ws://127.0.0.1:%d/", port), &DialOptions{Subprotocols: []string{"a", "b"}})
		if err != nil {
			done <- err
			return
		}
		defer c.Drop()
		if c.Subprotocol() != "b" {
			done <- fmt.Errorf("subprotocol %q", c.Subprotocol())
			return
		}
		_, err = c.SendText("ping")
		if err == nil {
			var f Frame
			if f, err = c.RecvMessage(); err == nil && string(f.Payload) != "ping" {
				err = fmt.Errorf("echoed %q", f.Payload)
			}
		}
		done <- errors.Join(err, c.Close())
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return
		default:
			l.poll(20 * time.Millisecond)
			for _, e := range l.take() {
				if e.Kind == LoopMessage {
					if _, err := l.Send(e.Conn, Opcode(e.Op), []byte(e.Payload)); err != nil {
						t.Error(err)
					}
				}
			}
		}
	}
}

func TestLoopCloseGivesEverythingBack(t *testing.T) {
	before := countFDs(t)
	for range 20 {
		l, err := NewLoop(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Listen("127.0.0.1:0", false); err != nil {
			t.Fatal(err)
		}
		tl := &testLoop{Loop: l, t: t, cap: 8}
		_, p := tl.connect()
		tl.settle()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		p.read()
		if !p.eof {
			t.Error("the peer of a closed loop sees no end")
		}
		p.close()
		wantCode(t, l.Close(), CodeClosed)
		_, err = l.Poll(make([]LoopEvent, 1), 0)
		wantCode(t, err, CodeClosed)
		_, err = l.Send(1, OpText, nil)
		wantCode(t, err, CodeClosed)
	}
	if after := countFDs(t); after > before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// Whatever a loop holds when it ends, all of its memory goes back to the system.
func TestLoopCloseGivesMemoryBack(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for name, leave := range map[string]func(l *testLoop, id ConnID, p *loopPeer){
		"waiting output": func(l *testLoop, id ConnID, p *loopPeer) {
			_, _ = l.SendBinary(id, make([]byte, 8<<20))
		},
		"messages that may be dropped": func(l *testLoop, id ConnID, p *loopPeer) {
			_ = l.SetQueue(id, 1<<20, QueueDropOldest)
			l.stall(id, 500_000)
			_, _ = l.SendText(id, long)
			_, _ = l.SendText(id, long)
		},
		"a message that has begun": func(l *testLoop, id ConnID, p *loopPeer) {
			p.raw(p.frame(OpText, true, long)[:90_000])
			l.settle()
		},
		"input of a paused connection": func(l *testLoop, id ConnID, p *loopPeer) {
			l.cap = 1
			p.raw([]byte(strings.Repeat(string(p.frame(OpText, true, "a message")), 10_000)))
			l.once()
			_ = l.Pause(id)
			l.settle()
		},
		"what events view": func(l *testLoop, id ConnID, p *loopPeer) {
			p.raw(p.frame(OpText, false, long))
			p.raw(p.frame(OpContinuation, true, "end"))
			l.until("the message", func() bool { return len(l.of(LoopMessage)) == 1 })
		},
		"what is published": func(l *testLoop, id ConnID, p *loopPeer) {
			_ = l.Subscribe(id, "a")
			_, _ = l.Publish("a", OpText, []byte(long[:publishMost/2]), 0)
		},
		"what waits behind a message in parts": func(l *testLoop, id ConnID, p *loopPeer) {
			_ = l.Subscribe(id, "a")
			_, _ = l.SendFragment(id, OpText, nil, false)
			_, _ = l.Publish("a", OpText, []byte(long), 0)
			l.settle()
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
			id, p := l.open()
			leave(l, id, p)
			if l.pool.Lent() == 0 {
				t.Fatal("the loop holds nothing")
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if n := l.pool.Lent(); n != 0 {
				t.Errorf("%d bytes are lost", n)
			}
		})
	}
}
