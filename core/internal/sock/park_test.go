// Waiting in the runtime's poller: nobody is forgotten, deadlines and wake-ups hold, descriptors stay as they were.

package sock

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The tests run twice: parked, as in Go programs, and on the thread, as in C programs.
func TestMain(m *testing.M) {
	for _, thread := range []bool{false, true} {
		WaitOnThread(thread)
		if code := m.Run(); code != 0 {
			fmt.Println("with WaitOnThread", thread)
			os.Exit(code)
		}
	}
}

// opened counts the entries of a directory of /proc/self: threads or descriptors.
func opened(t *testing.T, what string) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/" + what)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// parked waits until n goroutines are parked in the poller.
func parked(t *testing.T, n int) {
	t.Helper()
	buf := make([]byte, 4<<20)
	for end := time.Now().Add(patience); time.Now().Before(end); runtime.Gosched() {
		if bytes.Count(buf[:runtime.Stack(buf, true)], []byte("[IO wait")) >= n {
			return
		}
	}
	t.Fatal("they do not wait")
}

// With one processor, every goroutine gets its turn, and those that wait keep no threads.
func TestManyOnOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const pairs, rounds = 200, 20
	before := opened(t, "task")
	var counts [pairs]atomic.Int32
	var first sync.Once
	slowest := make(chan int32, 1)
	var clients, servers sync.WaitGroup
	var ends []*FD
	for range pairs {
		a, b := pair(t)
		ends = append(ends, a)
		servers.Go(func() {
			p, list := make([]byte, 16), make([][]byte, 1)
			for {
				n, err := b.Read(p, Wait{})
				if err != nil {
					return
				}
				if list[0] = p[:n]; n > 0 {
					_, _ = b.Write(list, Wait{})
				}
			}
		})
	}
	if !onThread.Load() {
		parked(t, pairs)
		if grown := opened(t, "task") - before; grown > 20 {
			t.Errorf("%d goroutines that wait took %d threads", pairs, grown)
		}
	}
	all := make(chan struct{}) // a late machine must not let some be done before the others are there
	for i, a := range ends {
		clients.Go(func() {
			<-all
			p := make([]byte, 16)
			for range rounds {
				if _, err := a.Write([][]byte{p[:8]}, Wait{}); err != nil {
					t.Error(err)
					return
				}
				if n, err := a.Read(p, Wait{Deadline: time.Now().Add(patience)}); n != 8 || err != nil {
					t.Error(n, err)
					return
				}
				counts[i].Add(1)
			}
			first.Do(func() {
				least := counts[0].Load()
				for i := range counts {
					least = min(least, counts[i].Load())
				}
				slowest <- least
			})
		})
	}
	close(all)
	clients.Wait()
	if least := soon(t, slowest); least < 1 && !onThread.Load() {
		t.Error("one was done before another had begun to get answers")
	}
	for _, a := range ends {
		a.Close()
	}
	servers.Wait()
}

// Readers and writers, some inside already and some on their way in.
func TestCloseWakesEveryone(t *testing.T) {
	const pairs = 50
	descriptors := opened(t, "fd")
	got := make(chan error, 2*pairs)
	var ends []*FD
	for range pairs {
		a, b := pair(t)
		ends = append(ends, a, b)
		go func() {
			_, err := a.Read(make([]byte, 1), Wait{Deadline: time.Now().Add(time.Hour)})
			got <- err
		}()
		go func() {
			_, err := a.Write([][]byte{make([]byte, 16<<20)}, Wait{})
			got <- err
		}()
	}
	for _, f := range ends {
		go f.Close()
	}
	for range 2 * pairs {
		switch err := soon(t, got); err {
		case ErrClosed, unix.EPIPE, unix.ECONNRESET: // the latter two when the other end was the first
		default:
			if err == nil || err.Error() != "EOF" {
				t.Fatal(err)
			}
		}
	}
	for end := time.Now().Add(patience); opened(t, "fd") > descriptors+1; runtime.Gosched() { // one may be the poller's own
		if time.Now().After(end) {
			t.Fatal("descriptors leaked:", opened(t, "fd")-descriptors)
		}
	}
}

