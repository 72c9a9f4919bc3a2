// This file waits as Go programs do: a call parks its goroutine in the runtime's network poller and keeps no thread.

package sock

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// onThread says that the program's threads are its unit of concurrency, as in C: a call waits in the kernel.
var onThread atomic.Bool

// WaitOnThread says whether the descriptors that are adopted from now on wait on the caller's thread (in C programs) or park
// the caller's goroutine (in Go programs, the default). A parked goroutine costs no thread and no processor; a waiting thread
// costs no detour through Go's scheduler.
func WaitOnThread(on bool) { onThread.Store(on) }

// spot is a descriptor's place in the network poller.
type spot struct {
	file *os.File        // owns number; nil: the poller has none of it
	raw  syscall.RawConn // nil: the poller does not take this kind of descriptor, so its calls wait on the thread

	number int // the descriptor's own, or a duplicate where that is borrowed
}

// newSpot registers a descriptor. Its flags are afterwards what they were: the poller insists on O_NONBLOCK only at this
// moment, and no call here depends on it.
func newSpot(number int) *spot {
	flags, err := unix.FcntlInt(uintptr(number), unix.F_GETFL, 0)
	if err != nil {
		return &spot{}
	}
	if flags&unix.O_NONBLOCK == 0 {
		if _, err = unix.FcntlInt(uintptr(number), unix.F_SETFL, flags|unix.O_NONBLOCK); err != nil {
			return &spot{}
		}
		defer func() { _, _ = unix.FcntlInt(uintptr(number), unix.F_SETFL, flags) }()
	}
	s := &spot{file: os.NewFile(uintptr(number), "socket"), number: number}
	if s.file.SetDeadline(time.Time{}) == nil {
		s.raw, _ = s.file.SyscallConn()
	}
	return s
}

// place returns where f's calls park, nil when they wait on the thread. The first call that has to wait registers f, so that
// a descriptor on which none does costs nothing. The caller is inside f.
func (f *FD) place() *spot {
	if !f.parks {
		return nil
	}
	s := f.spot.Load()
	if s == nil {
		s = f.register()
	}
	if s.raw == nil {
		return nil
	}
	return s
}

// register makes f's spot. A borrowed number stays out of it, since what leaves the poller is closed: a duplicate goes in.
func (f *FD) register() *spot {
	f.moving.Lock()
	defer f.moving.Unlock()
	if s := f.spot.Load(); s != nil {
		return s
	}
	number := f.fd
	if f.borrowed.Load() {
		duplicate, err := unix.FcntlInt(uintptr(number), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return &spot{} // none to spare now; the next wait asks again
		}
		number = duplicate
	}
	s := newSpot(number)
	if s.file == nil && number != f.fd {
		_ = unix.Close(number)
	}
	if f.in.parked == nil {
		f.in.parked, f.out.parked = ready(&f.in, unix.POLLIN), ready(&f.out, unix.POLLOUT)
	}
	f.spot.Store(s)
	return s
}

// unregister takes f out of the poller. It tells whether that closed f's own number.
func (f *FD) unregister() bool {
	f.moving.Lock()
	defer f.moving.Unlock()
	s := f.spot.Swap(nil)
	return s != nil && s.close() && s.number == f.fd
}

// close gives the number back, if the poller had it, and sends those who are parked away.
func (s *spot) close() bool { return s.file != nil && s.file.Close() == nil }

// side is one direction of a descriptor: what its waiting call shares with those that wake it.
type side struct {
	direction        // with the deadline that f's spot has
	event     *Event // wakes a call that waits on the thread; made when the first one that can be woken does

	parked func(uintptr) bool // what the poller asks before it parks, and after
	looked bool               // it has asked once
}

// ready makes the function that tells the poller whether there is something to do. It looks before the goroutine parks, since
// the poller tells of changes only; afterwards it takes the poller's word.
func ready(d *side, events int16) func(uintptr) bool {
	return func(number uintptr) bool {
		if d.looked {
			return true
		}
		d.looked = true
		return isReady(int(number), events)
	}
}

func isReady(number int, events int16) bool {
	set := [1]unix.PollFd{{Fd: int32(number), Events: events}}
	n, errno := Poll(set[:], past)
	return n > 0 || errno != 0
}

// wakeup returns the event that wakes a call on the thread, nil when no descriptor is left for one.
func (d *side) wakeup() *Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.event == nil {
		if d.event, _ = NewEvent(); d.woken {
			d.event.Set()
		}
	}
	return d.event
}

// rouse wakes the call that waits in d, wherever it does, or the next.
func (d *side) rouse(f *FD, events int16) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.woken = true
	d.event.Set()
	if s := f.spot.Load(); s != nil && s.raw != nil {
		d.limited = true
		_ = s.limit(events, past)
	}
}

// due tells whether a wake-up waits to be reported.
func (d *side) due() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.woken
}

// settled notes that a call has reported the wake-up.
func (d *side) settled() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.woken = false
	d.event.Clear()
}

func (d *side) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.event.Close()
	d.event = nil
}

// limit sets the deadline of one direction.
func (s *spot) limit(events int16, end time.Time) error {
	if events == unix.POLLIN {
		return s.file.SetReadDeadline(end)
	}
	return s.file.SetWriteDeadline(end)
}

// await waits until f is ready for events: parked where it can be, otherwise on the thread. The latter remains for signals,
// which only threads get, and for the waits for several things at once.
func (f *FD) await(events int16, w *Wait) error {
	d := &f.in
	if events == unix.POLLOUT {
		d = &f.out
	}
	if !w.Interruptible && w.Until == nil && !w.Writable {
		if s := f.place(); s != nil {
			return s.park(d, events, w)
		}
	}
	if !w.Wakeable {
		return await(f.fd, events, w, nil)
	}
	for {
		wake, now := d.wakeup(), *w
		if wake == nil { // the wake-up is looked for now and then
			now.Deadline = time.Now().Add(withoutEvent)
			if !w.Deadline.IsZero() && w.Deadline.Before(now.Deadline) {
				now.Deadline = w.Deadline
			}
		}
		err := await(f.fd, events, &now, wake)
		switch {
		case err == ErrTimeout && wake == nil && d.due():
			err = ErrWoken
		case err == ErrTimeout && now.Deadline != w.Deadline:
			continue
		}
		if err == ErrWoken {
			d.settled()
		}
		return err
	}
}

// withoutEvent is how long a call that can be woken waits at a time while no descriptor is left for the event that does it.
const withoutEvent = 20 * time.Millisecond

// park is await for a goroutine.
func (s *spot) park(d *side, events int16, w *Wait) error {
	for {
		if err := s.begin(d, events, w); err != nil {
			return err
		}
		d.looked = false
		var err error
		if events == unix.POLLIN {
			err = s.raw.Read(d.parked)
		} else {
			err = s.raw.Write(d.parked)
		}
		switch {
		case err == nil, errors.Is(err, os.ErrClosed): // closed: f has left this spot, and the caller looks again
			return nil
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case isReady(s.number, events):
			return nil
		case !w.Deadline.IsZero() && time.Until(w.Deadline) <= 0:
			return ErrTimeout
		}
		// A wake-up, which begin reports to calls that want it.
	}
}

// begin sets the deadline of a wait, unless a wake-up is due.
func (s *spot) begin(d *side, events int16, w *Wait) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if w.Wakeable && d.woken {
		d.woken = false
		d.event.Clear()
		return ErrWoken
	}
	if w.Deadline.IsZero() && !d.limited {
		return nil
	}
	d.limited = !w.Deadline.IsZero()
	if err := s.limit(events, w.Deadline); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}
