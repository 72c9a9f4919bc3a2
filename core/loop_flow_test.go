// Flow: peers that read nothing, read slowly, flood, or stand still, with figures (RFC 6455 §10.4).
package core

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// roundTrips echoes through every connection in turns and returns the 99th percentile of the times.
func (l *testLoop) roundTrips(ids []ConnID, peers []*loopPeer, rounds int, meanwhile func()) time.Duration {
	l.t.Helper()
	var times []time.Duration
	for range rounds {
		for i, p := range peers {
			meanwhile()
			n := len(p.got)
			start := time.Now()
			p.send(OpText, "twenty bytes of text")
			for len(l.take()) == 0 {
				l.once()
			}
			if _, err := l.SendText(ids[i], "twenty bytes of text"); err != nil {
				l.t.Fatal(err)
			}
			for len(p.read()) == n {
				l.once()
			}
			times = append(times, time.Since(start))
		}
	}
	slices.Sort(times)
	return times[len(times)*99/100]
}

// One peer of a hundred reads nothing while it is sent to without end: the others do not notice.
func TestLoopFlowOneStalledOfAHundred(t *testing.T) {
	l := newTestLoop(t, LoopOptions{QueueBytes: 256 << 10, QueuePolicy: QueueDropOldest})
	var ids []ConnID
	var peers []*loopPeer
	for range 99 {
		id, p := l.open()
		ids, peers = append(ids, id), append(peers, p)
	}
	stalled, _ := l.open()
	before := l.roundTrips(ids, peers, 20, func() {})
	l.stall(stalled, 10_000)
	l.take()
	var after time.Duration
	for range tries {
		after = l.roundTrips(ids, peers, 20, func() { _, _ = l.SendText(stalled, strings.Repeat("never read", 100)) })
		t.Logf("p99 of a round trip: %v before, %v while one is stalled", before, after)
		if after <= 10*before+20*time.Millisecond {
			break
		}
	}
	if after > 10*before+20*time.Millisecond {
		t.Errorf("p99 went from %v to %v", before, after)
	}
	if q := l.queued(stalled); q > 256<<10 {
		t.Errorf("%d bytes wait for the stalled peer", q)
	}
	if m := l.Metrics(); m.DroppedOldest == 0 || m.QueueBytes > 256<<10 {
		t.Errorf("%d dropped, %d bytes queued", m.DroppedOldest, m.QueueBytes)
	}
}

// A million pings whose pongs are read: memory stays what it was.
func TestLoopFlowMillionPings(t *testing.T) {
	count := 1_000_000
	if testing.Short() {
		count = 50_000
	}
	l := newTestLoop(t, LoopOptions{})
	_, p := l.open()
	const burst = 500
	pings := bytes.Repeat(p.frame(OpPing, true, ""), burst)
	round := func() {
		p.raw(pings)
		l.settle()
		p.read()
		p.got = p.got[:0]
	}
	round()
	lent, mapped := l.pool.Lent(), l.pool.Mapped()
	for range count / burst {
		round()
	}
	if l.pool.Lent() != lent || l.pool.Mapped() > mapped+slabSlack {
		t.Errorf("%d bytes lent then %d, %d mapped then %d", lent, l.pool.Lent(), mapped, l.pool.Mapped())
	}
	p.send(OpPing, "last")
	if got := p.await(l, 1); got[0] != "pong last" {
		t.Errorf("got %q", got)
	}
}

const slabSlack = 512 << 10 // what the pool may map besides, in its smallest steps

// A paused connection costs nothing, whatever its peer sends; resumed, it has lost nothing.
func TestLoopFlowPausedPeerCostsBoundedMemory(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	if err := l.Pause(id); err != nil {
		t.Fatal(err)
	}
	lent := l.pool.Lent()
	message := p.frame(OpBinary, true, strings.Repeat("x", 10_000))
	sent, out := 0, []byte(nil)
	for blocked := 0; blocked < 3; {
		if len(out) == 0 {
			out = message
		}
		n, err := unix.SendmsgN(p.fd, out, nil, nil, unix.MSG_NOSIGNAL)
		if err != nil {
			blocked++
			l.settle()
			continue
		}
		if out = out[n:]; len(out) == 0 {
			sent++
		}
	}
	if grown := l.pool.Lent() - lent; grown > 2*readMost {
		t.Errorf("%d bytes are held for a paused connection", grown)
	}
	if len(l.events) != 0 || sent == 0 {
		t.Fatalf("%d sent, events %v", sent, l.events)
	}
	if err := l.Resume(id); err != nil {
		t.Fatal(err)
	}
	for len(out) > 0 {
		if n, err := unix.SendmsgN(p.fd, out, nil, nil, unix.MSG_NOSIGNAL); err == nil {
			out = out[n:]
		}
		l.once()
	}
	l.until("all messages", func() bool { return len(l.events) > sent })
	t.Logf("%d messages of 10,000 bytes waited in the system's buffers", sent)
}

