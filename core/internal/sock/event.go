// This file holds Event, a flag that poll(2) can wait for and that any thread or signal handler can set (eventfd).

package sock

import (
	"sync"

	"golang.org/x/sys/unix"
)

// Event is set by one write(2) and stays set until Clear. A nil Event is never set.
type Event struct {
	mu sync.Mutex // keeps everyone away from a number that Close gave back
	fd int
}

// NewEvent makes an event that is not set.
func NewEvent() (*Event, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	return &Event{fd: fd}, nil
}

// FD returns the descriptor that is readable while the event is set, -1 when there is none. Writing the eight bytes of the
// number 1 to it sets the event, which a signal handler may do.
func (e *Event) FD() int {
	if e == nil {
		return -1
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fd
}

// Set sets the event. It never blocks.
func (e *Event) Set() {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fd >= 0 {
		one := [8]byte{1}
		_, _ = unix.Write(e.fd, one[:])
	}
}

// IsSet tells whether the event is set.
func (e *Event) IsSet() bool {
	if e == nil {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fd < 0 {
		return false
	}
	set := [1]unix.PollFd{{Fd: int32(e.fd), Events: unix.POLLIN}}
	n, _ := Poll(set[:], past)
	return n > 0
}

// Clear resets the event.
func (e *Event) Clear() {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fd >= 0 {
		var count [8]byte
		_, _ = unix.Read(e.fd, count[:])
	}
}

// Close gives the descriptor back. The caller makes sure that nobody polls it any more.
func (e *Event) Close() {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fd >= 0 {
		_ = unix.Close(e.fd)
		e.fd = -1
	}
}
