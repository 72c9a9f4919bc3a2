// Accepting: requests that are answered and refused, and what ends the wait for them (RFC 6455 §4.2).

package core

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// listen makes a server on a free loopback port.
func listen(t testing.TB, o *ServerOptions) *Server {
	t.Helper()
	s, err := Listen("127.0.0.1", 0, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Drop)
	return s
}

// call opens a TCP connection to a server.
func call(t testing.TB, s *Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(s.Port()))
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { c.Close() })
	return c
}

// request is an opening handshake with further fields.
func request(target string, fields ...string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" + strings.Join(append(fields, ""), "\r\n") + "\r\n"
}

// response reads the answer to an opening handshake.
func response(t testing.TB, r *bufio.Reader) *http.Response {
	t.Helper()
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

type accepted struct {
	c   *Conn
	err error
}

// accepting runs Accept.
func accepting(s *Server) <-chan accepted {
	return async(func() accepted { c, err := s.Accept(); return accepted{c, err} })
}

func TestAccept(t *testing.T) {
	s := listen(t, &ServerOptions{Subprotocols: []string{"v2", "v1"}})
	got := accepting(s)
	peer := call(t, s)
	fmt.Fprint(peer, request("/chat/%20?a=b", "Origin: https://o.example", "Sec-WebSocket-Protocol: v1, v2, v3", "X-A: 1", "x-a: 2")+"\x81\x83\x00\x00\x00\x00now")
	r := bufio.NewReader(peer)
	res := response(t, r)
	// RFC 6455 §1.3: the accept key of the sample nonce.
	if res.StatusCode != 101 || res.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" || res.Header.Get("Sec-WebSocket-Protocol") != "v2" {
		t.Fatal(res)
	}
	a := await(t, got, "the connection")
	if a.err != nil {
		t.Fatal(a.err)
	}
	c := a.c
	defer c.Drop()
	q := c.Request()
	if q.Method != "GET" || q.Target != "/chat/%20?a=b" || q.Path != "/chat/%20" || q.Query != "a=b" || q.Host != "example.org" || q.Origin != "https://o.example" {
		t.Errorf("%+v", q)
	}
	if v, ok := q.Header("X-a"); v != "1, 2" || !ok {
		t.Error(v, ok)
	}
	if v, ok := q.Header("absent"); v != "" || ok {
		t.Error(v, ok)
	}
	if fmt.Sprint(q.Subprotocols) != "[v1 v2 v3]" || c.Subprotocol() != "v2" || c.HTTPStatus() != 101 || c.PeerAddr() != peer.LocalAddr().String() {
		t.Error(q.Subprotocols, c.Subprotocol(), c.HTTPStatus(), c.PeerAddr())
	}
	if !c.IsServer() || !c.IsOpen() || c.FD() < 0 {
		t.Error(c.State(), c.FD())
	}
	f, err := c.RecvFrame() // came in the same segment as the request
	if err != nil || f.PayloadText() != "now" {
		t.Fatal(f, err)
	}
}

func TestAcceptRefusesAndGoesOn(t *testing.T) {
	s := listen(t, &ServerOptions{Origins: []string{"https://good.example"}})
	for _, v := range []struct {
		name, request string
		status        int
		code          ErrorCode
	}{
		{"POST", strings.Replace(request("/"), "GET", "POST", 1), 405, CodeHandshake},
		{"version", strings.Replace(request("/"), "13", "8", 1), 426, CodeHandshake},
		{"plain GET", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 426, CodeHandshake},
		{"Host", strings.Replace(request("/"), "example.org", "exa/mple", 1), 400, CodeHandshake},
		{"garbage", "\x16\x03\x01\x02\x00\x01\x00", 400, CodeHandshake},
		{"origin", request("/", "Origin: https://evil.example"), 403, CodeOrigin},
		{"long head", request("/", "X: "+strings.Repeat("x", 9000)), 431, CodeHandshake},
	} {
		t.Run(v.name, func(t *testing.T) {
			got := accepting(s)
			peer := call(t, s)
			if _, err := io.WriteString(peer, v.request); err != nil {
				t.Fatal(err)
			}
			r := bufio.NewReader(peer)
			res := response(t, r)
			if res.StatusCode != v.status {
				t.Error(res.Status)
			}
			if v.status == 426 && (res.Header.Get("Sec-WebSocket-Version") != "13" || res.Header.Get("Upgrade") != "websocket") {
				t.Error(res.Header)
			}
			if _, err := io.ReadAll(res.Body); err != nil {
				t.Error(err)
			}
			a := await(t, got, "the error")
			wantCode(t, a.err, v.code)
			var e *Error
			if !errors.As(a.err, &e) || e.Status != v.status || a.c != nil || !e.Temporary() {
				t.Error(a.err)
			}
		})
	}
	got := accepting(s)
	peer := call(t, s)
	fmt.Fprint(peer, request("/", "Origin: HTTPS://GOOD.example"))
	if a := await(t, got, "a good client"); a.err != nil {
		t.Fatal(a.err)
	} else {
		a.c.Drop()
	}
}

