package poller

// This file makes time and wake-ups pollable: timerfd_create(2) and eventfd(2).

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Timer is a descriptor that becomes readable at a moment of the monotonic clock.
type Timer struct{ fd int }

// NewTimer makes a timer that is not set.
func NewTimer() (Timer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	return Timer{fd}, err
}

// NoTimer and NoWake are closed.
var (
	NoTimer = Timer{-1}
	NoWake  = Wake{-1}
)

// FD returns the descriptor.
func (t Timer) FD() int { return t.fd }

// Close gives the descriptor back.
func (t Timer) Close() { closeFD(t.fd) }

// SetAfter makes the descriptor readable in ns nanoseconds, at least one; 0 or less switches it off. A new setting replaces
// the old one and what was readable.
func (t Timer) SetAfter(ns int64) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(max(0, ns))}
	_, _, _ = unix.RawSyscall6(unix.SYS_TIMERFD_SETTIME, uintptr(t.fd), 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
}

// Wake is a descriptor that any thread or signal handler makes readable.
type Wake struct{ fd int }

// NewWake makes a wake-up that is not set.
func NewWake() (Wake, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	return Wake{fd}, err
}

// FD returns the descriptor. Writing the eight bytes of the number 1 to it sets it, which a signal handler may do.
func (w Wake) FD() int { return w.fd }

// Close gives the descriptor back.
func (w Wake) Close() { closeFD(w.fd) }

// What Set adds. Whatever else is written, as by a signal handler, counts as Asked.
const (
	Asked   = 1       // somebody wants the wait to end
	Stirred = 1 << 32 // there is work to do
)

// Set makes the descriptor readable. It never blocks and allocates nothing.
func (w Wake) Set(why uint64) {
	_, _, _ = unix.RawSyscall(unix.SYS_WRITE, uintptr(w.fd), uintptr(unsafe.Pointer(&why)), 8)
}

// Clear makes the descriptor unreadable again. It reports whether any of those who set it Asked.
func (w Wake) Clear() (asked bool) {
	var n uint64
	_, _, _ = unix.RawSyscall(unix.SYS_READ, uintptr(w.fd), uintptr(unsafe.Pointer(&n)), 8)
	return n%Stirred != 0
}
