// Options of loops: bounds, defaults, and when a change takes force.

package core

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestLoopOptionBounds(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	for o, row := range loopTable {
		if v, err := l.Option(o); err != nil || v != row.def {
			t.Errorf("%s is %d by default, want %d; %v", row.name, v, row.def, err)
		}
		for _, v := range []int64{row.min, row.max} {
			if err := l.SetOption(o, v); err != nil {
				t.Error(row.name, v, err)
			}
			if got, _ := l.Option(o); got != v {
				t.Error(row.name, got, "after", v)
			}
		}
		for _, v := range []int64{row.min - 1, row.max + 1, -2, -1 << 63, 1<<63 - 1} {
			if v == NoTimeoutMS && row.timeout {
				continue
			}
			wantCode(t, l.SetOption(o, v), CodeOption)
			if got, _ := l.Option(o); got != row.max {
				t.Errorf("%s is %d after a refused value", row.name, got)
			}
		}
		if err := l.SetOption(o, NoTimeoutMS); (err == nil) != row.timeout {
			t.Error(row.name, "none:", err)
		}
		if err := l.SetOption(o, max(row.def, row.min)); err != nil && row.def != NoTimeoutMS {
			t.Error(row.name, err)
		}
	}
	for _, o := range []Option{-1, 0, OptRecvTimeoutMS, optLoopEnd, 1 << 40} {
		wantCode(t, l.SetOption(o, 1), CodeOption)
		_, err := l.Option(o)
		wantCode(t, err, CodeOption)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	wantCode(t, l.SetOption(OptPings, 1), CodeClosed)
	_, err := l.Option(OptPings)
	wantCode(t, err, CodeClosed)
	wantCode(t, l.SetOrigins(nil), CodeClosed)
	wantCode(t, l.SetSubprotocols(nil), CodeClosed)
	if !l.Closed() {
		t.Error("a closed loop does not say so")
	}
}

// 0 or negative is an error, never "unlimited".
func TestLoopOptionsStruct(t *testing.T) {
	before := countFDs(t)
	for _, o := range []LoopOptions{
		{MaxFrameBytes: -1}, {MaxMessageBytes: -1}, {MaxHeadBytes: 1}, {MaxHeadFields: -1}, {StreamOverBytes: -2}, {QueueBytes: -1},
		{QueuePolicy: queuePolicies}, {HandshakeTimeout: -2}, {IdleTimeout: -time.Second}, {MessageTimeout: -time.Hour},
		{PingInterval: -3}, {PingTimeout: NoTimeout}, {CloseTimeout: NoTimeout}, {MaxPending: -1}, {MaxConnections: -1},
		{MaxConnections: 1<<slotBits + 1}, {Spin: -time.Second}, {Spin: time.Hour}, {PingTimeout: 30 * 24 * time.Hour},
	} {
		_, err := NewLoop(&o)
		wantCode(t, err, CodeOption)
	}
	_, err := NewLoop(&LoopOptions{Subprotocols: []string{"a b"}})
	wantCode(t, err, CodeHeader)
	if after := countFDs(t); after > before { // earlier tests may give some back meanwhile
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// Options of a loop that runs hold for connections that come later, times and queues for all.
func TestLoopOptionsTakeForce(t *testing.T) {
	l := newClockLoop(t, LoopOptions{PingInterval: NoTimeout})
	old, p := l.open()
	if err := l.SetOption(OptMaxMessageBytes, 10); err != nil {
		t.Fatal(err)
	}
	_, fresh := l.open()
	for _, peer := range []*loopPeer{p, fresh} {
		peer.send(OpText, "longer than ten")
		l.settle()
	}
	wantEvents(t, l.take()[:1], "message longer than ten")
	if got := fresh.read(); len(got) != 1 || got[0][:10] != "close 1009" {
		t.Errorf("the later one got %q", got)
	}
	if err := l.SetOption(OptQueueBytes, 1000); err != nil {
		t.Fatal(err)
	}
	_, err := l.SendBinary(old, make([]byte, 900))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := l.ConnOption(old, OptQueueBytes); got != 1000 {
		t.Errorf("its queue holds %d", got)
	}
}

// Whatever is set, connections that are there go on: what they say behind a message, and how they end, is still told.
func TestLoopOptionsLeaveConnectionsAlone(t *testing.T) {
	for o, row := range loopTable {
		t.Run(row.name, func(t *testing.T) {
			l := newTestLoop(t, LoopOptions{})
			_, closes := l.open()
			_, fails := l.open()
			_, goes := l.open()
			v, _ := l.Option(o)
			if err := l.SetOption(o, v); err != nil {
				t.Fatal(err)
			}
			for _, p := range []*loopPeer{closes, fails, goes} {
				p.send(OpText, "a message")
			}
			l.settle()
			wantEvents(t, l.take(), "message a message", "message a message", "message a message")
			closes.sendClose(1000, "bye")
			l.settle()
			fails.send(3, "a reserved opcode")
			l.settle()
			goes.close()
			l.settle()
			if got := l.take(); len(got) != 3 || got[0].Code != 1000 || got[1].Error != CodeProtocol || got[2].Error != CodeAbnormal {
				t.Errorf("the ends are told as %v", got)
			}
		})
	}
}

// The time for opening handshakes holds for those that are under way, both ends' alike; it counts from where it began.
func TestLoopHandshakeTimeTakesForceAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		before time.Duration
		set    int64
		lives  time.Duration // after the five seconds that have passed
		ends   bool
	}{
		"shorter":     {10 * time.Second, 7000, time.Second, true},
		"over":        {10 * time.Second, 1000, 0, true},
		"longer":      {10 * time.Second, 20_000, 14 * time.Second, true},
		"set":         {NoTimeout, 7000, time.Second, true},
		"none at all": {10 * time.Second, NoTimeoutMS, time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newClockLoop(t, LoopOptions{HandshakeTimeout: c.before})
			port, err := l.Listen("127.0.0.1:0", false)
			if err != nil {
				t.Fatal(err)
			}
			dialTCP(t, port)
			ours, theirs := socketpair(t)
			defer unix.Close(theirs)
			if _, err := l.DialFD(ours, "ws://example/", nil); err != nil {
				t.Fatal(err)
			}
			l.until("both are young", func() bool { return l.pending == 2 })
			l.pass(5 * time.Second)
			if err := l.SetOption(OptHandshakeTimeoutMS, c.set); err != nil {
				t.Fatal(err)
			}
			l.pass(c.lives)
			if c.lives > 0 && l.pending != 2 {
				t.Errorf("%d are left too early: %v", l.pending, l.events)
			}
			l.pass(time.Second + 2*clockTick)
			if left := l.pending; left != 0 == c.ends {
				t.Errorf("%d are left: %v", left, l.events)
			}
		})
	}
}

