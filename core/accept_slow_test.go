// Clients that are slow or silent in the opening handshake: they hold nobody up, their time is absolute, their number bounded (RFC 6455 §4.2).

package core

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// One slow client never holds up another.
func TestSlowHandshakesHoldNobodyUp(t *testing.T) {
	s := listen(t, nil)
	for range 50 { // silent ones, and one that sends a byte at a time
		call(t, s)
	}
	slow := call(t, s)
	for i := range 20 {
		got := accepting(s)
		if _, err := io.WriteString(slow, request("/slow")[i:i+1]); err != nil {
			t.Fatal(err)
		}
		peer := call(t, s)
		fmt.Fprint(peer, request("/fast"))
		a := await(t, got, "a fast client")
		if a.err != nil || a.c.Request().Path != "/fast" {
			t.Fatal(a.err)
		}
		a.c.Drop()
	}
	got := accepting(s)
	fmt.Fprint(slow, request("/slow")[20:])
	if a := await(t, got, "the slow client"); a.err != nil || a.c.Request().Path != "/slow" {
		t.Fatal(a.err)
	} else {
		a.c.Drop()
	}
}

func TestHandshakeDeadlineIsAbsolute(t *testing.T) {
	s := listen(t, &ServerOptions{Options: Options{HandshakeTimeout: 200 * time.Millisecond}})
	peer := call(t, s)
	slow := []byte(request("/", "X-Padding: "+strings.Repeat("x", 1000)))
	if _, err := peer.Write(slow[:1]); err != nil { // who says nothing gets no answer
		t.Fatal(err)
	}
	stop := make(chan struct{})
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		for _, b := range slow[1:] {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				if _, err := peer.Write([]byte{b}); err != nil {
					return
				}
			}
		}
	}()
	within(t, 8*time.Second, "the deadline", func() {
		_, err := s.Accept()
		wantCode(t, err, CodeHandshake)
		var e *Error
		if !errors.As(err, &e) || e.Status != 408 {
			t.Fatal(err)
		}
	})
	if res := response(t, bufio.NewReader(peer)); res.StatusCode != 408 {
		t.Fatal(res.Status)
	}
	close(stop)
	<-fed
}

// A flood of half handshakes costs the oldest its place.
func TestPendingHandshakesAreCapped(t *testing.T) {
	s := listen(t, &ServerOptions{MaxPending: 4})
	var silent []net.Conn
	for range 10 {
		silent = append(silent, call(t, s))
	}
	got := accepting(s)
	peer := call(t, s)
	fmt.Fprint(peer, request("/"))
	a := await(t, got, "the good client")
	if a.err != nil {
		t.Fatal(a.err)
	}
	a.c.Drop()
	for _, c := range silent[:6] {
		if res := response(t, bufio.NewReader(c)); res.StatusCode != 503 {
			t.Fatal(res.Status)
		}
	}
	if len(s.pending) > 4 {
		t.Fatal(len(s.pending))
	}
}

// A client that has not said a word in time is not answered; only a request can be late (RFC 9110 §15.5.9).
func TestHandshakeDeadlineOfSilence(t *testing.T) {
	s := listen(t, &ServerOptions{Options: Options{HandshakeTimeout: 20 * time.Millisecond}})
	peer := call(t, s)
	_, err := s.Accept()
	wantCode(t, err, CodeHandshake)
	if b, err := io.ReadAll(peer); len(b) != 0 || err != nil {
		t.Errorf("got %q, %v", b, err)
	}
}
