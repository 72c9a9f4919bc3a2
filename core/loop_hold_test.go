// The short wait on the polling thread's processor is a poll like any other.

package core

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"libws/core/internal/sock"

	"golang.org/x/sys/unix"
)

// held makes polls hold their processors while the test runs.
func held(t *testing.T) {
	t.Helper()
	processors := runtime.GOMAXPROCS(8)
	SpareProcessors(true)
	t.Cleanup(func() {
		SpareProcessors(false)
		runtime.GOMAXPROCS(processors)
	})
}

// A poll that holds its processor hears of everything that ends one that does not.
func TestLoopHoldIsAPoll(t *testing.T) {
	held(t)
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	for round := range 1000 {
		p.send(OpText, "?")
		for len(l.of(LoopMessage)) == round {
			l.poll(-1)
		}
		if _, err := l.SendText(id, "!"); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.await(l, 1000); len(got) != 1000 {
		t.Errorf("%d answers", len(got))
	}
	woken := async(func() error { l.poll(-1); return nil })
	until(t, "the poll begins", l.polling.Load)
	if err := l.Wake(); err != nil {
		t.Fatal(err)
	}
	if err := await(t, woken, "the poll that was woken"); err != nil {
		t.Fatal(err)
	}
}

func TestLoopHoldKeepsTimeouts(t *testing.T) {
	held(t)
	l := newTestLoop(t, LoopOptions{})
	timed := func(timeout time.Duration) {
		t.Helper()
		start := time.Now()
		if n := l.poll(timeout); n != 0 {
			t.Errorf("%d events", n)
		}
		if took := time.Since(start); took < timeout || took > 10*time.Second {
			t.Errorf("a poll with a timeout of %v took %v", timeout, took)
		}
	}
	for _, timeout := range []time.Duration{0, time.Millisecond, 30 * time.Millisecond} {
		timed(timeout)
	}
	// The loop's timer has to end two holds in a row, or two signals of the scheduler's one of them. A late machine leaves a poll too
	// little time for its second hold, or for its first.
	for polls := 1; l.rests == 0; polls++ {
		if polls > 20 {
			t.Fatalf("nothing came in %d polls, and the loop still holds its processor", polls)
		}
		timed(3 * holdMS * time.Millisecond)
	}
}

// A loop to which nothing comes gives its processor up, and goes on waiting without waking again and again.
func TestLoopHoldRests(t *testing.T) {
	held(t)
	l := newTestLoop(t, LoopOptions{})
	polled := async(func() error { l.poll(-1); return nil })
	until(t, "the poll waits in the ordinary way", func() bool {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		return bytes.Contains(stacks, []byte("poller.Epoll.Wait("))
	})
	if err := l.Wake(); err != nil {
		t.Fatal(err)
	}
	if err := await(t, polled, "the poll that was woken"); err != nil {
		t.Fatal(err)
	}
}

// The world stops for whoever asks, although loops hold on to their processors.
func TestLoopHoldLetsTheWorldStop(t *testing.T) {
	held(t)
	l := newTestLoop(t, LoopOptions{})
	polled := async(func() error { l.poll(-1); return nil })
	until(t, "the poll begins", l.polling.Load)
	start := time.Now()
	for range 20 {
		runtime.GC()
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Error("20 collections took", d)
	}
	_ = l.Wake()
	if err := await(t, polled, "the poll that was woken"); err != nil {
		t.Fatal(err)
	}
}

// A signal that comes in a wait is told, although another one has to come, or a timer, before the thread looks up.
func TestLoopHoldTellsOfASignal(t *testing.T) {
	held(t)
	l := newTestLoop(t, LoopOptions{PingInterval: NoTimeout})
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pid, thread := unix.Getpid(), unix.Gettid()
	told, rounds := 0, 0
	for end := time.Now().Add(patience); rounds < 100 || told < 10 && time.Now().Before(end); rounds++ {
		// In some of them the wait is over before the signal comes, in most when the machine is busy.
		l.mu.Lock()
		l.readClock()
		l.planChore(5) // ends the wait, before the scheduler wants the thread for having it too long
		l.mu.Unlock()
		runtime.Gosched()
		signalled := async(func() error {
			for !asleep(thread) {
				runtime.Gosched()
			}
			return unix.Tgkill(pid, thread, unix.SIGURG) // one that Go does not mind
		})
		l.rests = 0
		if _, interrupted := l.PollHold(-1); interrupted {
			told++
		}
		if err := await(t, signalled, "the signal"); err != nil {
			t.Fatal(err)
		}
		l.once()
	}
	if told < 10 {
		t.Errorf("%d of %d signals were told", told, rounds)
	}
}

// asleep tells whether a thread waits in the kernel.
func asleep(thread int) bool {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/stat", thread))
	_, state, _ := bytes.Cut(stat, []byte(") "))
	return bytes.HasPrefix(state, []byte("S"))
}

// Nobody holds a processor that others may need, while probing is asked for, or without a timer that would end it.
func TestLoopHoldIsRefused(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	refused := func(why string, l *Loop, limit time.Duration) {
		t.Helper()
		if ready, interrupted := l.PollHold(limit); ready != nil || interrupted {
			t.Error(why)
		}
	}
	refused("no processors to spare", l.Loop, -1)
	held(t)
	if !sock.Spare() {
		t.Fatal("there are processors to spare")
	}
	refused("a short limit", l.Loop, 30*time.Millisecond)
	refused("an injected clock", newClockLoop(t, LoopOptions{}).Loop, -1)
	l.spinFor = time.Millisecond
	refused("probing comes first", l.Loop, -1)
	l.spinFor, l.rests = 0, 2
	refused("a rest", l.Loop, -1)
	if l.rests != 1 {
		t.Error("rests do not end")
	}
}

// Whoever watches the loop's descriptor is not woken for a wait that this loop never begins.
func TestLoopHoldWakesNobodyElse(t *testing.T) {
	held(t)
	l := newTestLoop(t, LoopOptions{})
	set := []unix.PollFd{{Fd: int32(l.EpollFD()), Events: unix.POLLIN}}
	l.settle()
	if n, errno := sock.Poll(set, time.Now().Add(3*holdMS*time.Millisecond)); n != 0 {
		t.Errorf("an idle loop woke its watcher: %d, %v", n, errno)
	}
}
