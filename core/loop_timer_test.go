// The deadlines of a loop: handshake, message, ping, idle and close, each absolute.

package core

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

const clockTick = 16 * time.Millisecond // a deadline is seen at most this late

func TestLoopHandshakeDeadline(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	p, _ := l.dialled()
	// One byte a second does not help: the deadline is absolute.
	for i := range 9 {
		p.raw([]byte(upgradeRequest[i : i+1]))
		l.pass(time.Second)
		if p.read(); p.eof || p.err != nil {
			t.Fatalf("given up after %d s", i+1)
		}
	}
	l.pass(time.Second + clockTick)
	if head := p.head(l, "408"); !strings.Contains(head, "Connection: close\r\n") {
		t.Errorf("answered %q", head)
	}
	l.until("the end", func() bool { p.read(); return p.eof || p.err != nil })
	if m := l.Metrics(); m.Pending != 0 || m.Refused != 1 || m.Open != 0 {
		t.Errorf("%d pending, %d refused, %d open", m.Pending, m.Refused, m.Open)
	}
	l.pass(lingerMS*time.Millisecond + clockTick) // the peer does not go
	if l.slab.live != 0 {
		t.Error("the connection is still there")
	}
	if len(l.events) != 0 {
		t.Errorf("events %v of a connection nobody heard of", l.events)
	}
}

// A client that has not said a word is not answered.
func TestLoopHandshakeDeadlineOfSilence(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	p, _ := l.dialled()
	l.pass(10*time.Second + clockTick)
	p.awaitEOF(l)
	if l.metrics.BytesOut != 0 || l.slab.live != 0 {
		t.Errorf("%d bytes out, %d connections", l.metrics.BytesOut, l.slab.live)
	}
}

// Whoever handed a connection over hears how it ended.
func TestLoopHandshakeDeadlineOfAnAdoptedRequest(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	a, b := socketpair(t)
	nonblock(t, b)
	p := &loopPeer{t: t, fd: b}
	p.m.Init(peerConfig(RoleClient))
	if _, err := l.AdoptUpgrade(a, []byte("GET / HTTP/1.1\r\n")); err != nil {
		t.Fatal(err)
	}
	l.settle()
	l.pass(10*time.Second + clockTick)
	p.head(l, "408")
	if e := l.last(); e.Kind != LoopClose || e.Code != 1006 || e.Error != CodeTimeout || e.Status != 408 {
		t.Errorf("got %v", e)
	}
}

func TestLoopMessageDeadlineIsAbsolute(t *testing.T) {
	l := newClockLoop(t, LoopOptions{MessageTimeout: 5 * time.Second, PingInterval: NoTimeout})
	_, p := l.open()
	p.raw(p.frame(OpText, false, "begun"))
	l.settle()
	for range 4 { // neither fragments nor pongs extend it
		l.pass(time.Second)
		p.raw(append(p.frame(OpPong, true, ""), p.frame(OpContinuation, false, "x")...))
		l.settle()
	}
	if len(l.events) != 0 {
		t.Fatalf("got %v early", l.events)
	}
	l.pass(time.Second + clockTick)
	if e := l.last(); e.Kind != LoopClose || e.Code != 1008 || e.Error != CodeTimeout {
		t.Errorf("got %v", e)
	}
	p.awaitEOF(l)
	if !strings.HasPrefix(p.got[0], "close 1008") {
		t.Errorf("the peer is told %q", p.got)
	}
}

// The clock of a message starts anew with each message, and stops between them, whether they come whole or in parts.
func TestLoopMessageDeadlineStartsWithEachMessage(t *testing.T) {
	for _, over := range []int64{0, 2} {
		l := newClockLoop(t, LoopOptions{MessageTimeout: 5 * time.Second, PingInterval: NoTimeout, StreamOverBytes: over})
		_, p := l.open()
		for range 4 {
			whole := p.frame(OpText, true, "message")
			p.raw(whole[:7])
			l.settle()
			l.pass(3 * time.Second)
			p.raw(append(whole[7:], whole[:1]...)) // its end, and the first byte of the next
			l.settle()
			l.pass(4 * time.Second)
			p.raw(whole[1:])
			l.settle()
			l.pass(time.Minute)
		}
		finals := 0
		for _, e := range l.events {
			finals += int(e.Flags & LoopFinal)
		}
		if finals != 8 || len(l.of(LoopClose)) != 0 {
			t.Errorf("%d messages, events %v", finals, l.events)
		}
	}
}

func TestLoopIdleDeadline(t *testing.T) {
	l := newClockLoop(t, LoopOptions{IdleTimeout: time.Minute, PingInterval: NoTimeout})
	_, p := l.open()
	for range 3 {
		l.pass(50 * time.Second)
		p.send(OpText, "x")
		l.settle()
	}
	if len(l.of(LoopClose)) != 0 {
		t.Fatal("closed while messages came")
	}
	p.send(OpPing, "a ping is no message")
	l.settle()
	l.pass(time.Minute + clockTick)
	if e := l.last(); e.Kind != LoopClose || e.Code != 1001 || e.Error != CodeTimeout {
		t.Errorf("got %v", e)
	}
}

