// The event that wakes waits, also from signal handlers and while it closes.

package sock

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestEvent(t *testing.T) {
	e, err := NewEvent()
	if err != nil {
		t.Fatal(err)
	}
	if e.IsSet() {
		t.Error("set from the start")
	}
	if err := e.Await(Wait{Deadline: time.Now().Add(time.Millisecond)}); err != ErrTimeout {
		t.Error(err)
	}
	e.Set()
	e.Set()
	if err := e.Await(Wait{}); err != nil {
		t.Error(err)
	}
	if first, second := e.IsSet(), e.IsSet(); !first || !second {
		t.Error("it does not stay set")
	}
	e.Clear()
	if e.IsSet() {
		t.Error("set after Clear")
	}
	if _, err := unix.Write(e.FD(), []byte{1, 0, 0, 0, 0, 0, 0, 0}); err != nil || !e.IsSet() { // as a signal handler does
		t.Error(err)
	}
	e.Close()
	e.Close()
	e.Set()
	e.Clear()
	if e.IsSet() {
		t.Error("a closed event is set")
	}
	var none *Event
	none.Set()
	none.Clear()
	none.Close()
	if none.IsSet() || none.FD() != -1 {
		t.Error("no event is set")
	}
}

// Whoever asks for the descriptor while it is given back gets it or none; the race detector watches.
func TestEventFDWhileItCloses(t *testing.T) {
	for range 100 {
		e, err := NewEvent()
		if err != nil {
			t.Fatal(err)
		}
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			e.Close()
		}()
		for e.FD() >= 0 {
			runtime.Gosched()
		}
		<-closed
	}
}
