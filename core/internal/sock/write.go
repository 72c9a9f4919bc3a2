// This file writes to a descriptor: whole lists of buffers, never raising SIGPIPE.

package sock

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Write implements Stream. The first attempt does not wait, so a frame that fits the socket's buffer costs one raw system
// call.
func (f *FD) Write(bufs [][]byte, w Wait) (int64, error) {
	if !f.enter() {
		return 0, ErrClosed
	}
	n, err := f.write(bufs, &w)
	f.leave()
	if err != nil && f.closing.Load() {
		err = ErrClosed
	}
	return n, err
}

func (f *FD) write(bufs [][]byte, w *Wait) (total int64, err error) {
	plain, block := !f.parks && w.plain(), false
	for {
		bufs = skipEmpty(bufs)
		if len(bufs) == 0 {
			return total, nil
		}
		n, errno := f.sendmsg(bufs, block)
		switch errno {
		case 0:
			total += int64(n)
			bufs = consume(bufs, n)
		case unix.EINTR:
			if w.Interruptible {
				return total, ErrInterrupted
			}
		case unix.EAGAIN:
			if plain && !block {
				block = true // the kernel waits better than we do; a non-blocking descriptor answers EAGAIN once more
				continue
			}
			if err := f.await(unix.POLLOUT, w); err != nil {
				return total, err
			}
		default:
			return total, errno
		}
	}
}

// sendmsg writes the start of bufs, blocking or not.
func (f *FD) sendmsg(bufs [][]byte, block bool) (int, unix.Errno) {
	if len(bufs) == 1 {
		return send(f.fd, bufs[0], block)
	}
	count := 0
	for _, b := range bufs[:min(len(bufs), maxIOV)] {
		if len(b) > 0 {
			f.iov[count].Base = &b[0]
			f.iov[count].SetLen(len(b))
			count++
		}
	}
	f.msg.Iov = &f.iov[0]
	f.msg.SetIovlen(count)
	var n uintptr
	var errno unix.Errno
	if block {
		n, _, errno = unix.Syscall(unix.SYS_SENDMSG, uintptr(f.fd), uintptr(unsafe.Pointer(&f.msg)), unix.MSG_NOSIGNAL)
	} else {
		n, _, errno = unix.RawSyscall(unix.SYS_SENDMSG, uintptr(f.fd), uintptr(unsafe.Pointer(&f.msg)), unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
	}
	clear(f.iov[:count])
	return int(n), errno
}

func send(fd int, p []byte, block bool) (int, unix.Errno) {
	if block {
		n, _, errno := unix.Syscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), unix.MSG_NOSIGNAL, 0, 0)
		return int(n), errno
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}

// TryWrite implements Stream.
func (f *FD) TryWrite(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if !f.enter() {
		return 0, ErrClosed
	}
	defer f.leave()
	for {
		n, errno := send(f.fd, p, false)
		switch errno {
		case 0:
			return n, nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, nil
		default:
			return 0, errno
		}
	}
}

// skipEmpty drops leading buffers that hold nothing.
func skipEmpty(bufs [][]byte) [][]byte {
	for len(bufs) > 0 && len(bufs[0]) == 0 {
		bufs = bufs[1:]
	}
	return bufs
}

// consume drops the first n bytes of bufs.
func consume(bufs [][]byte, n int) [][]byte {
	for n > 0 {
		if n < len(bufs[0]) {
			bufs[0] = bufs[0][n:]
			break
		}
		n -= len(bufs[0])
		bufs = bufs[1:]
	}
	return bufs
}
