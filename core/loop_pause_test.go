// Paused connections: nothing is read, ends are told, and nothing that came before is lost.

package core

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// carriers opens a connection over each kind of socket: their ends show in different ways.
func carriers(t *testing.T, f func(t *testing.T, l *testLoop, id ConnID, p *loopPeer)) {
	for name, open := range map[string]func(l *testLoop) (ConnID, *loopPeer){"TCP": (*testLoop).tcpPair, "Unix": (*testLoop).open} {
		t.Run(name, func(t *testing.T) {
			l := newClockLoop(t, LoopOptions{IdleTimeout: time.Minute})
			id, p := open(l)
			l.take()
			if err := l.Pause(id); err != nil {
				t.Fatal(err)
			}
			l.settle()
			f(t, l, id, p)
		})
	}
}

// A peer that goes while its connection is paused, and has left nothing to read, is told at once.
func TestLoopPausedPeerGoes(t *testing.T) {
	for how, end := range map[string]func(p *loopPeer){"end": (*loopPeer).close, "reset": (*loopPeer).reset} {
		t.Run(how, func(t *testing.T) {
			carriers(t, func(t *testing.T, l *testLoop, id ConnID, p *loopPeer) {
				p.send(OpText, "read")
				l.settle() // now nothing is watched for input
				_ = l.Resume(id)
				l.until("the message", func() bool { return len(l.of(LoopMessage)) == 1 })
				_ = l.Pause(id)
				end(p)
				l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
				if e := l.last(); e.Code != 1006 || e.Error != CodeAbnormal {
					t.Errorf("got %v", e)
				}
				l.until("the connection is gone", func() bool { return l.slab.live == 0 })
			})
		})
	}
}

// One that has left something to read waits for Resume, and keeps nobody awake; then all of it comes, and a clean end is clean.
func TestLoopPausedPeerLeavesSomething(t *testing.T) {
	for how, end := range map[string]func(p *loopPeer){
		"closes": func(p *loopPeer) { p.sendClose(1000, ""); p.close() },
		"ends":   (*loopPeer).close,
	} {
		t.Run(how, func(t *testing.T) {
			carriers(t, func(t *testing.T, l *testLoop, id ConnID, p *loopPeer) {
				p.send(OpText, "unread")
				p.landed()
				end(p)
				for range 10 {
					l.pass(time.Minute)
				}
				if n := l.epollReady(); n != 0 || len(l.events) != 0 {
					t.Errorf("%d ready, told %v", n, l.events)
				}
				if err := l.Resume(id); err != nil {
					t.Fatal(err)
				}
				l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
				wantEvents(t, l.events[:1], "message unread")
				if e := l.last(); e.Code == 1000 != (how == "closes") {
					t.Errorf("got %v", e)
				}
			})
		})
	}
}

// Input that was read and waits for Resume is kept, too.
func TestLoopPausedPeerGoesBehindWhatWasRead(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	l.cap = 1
	p.raw([]byte(strings.Repeat(string(p.frame(OpText, true, "x")), 3)))
	l.until("a message", func() bool { return len(l.events) == 1 })
	_ = l.Pause(id)
	l.settle()
	p.close()
	l.settle()
	if len(l.events) != 1 {
		t.Errorf("told %v", l.events)
	}
	_ = l.Resume(id)
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	wantEvents(t, l.events[:3], "message x", "message x", "message x")
}

// Whoever pauses while the queue is full waits for LoopDrain: it must come when the peer resets and has left something to read.
func TestLoopPausedAndBlockedPeerResets(t *testing.T) {
	for _, unread := range []bool{false, true} {
		l := newTestLoop(t, LoopOptions{QueueBytes: 64 << 10})
		id, p := l.tcpPair()
		l.take()
		for {
			if _, err := l.SendBinary(id, make([]byte, 30_000)); err != nil {
				wantCode(t, err, CodeQueueFull)
				break
			}
			_ = l.Flush()
		}
		_ = l.Pause(id)
		if unread {
			p.send(OpText, "unread")
			p.landed()
		}
		l.settle()
		p.reset()
		if unread {
			l.until("drain", func() bool { return len(l.of(LoopDrain)) == 1 })
			if l.settle(); l.epollReady() != 0 {
				t.Error("it keeps the loop awake")
			}
			_, err := l.SendText(id, "x")
			wantCode(t, err, CodeClosed)
			_ = l.Resume(id)
		}
		l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
		if e := l.last(); e.Code != 1006 || e.Error != CodeAbnormal {
			t.Errorf("got %v", e)
		}
	}
}

