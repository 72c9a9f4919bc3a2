// This file waits for a short time without telling Go's scheduler, for C programs that answer each message with a message.

package sock

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A thread that waits inside an ordinary system call gives its processor up: Go's monitor takes it away, hands it on, and goes to
// sleep when all are idle, and the thread that returns has to find one again and to wake the monitor. Between two messages that
// follow each other closely this costs more than the messages (2 to 3 µs each, measured with one echoing connection). So a read
// on a thread keeps its processor at first. That takes nothing from others as long as there is a processor for each thread, and
// it ends by itself: SO_RCVTIMEO bounds it, and makes every signal end it, those included with which the runtime asks
// for the thread. (A timer of ppoll's would do as well, but arming one costs several microseconds in a virtual machine.)
const briefly = 20 * time.Millisecond

// restAfter is how many reads wait in the ordinary way after one to which nothing came in time.
const restAfter = 15

// spare says that there is a processor for each thread.
var spare atomic.Bool

// SpareProcessors says whether there are more processors of Go's than threads that may wait here. Only then do threads wait
// without giving theirs up.
func SpareProcessors(on bool) { spare.Store(on) }

// Spare tells what SpareProcessors said.
func Spare() bool { return spare.Load() }

// allowBrief prepares a socket that nobody else uses. Its descriptor is blocking.
func (f *FD) allowBrief() {
	if f.parks {
		return
	}
	limit := unix.NsecToTimeval(int64(briefly))
	f.brief = unix.SetsockoptTimeval(f.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit) == nil
}

// mayBeBrief tells whether a read may begin with a brief wait.
func (f *FD) mayBeBrief(w *Wait) bool {
	if !f.brief || !spare.Load() || w.Wakeable || w.Until != nil || w.Writable {
		return false
	}
	if f.rests > 0 {
		f.rests--
		return false
	}
	return w.Deadline.IsZero() || time.Until(w.Deadline) > 2*briefly
}

// readBriefly reads what comes within about briefly. ok is false when nothing did.
func (f *FD) readBriefly(p []byte, w *Wait) (n int, ok bool, err error) {
	interrupted := false
	if w.Interruptible && w.Signals != nil {
		began := time.Now()
		defer func() {
			w.Signals.Slept += time.Since(began)
			w.Signals.Missed = interrupted && n > 0
		}()
	}
	for range 2 { // the first signal is most often the scheduler's, which wants the thread for a moment
		got, errno := heldRecv(f.fd, p)
		switch errno {
		case 0:
			return got, true, endOf(got)
		case unix.EINTR:
			interrupted = true
			continue
		case unix.EAGAIN:
		default:
			return 0, true, errno
		}
		break
	}
	f.rests = restAfter
	if interrupted && w.Interruptible {
		return 0, true, ErrInterrupted
	}
	return 0, false, nil
}

// heldRecv may block, and the scheduler is not told. It is no part of its caller, so that the runtime, which asks threads to stop
// where functions begin, is heard between two calls.
//
//go:noinline
func heldRecv(fd int, p []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), 0, 0, 0)
	return int(n), errno
}
