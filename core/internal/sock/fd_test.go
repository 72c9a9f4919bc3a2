// The stream on a descriptor: reading, writing, deadlines, and closing that releases once.

package sock

import (
	"bytes"
	"io"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const patience = 20 * time.Second

// pair returns two connected streams.
func pair(t testing.TB) (*FD, *FD) {
	t.Helper()
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	var fds [2]*FD
	for i := range fds {
		if fds[i], err = NewFD(p[i]); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { fds[i].Close() })
	}
	return fds[0], fds[1]
}

// soon returns what comes through ch.
func soon[T any](t testing.TB, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("it never came")
		panic("unreachable")
	}
}

type result struct {
	n   int
	err error
}

func reading(s Stream, w Wait) <-chan result {
	ch := make(chan result, 1)
	go func() {
		n, err := s.Read(make([]byte, 100), w)
		ch <- result{n, err}
	}()
	return ch
}

// readingOn is reading that goes on after a signal: Go's scheduler sends some of its own.
func readingOn(s Stream, w Wait) <-chan result {
	ch := make(chan result, 1)
	go func() {
		for {
			n, err := s.Read(make([]byte, 100), w)
			if err != ErrInterrupted {
				ch <- result{n, err}
				return
			}
		}
	}()
	return ch
}

// blocked waits until some goroutine is in a system call or waits for the network below the named function.
func blocked(t testing.TB, function string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); runtime.Gosched() {
		buf := make([]byte, 1<<16)
		for _, g := range bytes.Split(buf[:runtime.Stack(buf, true)], []byte("\n\n")) {
			head, _, _ := bytes.Cut(g, []byte("\n"))
			if (bytes.Contains(head, []byte("[syscall")) || bytes.Contains(head, []byte("[IO wait"))) && bytes.Contains(g, []byte(function)) {
				return
			}
		}
	}
	t.Fatal("nothing blocks in ", function)
}

func TestNewFDRefuses(t *testing.T) {
	datagram, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(datagram)
	unconnected, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(unconnected)
	event, err := NewEvent()
	if err != nil {
		t.Fatal(err)
	}
	defer event.Close()
	for _, v := range []struct {
		fd   int
		want error
	}{{-1, unix.EBADF}, {1 << 20, unix.EBADF}, {event.FD(), unix.ENOTSOCK}, {datagram, unix.EPROTOTYPE}, {unconnected, unix.ENOTCONN}} {
		if _, err := NewFD(v.fd); err != v.want {
			t.Errorf("%d: %v, want %v", v.fd, err, v.want)
		}
	}
}

func TestReadAndWrite(t *testing.T) {
	a, b := pair(t)
	for _, wait := range []Wait{{}, {Deadline: time.Now().Add(patience)}, {Interruptible: true}, {Wakeable: true}} {
		n, err := a.Write([][]byte{[]byte("on"), nil, []byte("e "), []byte("two"), {}}, wait)
		if n != 7 || err != nil {
			t.Fatal(n, err)
		}
		got := make([]byte, 100)
		if n, err := b.Read(got, wait); string(got[:n]) != "one two" || err != nil {
			t.Fatal(n, err)
		}
	}
	if n, err := b.Read(nil, Wait{}); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	if n, err := a.Write(nil, Wait{}); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	if err := a.Shutdown(ShutWrite); err != nil {
		t.Fatal(err)
	}
	if n, err := b.Read(make([]byte, 1), Wait{}); n != 0 || err != io.EOF {
		t.Fatal(n, err)
	}
}

// More buffers than one system call takes, larger than the socket's buffer, into a slow reader.
func TestWriteManyLargeBuffers(t *testing.T) {
	for _, nonblocking := range []bool{false, true} {
		a, b := pair(t)
		if err := unix.SetNonblock(a.FD(), nonblocking); err != nil {
			t.Fatal(err)
		}
		var bufs [][]byte
		var want []byte
		for i := range 3 * maxIOV {
			piece := bytes.Repeat([]byte{byte(i)}, 100_000+i)
			bufs, want = append(bufs, piece), append(want, piece...)
		}
		got := make(chan []byte, 1)
		go func() {
			var all []byte
			chunk := make([]byte, 7777)
			for len(all) < len(want) {
				n, err := b.Read(chunk, Wait{})
				if err != nil {
					break
				}
				all = append(all, chunk[:n]...)
			}
			got <- all
		}()
		n, err := a.Write(bufs, Wait{})
		if n != int64(len(want)) || err != nil {
			t.Fatal(n, err)
		}
		if !bytes.Equal(soon(t, got), want) {
			t.Fatal("the bytes differ")
		}
	}
}