// Pings go out at their interval; their round trip is measured; a peer without a sign of life is given up.
func TestLoopKeepalive(t *testing.T) {
	l := newClockLoop(t, LoopOptions{Pongs: true})
	_, p := l.open()
	for i := range 3 {
		l.pass(20*time.Second + clockTick)
		got := p.read()
		if len(got) != i+1 || !strings.HasPrefix(got[i], "ping ") || len(got[i]) != 13 {
			t.Fatalf("after %d intervals the peer got %q", i+1, got)
		}
		l.now += 30 * time.Millisecond
		p.send(OpPong, got[i][5:])
		l.settle()
		if e := l.last(); e.Kind != LoopPong || e.Status != 30_000 {
			t.Fatalf("got %v, want a round trip of 30,000 µs", e)
		}
	}
	if m := l.Metrics(); m.Pings != 3 || m.RTTP50US < 29_000 || m.RTTP50US > 31_000 || m.RTTP99US != m.RTTP50US {
		t.Errorf("metrics: %d pings, p50 %d, p99 %d", m.Pings, m.RTTP50US, m.RTTP99US)
	}
	// A pong nobody asked for is no answer, and answers of old pings are none either.
	l.take()
	l.pass(20*time.Second + clockTick)
	p.send(OpPong, "12345678")
	l.settle()
	if e := l.last(); e.Status != -1 {
		t.Errorf("got %v", e)
	}
	// It was a sign of life, though; silence is none.
	l.pass(20*time.Second + clockTick)
	if len(l.of(LoopClose)) != 0 {
		t.Fatal("closed in spite of a sign of life")
	}
	l.pass(20*time.Second + clockTick)
	if e := l.last(); e.Kind != LoopClose || e.Code != 1011 || e.Error != CodeTimeout {
		t.Errorf("got %v", e)
	}
}

// What came before a ping is no sign of life behind it.
func TestLoopKeepaliveCountsFromThePing(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	_, p := l.open()
	p.send(OpPong, "early")
	l.settle()
	for range 2 {
		l.pass(20*time.Second + clockTick)
	}
	if n := len(l.of(LoopClose)); n != 1 {
		t.Errorf("40 s after the last byte: %v", l.events)
	}
}

// The interval counts from pong to ping, however long a pong may take.
func TestLoopKeepaliveIntervalShorterThanTimeout(t *testing.T) {
	l := newClockLoop(t, LoopOptions{PingInterval: 5 * time.Second, PingTimeout: 20 * time.Second})
	_, p := l.open()
	for i := range 4 {
		l.pass(5*time.Second + clockTick)
		got := p.read()
		if len(got) != i+1 {
			t.Fatalf("after %d intervals the peer got %q", i+1, got)
		}
		p.send(OpPong, got[i][5:])
		l.settle()
	}
}

func TestLoopCloseDeadline(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	id, p := l.open()
	if err := l.CloseConn(id, 1000, "bye"); err != nil {
		t.Fatal(err)
	}
	if got := p.await(l, 1); got[0] != "close 1000 bye" {
		t.Fatalf("got %q", got)
	}
	l.pass(4 * time.Second)
	if len(l.events) != 0 {
		t.Fatalf("given up early: %v", l.events)
	}
	l.pass(time.Second + clockTick)
	if e := l.last(); e.Kind != LoopClose || e.Code != 1006 || e.Error != CodeTimeout {
		t.Errorf("got %v", e)
	}
	if l.slab.live != 0 {
		t.Error("the connection is still there")
	}
}

// Ticks wrap after 49 days. Whatever began before ends in its time behind that, and not at once.
func TestLoopTimesGoOnWhereTicksWrap(t *testing.T) {
	for _, before := range []time.Duration{time.Millisecond, 2 * time.Second, time.Minute} {
		l := newClockLoop(t, LoopOptions{IdleTimeout: 90 * time.Second, MessageTimeout: 30 * time.Second})
		port, err := l.Listen("127.0.0.1:0", false)
		if err != nil {
			t.Fatal(err)
		}
		l.now = 1<<32*time.Millisecond - before
		l.settle()
		_, alive := l.open()
		_, begun := l.open()
		begun.raw([]byte{0x81})
		closed, _ := l.open()
		if err := l.CloseConn(closed, 1000, ""); err != nil {
			t.Fatal(err)
		}
		dialTCP(t, port)
		l.until("it is accepted", func() bool { return l.pending == 1 })
		l.pass(500 * time.Millisecond)
		for s := range 92 { // and a half
			if half := l.pending == 1; half != (s < 10) {
				t.Errorf("%v before, after %d s: half open %v", before, s, half)
			}
			want := []string{"close a deadline passed", "close a message took too long", "close idle for too long"}
			for len(want) > 0 && s < []int{5, 30, 90}[len(want)-1] {
				want = want[:len(want)-1]
			}
			wantEvents(t, l.events, want...)
			if got := alive.read(); len(got) > 0 && strings.HasPrefix(got[0], "ping ") {
				alive.send(OpPong, got[0][5:])
				alive.got = nil
			}
			l.pass(time.Second)
		}
		if m := l.Metrics(); m.Pings < 4 {
			t.Errorf("%v before: %d pings", before, m.Pings)
		}
	}
}

