// Timers and wake-ups as descriptors.

package poller

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func readable(fd int, timeoutMS int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, _ := unix.Poll(fds, timeoutMS)
	return n == 1
}

func TestTimer(t *testing.T) {
	timer, err := NewTimer()
	if err != nil {
		t.Fatal(err)
	}
	defer timer.Close()
	if readable(timer.FD(), 0) {
		t.Error("a new timer is set")
	}
	start := time.Now()
	timer.SetAfter(int64(20 * time.Millisecond))
	if !readable(timer.FD(), 10_000) || time.Since(start) < 20*time.Millisecond {
		t.Errorf("readable after %v", time.Since(start))
	}
	timer.SetAfter(0)
	if readable(timer.FD(), 0) {
		t.Error("readable once it is off")
	}
	timer.SetAfter(int64(time.Hour))
	timer.SetAfter(1) // the newer setting counts
	if !readable(timer.FD(), 10_000) {
		t.Error("not readable in time")
	}
}

// Whoever asks is told apart from work that stirs; eight bytes of the number 1 count as asking.
func TestWake(t *testing.T) {
	w, err := NewWake()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if w.Clear() {
		t.Error("a new one is set")
	}
	for _, c := range []struct {
		set  func()
		want bool
	}{
		{func() { w.Set(Stirred) }, false},
		{func() { w.Set(Stirred); w.Set(Stirred) }, false},
		{func() { w.Set(Asked) }, true},
		{func() { w.Set(Stirred); w.Set(Asked) }, true},
		{func() { _, _ = unix.Write(w.FD(), []byte{1, 0, 0, 0, 0, 0, 0, 0}) }, true},
	} {
		c.set()
		if !readable(w.FD(), 0) {
			t.Error("not readable")
		}
		if got := w.Clear(); got != c.want {
			t.Errorf("asked: %v", got)
		}
		if readable(w.FD(), 0) {
			t.Error("still readable")
		}
	}
	NoWake.Set(Asked)
	NoWake.Close()
	NoTimer.Close()
}