// What is there is read, however late; a deadline that has passed does not outlast its call.
func TestPassedDeadlines(t *testing.T) {
	a, b := pair(t)
	late := Wait{Deadline: time.Now().Add(-time.Second)}
	for range 2 * pollFirst {
		if _, err := a.Read(make([]byte, 1), late); err != ErrTimeout {
			t.Fatal(err)
		}
		if _, err := b.TryWrite([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if n, err := a.Read(make([]byte, 10), late); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		got := reading(a, Wait{})
		if _, err := b.TryWrite([]byte("yz")); err != nil {
			t.Fatal(err)
		}
		if r := soon(t, got); r.n != 2 || r.err != nil {
			t.Fatal(r)
		}
	}
}

// A call that cannot be woken leaves the wake-up to the next that can.
func TestWakeupIsNotLost(t *testing.T) {
	a, b := pair(t)
	for _, w := range []Wait{{}, {Deadline: time.Now().Add(patience)}} {
		got := reading(a, w)
		blocked(t, "sock.(*FD).read")
		a.WakeRead()
		if _, err := b.TryWrite([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if r := soon(t, got); r.n != 1 || r.err != nil {
			t.Fatal(r)
		}
		if r := soon(t, reading(a, Wait{Wakeable: true})); r.err != ErrWoken {
			t.Fatal(r)
		}
		got = reading(a, Wait{Wakeable: true, Deadline: time.Now().Add(20 * time.Millisecond)})
		if r := soon(t, got); r.err != ErrTimeout {
			t.Fatal("one wake-up counted twice:", r)
		}
	}
}

// Waits of both kinds on one descriptor share its wake-ups.
func TestWakeupsOfBothKinds(t *testing.T) {
	a, _ := pair(t)
	never, err := NewEvent()
	if err != nil {
		t.Fatal(err)
	}
	defer never.Close()
	for _, w := range []Wait{{Wakeable: true}, {Wakeable: true, Until: never}, {Wakeable: true}, {Wakeable: true, Until: never}} {
		a.WakeRead()
		if r := soon(t, reading(a, w)); r.err != ErrWoken {
			t.Fatal(r)
		}
		got := reading(a, w)
		blocked(t, "sock.(*FD).read")
		a.WakeRead()
		if r := soon(t, got); r.err != ErrWoken {
			t.Fatal(r)
		}
		w.Deadline = time.Now().Add(10 * time.Millisecond)
		if r := soon(t, reading(a, w)); r.err != ErrTimeout {
			t.Fatal("one wake-up counted twice:", r)
		}
	}
}

func flagsOf(t *testing.T, fd int) int {
	t.Helper()
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		t.Fatal(err)
	}
	return flags
}

func TestBorrowedComesBackUntouched(t *testing.T) {
	for _, nonblocking := range []bool{false, true} {
		a, b := pair(t)
		if err := unix.SetNonblock(a.FD(), nonblocking); err != nil {
			t.Fatal(err)
		}
		number, flags := a.FD(), flagsOf(t, a.FD())
		descriptors := opened(t, "fd")
		a.Borrow()
		if _, err := a.Read(make([]byte, 1), Wait{Deadline: time.Now().Add(time.Millisecond)}); err != ErrTimeout {
			t.Fatal(err)
		}
		got := reading(a, Wait{})
		blocked(t, "sock.(*FD).read")
		if now := flagsOf(t, number); now != flags {
			t.Errorf("flags %#x became %#x", flags, now)
		}
		a.Close()
		if r := soon(t, got); r.err != ErrClosed {
			t.Fatal(r)
		}
		if now := flagsOf(t, number); now != flags {
			t.Errorf("flags %#x became %#x", flags, now)
		}
		for end := time.Now().Add(patience); opened(t, "fd") > descriptors+1; runtime.Gosched() {
			if time.Now().After(end) {
				t.Fatal("descriptors leaked:", opened(t, "fd")-descriptors)
			}
		}
		unix.Close(number)
		b.Close()
	}
}

func TestKeep(t *testing.T) {
	a, b := pair(t)
	number, flags := a.FD(), flagsOf(t, a.FD())
	a.Borrow()
	for range 2 {
		for range 3 {
			got := reading(a, Wait{})
			blocked(t, "sock.(*FD).read")
			if _, err := b.TryWrite([]byte("x")); err != nil {
				t.Fatal(err)
			}
			if r := soon(t, got); r.n != 1 || r.err != nil {
				t.Fatal(r)
			}
		}
		a.Keep()
	}
	if now := flagsOf(t, number); now != flags {
		t.Errorf("flags %#x became %#x", flags, now)
	}
	a.Close()
	if _, err := unix.FcntlInt(uintptr(number), unix.F_GETFD, 0); err != unix.EBADF {
		t.Error("the descriptor is open:", err)
	}
}

// inPoller keeps what the test below put into the poller from being closed by the garbage collector.
var inPoller []*os.File

// A number that is in the poller on behalf of somebody else: the calls wait on the thread.
func TestPollerRefuses(t *testing.T) {
	a, b := pair(t)
	if err := unix.SetNonblock(a.FD(), true); err != nil {
		t.Fatal(err)
	}
	inPoller = append(inPoller, os.NewFile(uintptr(a.FD()), "in the way"))
	if _, err := a.Read(make([]byte, 1), Wait{Deadline: time.Now().Add(time.Millisecond)}); err != ErrTimeout {
		t.Fatal(err)
	}
	for range 3 {
		got := reading(a, Wait{Wakeable: true})
		blocked(t, "sock.(*FD).read")
		a.WakeRead()
		if r := soon(t, got); r.err != ErrWoken {
			t.Fatal(r)
		}
	}
	got := reading(a, Wait{})
	if _, err := b.TryWrite([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if r := soon(t, got); r.n != 1 || r.err != nil {
		t.Fatal(r)
	}
	number := a.FD()
	a.Close()
	if _, err := unix.FcntlInt(uintptr(number), unix.F_GETFD, 0); err != unix.EBADF {
		t.Error("the descriptor is open:", err)
	}
}

// Neither reads nor writes that have to wait allocate.
func TestWaitingAllocatesNothing(t *testing.T) {
	a, b := pair(t)
	large, list, p := make([]byte, 1<<20), make([][]byte, 1), make([]byte, 10)
	var served sync.WaitGroup
	served.Go(func() {
		p, list := make([]byte, 1<<15), make([][]byte, 1)
		for total := 0; ; {
			n, err := b.Read(p, Wait{})
			if err != nil {
				return
			}
			if total += n; total == len(large) {
				list[0], total = p[:1], 0
				_, _ = b.Write(list, Wait{})
			}
		}
	})
	for _, w := range []Wait{{}, {Deadline: time.Now().Add(time.Hour)}, {Wakeable: true}} {
		if n := testing.AllocsPerRun(50, func() {
			list[0] = large
			if _, err := a.Write(list, w); err != nil {
				t.Fatal(err)
			}
			if n, err := a.Read(p, w); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}); n > 0 {
			t.Errorf("%v allocations with %+v", n, w)
		}
	}
	a.Close()
	served.Wait()
}