// Deadlines wake a loop that sleeps: the descriptor becomes readable by itself.
func TestLoopTimersWake(t *testing.T) {
	l := newTestLoop(t, LoopOptions{IdleTimeout: 40 * time.Millisecond})
	start := time.Now()
	_, _ = l.connect()
	l.until("idle", func() bool { return len(l.of(LoopClose)) == 1 })
	if took := time.Since(start); took < 40*time.Millisecond {
		t.Errorf("given up after %v", took)
	}
}

// An idle loop does not wake up: with nothing but connections whose deadlines are far away it sleeps through.
func TestLoopSleepsWhenIdle(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	l.open()
	l.settle()
	ready := 0
	deadline := time.Now().Add(150 * time.Millisecond)
	for time.Now().Before(deadline) {
		n, wait, err := l.PollNow(make([]LoopEvent, 1))
		if n != 0 || !wait || err != nil {
			t.Fatal(n, wait, err)
		}
		k, _ := l.epoll.Wait(l.ready, int(time.Until(deadline)/time.Millisecond)+1)
		ready += k
		l.PollEnd()
	}
	if ready > 0 {
		t.Errorf("the descriptor became readable %d times", ready)
	}
}

// The wheel against a plain list: whatever is scheduled is looked at once its tick has passed, at most one list late, and never
// before. Ticks wrap on the way.
func TestWheelAgainstPlainList(t *testing.T) {
	const conns = 200
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	l := newClockLoop(t, LoopOptions{PingInterval: 12 * time.Hour, MaxPending: 1000})
	l.now = (1<<32 - 200_000) * time.Millisecond // wraps in 200 s
	l.readClock()
	l.wheel.at = l.tick
	due := map[uint32]uint32{}
	for i := range uint32(conns) {
		slot, c := l.enter(-1, 0)
		c.m.Init(l.config[0])
		l.metrics.Open++
		if slot != i {
			t.Fatal("slots are not in order")
		}
	}
	set := func(slot uint32) {
		delta := uint32(r.IntN(3000))
		if r.IntN(3) == 0 {
			delta = uint32(r.IntN(3_000_000))
		}
		c := l.slab.at(slot)
		c.stageTick = l.tick + delta
		due[slot] = c.stageTick
		l.schedule(slot, c)
	}
	for i := range uint32(conns) {
		set(i)
	}
	fired := 0
	for range 30_000 {
		l.now += time.Duration(r.IntN(400)) * time.Millisecond
		if r.IntN(500) == 0 {
			l.now += time.Duration(r.IntN(2_000_000)) * time.Millisecond
		}
		l.readClock()
		l.runTimers()
		for slot, at := range due {
			c := l.slab.at(slot)
			pinged := c.flags&cPinged != 0
			late := int32(l.tick - at)
			switch {
			case pinged && late < 0:
				t.Fatalf("seed %d: looked at %d ms early", seed, -late)
			case !pinged && late >= 16:
				t.Fatalf("seed %d: %d ms late", seed, late)
			case pinged:
				fired++
				c.flags &^= cPinged | cDirty
				l.dropQueue(c)
				set(slot)
			case r.IntN(50) == 0:
				set(slot) // moves it: earlier at once, later when the old time comes
			}
		}
		l.dirty = l.dirty[:0]
	}
	if fired < 1000 {
		t.Errorf("only %d deadlines passed", fired)
	}
	for i := range uint32(conns) {
		c := l.slab.at(i)
		l.unhang(i, c)
	}
	for level := range l.wheel.heads {
		for i, head := range l.wheel.heads[level] {
			if head != 0 || l.wheel.some[level][i/64]&(1<<(i%64)) != 0 {
				t.Fatalf("list %d/%d is not empty", level, i)
			}
		}
	}
}

// next must never be later than the earliest list that holds something.
func TestWheelNext(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	l.readClock()
	l.wheel.at = l.tick
	if _, ok := l.wheel.next(); ok {
		t.Error("an empty wheel has a next list")
	}
	slot, c := l.enter(-1, 0)
	c.m.Init(l.config[0])
	for _, delta := range []uint32{0, 1, 15, 16, 100, 4000, 4095, 4096, 5000, 20_000, 1_000_000, 1 << 30} {
		l.unhang(slot, c)
		l.hang(slot, c, l.tick+delta)
		at, ok := l.wheel.next()
		if !ok || int32(at-l.tick) <= 0 || int32(at-l.tick) > int32(delta)+16 {
			t.Errorf("due in %d ms: next in %d (%v)", delta, int32(at-l.tick), ok)
		}
	}
	l.unhang(slot, c)
}
