// This file opens TCP connections.

package sock

import (
	"context"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Connect connects to one address. The end of ctx ends the attempt with ErrWoken, its deadline does not: that is in w. The
// connection is blocking, and Nagle's algorithm is off.
func Connect(ctx context.Context, ap netip.AddrPort, w Wait) (*FD, error) {
	sa, family, err := Sockaddr(ap)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f := adopt(fd)
	w.Wakeable = true
	stop := context.AfterFunc(ctx, f.WakeWrite)
	err = f.connect(sa, &w)
	stop()
	if err == nil {
		err = unix.SetNonblock(fd, false)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	f.NoDelay()
	f.allowBrief()
	return f, nil
}

func (f *FD) connect(sa unix.Sockaddr, w *Wait) error {
	switch err := unix.Connect(f.fd, sa); err {
	case nil:
		return f.alone()
	case unix.EINPROGRESS, unix.EINTR: // after EINTR the attempt goes on as well
	default:
		return os.NewSyscallError("connect", err)
	}
	if err := f.await(unix.POLLOUT, w); err != nil {
		return err
	}
	code, err := unix.GetsockoptInt(f.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	if code != 0 {
		return os.NewSyscallError("connect", unix.Errno(code))
	}
	return f.alone()
}

// alone refuses a connection of a socket with itself.
func (f *FD) alone() error {
	if MeetsItself(f.fd) {
		return os.NewSyscallError("connect", unix.ECONNREFUSED)
	}
	return nil
}

// MeetsItself tells that a socket is connected with itself. TCP makes such a connection when a local port at which nobody listens is also
// the one that the kernel chose for this end (RFC 9293 §3.5, both ends open at once). A peer that is gone again is for the first read to
// find.
func MeetsItself(fd int) bool {
	own, err := unix.Getsockname(fd)
	if err != nil {
		return false
	}
	peer, err := unix.Getpeername(fd)
	return err == nil && Readable(own) == Readable(peer)
}
