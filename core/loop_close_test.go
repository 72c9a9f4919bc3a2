// How a loop's connections end, and that each end is told once (RFC 6455 §7).

package core

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// tcpPair opens a connection through a listener, on which resets are real.
func (l *testLoop) tcpPair() (ConnID, *loopPeer) {
	l.t.Helper()
	if len(l.listeners) == 0 {
		port, err := l.Listen("127.0.0.1:0", false)
		if err != nil {
			l.t.Fatal(err)
		}
		l.tcpPort = port
	}
	p := dialTCP(l.t, l.tcpPort)
	n := len(l.of(LoopOpen))
	p.upgrade(l)
	l.until("open", func() bool { return len(l.of(LoopOpen)) == n+1 })
	return l.of(LoopOpen)[n].Conn, p
}

func TestLoopClosingHandshake(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	_, _ = l.SendText(id, "before")
	if err := l.CloseConn(id, 4000, "enough"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(p.await(l, 2), ","); got != "text before,close 4000 enough" {
		t.Errorf("got %q", got)
	}
	p.send(OpText, "sent before the close frame came")
	p.sendClose(4000, "ok")
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	wantEvents(t, l.events, "message sent before the close frame came", "close ok")
	if e := l.last(); e.Code != 4000 || e.Error != 0 {
		t.Errorf("got %v", e)
	}
	p.awaitEOF(l)
	if n := l.Metrics().Closes4000; n != 1 {
		t.Errorf("%d counted", n)
	}
}

func TestLoopCloseArguments(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	wantCode(t, l.CloseConn(id, 1006, ""), CodeCloseCode)
	wantCode(t, l.CloseConn(id, 1000, strings.Repeat("x", 124)), CodeControlSize)
	wantCode(t, l.CloseConn(id, 1000, "\xFF"), CodeUTF8)
	wantCode(t, l.CloseConn(0, 1000, ""), CodeHandle)
	l.settle()
	if len(p.read()) != 0 || l.State(id) != StateOpen {
		t.Errorf("something happened: %q", p.got)
	}
}

// Both ends close at once: clean for both.
func TestLoopBothClose(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	_ = l.CloseConn(id, 1000, "ours")
	p.sendClose(1001, "theirs")
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	if e := l.last(); e.Code != 1001 || e.Error != 0 || e.Payload != "theirs" {
		t.Errorf("got %v", e)
	}
	p.awaitEOF(l)
	if strings.Join(p.got, ",") != "close 1000 ours" {
		t.Errorf("the peer got %q", p.got)
	}
}

// Input that nobody reads any more must not turn our close frame into a reset.
func TestLoopUnreadInputDoesNotReset(t *testing.T) {
	for _, how := range []string{"violation", "data after close"} {
		t.Run(how, func(t *testing.T) {
			l := newTestLoop(t, LoopOptions{})
			_, p := l.tcpPair()
			junk := p.frame(OpBinary, true, strings.Repeat("j", 100_000))
			want := "close 1002"
			if how == "violation" {
				p.raw([]byte{0x81, 0x01, 'a'})
			} else {
				p.sendClose(1000, "")
				want = "close 1000"
			}
			p.raw(junk)
			l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
			l.settle()
			p.raw(junk) // still more, once the end has begun
			p.awaitEOF(l)
			if len(p.got) != 1 || !strings.HasPrefix(p.got[0], want) {
				t.Errorf("the peer got %q", p.got)
			}
			p.close()
			l.until("the connection is gone", func() bool { return l.slab.live == 0 })
		})
	}
}

// A peer that keeps its end open after the closing handshake is dropped after the linger time.
func TestLoopLingerIsBounded(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	_, p := l.open()
	p.sendClose(1000, "")
	p.awaitEOF(l)
	if l.slab.live != 1 {
		t.Fatal("it did not linger")
	}
	l.pass(lingerMS*time.Millisecond + clockTick)
	if l.slab.live != 0 {
		t.Error("it lingers for ever")
	}
}

func TestLoopAbort(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	_, _ = l.SendText(id, "never leaves")
	if err := l.Abort(id); err != nil {
		t.Fatal(err)
	}
	wantCode(t, l.Abort(id), CodeClosed)
	l.settle()
	if e := l.last(); e.Kind != LoopClose || e.Conn != id || e.Code != 1006 || e.Error != CodeClosed {
		t.Errorf("got %v", e)
	}
	if p.read(); !p.eof || len(p.got) != 0 {
		t.Errorf("the peer got %q", p.got)
	}
	if l.slab.live != 0 {
		t.Error("the connection is still there")
	}
}

// Half a header, then the end: 1006 on our side.
func TestLoopAbruptEnds(t *testing.T) {
	for _, reset := range []bool{false, true} {
		l := newTestLoop(t, LoopOptions{})
		_, p := l.tcpPair()
		l.take()
		p.raw([]byte{0x81})
		l.settle()
		if reset {
			p.reset()
		} else {
			p.close()
		}
		l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
		if e := l.last(); e.Code != 1006 || e.Error != CodeAbnormal || len(l.events) != 1 {
			t.Errorf("reset %v: %v", reset, l.events)
		}
	}
}

// The peer ends its direction right behind its close frame, and both are dealt with in one poll: the answer is still written.
func TestLoopAnswersBeforeItSeesTheEnd(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	_, p := l.open()
	for _, s := range []string{"1", "2"} {
		p.send(OpText, s)
	}
	p.sendClose(3001, "bye")
	_ = unix.Shutdown(p.fd, unix.SHUT_WR)
	l.cap = 1 // the rest of what was read waits for the poll that finds the end of the stream
	l.until("a message", func() bool { return len(l.events) == 1 })
	l.cap, l.quiet = 8, false
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	p.awaitEOF(l)
	if len(p.got) != 1 || p.got[0] != "close 3001 " {
		t.Errorf("the peer got %q", p.got)
	}
}

// Closing a paused connection reads again: the peer's answer must come through, and so do messages before it.
func TestLoopClosesPausedConnection(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	if err := l.Pause(id); err != nil {
		t.Fatal(err)
	}
	p.send(OpText, "waits")
	l.settle()
	if len(l.events) != 0 {
		t.Fatalf("a paused connection delivers %v", l.events)
	}
	_ = l.CloseConn(id, 1000, "")
	p.sendClose(1000, "")
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	wantEvents(t, l.events, "message waits", "close ")
}

// A thousand lives leak no descriptor, slot or memory.
func TestLoopThousandCycles(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	cycle := func() {
		id, p := l.tcpPair()
		p.send(OpText, "x")
		l.until("the message", func() bool { return len(l.of(LoopMessage)) == 1 })
		_, _ = l.SendText(id, "y")
		p.await(l, 1)
		p.sendClose(1000, "")
		p.awaitEOF(l)
		p.close()
		l.until("the connection is gone", func() bool { return l.slab.live == 0 })
		l.take()
	}
	cycle()
	before, mapped := countFDs(t), l.pool.Mapped()
	for range 1000 {
		cycle()
	}
	if after := countFDs(t); after > before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
	if l.pool.Mapped() != mapped || l.pool.Lent() != 0 || len(l.queues) > 3 || len(l.slab.chunks) != 1 || len(l.young) > 100 {
		t.Errorf("mapped %d then %d, %d lent, %d queues, notes of %d handshakes", mapped, l.pool.Mapped(), l.pool.Lent(), len(l.queues), len(l.young))
	}
	if m := l.Metrics(); m.Open != 0 || m.Total != 1001 || m.Closes[0] != 1001 {
		t.Errorf("metrics %+v", m)
	}
}

func TestLoopPauseAndResume(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	if err := l.Pause(id); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		p.send(OpText, "x")
	}
	l.settle()
	if len(l.events) != 0 {
		t.Fatalf("a paused connection delivers %v", l.events)
	}
	_, _ = l.SendText(id, "sending goes on")
	p.await(l, 1)
	if err := l.Resume(id); err != nil {
		t.Fatal(err)
	}
	l.until("the messages", func() bool { return len(l.events) == 3 })
	// Paused with input left over from a full array, which then waits in order.
	l.cap = 1
	for _, s := range []string{"1", "2", "3"} {
		p.send(OpText, s)
	}
	l.take()
	l.until("one message", func() bool { return len(l.events) == 1 })
	_ = l.Pause(id)
	p.send(OpText, "4")
	l.settle()
	wantEvents(t, l.events, "message 1")
	_ = l.Resume(id)
	l.until("the others", func() bool { return len(l.events) == 4 })
	wantEvents(t, l.events, "message 1", "message 2", "message 3", "message 4")
	if len(l.held) != 0 {
		t.Error("input is still put aside")
	}
	// A hangup of a paused connection costs nothing until what came before it is read.
	_ = l.Pause(id)
	p.send(OpText, "5")
	_ = unix.Shutdown(p.fd, unix.SHUT_RDWR)
	l.settle()
	if ready := l.epollReady(); ready != 0 {
		t.Errorf("a paused connection keeps the loop awake: %d ready", ready)
	}
	_ = l.Resume(id)
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
}

