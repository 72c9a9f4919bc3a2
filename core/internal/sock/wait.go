// This file waits on the caller's thread: poll(2) with an absolute deadline, signals and wake-ups.

package sock

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// await blocks until fd is ready for events, or for one of the other reasons in w. Signals are passed over unless w says
// otherwise; wake stays set.
func await(fd int, events int16, w *Wait, wake *Event) error {
	if w.Writable {
		events |= unix.POLLOUT
	}
	set := [3]unix.PollFd{{Fd: int32(fd), Events: events}, {Fd: -1, Events: unix.POLLIN}, {Fd: -1, Events: unix.POLLIN}}
	if w.Wakeable {
		set[1].Fd = int32(wake.FD())
	}
	if w.Until != nil {
		set[2].Fd = int32(w.Until.FD())
	}
	if w.Interruptible && w.Signals != nil {
		began := time.Now()
		defer func() { w.Signals.Slept += time.Since(began) }()
	}
	for {
		ready, errno := Poll(set[:], w.End())
		switch {
		case errno == unix.EINTR:
			if w.Interruptible {
				return ErrInterrupted
			}
		case errno != 0:
			return errno
		case ready == 0:
			return w.Expired()
		case set[2].Revents != 0:
			return ErrInterrupted
		case set[1].Revents != 0:
			return ErrWoken
		case w.Writable && set[0].Revents&unix.POLLOUT != 0 && set[0].Revents&unix.POLLIN == 0:
			return ErrWritable
		default:
			return nil
		}
	}
}

// Await waits on the caller's thread until e is set, or as long as w allows. A nil Event is never set. The caller makes sure that nobody
// closes it meanwhile.
func (e *Event) Await(w Wait) error {
	w.Wakeable, w.Writable = false, false
	return await(e.FD(), unix.POLLIN, &w, nil)
}

// Poll is ppoll(2) with an absolute deadline; the zero time means none. Zero ready descriptors mean that it passed.
func Poll(set []unix.PollFd, deadline time.Time) (int, unix.Errno) {
	var ts *unix.Timespec
	var left unix.Timespec
	if !deadline.IsZero() {
		d := time.Until(deadline)
		if d < 0 {
			d = 0
		}
		left = unix.NsecToTimespec(int64(d))
		ts = &left
	}
	if ts != nil && left.Sec == 0 && left.Nsec == 0 {
		n, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&set[0])), uintptr(len(set)), uintptr(unsafe.Pointer(ts)), 0, 0, 0)
		return int(n), errno
	}
	n, _, errno := unix.Syscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&set[0])), uintptr(len(set)), uintptr(unsafe.Pointer(ts)), 0, 0, 0)
	return int(n), errno
}
