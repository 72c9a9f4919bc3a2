// Polling: timeouts, wake-ups, one poll at a time, events in order.

package core

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestLoopPollArguments(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	_, err := l.Poll(nil, 0)
	wantCode(t, err, CodeArgument)
	_, err = l.Poll([]LoopEvent{}, -1)
	wantCode(t, err, CodeArgument)
	if n, err := l.Poll(make([]LoopEvent, 1), 0); n != 0 || err != nil {
		t.Errorf("%d events, %v from an empty loop", n, err)
	}
}

func TestLoopPollTimesOut(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	start := time.Now()
	if n := l.poll(30 * time.Millisecond); n != 0 {
		t.Errorf("%d events", n)
	}
	if took := time.Since(start); took < 30*time.Millisecond || took > 10*time.Second {
		t.Errorf("a poll with a timeout of 30 ms took %v", took)
	}
}

// A poll is over in time, however fast something comes that makes no event.
func TestLoopPollTimesOutUnderFlood(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	var fds []int
	var pings []byte
	for range 6 {
		_, p := l.open()
		fds, pings = append(fds, p.fd), bytes.Repeat(p.frame(OpPing, true, ""), 40_000)
	}
	var stop, flooding atomic.Bool
	flood := async(func() error {
		at := make([]int, len(fds))
		var pongs [64 << 10]byte
		for end := time.Now().Add(patience); !stop.Load() && time.Now().Before(end); flooding.Store(true) {
			for i, fd := range fds {
				if n, err := unix.Write(fd, pings[at[i]:]); err == nil {
					at[i] = (at[i] + n) % len(pings)
				}
				_, _ = unix.Read(fd, pongs[:])
			}
		}
		return nil
	})
	until(t, "the flood begins", flooding.Load)
	polls := 20
	if testing.Short() {
		polls = 2
	}
	for range polls { // one that does not wait looks at each connection a few times
		before := l.Metrics().BytesIn
		l.once()
		if n := l.Metrics().BytesIn - before; n > int64((1+looksMost)*len(fds)*readMost) {
			t.Fatalf("a poll that does not wait took in %d bytes", n)
		}
	}
	within(t, patience/2, "a poll with a timeout of 10 ms", func() { l.poll(10 * time.Millisecond) })
	stop.Store(true)
	await(t, flood, "the end of the flood")
}

// A loop that is polled already says so, and closing it is refused.
func TestLoopPolledTwiceIsBusy(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	first := async(func() error {
		_, err := l.Poll(make([]LoopEvent, 1), -1)
		return err
	})
	until(t, "the first poll begins", l.polling.Load)
	_, busy := l.Poll(make([]LoopEvent, 1), 0)
	wantCode(t, busy, CodeBusy)
	wantCode(t, l.Close(), CodeBusy)
	if err := l.Wake(); err != nil {
		t.Error(err)
	}
	if err := await(t, first, "the poll that was woken"); err != nil {
		t.Error(err)
	}
}

// A poll without a timeout returns with an event, or because it was woken.
func TestLoopPollGoesOnUntilThereIsAnEvent(t *testing.T) {
	l := newTestLoop(t, LoopOptions{QueueBytes: 4096, PingInterval: NoTimeout}) // no timer shortens a wait that nothing ends
	id, p := l.open()
	for {
		if _, err := l.SendBinary(id, make([]byte, 2000)); err != nil {
			break
		}
		if err := l.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	p.read() // now there is room, which is found out in the middle of a poll
	if n := l.poll(patience); n != 1 || l.last().Kind != LoopDrain {
		t.Errorf("%d events: %v", n, l.events)
	}
}

func TestLoopWake(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	wake := map[string]func(){
		"Wake": func() { _ = l.Wake() },
		// What a signal handler may do.
		"eventfd": func() { _, _ = unix.Write(l.WakeFD(), []byte{1, 0, 0, 0, 0, 0, 0, 0}) },
	}
	for name, f := range wake {
		t.Run(name, func(t *testing.T) {
			f() // before the poll
			within(t, 10*time.Second, "a poll that was woken before", func() { l.poll(-1) })
			go f() // or during it
			within(t, 10*time.Second, "a poll that is woken", func() { l.poll(-1) })
			if n := l.once(); n != 0 {
				t.Errorf("%d events", n)
			}
		})
	}
}

// A full array loses nothing and keeps the order of each connection.
func TestLoopFullArrayLosesNothing(t *testing.T) {
	for room := 1; room <= 9; room += 4 {
		l := newTestLoop(t, LoopOptions{Poison: true})
		l.cap = room
		const conns, each = 5, 40
		var peers []*loopPeer
		index := map[ConnID]int{}
		for i := range conns {
			id, p := l.connect()
			index[id] = i
			peers = append(peers, p)
		}
		for i := range each {
			for _, p := range peers {
				p.raw(append(p.frame(OpText, true, fmt.Sprint(i)), p.frame(OpBinary, true, fmt.Sprint(i, "b"))...))
			}
		}
		for _, p := range peers {
			p.sendClose(1000, "end")
		}
		l.until("all events", func() bool { return len(l.events) == conns*(2*each+2) })
		next := make([]int, conns)
		for _, e := range l.events {
			i := index[e.Conn]
			n := next[i]
			next[i]++
			want := "open "
			switch {
			case n == 0:
			case n <= 2*each && n%2 == 1:
				want = fmt.Sprint("message ", (n-1)/2)
			case n <= 2*each:
				want = fmt.Sprint("message ", (n-1)/2, "b")
			default:
				want = "close end"
			}
			if have := e.Kind.String() + " " + e.Payload; have != want {
				t.Fatalf("room %d: connection %d, event %d: %q, want %q", room, i, n, have, want)
			}
		}
	}
}

// Another loop that watches the descriptor learns of everything there is to do: bytes, sends, timers, what is left over.
func TestLoopFDCarriesEverything(t *testing.T) {
	l := newTestLoop(t, LoopOptions{PingInterval: 30 * time.Millisecond})
	fd := l.EpollFD()
	ready := func(timeout int) bool {
		for {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, timeout)
			if err != unix.EINTR {
				return n == 1
			}
		}
	}
	await := func(what string, ok func() bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !ok(); {
			if time.Now().After(deadline) || !ready(20_000) {
				t.Fatalf("%s: the descriptor stays silent", what)
			}
			l.once()
		}
	}
	id, p := l.connect()
	await("open", func() bool { return len(l.of(LoopOpen)) == 1 })
	p.send(OpText, "in")
	await("bytes", func() bool { return len(l.of(LoopMessage)) == 1 })
	if _, err := l.SendText(id, "out"); err != nil { // outside of any poll
		t.Fatal(err)
	}
	await("a send", func() bool { return len(p.read()) > 0 && p.got[0] == "text out" })
	await("a timer", func() bool { return len(p.read()) > 1 && p.got[1][:4] == "ping" })
	l.cap = 1
	p.raw(append(p.frame(OpText, true, "1"), p.frame(OpText, true, "2")...))
	await("what is left over", func() bool { return len(l.of(LoopMessage)) == 3 })
	l.wake.Clear()
}

