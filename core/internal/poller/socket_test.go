// The socket calls of the loop: none of them blocks, and ends are told apart.

package poller

import (
	"bytes"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// Closing one of several copies of a descriptor ends nothing; once there may be copies, the connection is ended for all.
func TestCloseMindsCopies(t *testing.T) {
	flag := new(int32)
	before := copied.Load()
	MindCopies(flag)
	defer MindCopies(before)
	for i, want := range []error{unix.EAGAIN, nil} {
		atomic.StoreInt32(flag, int32(i))
		p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		other, err := unix.Dup(p[0])
		if err != nil {
			t.Fatal(err)
		}
		Close(p[0])
		if n, err := unix.Read(p[1], make([]byte, 1)); err != want || err == nil && n != 0 {
			t.Errorf("with flag %d the peer reads %d, %v", i, n, err)
		}
		_, _ = unix.Close(other), unix.Close(p[1])
	}
}

// Nothing blocks, though the descriptors do: what is not there is EAGAIN.
func TestRecvAndSendNeverBlock(t *testing.T) {
	a, b := pair(t)
	buf := make([]byte, 100)
	if n, errno := Recv(a, buf); n != 0 || errno != unix.EAGAIN {
		t.Errorf("%d, %v", n, errno)
	}
	if n := Unread(a); n != 0 {
		t.Errorf("%d bytes wait without anything to read", n)
	}
	if n, errno := Send(b, []byte("hello")); n != 5 || errno != 0 {
		t.Errorf("%d, %v", n, errno)
	}
	for range 2 { // looking takes nothing away
		if n := Unread(a); n != 5 {
			t.Errorf("%d bytes wait", n)
		}
	}
	if n, errno := Recv(a, buf); string(buf[:n]) != "hello" || errno != 0 {
		t.Errorf("%q, %v", buf[:n], errno)
	}
	for {
		if n, errno := Send(b, make([]byte, 4096)); errno != 0 {
			if n != 0 || errno != unix.EAGAIN {
				t.Errorf("a full socket: %d, %v", n, errno)
			}
			break
		}
	}
	ShutdownWrite(a)
	if n := Unread(b); n != 1 {
		t.Errorf("the end of the stream counts for %d", n)
	}
	if n, errno := Recv(b, buf); n != 0 || errno != 0 {
		t.Errorf("the end of the stream: %d, %v", n, errno)
	}
	Close(a)
	if _, errno := Send(b, []byte("x")); errno != unix.EPIPE { // an error, no signal
		t.Errorf("a peer that is gone: %v", errno)
	}
}

// An attempt to connect has come to its end once there is room to write, or an error.
func TestSettled(t *testing.T) {
	a, _ := pair(t)
	if !Settled(a) {
		t.Error("a connection is made, and has not settled")
	}
	for n, errno := Send(a, make([]byte, 4096)); errno == 0 && n > 0; n, errno = Send(a, make([]byte, 4096)) {
	}
	if Settled(a) {
		t.Error("a full socket has room")
	}
}

// The end is told only once nothing is left to read before it; looking takes nothing away.
func TestEnded(t *testing.T) {
	a, b := pair(t)
	if Ended(a) {
		t.Error("an open stream has ended")
	}
	Send(b, []byte("x"))
	ShutdownWrite(b)
	if Ended(a) {
		t.Error("the end hides a byte")
	}
	Recv(a, make([]byte, 10))
	for range 2 {
		if !Ended(a) {
			t.Error("the end does not show")
		}
	}
	if !Ended(-1) {
		t.Error("something can be read from no socket")
	}
}

// What the peer has not taken in is told until it does.
func TestUnsent(t *testing.T) {
	a, b := pair(t)
	if n := Unsent(b); n != 0 {
		t.Errorf("%d bytes before the first", n)
	}
	if n, errno := Send(b, make([]byte, 10_000)); n != 10_000 || errno != 0 {
		t.Fatal(n, errno)
	}
	if Unsent(b) == 0 {
		t.Error("nothing is told of what nobody has read")
	}
	Recv(a, make([]byte, 20_000))
	if n := Unsent(b); n != 0 {
		t.Errorf("%d bytes after all were read", n)
	}
	if n := Unsent(-1); n != 0 {
		t.Errorf("%d bytes of no socket", n)
	}
}

func TestSendAllGathersInOrder(t *testing.T) {
	a, b := pair(t)
	var g Gather
	buf := make([]byte, 100)
	for _, parts := range [][3]string{{"a", "bc", "def"}, {"", "bc", ""}, {"a", "", "c"}, {"", "", "x"}} {
		want := parts[0] + parts[1] + parts[2]
		if n, errno := g.SendAll(b, []byte(parts[0]), []byte(parts[1]), []byte(parts[2])); n != len(want) || errno != 0 {
			t.Errorf("%d, %v", n, errno)
		}
		if n, _ := Recv(a, buf); string(buf[:n]) != want {
			t.Errorf("got %q, want %q", buf[:n], want)
		}
		if g.iov[0].Base != nil {
			t.Error("the caller's memory is still referred to")
		}
	}
	head, body := []byte("head"), bytes.Repeat([]byte("b"), 1<<20)
	n, errno := g.SendAll(b, nil, head, body)
	if n <= len(head) || n >= len(body) || errno != 0 {
		t.Errorf("a socket with less room took %d, %v", n, errno)
	}
	if got := testing.AllocsPerRun(100, func() { _, _ = g.SendAll(b, nil, head, head) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func TestAdoptTakesConnectedStreamsOnly(t *testing.T) {
	a, _ := pair(t)
	if err := Adopt(a); err != nil {
		t.Error(err)
	}
	if flags, _ := unix.FcntlInt(uintptr(a), unix.F_GETFL, 0); flags&unix.O_NONBLOCK == 0 {
		t.Error("an adopted socket blocks")
	}
	datagrams, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer Close(datagrams)
	unconnected, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer Close(unconnected)
	epoll := newEpoll(t)
	for fd, want := range map[int]error{-1: unix.EBADF, epoll.FD(): unix.ENOTSOCK, datagrams: unix.EPROTOTYPE, unconnected: unix.ENOTCONN} {
		if err := Adopt(fd); err != want {
			t.Errorf("descriptor %d: %v, want %v", fd, err, want)
		}
	}
}
