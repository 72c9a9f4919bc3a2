package poller

// This file opens sockets that listen and sockets that are about to connect: TCP over IPv4 and IPv6, and Unix sockets.

import (
	"net/netip"
	"os"
	"strings"
	"sync"

	"libws/core/internal/sock"

	"golang.org/x/sys/unix"
)

// roomFor is how many descriptors there is room for from the start.
const roomFor = 1 << 14

var makeRoom sync.Once

// MakeRoom lets the kernel's table of this process's descriptors grow once, instead of at 256, 512 and so on: each time it grows in
// a process with threads, whoever needs the number waits 10 to 20 ms (measured; the kernel waits for an RCU grace period). The table takes
// 128 KiB of kernel memory. fd is any open descriptor.
func MakeRoom(fd int) {
	makeRoom.Do(func() {
		var limit unix.Rlimit
		if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
			return
		}
		last := int(min(limit.Cur, roomFor)) - 1
		if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, last); err == nil {
			_ = unix.Close(high)
		}
	})
}

// backlog is how many connections the kernel keeps for us; it cuts the number to its own bound.
const backlog = 4096

const openFlags = unix.SOCK_STREAM | unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK

// ListenTCP opens a listening socket; port is the one it got. reuse lets several sockets share the port, each with its own
// queue (SO_REUSEPORT). An unspecified IPv6 address takes IPv4 as well.
func ListenTCP(ap netip.AddrPort, reuse bool) (fd, port int, err error) {
	sa, family, err := sock.Sockaddr(ap)
	if err != nil {
		return -1, 0, err
	}
	if fd, err = unix.Socket(family, openFlags, 0); err != nil {
		return -1, 0, os.NewSyscallError("socket", err)
	}
	if port, err = listenTCP(fd, family, sa, ap.Addr().IsUnspecified(), reuse); err != nil {
		_ = unix.Close(fd)
		return -1, 0, err
	}
	return fd, port, nil
}

func listenTCP(fd, family int, sa unix.Sockaddr, any, reuse bool) (int, error) {
	set := func(level, option, value int) error {
		return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, level, option, value))
	}
	if err := set(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return 0, err
	}
	if reuse {
		if err := set(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return 0, err
		}
	}
	if family == unix.AF_INET6 {
		only := 1
		if any {
			only = 0
		}
		if err := set(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only); err != nil {
			return 0, err
		}
	}
	// Accepted connections inherit it, which saves a call for each.
	if err := set(unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return 0, err
	}
	if err := unix.Bind(fd, sa); err != nil {
		return 0, os.NewSyscallError("bind", err)
	}
	if err := unix.Listen(fd, backlog); err != nil {
		return 0, os.NewSyscallError("listen", err)
	}
	return Port(fd), nil
}

// ListenUnix opens a listening Unix socket. A path that starts with @ is in the abstract namespace. A socket file nobody
// listens on any more is replaced; any other file is left alone.
func ListenUnix(path string) (fd int, err error) {
	if fd, err = unix.Socket(unix.AF_UNIX, openFlags, 0); err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	err = unix.Bind(fd, &unix.SockaddrUnix{Name: path})
	if err == unix.EADDRINUSE && !strings.HasPrefix(path, "@") && deserted(path) {
		_ = unix.Unlink(path)
		err = unix.Bind(fd, &unix.SockaddrUnix{Name: path})
	}
	if err == nil {
		if err = unix.Listen(fd, backlog); err == nil {
			return fd, nil
		}
	}
	_ = unix.Close(fd)
	return -1, os.NewSyscallError("bind", err)
}

// deserted tells that path is a socket which refuses connections. A connection to any other file is refused, too.
func deserted(path string) bool {
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return false
	}
	fd, err := unix.Socket(unix.AF_UNIX, openFlags, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return unix.Connect(fd, &unix.SockaddrUnix{Name: path}) == unix.ECONNREFUSED
}

// AdoptListener makes an inherited descriptor fit for a loop. It must be a listening stream socket; one of packets
// (SOCK_SEQPACKET) listens, too, but what it accepts is no stream of bytes.
func AdoptListener(fd int) error {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return err
	}
	if kind != unix.SOCK_STREAM {
		return unix.EPROTOTYPE
	}
	listening, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if err != nil {
		return err
	}
	if listening == 0 {
		return unix.EINVAL
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // no such thing on a Unix socket
	return unix.SetNonblock(fd, true)
}

// ConnectTCP begins to connect. The socket becomes writable when the attempt has ended; SocketError tells how.
func ConnectTCP(ap netip.AddrPort) (int, error) {
	sa, family, err := sock.Sockaddr(ap)
	if err != nil {
		return -1, err
	}
	fd, err := begin(family, sa)
	if err == nil {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	return fd, err
}

func begin(family int, sa unix.Sockaddr) (int, error) {
	fd, err := unix.Socket(family, openFlags, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	switch err = unix.Connect(fd, sa); err {
	case nil, unix.EINPROGRESS, unix.EINTR:
		return fd, nil
	}
	_ = unix.Close(fd)
	return -1, os.NewSyscallError("connect", err)
}

// Port returns the TCP port a socket is bound to, 0 when it has none.
func Port(fd int) int {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return 0
	}
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return a.Port
	case *unix.SockaddrInet6:
		return a.Port
	}
	return 0
}
