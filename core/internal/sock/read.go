// This file reads from a descriptor.

package sock

import (
	"io"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Read implements Stream. On the thread and without a reason to stop early it is one blocking recv(2), which keeps the processor
// where that does no harm; otherwise it tries first, so that what has arrived costs one system call, and waits when there is
// nothing.
func (f *FD) Read(p []byte, w Wait) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if !f.enter() {
		return 0, ErrClosed
	}
	n, err := f.read(p, &w)
	f.leave()
	if err != nil && f.closing.Load() {
		return 0, ErrClosed
	}
	return n, err
}

func (f *FD) read(p []byte, w *Wait) (int, error) {
	if f.mayBeBrief(w) {
		if n, ok, err := f.readBriefly(p, w); ok {
			return n, err
		}
	}
	plain := !f.parks && !f.brief && w.plain()
	if !plain && f.waits > 0 {
		f.waits--
		if err := f.await(unix.POLLIN, w); err != nil {
			return 0, err
		}
	}
	for {
		var n int
		var errno unix.Errno
		if plain {
			n, errno = recv(f.fd, p)
		} else {
			n, errno = tryRecv(f.fd, p)
		}
		switch errno {
		case 0:
			return n, endOf(n)
		case unix.EINTR:
		case unix.EAGAIN:
			f.waits = pollFirst
			if err := f.await(unix.POLLIN, w); err != nil {
				return 0, err
			}
		default:
			return 0, errno
		}
	}
}

// pollFirst is how many reads wait at once after one that found nothing: most likely they would find nothing as well, and
// the vain attempt would cost a system call.
const pollFirst = 15

// TryRead reads what has arrived; ok is false when there is nothing yet.
func (f *FD) TryRead(p []byte) (n int, ok bool, err error) {
	if !f.enter() {
		return 0, false, ErrClosed
	}
	defer f.leave()
	for {
		n, errno := tryRecv(f.fd, p)
		switch errno {
		case 0:
			return n, true, endOf(n)
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, false, nil
		default:
			return 0, true, errno
		}
	}
}

// endOf is the error of a read that brought n bytes: none at all are the end of the stream.
func endOf(n int) error {
	if n == 0 {
		return io.EOF
	}
	return nil
}

// recv may block, so the scheduler is told.
func recv(fd int, p []byte) (int, unix.Errno) {
	n, _, errno := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), 0, 0, 0)
	return int(n), errno
}

// tryRecv cannot block, so it is a raw system call.
func tryRecv(fd int, p []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}
