// Deadlines that are found over only because nobody polled: what had come by then is read first, and nothing more.
package core

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"libws/core/internal/poller"

	"golang.org/x/sys/unix"
)

// A host that is away for longer than any deadline loses no peer that did its part in time.
func TestLoopLateHostReadsFirst(t *testing.T) {
	const away = 2 * time.Minute
	options := LoopOptions{IdleTimeout: time.Minute, MessageTimeout: 30 * time.Second, PingInterval: NoTimeout}
	for _, room := range []int{1, 64} {
		for name, c := range map[string]struct {
			before func(l *testLoop, id ConnID, p *loopPeer)
			want   []string
		}{
			"idle": {func(l *testLoop, id ConnID, p *loopPeer) {
				p.send(OpText, "here")
			}, []string{"message here"}},
			"idle with much": {func(l *testLoop, id ConnID, p *loopPeer) {
				p.raw([]byte(strings.Repeat(string(p.frame(OpPong, true, "12345")), 8000)))
				p.send(OpText, "here")
			}, []string{"message here"}},
			"message": {func(l *testLoop, id ConnID, p *loopPeer) {
				whole := p.frame(OpText, true, "message")
				p.raw(whole[:5])
				l.settle()
				p.raw(whole[5:])
			}, []string{"message message"}},
			"long message": {func(l *testLoop, id ConnID, p *loopPeer) {
				whole := p.frame(OpText, true, strings.Repeat("x", 100_000))
				p.raw(whole[:10])
				l.settle()
				p.raw(whole[10:])
			}, []string{"message " + strings.Repeat("x", 100_000)}},
			"close": {func(l *testLoop, id ConnID, p *loopPeer) {
				if err := l.CloseConn(id, 1000, ""); err != nil {
					l.t.Fatal(err)
				}
				l.settle()
				p.send(OpText, "last")
				p.sendClose(1000, "bye")
			}, []string{"message last", "close bye"}},
			"end of stream": {func(l *testLoop, id ConnID, p *loopPeer) {
				if err := l.CloseConn(id, 1000, ""); err != nil {
					l.t.Fatal(err)
				}
				l.settle()
				p.sendClose(1000, "bye")
				p.close()
			}, []string{"close bye"}},
			"end of stream alone": {func(l *testLoop, id ConnID, p *loopPeer) {
				p.close()
			}, []string{"close the connection was lost"}},
			"drain": {func(l *testLoop, id ConnID, p *loopPeer) {
				if err := l.Drain(5 * time.Second); err != nil {
					l.t.Fatal(err)
				}
				l.settle()
				p.send(OpText, "last")
				p.sendClose(1001, "bye")
			}, []string{"message last", "close bye", "drained "}},
		} {
			t.Run(name, func(t *testing.T) {
				l := newClockLoop(t, options)
				id, p := l.open()
				l.cap = room
				c.before(l, id, p)
				l.now += away
				l.settle()
				l.pass(clockTick) // and whoever is left is judged as if the host had never been away
				l.pass(2 * clockTick)
				wantEvents(t, l.events, c.want...)
			})
		}
	}
}

func TestLoopLateHostOpensWhatWaits(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	p, _ := l.dialled()
	p.raw([]byte(upgradeRequest))
	l.now += time.Minute
	p.head(l, "101")
	l.pass(time.Second)
	wantEvents(t, l.events, "open ")
}

// Input that waits in the loop itself, since the array of events was full, is no less in time.
func TestLoopLateHostGoesOnFirst(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	id, p := l.open()
	if err := l.CloseConn(id, 1000, ""); err != nil {
		t.Fatal(err)
	}
	l.settle()
	l.cap = 1
	p.send(OpText, "one")
	p.send(OpText, "two")
	p.sendClose(1000, "bye")
	l.once()
	for range 3 {
		l.now += time.Minute
		l.once()
	}
	l.settle()
	wantEvents(t, l.events, "message one", "message two", "close bye")
}