func (l *testLoop) epollReady() int {
	n, _ := l.epoll.Ready(l.ready)
	return n
}

// An end of ours is told with our reason, though the peer broke a rule behind the last message: that was not looked at any more.
func TestLoopEndBeforeAHeldViolation(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	p.raw(append(p.frame(OpText, true, "last"), "\x83\x80abcd"...))
	l.until("the message", func() bool { return len(l.events) == 1 })
	if err := l.Abort(id); err != nil {
		t.Fatal(err)
	}
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	if e := l.last(); e.Code != 1006 || e.Error != CodeClosed || e.Payload != "closed by this end" {
		t.Errorf("got %v", e)
	}
}

// The pong to a ping that was under way when a closing handshake began is no answer to the close frame, and wins no time for it.
func TestLoopPongMovesNoCloseDeadline(t *testing.T) {
	for name, begin := range map[string]func(l *testLoop, id ConnID) error{
		"CloseConn": func(l *testLoop, id ConnID) error { return l.CloseConn(id, 1000, "") },
		"Drain":     func(l *testLoop, id ConnID) error { return l.Drain(5 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			l := newClockLoop(t, LoopOptions{})
			id, p := l.open()
			l.pass(20*time.Second + clockTick)
			ping := p.await(l, 1)[0]
			if err := begin(l, id); err != nil {
				t.Fatal(err)
			}
			l.settle()
			p.send(OpPong, strings.TrimPrefix(ping, "ping "))
			l.settle()
			if n := l.Metrics().Pings; n != 1 {
				t.Errorf("%d round trips are counted", n)
			}
			l.pass(5*time.Second + clockTick)
			if n := len(l.of(LoopClose)); n != 1 || l.of(LoopClose)[0].Error != CodeTimeout {
				t.Errorf("after the time of a closing handshake: %v", l.events)
			}
		})
	}
}