// A peer that only ends its own direction still gets what is sent, as without the pause.
func TestLoopPausedPeerEndsItsDirection(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	_ = l.Pause(id)
	_, _ = l.SendText(id, "on its way")
	_ = unix.Shutdown(p.fd, unix.SHUT_WR)
	p.awaitEOF(l)
	wantRead(t, p, "text on its way")
}

// A pause holds messages back, not the news that a connection is open: whoever accepts and pauses is told, and reads on after Resume.
func TestLoopPausedRightAfterAccept(t *testing.T) {
	l, port := requestLoop(t)
	p := dialTCP(t, port)
	p.raw([]byte(upgradeRequest))
	p.send(OpText, "behind the request")
	e, _ := l.nextRequest()
	if err := l.Accept(e.Conn, "", nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Pause(e.Conn); err != nil {
		t.Fatal(err)
	}
	p.send(OpText, "later")
	p.head(l, "101")
	l.settle()
	wantEvents(t, l.events, "request /chat?x=1", "open ")
	if n := l.epollReady(); n != 0 {
		t.Errorf("%d ready while it is paused", n)
	}
	if m := l.Metrics(); m.Open != 1 || m.Pending != 0 {
		t.Errorf("%d open, %d pending", m.Open, m.Pending)
	}
	if err := l.Resume(e.Conn); err != nil {
		t.Fatal(err)
	}
	l.until("the messages", func() bool { return len(l.of(LoopMessage)) == 2 })
	wantEvents(t, l.events[2:], "message behind the request", "message later")
}

// So does it not hold back an end that was read with the message before it: nothing is left to read.
func TestLoopPausedBeforeTheEndThatWasRead(t *testing.T) {
	for end, want := range map[string]string{"\x88\x80abcd": "close ", "\x83\x80abcd": "close the opcode is reserved (RFC 6455 §5.2)"} {
		l := newTestLoop(t, LoopOptions{})
		id, p := l.open()
		p.raw(append(p.frame(OpText, true, "last"), end...))
		l.until("the message", func() bool { return len(l.events) == 1 })
		if err := l.Pause(id); err != nil {
			t.Fatal(err)
		}
		l.settle()
		wantEvents(t, l.events, "message last", want)
		if n := l.epollReady(); n != 0 {
			t.Errorf("%d ready", n)
		}
	}
}

// The end of a paused peer is reported once, so it must not be lost when the poll that hears of it is full and the next has nothing to
// tell.
func TestLoopPausedPeerGoesInAFullPoll(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	_, first := l.open()
	_, second := l.open()
	paused, third := l.open()
	_ = l.Pause(paused)
	l.watch(uint32(paused.Slot()), l.slab.at(uint32(paused.Slot()))) // as when its output is taken: nothing but the end is watched
	l.settle()
	l.cap = 2
	first.raw(first.frame(OpBinary, true, strings.Repeat("x", readMost-100)))
	second.raw(append(second.frame(OpBinary, true, strings.Repeat("x", 100_000)), 0x81))
	third.close()
	l.until("the close", func() bool { return len(l.of(LoopClose)) == 1 })
	wantEvents(t, []loopTold{{Kind: l.events[0].Kind}, {Kind: l.events[1].Kind}, {Kind: l.last().Kind}}, "message ", "message ", "close ")
}

// The silence of a paused peer counts from its end on, wherever between two looks at the deadline that is.
func TestLoopPauseIsNoSilence(t *testing.T) {
	l := newClockLoop(t, LoopOptions{IdleTimeout: 10 * time.Second, PingInterval: NoTimeout})
	id, _ := l.open()
	if err := l.Pause(id); err != nil {
		t.Fatal(err)
	}
	l.pass(9 * time.Second)
	if err := l.Resume(id); err != nil {
		t.Fatal(err)
	}
	l.pass(9 * time.Second)
	wantEvents(t, l.events)
	l.pass(time.Second + 2*clockTick)
	wantEvents(t, l.events, "close idle for too long")
}
