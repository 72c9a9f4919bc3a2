// The brief wait of C programs reads the same bytes and keeps the same deadlines as the ordinary one.

package sock

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// briefPair returns the two ends of a TCP connection whose reads wait as those of C programs do, with processors to spare.
func briefPair(t *testing.T) (client, server *FD) {
	t.Helper()
	WaitOnThread(true)
	SpareProcessors(true)
	processors := runtime.GOMAXPROCS(8)
	t.Cleanup(func() {
		runtime.GOMAXPROCS(processors)
		SpareProcessors(false)
		WaitOnThread(false)
	})
	listener, port, err := Listen(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(listener)
	if client, err = Connect(t.Context(), netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port)), Wait{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = Accept(listener); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}

func TestBriefReadsEveryByte(t *testing.T) {
	client, server := briefPair(t)
	const rounds = 2000
	echoed := make(chan error, 1)
	go func() {
		buf := make([]byte, 100)
		for {
			n, err := server.Read(buf, Wait{})
			if err != nil {
				echoed <- err
				return
			}
			if _, err = server.Write([][]byte{buf[:n]}, Wait{}); err != nil {
				echoed <- err
				return
			}
		}
	}()
	buf := make([]byte, 100)
	for i := range rounds {
		buf[0] = byte(i)
		if _, err := client.Write([][]byte{buf[:1]}, Wait{}); err != nil {
			t.Fatal(err)
		}
		n, err := client.Read(buf[1:], Wait{})
		if err != nil || n != 1 || buf[1] != byte(i) {
			t.Fatal(i, n, err, buf[1])
		}
	}
	if err := client.Shutdown(ShutWrite); err != nil {
		t.Fatal(err)
	}
	if err := soon(t, echoed); err != io.EOF {
		t.Fatal(err)
	}
}

// A read to which nothing comes goes on as an ordinary wait, which whoever has to can see and end.
func TestBriefBecomesOrdinary(t *testing.T) {
	client, server := briefPair(t)
	ch := reading(server, Wait{})
	blocked(t, "sock.(*FD).await")
	if _, err := client.Write([][]byte{[]byte("late")}, Wait{}); err != nil {
		t.Fatal(err)
	}
	if r := soon(t, ch); r.n != 4 || r.err != nil {
		t.Fatal(r)
	}
	ch = reading(server, Wait{})
	blocked(t, "sock.(*FD).await")
	server.Close()
	if r := soon(t, ch); r.err != ErrClosed {
		t.Fatal(r)
	}
}

func TestBriefIsClosed(t *testing.T) {
	_, server := briefPair(t)
	ch := reading(server, Wait{})
	server.Close()
	if r := soon(t, ch); r.err != ErrClosed {
		t.Fatal(r)
	}
}

func TestBriefKeepsDeadlines(t *testing.T) {
	_, server := briefPair(t)
	for _, d := range []time.Duration{-time.Second, 0, time.Millisecond, briefly, 5 * briefly} {
		server.rests = 0
		deadline := time.Now().Add(d)
		n, err := server.Read(make([]byte, 1), Wait{Deadline: deadline})
		if n != 0 || err != ErrTimeout || time.Now().Before(deadline) {
			t.Errorf("%v: %d, %v, %v early", d, n, err, time.Until(deadline))
		}
	}
}

// Whoever stops the world, as the collector of garbage does, is not kept waiting by threads that hold on to their processors.
func TestBriefLetsTheWorldStop(t *testing.T) {
	client, server := briefPair(t)
	var ended atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for buf := make([]byte, 1); !ended.Load(); {
			if _, err := server.Read(buf, Wait{Deadline: time.Now().Add(3 * briefly)}); err != nil && err != ErrTimeout {
				return
			}
			server.rests = 0
		}
	}()
	start := time.Now()
	for range 20 {
		runtime.GC()
	}
	if d := time.Since(start); d > patience {
		t.Error("20 collections took", d)
	}
	ended.Store(true)
	client.Close()
	<-done
}

func TestBriefIsInterrupted(t *testing.T) {
	_, server := briefPair(t)
	type outcome struct {
		thread int
		err    error
	}
	ch := make(chan outcome, 2)
	go func() {
		runtime.LockOSThread()
		ch <- outcome{thread: unix.Gettid()}
		_, err := server.Read(make([]byte, 1), Wait{Interruptible: true})
		ch <- outcome{err: err}
	}()
	thread := soon(t, ch).thread
	for {
		_ = unix.Tgkill(unix.Getpid(), thread, unix.SIGURG) // what it means to Go's runtime: no more than a look around
		select {
		case got := <-ch:
			if got.err != ErrInterrupted {
				t.Fatal(got.err)
			}
			return
		default:
			runtime.Gosched()
		}
	}
}

// Where a thread may need the processor of another, none keeps it.
func TestBriefNeedsProcessorsToSpare(t *testing.T) {
	_, server := briefPair(t)
	SpareProcessors(false)
	if server.mayBeBrief(&Wait{}) {
		t.Error("without processors to spare")
	}
	SpareProcessors(true)
	if !server.mayBeBrief(&Wait{}) {
		t.Error("with processors to spare")
	}
	for _, w := range []Wait{{Wakeable: true}, {Writable: true}, {Until: new(Event)}, {Deadline: time.Now().Add(briefly)}} {
		if server.mayBeBrief(&w) {
			t.Errorf("%+v", w)
		}
	}
	plain, _ := pair(t)
	if plain.mayBeBrief(&Wait{}) {
		t.Error("a socket that somebody else may read as well")
	}
}

// The first signal may be the scheduler's, so the read goes on; but it tells the caller, who would hear nothing of it otherwise.
func TestBriefTellsOfASignalBeforeData(t *testing.T) {
	client, server := briefPair(t)
	thread, read := make(chan int, 1), make(chan Signals)
	stop, ended := make(chan struct{}), make(chan struct{})
	defer func() { close(stop); client.Close(); <-ended }()
	var steps atomic.Int32 // into a read and out of it
	go func() {
		defer close(ended)
		runtime.LockOSThread()
		thread <- unix.Gettid()
		for {
			var heard Signals
			server.rests = 0 // a late machine makes it rest
			steps.Add(1)
			_, err := server.Read(make([]byte, 10), Wait{Interruptible: true, Signals: &heard})
			steps.Add(1)
			if err == ErrClosed {
				return
			}
			select {
			case read <- heard:
			case <-stop:
				return
			}
		}
	}()
	id := soon(t, thread)
	end := time.Now().Add(patience)
	for step := int32(1); time.Now().Before(end); step += 2 {
		sleeps := func() { // or has come back, for the scheduler's signals follow after some milliseconds
			for n := steps.Load(); n < step || n == step && !asleep(id); n = steps.Load() {
				runtime.Gosched()
			}
		}
		sleeps()
		_ = unix.Tgkill(unix.Getpid(), id, unix.SIGURG)
		sleeps()                  // again: of data that is there when the thread gets to run, it would hear alone
		if steps.Load() == step { // or what it left would end the next one
			if _, err := client.Write([][]byte{{1}}, Wait{}); err != nil {
				t.Fatal(err)
			}
		}
		if heard := soon(t, read); heard.Missed {
			if heard.Slept <= 0 {
				t.Error("it has slept for", heard.Slept)
			}
			return
		}
	}
	t.Fatal("no signal is told of")
}

// asleep tells whether a thread waits in the kernel.
func asleep(thread int) bool {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/stat", thread))
	_, state, _ := bytes.Cut(stat, []byte(") "))
	return bytes.HasPrefix(state, []byte("S"))
}