// AcceptRequest decides nothing, also when clients came while Accept was called (RFC 6455 §4.2.2: the verdict is the caller's).
func TestAcceptRequestBehindAccept(t *testing.T) {
	s := listen(t, &ServerOptions{Subprotocols: []string{"p"}})
	var peers []net.Conn
	for range 4 {
		peers = append(peers, call(t, s))
		fmt.Fprint(peers[len(peers)-1], request("/private", "Sec-WebSocket-Protocol: p"))
	}
	first := must(s.Accept())(t)
	defer first.Drop()
	for range 2 {
		c := must(s.AcceptRequest())(t)
		defer c.Drop()
		if c.State() != StateConnecting {
			t.Fatal("decided already:", c.State())
		}
		peer := peers[slices.IndexFunc(peers, func(p net.Conn) bool { return p.LocalAddr().String() == c.PeerAddr() })]
		refused := async(func() error { return c.Refuse(404, nil, nil) })
		if res := response(t, bufio.NewReader(peer)); res.StatusCode != 404 {
			t.Error(res.Status)
		}
		peer.Close()
		if err := await(t, refused, "the refusal"); err != nil {
			t.Error(err)
		}
	}
	last := must(s.Accept())(t) // and the other way round
	defer last.Drop()
	if !last.IsOpen() || last.Subprotocol() != "p" {
		t.Error(last.State(), last.Subprotocol())
	}
}

// Without descriptors the server rests instead of spinning, and recovers.
func TestOutOfDescriptors(t *testing.T) {
	s := listen(t, nil)
	peer := call(t, s)
	fmt.Fprint(peer, request("/"))
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	low := old
	low.Cur = 4 // accept4 answers EMFILE from now on; poll still takes a few
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	restore := func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &old) }
	defer restore()
	runtime.LockOSThread() // what earlier tests have left to do is not counted
	defer runtime.UnlockOSThread()
	var before, after unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_THREAD, &before)
	start := time.Now()
	if err := s.SetOption(OptAcceptTimeoutMS, 500); err != nil {
		t.Fatal(err)
	}
	_, err := s.Accept()
	wantCode(t, err, CodeTimeout)
	_ = unix.Getrusage(unix.RUSAGE_THREAD, &after)
	used := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
	if took := time.Since(start); used > took/4 {
		t.Errorf("%v of CPU in %v", used, took)
	}
	restore()
	if err := s.SetOption(OptAcceptTimeoutMS, NoTimeoutMS); err != nil {
		t.Fatal(err)
	}
	a := await(t, accepting(s), "recovery")
	if a.err != nil {
		t.Fatal(a.err)
	}
	a.c.Drop()
}

func TestStopEndsAccept(t *testing.T) {
	for _, stop := range []struct {
		name string
		call func(*Server)
	}{
		{"Stop", func(s *Server) { _ = s.Stop() }},
		{"Close", func(s *Server) { _ = s.Close() }},
		{"StopFD", func(s *Server) { _, _ = unix.Write(s.StopFD(), []byte{1, 0, 0, 0, 0, 0, 0, 0}) }},
	} {
		t.Run(stop.name, promptly(wakeBound, func(t *testing.T) time.Duration {
			s := listen(t, nil)
			if !s.Running() {
				t.Fatal("not running")
			}
			var got []<-chan accepted
			for range 4 {
				got = append(got, accepting(s))
			}
			until(t, "one waits", func() bool { return blocked("core.(*Server).await") })
			took := timed(func() {
				stop.call(s)
				for _, g := range got {
					wantCode(t, await(t, g, "Accept's end").err, CodeClosed)
				}
			})
			if s.Running() || s.IsValid() != (stop.name != "Close") {
				t.Fatal(s.Running(), s.IsValid())
			}
			_, err := s.Accept()
			wantCode(t, err, CodeClosed)
			wantCode(t, s.RunEcho(), CodeClosed)
			return took
		}))
	}
}

func TestAcceptTimeout(t *testing.T) {
	s := listen(t, &ServerOptions{AcceptTimeout: 20 * time.Millisecond})
	_, err := s.Accept()
	wantCode(t, err, CodeTimeout)
}

func TestThousandHandshakesLeakNothing(t *testing.T) {
	s := listen(t, nil)
	url := "ws://127.0.0.1:" + strconv.Itoa(s.Port())
	fds, routines := 0, 0
	for i := range 1000 {
		if i == 10 { // after what the runtime opens once
			fds, routines = countFDs(t), runtime.NumGoroutine()
		}
		got := accepting(s)
		c, err := Dial(t.Context(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		a := await(t, got, "the connection")
		if a.err != nil {
			t.Fatal(a.err)
		}
		if i%2 == 0 {
			a.c.Drop()
			c.Drop()
			continue
		}
		done := async(func() error { _, err := a.c.RecvFrame(); return err })
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if err := await(t, done, "the close frame"); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "every goroutine ends", func() bool { return runtime.NumGoroutine() <= routines })
	if now := countFDs(t); now > fds {
		t.Fatalf("%d descriptors before, %d after", fds, now)
	}
}
