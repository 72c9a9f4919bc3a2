// This file owns a stream descriptor: who is inside it, and when its number may be given back.

package sock

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// FD is a Stream on a connected stream socket: TCP, Unix or one end of a socketpair, whatever its O_NONBLOCK.
type FD struct {
	fd int

	// refs counts the calls inside the descriptor, plus one until Close. close(2) happens when the count reaches zero, so
	// the number is never reused under a blocked call.
	refs atomic.Int32

	closing  atomic.Bool
	borrowed atomic.Bool // the number is not ours to give back

	waits uint8 // the reader's: how many of its next calls wait before they read

	brief bool  // reads may wait without telling the scheduler
	rests uint8 // the reader's: how many of its next calls do not

	parks  bool // calls park their goroutine instead of waiting on their thread
	spot   atomic.Pointer[spot]
	moving sync.Mutex // held while spot changes

	in  side
	out side

	// The current Write's vector, kept here so that a write allocates nothing.
	iov [maxIOV]unix.Iovec
	msg unix.Msghdr
}

// maxIOV is how many buffers one sendmsg takes.
const maxIOV = 8

// NewFD adopts a connected stream socket. Anything else is refused with unix.ENOTSOCK, EBADF, EPROTOTYPE, EINVAL or
// ENOTCONN.
func NewFD(fd int) (*FD, error) {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return nil, err
	}
	if kind != unix.SOCK_STREAM {
		return nil, unix.EPROTOTYPE
	}
	if listening, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err == nil && listening != 0 {
		return nil, unix.EINVAL
	}
	if _, err := unix.Getpeername(fd); err == unix.ENOTCONN {
		return nil, err
	}
	return adopt(fd), nil
}

// adopt wraps a descriptor that is known to be a stream socket.
func adopt(fd int) *FD {
	f := &FD{fd: fd, parks: !onThread.Load()}
	f.refs.Store(1)
	return f
}

// enter keeps the descriptor number from being given back until leave. It fails once Close was called.
func (f *FD) enter() bool {
	for {
		n := f.refs.Load()
		if n <= 0 || f.closing.Load() {
			return false
		}
		if f.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (f *FD) leave() {
	if f.refs.Add(-1) == 0 {
		f.release()
	}
}

// release gives the descriptors back; nobody is inside them any more.
func (f *FD) release() {
	if !f.unregister() && !f.borrowed.Load() {
		_ = unix.Close(f.fd)
	}
	f.in.close()
	f.out.close()
}

// Borrow leaves the descriptor the caller's until Keep: meanwhile Close wakes what is blocked in it and leaves the number
// alone. It comes before every call that reads or writes.
func (f *FD) Borrow() *FD {
	f.borrowed.Store(true)
	return f
}

// Keep makes the descriptor this FD's own. The duplicate that stood in for it in the poller goes.
func (f *FD) Keep() {
	f.moving.Lock()
	defer f.moving.Unlock()
	f.borrowed.Store(false)
	if s := f.spot.Load(); s != nil && s.number != f.fd {
		f.spot.Store(nil)
		s.close()
	}
}

// Close implements Stream. shutdown(2) wakes the calls that are blocked in the descriptor; close(2) alone would not.
func (f *FD) Close() bool {
	if !f.closing.CompareAndSwap(false, true) {
		return false
	}
	_ = unix.Shutdown(f.fd, unix.SHUT_RDWR)
	f.leave()
	return true
}

// Shutdown implements Stream.
func (f *FD) Shutdown(how How) error {
	if !f.enter() {
		return ErrClosed
	}
	defer f.leave()
	return unix.Shutdown(f.fd, [...]int{ShutRead: unix.SHUT_RD, ShutWrite: unix.SHUT_WR, ShutBoth: unix.SHUT_RDWR}[how])
}

// FD implements Stream.
func (f *FD) FD() int {
	if f.closing.Load() {
		return -1
	}
	return f.fd
}

// WakeRead implements Stream.
func (f *FD) WakeRead() { f.in.rouse(f, unix.POLLIN) }

// WakeWrite implements Stream.
func (f *FD) WakeWrite() { f.out.rouse(f, unix.POLLOUT) }

// PeerAddr implements Stream.
func (f *FD) PeerAddr() string {
	if !f.enter() {
		return ""
	}
	defer f.leave()
	sa, err := unix.Getpeername(f.fd)
	if err != nil {
		return ""
	}
	return Readable(sa)
}

// NoDelay turns Nagle's algorithm off where there is one: a frame that was written shall leave now.
func (f *FD) NoDelay() {
	if f.enter() {
		_ = unix.SetsockoptInt(f.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		f.leave()
	}
}
