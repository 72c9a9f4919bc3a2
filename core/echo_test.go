// RunEcho: it echoes, serves one client after the other, and stops at once.

package core

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"libws/core/internal/sock"

	"golang.org/x/sys/unix"
)

func TestRunEcho(t *testing.T) { promptly(wakeBound, runEcho)(t) }

// runEcho tells how long stopping it takes inside a connection.
func runEcho(t *testing.T) time.Duration {
	s, err := BindHost("127.0.0.1", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Drop()
	done := async(s.RunEcho)
	url := "ws://127.0.0.1:" + strconv.Itoa(s.Port()) + "/"
	for range 3 { // one connection after the other
		c, err := Dial(t.Context(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"", "hello", strings.Repeat("ü", 100_000)} {
			if _, err := c.SendText(text); err != nil {
				t.Fatal(err)
			}
			if f, err := c.RecvMessage(); err != nil || !f.IsText() || f.PayloadText() != text {
				t.Fatal(f.Opcode, len(f.Payload), err)
			}
		}
		for i, part := range []string{"no ", "fragment ", "is lost"} { // with a ping between
			if _, err := c.SendFragment([]Opcode{OpBinary, OpContinuation, OpContinuation}[i], []byte(part), i == 2); err != nil {
				t.Fatal(err)
			}
			if _, err := c.SendPingPayload([]byte(part)); err != nil {
				t.Fatal(err)
			}
		}
		var seen []string
		for len(seen) < 4 {
			f, err := c.RecvFrame()
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, f.Opcode.String()+" "+f.PayloadText())
		}
		if all := strings.Join(seen, "|"); !strings.Contains(all, "binary no fragment is lost") || strings.Count(all, "pong") != 3 {
			t.Fatal(all)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	// One that misbehaves ends its own connection only.
	bad := call(t, s)
	fmt.Fprint(bad, request("/")+"\x81\x01x")
	r := bufio.NewReader(bad)
	if res := response(t, r); res.StatusCode != 101 {
		t.Fatal(res.Status)
	}
	if b, err := io.ReadAll(r); err != nil || len(b) < 4 || b[0] != 0x88 || b[2] != 3 || b[3] != 0xEA {
		t.Fatalf("% x %v", b, err)
	}
	bad.Close()
	c, err := Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.SendText("still here"); err != nil {
		t.Fatal(err)
	}
	if f, err := c.RecvMessage(); err != nil || f.PayloadText() != "still here" {
		t.Fatal(f, err)
	}
	took := timed(func() {
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := await(t, done, "RunEcho's end"); err != nil {
			t.Fatal(err)
		}
	})
	if f, err := c.RecvFrame(); err != nil || f.CloseCode() != CloseGoingAway {
		t.Fatal(f, err)
	}
	return took
}

// What a signal handler may do ends it as well, in accept and inside a connection.
func TestRunEchoStopsBySignalHandler(t *testing.T) { promptly(wakeBound, stopRunEchoByHandler)(t) }

func stopRunEchoByHandler(t *testing.T) (slowest time.Duration) {
	for _, busy := range []bool{false, true} {
		s := listen(t, nil)
		done := async(s.RunEcho)
		until(t, "the server waits", func() bool { return blocked("core.(*Server).await") })
		if busy {
			c, err := Dial(t.Context(), "ws://127.0.0.1:"+strconv.Itoa(s.Port()), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Drop()
			if _, err := c.SendText("x"); err != nil {
				t.Fatal(err)
			}
			if _, err := c.RecvMessage(); err != nil {
				t.Fatal(err)
			}
		}
		slowest = max(slowest, timed(func() {
			if _, err := unix.Write(s.StopFD(), []byte{1, 0, 0, 0, 0, 0, 0, 0}); err != nil {
				t.Fatal(err)
			}
			if err := await(t, done, "RunEcho's end"); err != nil {
				t.Fatal(err)
			}
		}))
	}
	return slowest
}

// Close ends it as Stop does, whatever it is doing at that moment, and the client is told.
func TestRunEchoEndsWithClose(t *testing.T) {
	for round := range 25 { // each a little later in the life of the connection
		s := listen(t, nil)
		done := async(s.RunEcho)
		c := must(Dial(t.Context(), "ws://127.0.0.1:"+strconv.Itoa(s.Port()), nil))(t)
		echoed := make(chan struct{}, 1)
		told := async(func() CloseCode {
			for n := 0; ; n++ {
				if n == round+1 {
					echoed <- struct{}{}
				}
				_, err := c.SendText("x") // fails once the server's close frame is on its way
				f, failed := c.RecvMessage()
				if failed != nil {
					t.Error(failed, "after", err)
				}
				if failed != nil || f.IsClose() {
					return f.CloseCode()
				}
			}
		})
		await(t, echoed, "the echoes")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := await(t, done, "RunEcho's end"); err != nil {
			t.Fatal(err)
		}
		if code := await(t, told, "the close frame"); code != CloseGoingAway {
			t.Fatal(code)
		}
		c.Drop()
	}
}

// A client whose handshake is done when Close comes, but whose turn has not, is not served for ever either.
func TestEchoAfterClose(t *testing.T) {
	s := listen(t, nil)
	got := accepting(s)
	c := must(Dial(t.Context(), "ws://127.0.0.1:"+strconv.Itoa(s.Port()), nil))(t)
	defer c.Drop()
	a := await(t, got, "the connection")
	if a.err != nil || !s.enter() {
		t.Fatal(a.err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	done := async(func() error { defer s.leave(); return s.echo(a.c) })
	if f, err := c.RecvMessage(); err != nil || f.CloseCode() != CloseGoingAway {
		t.Error(f, err)
	}
	if err := await(t, done, "the echo's end"); err != nil {
		t.Error(err)
	}
	if s.enter() || s.stop.FD() != -1 {
		t.Error("the event outlives its users")
	}
}

// A client that never lets the server wait does not keep it from stopping, neither with messages nor with pongs.
func TestRunEchoStopsInAFlood(t *testing.T) {
	for name, frames := range map[string][]byte{"messages": masked(0x82, "x"), "pongs": masked(0x8A, "x")} {
		for how, stop := range map[string]func(*Server) error{
			"Stop":   (*Server).Stop,
			"Close":  (*Server).Close,
			"StopFD": func(s *Server) error { _, err := unix.Write(s.StopFD(), []byte{1, 0, 0, 0, 0, 0, 0, 0}); return err },
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				s := listen(t, nil)
				c := flooded(t, nil, bytes.Repeat(frames, 100), nil)
				if !s.enter() {
					t.Fatal("closed already")
				}
				done := async(func() error { defer s.leave(); return s.echo(c) })
				until(t, "the flood is read", func() bool { return c.receiver.held() })
				if err := stop(s); err != nil {
					t.Fatal(err)
				}
				if err := await(t, done, "the echo's end"); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// A client cannot end it by sending without a pause, whatever signals may do. Stop ends it all the same.
func TestRunEchoIsNotEndedByAFlood(t *testing.T) {
	s := listen(t, nil)
	c := flooded(t, nil, bytes.Repeat(masked(0x89, "answer this"), 1000), map[Option]int64{OptInterruptible: 1})
	stop := time.Now().Add(4 * lookEvery)
	c.stream.(*flood).before = func(*sock.Wait) {
		if time.Now().After(stop) {
			_ = s.Stop()
		}
	}
	if err := await(t, async(func() error { return s.echo(c) }), "the end of the connection"); err != nil || s.Running() {
		t.Fatal(err)
	}
}
