// This file makes listening sockets and takes connections from them.

package sock

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// backlog is how many connections the kernel keeps for us; it cuts the number to its own bound.
const backlog = 4096

// Listen opens a listening TCP socket on an address. An unspecified IPv6 address takes IPv4 as well. The socket is
// non-blocking.
func Listen(ap netip.AddrPort) (fd int, port int, err error) {
	sa, family, err := Sockaddr(ap)
	if err != nil {
		return -1, 0, err
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, 0, err
	}
	if port, err = listen(fd, family, sa, ap.Addr().IsUnspecified()); err != nil {
		_ = unix.Close(fd)
		return -1, 0, err
	}
	return fd, port, nil
}

func listen(fd, family int, sa unix.Sockaddr, any bool) (port int, err error) {
	// Without it a server that is started again must wait for old connections to be forgotten.
	if err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return 0, err
	}
	if family == unix.AF_INET6 {
		only := 1
		if any {
			only = 0
		}
		if err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only); err != nil {
			return 0, err
		}
	}
	if err = unix.Bind(fd, sa); err != nil {
		return 0, err
	}
	if err = unix.Listen(fd, backlog); err != nil {
		return 0, err
	}
	bound, err := unix.Getsockname(fd)
	if err != nil {
		return 0, err
	}
	switch a := bound.(type) {
	case *unix.SockaddrInet4:
		return a.Port, nil
	case *unix.SockaddrInet6:
		return a.Port, nil
	}
	return 0, nil
}

// Listening returns nil for a listening socket; unix.EBADF, ENOTSOCK or EINVAL tell that the number is closed, or another's by now.
func Listening(fd int) error {
	listens, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if err == nil && listens == 0 {
		return unix.EINVAL
	}
	return err
}

// Accept takes the next connection from a non-blocking listening socket. unix.EAGAIN means that none waits. The connection
// is blocking, and Nagle's algorithm is off.
func Accept(listener int) (*FD, error) {
	for {
		fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		switch err {
		case nil:
			f := adopt(fd)
			f.NoDelay()
			f.allowBrief()
			return f, nil
		case unix.EINTR, unix.ECONNABORTED: // a connection that died in the queue is no news
			continue
		}
		return nil, err
	}
}