// One wait need not report all that is ready: what it had no room for has come no later.
func TestLoopLateHostReadsWhatAFullArrayLeavesOut(t *testing.T) {
	const peers, array = 20, 4
	l := newClockLoop(t, LoopOptions{IdleTimeout: time.Minute, PingInterval: NoTimeout})
	l.ready = l.ready[:array]
	var all []*loopPeer
	for range peers {
		_, p := l.open()
		all = append(all, p)
	}
	for _, p := range all {
		p.send(OpText, "here")
	}
	l.now += 2 * time.Minute
	for range 4 * peers {
		l.once()
		l.now += clockTick
	}
	if got := len(l.of(LoopMessage)); got != peers {
		t.Errorf("%d messages of %d", got, peers)
	}
}

// Peers that are always ready, as many as one wait reports, keep a loop from no judgement.
func TestLoopLateHostComesRoundWithAFullArray(t *testing.T) {
	l := newClockLoop(t, LoopOptions{Pings: true})
	l.ready = l.ready[:2]
	var busy []*loopPeer
	for range 8 {
		_, p := l.open()
		busy = append(busy, p)
	}
	for before, polls := l.looked, 0; l.looked-before < 100; polls++ {
		if polls == 100 {
			t.Fatal("it never came to the end of what was ready")
		}
		for _, p := range busy {
			p.send(OpPing, "")
		}
		l.now += 10 * time.Millisecond
		l.once()
	}
}

// What a wait reported tells nothing of what came later, however late the last of it is taken.
func TestLoopLateHostTakesNoOldReportForALook(t *testing.T) {
	l := newClockLoop(t, LoopOptions{IdleTimeout: time.Minute, PingInterval: NoTimeout})
	var peers []*loopPeer
	for range 4 {
		_, p := l.open()
		peers = append(peers, p)
	}
	l.cap = 1
	for _, p := range peers[1:] {
		p.send(OpText, "here")
	}
	l.once() // all three are reported, and one is taken
	for _, p := range peers {
		p.send(OpText, "here")
	}
	l.now += 2 * time.Minute
	for range 20 {
		l.once()
		l.now += clockTick
	}
	wantEvents(t, l.events, strings.Split(strings.Repeat("message here,", 6)+"message here", ",")...)
}

// Being late a second time, for the deadline that the input of the first has brought, is no other thing.
func TestLoopLateHostIsLateAgain(t *testing.T) {
	l := newClockLoop(t, LoopOptions{MessageTimeout: 30 * time.Second, PingInterval: NoTimeout})
	_, p := l.open()
	whole := p.frame(OpText, true, "message")
	p.raw(whole[:5])
	l.settle()
	for range 3 {
		p.raw(whole[5:])
		p.raw(whole[:5])
		l.now += 2 * time.Minute
		l.once()
	}
	wantEvents(t, l.events, "message message", "message message", "message message")
}

// Nobody gains time by sending on: only what waited when the deadline was found over is read.
func TestLoopLateHostGrantsNoMore(t *testing.T) {
	l := newClockLoop(t, LoopOptions{MessageTimeout: 5 * time.Second, PingInterval: NoTimeout, Pings: true})
	_, p := l.open()
	l.cap = 1 // so that input is left over at every poll
	_ = unix.SetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 4096)
	flood := []byte(strings.Repeat(string(p.frame(OpPing, true, "")), 100))
	p.raw(p.frame(OpText, false, "begun"))
	l.settle()
	polls := 0
	for ; len(l.of(LoopClose)) == 0 && polls < 10_000; polls++ {
		_, _ = unix.SendmsgN(p.fd, flood, nil, nil, unix.MSG_NOSIGNAL) // a socket that is full takes what it can
		p.read()
		p.got = nil
		l.now += 10 * time.Millisecond
		l.once()
	}
	// 500 polls until the deadline, then one for each ping in the socket and in the receive buffer.
	t.Logf("after %d polls", polls)
	if len(l.of(LoopClose)) == 0 {
		t.Fatalf("the message is still waited for after %d polls", polls)
	}
	if e := l.last(); e.Code != 1008 || e.Error != CodeTimeout {
		t.Errorf("got %v", e)
	}
	if len(l.late) != 0 {
		t.Errorf("%d notes are left", len(l.late))
	}
}

