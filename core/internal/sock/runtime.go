// This file starts the Go runtime's network poller while there are descriptors for it.

package sock

import (
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// The runtime makes its poller, of two descriptors, with the first timer or the first file that is waited for, and ends the process
// when it cannot. Any call may be that first one (crypto/rand sets a timer), and so may the runtime's own housekeeping. So the poller is
// started with the program, and where that fails, nothing is begun that might need it.
var poller struct {
	started atomic.Bool
	mu      sync.Mutex
}

func init() { _ = StartPoller() }

// StartPoller makes sure that the runtime's poller runs. It fails with the system's error while there are no descriptors for it.
func StartPoller() error {
	if poller.started.Load() {
		return nil
	}
	poller.mu.Lock()
	defer poller.mu.Unlock()
	if poller.started.Load() {
		return nil
	}
	if err := pollerFits(); err != nil {
		return err
	}
	time.AfterFunc(time.Hour, func() {}).Stop()
	poller.started.Store(true)
	return nil
}

// pollerFits tries what the runtime is about to do. That another thread takes the descriptors in between cannot be ruled out.
func pollerFits() error {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	defer func() { _ = unix.Close(epoll) }()
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	defer func() { _ = unix.Close(event) }()
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, event, &unix.EpollEvent{Events: unix.EPOLLIN}))
}
