// This file opens TCP connections on the caller's thread.
package sock

import (
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Connect connects to one address. cancel, when set, ends the attempt with ErrWoken. The connection is blocking, and Nagle's
// algorithm is off.
func Connect(ap netip.AddrPort, w Wait, cancel *Event) (*FD, error) {
	sa, family := sockaddr(ap)
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	w.Wakeable = cancel != nil
	if err = connect(fd, sa, &w, cancel); err == nil {
		err = unix.SetNonblock(fd, false)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	f := adopt(fd)
	f.NoDelay()
	return f, nil
}

func connect(fd int, sa unix.Sockaddr, w *Wait, cancel *Event) error {
	switch err := unix.Connect(fd, sa); err {
	case nil:
		return nil
	case unix.EINPROGRESS, unix.EINTR: // after EINTR the attempt goes on as well
	default:
		return os.NewSyscallError("connect", err)
	}
	if err := await(fd, unix.POLLOUT, w, cancel); err != nil {
		return err
	}
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	if code != 0 {
		return os.NewSyscallError("connect", unix.Errno(code))
	}
	return nil
}
