// What ends a wait on a descriptor before its time: wake-ups, and what a wait is told to look for.

package sock

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestWakeups(t *testing.T) {
	a, b := pair(t)
	for range 3 {
		got := reading(a, Wait{Wakeable: true})
		a.WakeRead()
		if r := soon(t, got); r.err != ErrWoken {
			t.Fatal(r)
		}
	}
	a.WakeRead() // before the call: it is not lost
	if r := soon(t, reading(a, Wait{Wakeable: true})); r.err != ErrWoken {
		t.Fatal(r)
	}
	if _, err := b.TryWrite([]byte("x")); err != nil {
		t.Fatal(err)
	}
	a.WakeRead() // a call that does not ask for it does not see it
	if r := soon(t, reading(a, Wait{})); r.n != 1 || r.err != nil {
		t.Fatal(r)
	}
	sent := make(chan error, 1)
	go func() {
		_, err := b.Write([][]byte{make([]byte, 16<<20)}, Wait{Wakeable: true})
		sent <- err
	}()
	b.WakeWrite()
	if err := soon(t, sent); err != ErrWoken {
		t.Fatal(err)
	}
}

// A call can be woken also when no descriptor is left for the event that does it.
func TestWakeupsWithoutDescriptors(t *testing.T) {
	a, b := pair(t)
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	none := old
	none.Cur = 3
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	restore := func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &old) }
	defer restore()
	got := readingOn(a, Wait{Wakeable: true, Interruptible: true})
	blocked(t, "sock.(*FD).await")
	a.WakeRead()
	if r := soon(t, got); r.err != ErrWoken {
		t.Fatal(r)
	}
	if r := soon(t, readingOn(a, Wait{Wakeable: true, Interruptible: true, Deadline: time.Now().Add(time.Millisecond)})); r.err != ErrTimeout {
		t.Fatal(r)
	}
	got = readingOn(a, Wait{Wakeable: true, Interruptible: true})
	blocked(t, "sock.(*FD).await")
	restore()
	if _, err := b.TryWrite([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if r := soon(t, got); r.n != 1 || r.err != nil {
		t.Fatal(r)
	}
}

func TestUntil(t *testing.T) {
	a, _ := pair(t)
	stop, err := NewEvent()
	if err != nil {
		t.Fatal(err)
	}
	defer stop.Close()
	got := reading(a, Wait{Until: stop})
	stop.Set()
	if r := soon(t, got); r.err != ErrInterrupted {
		t.Fatal(r)
	}
	if r := soon(t, reading(a, Wait{Until: stop})); r.err != ErrInterrupted { // it stays set
		t.Fatal(r)
	}
}
