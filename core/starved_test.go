// A process without descriptors to spare: calls fail, and what is open goes on.

package core

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// starvedVariable says to the test program which case to run with few descriptors, as CASE:NUMBER:WAITING. It is a process of its own each
// time, since Go's network poller starts once in a life, and ends the process when it cannot.
const starvedVariable = "LIBWS_TEST_STARVED"

// starve leaves n free descriptors, the lowest.
func starve(n int) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	var last, free int
	for free <= n {
		fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, last+1)
		if err != nil {
			return err
		}
		if err := unix.Close(fd); err != nil {
			return err
		}
		last = fd
		free++
	}
	limit.Cur = uint64(last)
	return unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
}

var starvedCases = map[string]func(n int) error{
	// Two connections that are open go on when there is no descriptor left.
	"parked": func(n int) error {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		server, err := FromServer(pair[0])
		if err != nil {
			return err
		}
		client, err := FromClient(pair[1])
		if err != nil {
			return err
		}
		if err := starve(n); err != nil {
			return err
		}
		go func() {
			for {
				m, err := server.RecvMessage()
				if err != nil || m.IsClose() {
					return
				}
				_, _ = server.SendMessage(m.Opcode, m.Payload)
			}
		}()
		for range 100 {
			if _, err := client.SendText("hello"); err != nil {
				return err
			}
			if m, err := client.RecvMessage(); err != nil || m.PayloadText() != "hello" {
				return fmt.Errorf("received %q, %w", m.Payload, err)
			}
		}
		return client.Close()
	},
	// A name cannot be looked up, or can.
	"name": func(n int) error {
		if err := starve(n); err != nil {
			return err
		}
		_, err := Dial(nil, "ws://localhost:1/", nil)
		if !errors.Is(err, ErrSystem) && !errors.Is(err, ErrResolve) {
			return fmt.Errorf("Dial: %v", err)
		}
		return nil
	},
	"bind": func(n int) error {
		if err := starve(n); err != nil {
			return err
		}
		s, err := BindHost("localhost", 0)
		if err == nil {
			return s.Close()
		}
		if !errors.Is(err, ErrSystem) && !errors.Is(err, ErrResolve) {
			return fmt.Errorf("BindHost: %v", err)
		}
		return nil
	},
	"zone": func(n int) error {
		if err := starve(n); err != nil {
			return err
		}
		_, err := Dial(nil, "ws://[fe80::1%25lo]:1/", nil)
		if !errors.Is(err, ErrSystem) && !errors.Is(err, ErrResolve) {
			return fmt.Errorf("Dial: %v", err)
		}
		return nil
	},
}

// starved runs the case that the variable names, and tells whether there is one.
func starved() bool {
	how := strings.Split(os.Getenv(starvedVariable), ":")
	if len(how) != 3 {
		return false
	}
	if how[2] == "thread" {
		BlockThreads()
	}
	n, err := strconv.Atoi(how[1])
	if err == nil {
		err = starvedCases[how[0]](n)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	return true
}

// Whatever number of descriptors is left, calls do their work or fail; the process goes on.
func TestStarvedOfDescriptors(t *testing.T) {
	for name := range starvedCases {
		for n := range 5 {
			for _, waiting := range []string{"parked", "thread"} {
				how := name + ":" + strconv.Itoa(n) + ":" + waiting
				t.Run(how, func(t *testing.T) {
					t.Parallel()
					cmd := exec.CommandContext(t.Context(), os.Args[0])
					// The race detector would have each process sleep for a second at its end.
					cmd.Env = append(os.Environ(), starvedVariable+"="+how, "GORACE=atexit_sleep_ms=0")
					cmd.WaitDelay = patience
					if said, err := cmd.CombinedOutput(); err != nil {
						t.Errorf("%v\n%s", err, said)
					}
				})
			}
		}
	}
}
