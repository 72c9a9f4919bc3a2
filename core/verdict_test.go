// Requests that wait for a verdict, and those that never get one.

package core

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestAcceptRequest(t *testing.T) {
	s := listen(t, nil)
	for _, v := range []struct {
		name   string
		decide func(*testing.T, *Conn) error
		status int
		body   string
	}{
		{"accept", func(t *testing.T, c *Conn) error {
			wantCode(t, c.AcceptUpgrade(&AcceptOptions{Subprotocol: "other"}), CodeArgument)
			wantCode(t, c.AcceptUpgrade(&AcceptOptions{Header: http.Header{"X": {"a\r\nb"}}}), CodeHeader)
			return c.AcceptUpgrade(&AcceptOptions{Subprotocol: "p", Header: http.Header{"X-Ours": {"yes"}}})
		}, 101, ""},
		{"refuse", func(t *testing.T, c *Conn) error {
			wantCode(t, c.Refuse(100, nil, nil), CodeArgument)
			wantCode(t, c.Refuse(404, http.Header{"a b": {""}}, nil), CodeHeader)
			return c.Refuse(404, http.Header{"X-Ours": {"yes"}}, []byte("nothing here"))
		}, 404, "nothing here"},
	} {
		t.Run(v.name, func(t *testing.T) {
			got := async(func() accepted { c, err := s.AcceptRequest(); return accepted{c, err} })
			peer := call(t, s)
			fmt.Fprint(peer, request("/p?q", "Sec-WebSocket-Protocol: p"))
			a := await(t, got, "the request")
			if a.err != nil || a.c.State() != StateConnecting || a.c.IsOpen() || a.c.Request().Path != "/p" {
				t.Fatal(a.err)
			}
			_, err := a.c.SendText("early")
			wantCode(t, err, CodeState)
			_, err = a.c.RecvFrame()
			wantCode(t, err, CodeState)
			decided := async(func() error { return v.decide(t, a.c) })
			res := response(t, bufio.NewReader(peer))
			if res.StatusCode != v.status || res.Header.Get("X-Ours") != "yes" {
				t.Fatal(res)
			}
			if v.status != 101 {
				if body, err := io.ReadAll(res.Body); err != nil || string(body) != v.body {
					t.Fatal(string(body), err)
				}
				peer.Close()
			}
			if err := await(t, decided, "the verdict"); err != nil {
				t.Fatal(err)
			}
			if a.c.HTTPStatus() != v.status || a.c.IsOpen() != (v.status == 101) {
				t.Fatal(a.c.HTTPStatus(), a.c.State())
			}
			if c := code(a.c.AcceptUpgrade(nil)); c != CodeState && c != CodeClosed {
				t.Fatal(c)
			}
			if c := code(a.c.Refuse(404, nil, nil)); c != CodeState && c != CodeClosed {
				t.Fatal(c)
			}
			a.c.Drop()
		})
	}
}

func TestUndecidedRequestThatIsClosed(t *testing.T) {
	s := listen(t, nil)
	got := async(func() accepted { c, err := s.AcceptRequest(); return accepted{c, err} })
	peer := call(t, s)
	fmt.Fprint(peer, request("/"))
	a := await(t, got, "the request")
	closed := async(a.c.Close)
	if res := response(t, bufio.NewReader(peer)); res.StatusCode != 503 {
		t.Fatal(res.Status)
	}
	peer.Close()
	if err := await(t, closed, "Close"); err != nil {
		t.Fatal(err)
	}
}

// undecidedServer returns a server's connection on s whose peer has sent a request.
func undecidedServer(t *testing.T, s *scripted) *Conn {
	t.Helper()
	c := scriptedServer(s, defaultSettings())
	c.m.InitServer(&c.cfg)
	c.m.Feed([]byte(request("/")))
	if err := c.open(&receiving{}); err != nil {
		t.Fatal(err)
	}
	c.request = requestOf(c.m.Request())
	return c
}

// The connection is open when its answer is the next thing to be written, not before: no frame overtakes the 101.
func TestNoFrameBeforeTheAcceptance(t *testing.T) {
	s := &scripted{}
	c := undecidedServer(t, s)
	defer c.Drop()
	if !c.gate.try() { // somebody writes
		t.Fatal("nobody writes yet")
	}
	accepted := async(func() error { return c.AcceptUpgrade(nil) })
	until(t, "the acceptance waits for the gate", func() bool { return inLine(c) == 1 })
	if c.IsOpen() {
		t.Error("the connection is open, and its answer is not on the way")
	}
	c.gate.leave()
	if err := await(t, accepted, "the acceptance"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SendText("x"); err != nil {
		t.Fatal(err)
	}
	if said := s.said(); !strings.HasPrefix(said, "HTTP/1.1 101 ") || !strings.HasSuffix(said, "\r\n\r\n\x81\x01x") {
		t.Errorf("%q", said)
	}
}
