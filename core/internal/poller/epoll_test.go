// Epoll: tokens come back, an end is told once.

package poller

import (
	"testing"

	"golang.org/x/sys/unix"
)

func pair(t *testing.T) (a, b int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Close(fds[0]); Close(fds[1]) })
	return fds[0], fds[1]
}

func newEpoll(t *testing.T) Epoll {
	t.Helper()
	p, err := NewEpoll()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// The end of a stream is reported once, whether it comes before anybody watches for it or after; bytes are not.
func TestEpollReportsAnEndOnce(t *testing.T) {
	for _, late := range []bool{false, true} {
		p := newEpoll(t)
		a, b := pair(t)
		events := make([]Event, 4)
		Send(b, []byte("x"))
		if late {
			ShutdownWrite(b)
		}
		if err := p.Add(a, End|Once, 7); err != nil {
			t.Fatal(err)
		}
		if !late {
			if n, _ := p.Ready(events); n != 0 {
				t.Errorf("bytes are reported: %x", events[0].Events)
			}
			ShutdownWrite(b)
		}
		if n, err := p.Wait(events, 10_000); n != 1 || err != nil || events[0].Events&End == 0 {
			t.Errorf("%d ready, %v, %x", n, err, events[0].Events)
		}
		if n, _ := p.Ready(events); n != 0 {
			t.Error("the end is reported again")
		}
	}
}

// A token of 64 bits comes back whole with what the descriptor is watched for, and nothing after Remove.
func TestEpollTokens(t *testing.T) {
	p := newEpoll(t)
	a, b := pair(t)
	const token = 0x9234_5678_9ABC_DEF0
	events := make([]Event, 4)
	if err := p.Add(a, In, token); err != nil {
		t.Fatal(err)
	}
	if err := p.Add(a, In, token); err != unix.EEXIST {
		t.Errorf("adding twice: %v", err)
	}
	if n, err := p.Ready(events); n != 0 || err != nil {
		t.Errorf("%d ready, %v", n, err)
	}
	if n, err := p.Wait(events, 1); n != 0 || err != nil {
		t.Errorf("%d ready, %v", n, err)
	}
	Send(b, []byte("x"))
	if n, err := p.Wait(events, -1); n != 1 || err != nil || Token(&events[0]) != token || events[0].Events != In {
		t.Errorf("%d ready, %v, %x %x", n, err, Token(&events[0]), events[0].Events)
	}
	if err := p.Modify(a, Out, token+1); err != nil {
		t.Fatal(err)
	}
	if n, _ := p.Ready(events); n != 1 || Token(&events[0]) != token+1 || events[0].Events != Out {
		t.Errorf("%d ready, %x %x", n, Token(&events[0]), events[0].Events)
	}
	p.Remove(a)
	if n, _ := p.Ready(events); n != 0 {
		t.Errorf("%d ready after Remove", n)
	}
	if err := p.Modify(a, In, 1); err != unix.ENOENT {
		t.Errorf("modifying what is not watched: %v", err)
	}
}

func TestNoEpollIsClosed(t *testing.T) {
	NoEpoll.Close()
	if n, err := NoEpoll.Ready(make([]Event, 1)); n != 0 || err != unix.EBADF {
		t.Errorf("%d, %v", n, err)
	}
}
