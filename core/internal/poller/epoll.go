// Package poller is the event loop's view of Linux: epoll, timers and wake-ups as descriptors, sockets that never block.
// It knows no WebSocket and no connection; a token of 64 bits is all it carries per descriptor.
package poller

// This file wraps epoll(7): interest, readiness, and the wait in its raw and its blocking form.

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Readiness bits. Hangups and errors are reported whatever the interest.
const (
	In     = unix.EPOLLIN
	Out    = unix.EPOLLOUT
	Hangup = unix.EPOLLHUP
	Failed = unix.EPOLLERR
	End    = unix.EPOLLRDHUP // the peer sends no more; bytes may wait before that
	Once   = unix.EPOLLET    // with another: reported when it changes, not as long as it is so
)

// Event is the kernel's struct epoll_event.
type Event = unix.EpollEvent

// Token returns the 64 bits that were registered with the descriptor.
func Token(e *Event) uint64 { return uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32 }

// Epoll is one epoll descriptor.
type Epoll struct{ fd int }

// NoEpoll is closed.
var NoEpoll = Epoll{-1}

// NewEpoll opens an epoll descriptor.
func NewEpoll() (Epoll, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return Epoll{fd}, err
}

// FD returns the descriptor, which is itself pollable.
func (p Epoll) FD() int { return p.fd }

// Close gives the descriptor back.
func (p Epoll) Close() { closeFD(p.fd) }

func closeFD(fd int) {
	if fd >= 0 {
		_ = unix.Close(fd)
	}
}

// Add registers a descriptor, level-triggered.
func (p Epoll) Add(fd int, events uint32, token uint64) error {
	return p.ctl(unix.EPOLL_CTL_ADD, fd, events, token)
}

// Modify changes what a registered descriptor is watched for.
func (p Epoll) Modify(fd int, events uint32, token uint64) error {
	return p.ctl(unix.EPOLL_CTL_MOD, fd, events, token)
}

// Remove ends the watch of a descriptor.
func (p Epoll) Remove(fd int) { _ = p.ctl(unix.EPOLL_CTL_DEL, fd, 0, 0) }

func (p Epoll) ctl(op, fd int, events uint32, token uint64) error {
	e := Event{Events: events, Fd: int32(uint32(token)), Pad: int32(uint32(token >> 32))}
	_, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(p.fd), uintptr(op), uintptr(fd), uintptr(unsafe.Pointer(&e)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// Ready collects what is ready now. It never blocks, so the scheduler is not told.
func (p Epoll) Ready(events []Event) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	return count(n, errno)
}

// Hold is Wait for ever, but the scheduler is not told: the thread keeps its processor. A timer among the descriptors must end it
// soon. It is no part of its caller, so that the runtime, which asks threads to stop where functions begin, is heard between two calls.
//
//go:noinline
func (p Epoll) Hold(events []Event) (int, error) {
	const forever = ^uintptr(0)
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), forever, 0, 0)
	return count(n, errno)
}

// Wait blocks until something is ready or timeoutMS milliseconds have passed; a negative timeout waits for ever. A signal
// ends it with nothing ready and unix.EINTR.
func (p Epoll) Wait(events []Event, timeoutMS int) (int, error) {
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(timeoutMS), 0, 0)
	return count(n, errno)
}

func count(n uintptr, errno unix.Errno) (int, error) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