// A deadline that is set or shortened later holds for connections that are there, and wakes a loop that sleeps without any.
func TestLoopTimesTakeForceAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		option Option
		begin  func(p *loopPeer)
		want   string
	}{
		"idle":    {OptIdleTimeoutMS, func(*loopPeer) {}, "close idle for too long"},
		"message": {OptMessageTimeoutMS, func(p *loopPeer) { p.raw([]byte{0x81}) }, "close a message took too long"},
		"ping":    {OptPingIntervalMS, func(*loopPeer) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := newClockLoop(t, LoopOptions{PingInterval: NoTimeout, MessageTimeout: NoTimeout})
			_, p := l.open()
			c.begin(p)
			l.settle()
			for _, ms := range []int64{60_000, 1000} {
				if err := l.SetOption(c.option, ms); err != nil {
					t.Fatal(err)
				}
			}
			l.pass(time.Second + clockTick)
			if c.want != "" {
				wantEvents(t, l.events, c.want)
			} else if got := p.read(); len(got) != 1 || got[0][:5] != "ping " {
				t.Errorf("the peer got %q", got)
			}
		})
	}
	l := newTestLoop(t, LoopOptions{PingInterval: NoTimeout})
	l.open()
	asleep := async(func() error {
		_, err := l.Poll(make([]LoopEvent, 1), -1)
		return err
	})
	until(t, "the poll begins", l.polling.Load)
	if err := l.SetOption(OptIdleTimeoutMS, 20); err != nil {
		t.Fatal(err)
	}
	if err := await(t, asleep, "the deadline"); err != nil {
		t.Fatal(err)
	}
}

// So does the time for what is under way: it counts from where that began.
func TestLoopStageTimesTakeForceAtOnce(t *testing.T) {
	for _, ms := range [][]int64{{1000}, {60_000, 1000}, {NoTimeoutMS, 1000}} {
		l := newClockLoop(t, LoopOptions{})
		l.dialled()
		id, _ := l.open()
		if err := l.CloseConn(id, 1000, ""); err != nil {
			t.Fatal(err)
		}
		l.pass(500 * time.Millisecond)
		for _, v := range ms {
			if err := l.SetOption(OptHandshakeTimeoutMS, v); err != nil {
				t.Fatal(err)
			}
			if err := l.SetOption(OptCloseTimeoutMS, max(v, 1)); err != nil {
				t.Fatal(err)
			}
		}
		l.pass(400 * time.Millisecond)
		if l.pending != 1 || len(l.events) != 0 {
			t.Errorf("%v: %d under way, events %v", ms, l.pending, l.events)
		}
		l.pass(100*time.Millisecond + clockTick)
		if l.pending != 0 {
			t.Errorf("%v: still half open", ms)
		}
		wantEvents(t, l.events, "close a deadline passed")
	}
}

// Nor does an opening handshake look older than it is: it does not give way before its time.
func TestLoopHandshakesKeepTheirAge(t *testing.T) {
	l := newClockLoop(t, LoopOptions{MaxPending: 1})
	first, port := l.dialled()
	if err := l.SetOption(OptHandshakeTimeoutMS, 60_000); err != nil {
		t.Fatal(err)
	}
	dialTCP(t, port)
	l.pass(2 * acceptRetryMS * time.Millisecond) // it waits for room
	first.upgrade(l)
}