// One byte at every moment, in time for every look, is no handshake.
func TestLoopLateHostGrantsNoMoreToHandshakes(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	p, _ := l.dialled()
	p.raw([]byte("GET /"))
	l.settle()
	l.now += 10 * time.Second
	for range 5 {
		p.raw([]byte("x"))
		l.pass(clockTick)
		if l.pending == 0 {
			return
		}
	}
	t.Error("it is still waited for")
}

// Whoever closes a descriptor behind the loop's back and uses its number for something else keeps no connection alive with that.
func TestLoopLateHostWaitsForNoOtherDescriptor(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	id, _ := l.open()
	_, c, _ := l.find("", id)
	if err := l.CloseConn(id, 1000, ""); err != nil {
		t.Fatal(err)
	}
	l.settle()
	a, b := socketpair(t)
	if _, err := unix.Write(b, []byte("for somebody else")); err != nil {
		t.Fatal(err)
	}
	if err := unix.Dup3(a, int(c.fd), unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	l.pass(5*time.Second + clockTick)
	for range 3 { // until the loop has come to the end of what is ready, and this was not among it
		l.pass(clockTick)
	}
	wantEvents(t, l.events, "close a deadline passed")
}

// What the peer sent last does not turn the end into a reset, though nobody polled for the whole time that it is waited for.
func TestLoopLateHostEndsWithoutReset(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	id, p := l.tcpPair()
	p.send(3, "breaks a rule")
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	l.settle()
	p.raw([]byte("on its way"))
	fd := l.slab.at(uint32(id.Slot())).fd
	if n, err := unix.Poll([]unix.PollFd{{Fd: fd, Events: unix.POLLIN}}, 20_000); n != 1 {
		t.Fatal(n, err)
	}
	l.now += time.Minute
	l.until("the end", func() bool {
		l.now += clockTick
		return l.slab.live == 0
	})
	p.read()
	if errno := poller.SocketError(p.fd); errno != 0 || p.err != nil || !p.eof || len(p.got) != 1 {
		t.Errorf("the peer got %q, then %v, %v", p.got, p.err, errno)
	}
}

// Nor does a host that was away give up handshakes that have come meanwhile for others that have.
func TestLoopLateHostEvictsNobodyInTime(t *testing.T) {
	const pending = 4
	l := newClockLoop(t, LoopOptions{MaxPending: pending})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	var peers []*loopPeer
	for range pending {
		peers = append(peers, dialTCP(t, port))
	}
	l.until("all are accepted", func() bool { return l.pending == pending })
	for range 2 * pending {
		peers = append(peers, dialTCP(t, port))
	}
	for _, p := range peers {
		p.raw([]byte(upgradeRequest))
	}
	l.now += 5 * time.Second
	l.until("all are open", func() bool {
		l.now += acceptRetryMS * time.Millisecond
		return len(l.of(LoopOpen)) == len(peers) || l.Metrics().Refused > 0
	})
	if n := l.Metrics().Refused; n != 0 {
		t.Errorf("%d were given up", n)
	}
}

// Nor an address that has answered in its time for the next one.
func TestLoopLateHostKeepsTheAddressThatAnswered(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	id, err := l.Dial(fmt.Sprintf("ws://127.0.0.1:%d/", port), nil)
	if err != nil {
		t.Fatal(err)
	}
	slot, c, _ := l.find("", id)
	d := l.dials[slot]
	d.addrs = []netip.Addr{netip.MustParseAddr("127.0.0.2")} // where nobody listens
	c.stageTick = l.share(d)
	l.schedule(slot, c)
	if n, err := unix.Poll([]unix.PollFd{{Fd: c.fd, Events: unix.POLLOUT}}, 20_000); n != 1 {
		t.Fatal(n, err)
	}
	l.now += 6 * time.Second // of ten for both
	l.until("both ends are open", func() bool { return len(l.of(LoopOpen)) == 2 || len(l.of(LoopClose)) > 0 })
	wantEvents(t, l.events, "open ", "open ")
}
