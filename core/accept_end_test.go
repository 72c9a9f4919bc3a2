// Accept comes back although nobody comes: its listener is gone, or clients keep it from hearing signals.
package core

import (
	"errors"
	"net"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A listener that others have closed or shut down, or whose number is something else by now, ends Accept at once.
func TestAcceptWithoutItsListener(t *testing.T) {
	pipe := [2]int{}
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[1])
	defer unix.Close(pipe[0])
	path, err := unix.Open("/", unix.O_PATH|unix.O_CLOEXEC, 0) // no descriptor as far as sockets and poll are concerned
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(path)
	end, _ := socketpair(t)
	replace := func(by int) func(*Server) error {
		return func(s *Server) error { return unix.Dup3(by, s.ListenerFD(), unix.O_CLOEXEC) }
	}
	for name, v := range map[string]struct {
		lose func(*Server) error
		want unix.Errno
	}{
		"closed":         {replace(path), unix.EBADF},
		"a pipe":         {replace(pipe[0]), unix.ENOTSOCK},
		"another socket": {replace(end), unix.EINVAL},
		"shut down":      {func(s *Server) error { return unix.Shutdown(s.ListenerFD(), unix.SHUT_RDWR) }, unix.EINVAL},
	} {
		t.Run(name, func(t *testing.T) {
			s := listen(t, nil)
			if err := v.lose(s); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				a := await(t, accepting(s), "the end of Accept")
				wantCode(t, a.err, CodeSystem)
				if !errors.Is(a.err, v.want) {
					t.Error(a.err)
				}
			}
			wantCode(t, await(t, async(s.RunEcho), "the end of RunEcho"), CodeSystem)
			s.Drop()
			_, err := s.Accept()
			wantCode(t, err, CodeClosed)
		})
	}
	t.Run("shut down meanwhile", func(t *testing.T) {
		s := listen(t, nil)
		got := accepting(s)
		until(t, "it waits", func() bool { return s.acceptor.held() })
		_ = unix.Shutdown(s.ListenerFD(), unix.SHUT_RDWR)
		wantCode(t, await(t, got, "the end of Accept").err, CodeSystem)
	})
}

// Signals end waits. Clients that leave Accept nothing to wait for, with half of a request each, keep it from hearing any: it comes back
// by itself.
func TestAcceptUnderHalfHandshakesHearsSignals(t *testing.T) {
	s := listen(t, &ServerOptions{Options: Options{MaxHeadBytes: 1 << 20}})
	if err := s.SetOption(OptInterruptible, 1); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	defer close(over)
	for range 8 {
		go func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				c, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(s.Port()))
				if err != nil {
					return
				}
				_, err = c.Write([]byte("GET / HTTP/1.1\r\nHost: a\r\nX: "))
				for err == nil { // one field that does not end, a byte at a time
					_, err = c.Write([]byte("x"))
				}
				c.Close()
			}
		}()
	}
	for end := time.Now().Add(patience); ; {
		c, err := s.Accept()
		if errors.Is(err, ErrInterrupted) {
			if errors.Is(err, unix.EINTR) {
				t.Error(err)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatal("it never comes back", c, err)
		}
	}
}