func TestWriteToADeadPeerRaisesNoSignal(t *testing.T) {
	a, b := pair(t)
	b.Close()
	if _, err := a.Write([][]byte{{1}}, Wait{}); err != unix.EPIPE {
		t.Fatal(err)
	}
	if _, err := a.Write([][]byte{{1}, {2}}, Wait{}); err != unix.EPIPE {
		t.Fatal(err)
	}
	if _, err := a.TryWrite([]byte{1}); err != unix.EPIPE {
		t.Fatal(err)
	}
}

func TestDeadlines(t *testing.T) {
	a, _ := pair(t)
	for _, d := range []time.Duration{-time.Hour, 0, 20 * time.Millisecond} {
		start := time.Now()
		if n, err := a.Read(make([]byte, 1), Wait{Deadline: start.Add(d)}); n != 0 || err != ErrTimeout {
			t.Fatal(n, err)
		}
		if took := time.Since(start); took < d {
			t.Fatal(took, "before", d)
		}
	}
	if n, err := a.Write([][]byte{make([]byte, 16<<20)}, Wait{Deadline: time.Now().Add(20 * time.Millisecond)}); n == 0 || err != ErrTimeout {
		t.Fatal(n, err)
	}
}

func TestWritable(t *testing.T) {
	a, b := pair(t)
	if r := soon(t, reading(a, Wait{Writable: true})); r.err != ErrWritable {
		t.Fatal(r)
	}
	for n, err := 1, error(nil); n > 0; { // no room left
		if n, err = a.TryWrite(make([]byte, 4096)); err != nil {
			t.Fatal(err)
		}
	}
	got := reading(a, Wait{Writable: true})
	drained := make([]byte, 1<<20)
	for {
		select {
		case r := <-got:
			if r.err != ErrWritable {
				t.Fatal(r)
			}
			return
		default:
			if _, _, err := b.TryRead(drained); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestTryRead(t *testing.T) {
	a, b := pair(t)
	if n, ok, err := a.TryRead(make([]byte, 1)); n != 0 || ok || err != nil {
		t.Fatal(n, ok, err)
	}
	if _, err := b.TryWrite([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if n, ok, err := a.TryRead(make([]byte, 1)); n != 1 || !ok || err != nil {
		t.Fatal(n, ok, err)
	}
	b.Close()
	if _, ok, err := a.TryRead(make([]byte, 1)); !ok || err != io.EOF {
		t.Fatal(ok, err)
	}
	a.Close()
	if _, _, err := a.TryRead(make([]byte, 1)); err != ErrClosed {
		t.Fatal(err)
	}
}

func TestCloseWakesAndReleasesOnce(t *testing.T) {
	a, _ := pair(t)
	fd := a.FD()
	got := reading(a, Wait{})
	blocked(t, "sock.(*FD).read")
	var wg sync.WaitGroup
	firsts := make(chan bool, 100)
	for range 100 {
		wg.Go(func() { firsts <- a.Close() })
	}
	wg.Wait()
	close(firsts)
	count := 0
	for first := range firsts {
		if first {
			count++
		}
	}
	if count != 1 {
		t.Error(count, "closes were the first")
	}
	if r := soon(t, got); r.err != ErrClosed {
		t.Error(r)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != unix.EBADF {
		t.Error("the descriptor is open:", err)
	}
	if a.FD() != -1 || a.PeerAddr() != "" || a.Shutdown(ShutBoth) != ErrClosed {
		t.Error("a closed stream answers otherwise")
	}
	if _, err := a.Write([][]byte{{1}}, Wait{}); err != ErrClosed {
		t.Error(err)
	}
	if _, err := a.TryWrite([]byte{1}); err != ErrClosed {
		t.Error(err)
	}
	a.WakeRead() // no harm
	a.WakeWrite()
	a.NoDelay()
}

func TestBorrow(t *testing.T) {
	a, _ := pair(t)
	fd := a.FD()
	a.Borrow().Close()
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil {
		t.Fatal("the descriptor was the caller's:", err)
	}
	unix.Close(fd)
}

func TestNothingAllocates(t *testing.T) {
	a, b := pair(t)
	bufs, got := [][]byte{[]byte("head"), []byte("body")}, make([]byte, 100)
	list := make([][]byte, 2)
	for _, w := range []Wait{{}, {Deadline: time.Now().Add(time.Hour)}, {Interruptible: true}} {
		if n := testing.AllocsPerRun(100, func() {
			copy(list, bufs)
			if _, err := a.Write(list, w); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Read(got, w); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%v allocations with %+v", n, w)
		}
	}
}
