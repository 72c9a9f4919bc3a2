package poller

// This file moves bytes through sockets without ever blocking: each call is one raw system call, which costs a third less
// than one that tells the scheduler first.

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Errno is the system's error number, 0 for success.
type Errno = unix.Errno

// Recv reads what has arrived into p, which is not empty. 0 bytes without an error are the end of the stream.
func Recv(fd int, p []byte) (int, Errno) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT, 0, 0)
		if errno == 0 {
			return int(n), 0
		}
		if errno != unix.EINTR {
			return 0, errno
		}
	}
}

// Unread returns how many bytes wait to be read; the end of the stream and an error count for one. They stay where they are.
func Unread(fd int) int {
	n, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	if err == nil && n == 0 && Ended(fd) {
		return 1
	}
	return n
}

// Waiting tells whether a connection waits at a listening socket to be accepted.
func Waiting(listener int) bool { return isReady(listener, unix.POLLIN) }

// Settled tells whether an attempt to connect has come to its end, good or bad.
func Settled(fd int) bool { return isReady(fd, unix.POLLOUT) }

func isReady(fd int, events int16) bool {
	p := unix.PollFd{Fd: int32(fd), Events: events}
	var now unix.Timespec
	n, _, _ := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
	return n == 1
}

// Ended tells whether reading would find the end of the stream or an error, with no bytes before it.
func Ended(fd int) bool {
	var b [1]byte
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b)), 1, unix.MSG_DONTWAIT|unix.MSG_PEEK, 0, 0)
	if errno == 0 {
		return n == 0
	}
	return errno != unix.EAGAIN && errno != unix.EINTR
}

// Unsent returns how many bytes that were sent the peer has not taken: those that wait in the system, or are on their way.
func Unsent(fd int) int {
	n, err := unix.IoctlGetInt(fd, unix.TIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}

// Send writes what there is room for. It never raises SIGPIPE.
func Send(fd int, p []byte) (int, Errno) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		if errno == 0 {
			return int(n), 0
		}
		if errno != unix.EINTR {
			return 0, errno
		}
	}
}

// Gather is the working memory of SendAll, kept by its user so that sending allocates nothing.
type Gather struct {
	iov [3]unix.Iovec
	msg unix.Msghdr
}

// SendAll writes what there is room for of a, b and c, in order, in one system call. Empty parts are left out.
func (g *Gather) SendAll(fd int, a, b, c []byte) (int, Errno) {
	count := 0
	for _, p := range [...][]byte{a, b, c} {
		if len(p) > 0 {
			g.iov[count].Base = unsafe.SliceData(p)
			g.iov[count].SetLen(len(p))
			count++
		}
	}
	g.msg.Iov = &g.iov[0]
	g.msg.SetIovlen(count)
	defer clear(g.iov[:]) // the collector must not see bytes that are the caller's
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&g.msg)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		if errno == 0 {
			return int(n), 0
		}
		if errno != unix.EINTR {
			return 0, errno
		}
	}
}

// Accept takes the next connection from a non-blocking listening socket.
func Accept(listener int) (int, Errno) {
	for {
		fd, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(listener), 0, 0, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0, 0)
		if errno == 0 {
			return int(fd), 0
		}
		if errno != unix.EINTR && errno != unix.ECONNABORTED { // a connection that died in the queue is no news
			return -1, errno
		}
	}
}

// ShutdownWrite ends our direction: the peer sees the end of the stream behind what was written.
func ShutdownWrite(fd int) {
	_, _, _ = unix.RawSyscall(unix.SYS_SHUTDOWN, uintptr(fd), unix.SHUT_WR, 0)
}

// Close ends a connection and gives the descriptor back. With a socket that does not linger, it does not block.
func Close(fd int) {
	if atomic.LoadInt32(copied.Load()) != 0 {
		Shutdown(fd)
	}
	_, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0)
}

// Shutdown ends both directions of a connection, or a listener, for every process that has a copy of the descriptor.
func Shutdown(fd int) { _, _, _ = unix.RawSyscall(unix.SYS_SHUTDOWN, uintptr(fd), unix.SHUT_RDWR, 0) }

// copied points to what is not 0 once other processes may have copies of the descriptors: to close one of several ends nothing.
var copied atomic.Pointer[int32]

func init() { copied.Store(new(int32)) }

// MindCopies says where it is told that there are copies.
func MindCopies(flag *int32) { copied.Store(flag) }

// SocketError returns and clears the pending error of a socket: what a connection attempt came to.
func SocketError(fd int) Errno {
	v, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return unix.EBADF
	}
	return Errno(v)
}

// Adopt makes a connected stream socket fit for a loop. Anything else is refused with ENOTSOCK, EBADF, EPROTOTYPE, EINVAL or
// ENOTCONN.
func Adopt(fd int) error {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return err
	}
	if kind != unix.SOCK_STREAM {
		return unix.EPROTOTYPE
	}
	if listening, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err == nil && listening != 0 {
		return unix.EINVAL
	}
	if _, err := unix.Getpeername(fd); err == unix.ENOTCONN {
		return err
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // no such thing on a Unix socket
	return unix.SetNonblock(fd, true)
}