// Callers that wait themselves get the two halves of a poll.
func TestLoopPollInHalves(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	_, p := l.open()
	events := make([]LoopEvent, 4)
	n, wait, err := l.PollNow(events)
	if n != 0 || !wait || err != nil {
		t.Fatalf("an idle loop answers %d %v %v", n, wait, err)
	}
	_, _, err = l.PollNow(events)
	wantCode(t, err, CodeBusy)
	l.PollEnd()
	if _, wait, _ = l.PollNow(events); !wait {
		t.Fatal("the poll cannot begin again")
	}
	p.send(OpText, "x")
	ready := make([]unix.EpollEvent, 8)
	k, err := unix.EpollWait(l.WaitFD(), ready, 10_000)
	if err != nil || k != 1 {
		t.Fatal(k, err)
	}
	n, wait, err = l.PollReady(ready[:k], events)
	if n != 1 || wait || err != nil || string(events[0].Payload()) != "x" {
		t.Errorf("%d %v %v", n, wait, err)
	}
}

// A thread that sends wakes a loop that sleeps.
func TestLoopSendWakes(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	var group sync.WaitGroup
	stop := make(chan struct{})
	group.Go(func() {
		events := make([]LoopEvent, 8)
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := l.Poll(events, -1); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	for i := range 50 {
		if _, err := l.SendText(id, "x"); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(20 * time.Second); len(p.read()) <= i; {
			if time.Now().After(deadline) {
				t.Fatal("the message stays in a sleeping loop")
			}
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}}, 100)
		}
	}
	close(stop)
	_ = l.Wake()
	group.Wait()
}

// Spinning finds what comes within its time, and sleeps after it.
func TestLoopSpin(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Spin: 200 * time.Microsecond})
	_, p := l.open()
	for range 20 {
		p.send(OpText, "x")
		l.poll(-1)
	}
	if n := len(l.of(LoopMessage)); n != 20 {
		t.Errorf("%d messages", n)
	}
	if n := l.poll(5 * time.Millisecond); n != 0 {
		t.Errorf("%d events", n)
	}
	if err := l.SetOption(OptSpinUS, 1_000_000); err != nil {
		t.Fatal(err)
	}
	within(t, 10*time.Second, "thirty polls of a millisecond", func() {
		for range 30 {
			l.poll(time.Millisecond)
		}
	})
}

// The timer wakes a sleeping poll again and again, and earlier than it was set for when something comes up.
func TestLoopTimerIsSetAnew(t *testing.T) {
	l := newTestLoop(t, LoopOptions{CloseTimeout: 30 * time.Millisecond, PingInterval: time.Hour})
	start := time.Now()
	for i := range 3 {
		id, _ := l.open()
		if err := l.CloseConn(id, CloseNormal, ""); err != nil {
			t.Fatal(err)
		}
		if l.poll(patience); len(l.of(LoopClose)) != i+1 || time.Since(start) > patience { // not only in the end
			t.Fatalf("nothing told of deadline %d: %v", i, l.events)
		}
	}
	l.open()
	l.settle() // for an hour
	l.mu.Lock()
	l.planChore(10)
	l.armTimer(0)
	l.mu.Unlock()
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(l.WaitFD()), Events: unix.POLLIN}}, int(patience/time.Millisecond)); n != 1 {
		t.Errorf("a chore is planned, and nothing tells: %d, %v", n, err)
	}
}
