// The slab of connections: small, and an id names its connection for ever.

package core

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The goal is 256 bytes of memory per idle connection, all told.
func TestLoopConnectionIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(loopConn{}); size > 232 {
		t.Errorf("a connection takes %d bytes", size)
	}
}

func TestLoopIDs(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	other := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	foreign, _ := other.open()
	if id <= 0 {
		t.Errorf("id %d", id)
	}
	send := func(id ConnID) error { _, err := l.SendText(id, "x"); return err }
	if err := send(id); err != nil {
		t.Error(err)
	}
	for _, wrong := range []ConnID{0, -1, 1, 1 << 40, id + 1, id + 1<<genShift, id ^ 1<<62, -id, foreign} {
		wantCode(t, send(wrong), CodeHandle)
		wantCode(t, l.Pause(wrong), CodeHandle)
	}
	p.close()
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	wantCode(t, send(id), CodeClosed)
	l.settle()

	// The slot's next user is another connection, and the old id never means it.
	again, _ := l.open()
	if again.Slot() != id.Slot() || again == id {
		t.Errorf("ids %x and %x do not share the slot", id, again)
	}
	wantCode(t, send(id), CodeClosed)
	if err := send(again); err != nil {
		t.Error(err)
	}
	if l.State(id) != StateClosed || l.State(again) != StateOpen {
		t.Errorf("states %v and %v", l.State(id), l.State(again))
	}
}

// Generations wrap around; zero is never one, so an invented id with generation zero is told from an old one.
func TestLoopGenerationsWrap(t *testing.T) {
	var s slab
	slot, c := s.take()
	c.gen = genMask
	s.give(slot, c)
	if again, c := s.take(); again != slot || c.gen != 1 {
		t.Errorf("slot %d generation %d after the last one", again, c.gen)
	}
	if s.live != 1 {
		t.Errorf("%d live", s.live)
	}
}

// Readiness may be reported for a connection that is gone; its slot's new user is not touched by it.
func TestLoopIgnoresStaleReadiness(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	token := uint64(id)
	p.close()
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	l.open()
	if _, c := l.lookup(token); c != nil {
		t.Error("a stale token finds a connection")
	}
	if _, c := l.lookup(uint64(id) + 1000); c != nil {
		t.Error("a slot that was never used is found")
	}
}

// A descriptor that is a connection already is refused, whichever way it comes again, and its connection goes on.
func TestLoopTakesADescriptorOnce(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	ours, theirs := socketpair(t)
	nonblock(t, theirs)
	p := &loopPeer{t: t, fd: theirs}
	p.m.Init(peerConfig(RoleClient))
	id, err := l.Adopt(ours, RoleServer, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := l.Metrics()
	_, err = l.Adopt(ours, RoleServer, []byte("input"))
	wantCode(t, err, CodeArgument)
	_, err = l.AdoptUpgrade(ours, nil)
	wantCode(t, err, CodeArgument)
	_, err = l.DialFD(ours, "ws://example/", nil)
	wantCode(t, err, CodeArgument)
	if now := l.Metrics(); now != before || l.slab.live != 1 {
		t.Errorf("refused calls changed the metrics: %+v, then %+v", before, now)
	}
	p.send(OpText, "still here")
	l.until("the message", func() bool { return len(l.of(LoopMessage)) == 1 })
	if e := l.last(); e.Conn != id {
		t.Errorf("got %v", e)
	}
	l.settle() // nothing of the refused ones is left to be looked at
}

func TestLoopContext(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	if err := l.SetContext(id, 77); err != nil {
		t.Fatal(err)
	}
	if v, err := l.Context(id); v != 77 || err != nil {
		t.Errorf("context %d %v", v, err)
	}
	p.send(OpText, "x")
	events := make([]LoopEvent, 1)
	if n, err := l.Poll(events, -1); n != 1 || err != nil || events[0].Context != 77 {
		t.Errorf("%d events %v, context %d", n, err, events[0].Context)
	}
	wantCode(t, l.SetContext(id+1, 1), CodeHandle)
}

// Who shares a connection's descriptor, a forked child for one, keeps it open beyond its end here. What its peer sends then wakes
// nobody.
func TestLoopForgetsDescriptorsThatLiveOn(t *testing.T) {
	for _, paused := range []bool{false, true} {
		l := newTestLoop(t, LoopOptions{})
		a, b := socketpair(t)
		shared, err := unix.Dup(a)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(shared)
		defer unix.Close(b)
		id, err := l.Adopt(a, RoleServer, nil)
		if err != nil {
			t.Fatal(err)
		}
		l.settle()
		if paused {
			if err := l.Pause(id); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Abort(id); err != nil {
			t.Fatal(err)
		}
		l.settle()
		if _, err := unix.Write(b, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := unix.Shutdown(b, unix.SHUT_RDWR); err != nil {
			t.Fatal(err)
		}
		if n := l.epollReady(); n != 0 {
			t.Errorf("paused %v: %d ready", paused, n)
		}
	}
}