// An echo whose peer writes without reading, driven as a server should: pause while the queue is full, resume with LoopDrain.
func TestLoopFlowSlowConsumerIsPaused(t *testing.T) {
	l := newTestLoop(t, LoopOptions{QueueBytes: 100_000})
	id, p := l.open()
	message := p.frame(OpBinary, true, strings.Repeat("y", 1000))
	const count = 20_000
	var out []byte
	sent, echoed, most, waiting := 0, 0, int64(0), []string(nil)
	echo := func() {
		for len(waiting) > 0 {
			_, err := l.SendBinary(id, []byte(waiting[0]))
			if err != nil {
				wantCode(t, err, CodeQueueFull)
				_ = l.Pause(id)
				return
			}
			waiting = waiting[1:]
		}
		_ = l.Resume(id)
	}
	deadline := time.Now().Add(30 * time.Second)
	for turn := 0; echoed < count; turn++ {
		if time.Now().After(deadline) {
			t.Fatalf("%d sent, %d echoed", sent, echoed)
		}
		for sent < count || len(out) > 0 {
			if len(out) == 0 {
				out = message
				sent++
			}
			n, err := unix.SendmsgN(p.fd, out, nil, nil, unix.MSG_NOSIGNAL)
			if err != nil {
				break
			}
			out = out[n:]
		}
		l.once()
		for _, e := range l.take() {
			if e.Kind == LoopMessage {
				waiting = append(waiting, e.Payload)
			}
		}
		echo()
		most = max(most, l.Metrics().QueueBytes)
		if turn%7 == 0 { // it reads rarely
			echoed += len(p.read())
			p.got = p.got[:0]
		}
	}
	if most > 100_000 {
		t.Errorf("%d bytes were queued", most)
	}
	t.Logf("%d messages echoed, at most %d bytes queued", count, most)
}

// A process that is stopped answers no ping: the connection is given up, and another one is not.
func TestLoopFlowStoppedPeerTimesOut(t *testing.T) {
	if os.Getenv("LIBWS_TEST_PEER") != "" {
		c := must(FromClient(3))(t)
		for {
			if _, err := c.RecvMessage(); err != nil { // answers pings
				os.Exit(0)
			}
		}
	}
	l := newTestLoop(t, LoopOptions{Pongs: true, PingInterval: 30 * time.Millisecond, PingTimeout: 20 * time.Second}) // a new process takes its time
	start := func() (ConnID, *exec.Cmd) {
		ours, theirs := socketpair(t)
		f := os.NewFile(uintptr(theirs), "peer")
		child := exec.Command(os.Args[0], "-test.run=^TestLoopFlowStoppedPeerTimesOut$")
		child.Env = append(os.Environ(), "LIBWS_TEST_PEER=1")
		child.ExtraFiles = []*os.File{f}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = child.Process.Kill(), child.Wait() })
		_ = f.Close()
		return must(l.Adopt(ours, RoleServer, nil))(t), child
	}
	pongs := func(id ConnID) (n int) {
		for _, e := range l.of(LoopPong) {
			if e.Conn == id && e.Status >= 0 {
				n++
			}
		}
		return n
	}
	stopped, child := start()
	running, _ := start()
	l.until("pings are answered", func() bool { return pongs(stopped) > 1 && pongs(running) > 1 })
	if err := l.SetOption(OptPingTimeoutMS, 1000); err != nil {
		t.Fatal(err)
	}
	if err := child.Process.Signal(unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	l.until("the stopped peer is given up", func() bool { return len(l.of(LoopClose)) > 0 })
	t.Logf("given up %v after SIGSTOP", time.Since(began))
	if e := l.of(LoopClose)[0]; e.Conn != stopped || e.Code != 1011 || e.Error != CodeTimeout {
		t.Errorf("got %v", e)
	}
	had := pongs(running)
	l.until("the other goes on", func() bool { return pongs(running) > had })
	if m := l.Metrics(); m.Pings == 0 || m.RTTP99US == 0 {
		t.Errorf("metrics: %d round trips, p99 %d µs", m.Pings, m.RTTP99US)
	}
}
