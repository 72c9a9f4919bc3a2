// Requests that the program decides on, and plain HTTP on the same port (RFC 6455 §4.2).

package core

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func requestLoop(t *testing.T) (*testLoop, int) {
	l := newTestLoop(t, LoopOptions{Requests: true})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	return l, port
}

// nextRequest polls until a request is told and returns it with its connection.
func (l *testLoop) nextRequest() (loopTold, *Request) {
	l.t.Helper()
	l.until("a request", func() bool { return len(l.of(LoopRequest)) > l.requests })
	e := l.of(LoopRequest)[l.requests]
	l.requests++
	r, err := l.Request(e.Conn)
	if err != nil {
		l.t.Fatal(err)
	}
	return e, r
}

func TestLoopRequestAccepted(t *testing.T) {
	l, port := requestLoop(t)
	p := dialTCP(t, port)
	p.raw([]byte(strings.Replace(upgradeRequest, "\r\n\r\n", "\r\nSec-WebSocket-Protocol: a, b\r\nX-Token: 1\r\nX-Token: 2\r\n\r\n", 1)))
	p.send(OpText, "right behind the request")
	e, r := l.nextRequest()
	if e.Code != 0 || e.Payload != "/chat?x=1" {
		t.Errorf("got %v", e)
	}
	token, _ := r.Header("x-token")
	if r.Method != "GET" || r.Path != "/chat" || r.Query != "x=1" || token != "1, 2" || strings.Join(r.Subprotocols, " ") != "a b" {
		t.Errorf("request %+v", r)
	}
	if addr, err := l.PeerAddr(e.Conn); !strings.HasPrefix(addr, "127.0.0.1:") || err != nil {
		t.Errorf("peer %q %v", addr, err)
	}
	_, err := l.SendText(e.Conn, "too early")
	wantCode(t, err, CodeState)
	wantCode(t, l.Accept(e.Conn, "c", nil), CodeArgument)
	wantCode(t, l.Accept(e.Conn, "a", []HeaderField{{Name: "X-Bad", Value: "a\r\nb"}}), CodeHeader)
	if err := l.Accept(e.Conn, "b", []HeaderField{{Name: "X-Good", Value: "yes"}}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, l.Accept(e.Conn, "b", nil), CodeState)
	head := p.head(l, "101")
	if !strings.Contains(head, "X-Good: yes\r\n") || !strings.Contains(head, "Sec-WebSocket-Protocol: b\r\n") {
		t.Errorf("response %q", head)
	}
	l.until("the message", func() bool { return len(l.of(LoopMessage)) == 1 })
	wantEvents(t, l.events, "request /chat?x=1", "open b", "message right behind the request")
}

// A connection that is accepted and closed before it is told open has the time of a closing handshake for it, like any other.
func TestLoopRequestAcceptedAndClosed(t *testing.T) {
	for _, o := range []LoopOptions{{}, {PingInterval: NoTimeout}, {HandshakeTimeout: NoTimeout}} {
		o.Requests = true
		l := newClockLoop(t, o)
		port, err := l.Listen("127.0.0.1:0", false)
		if err != nil {
			t.Fatal(err)
		}
		p := dialTCP(t, port)
		p.raw([]byte(upgradeRequest))
		e, _ := l.nextRequest()
		if err := l.Accept(e.Conn, "", nil); err != nil {
			t.Fatal(err)
		}
		if err := l.CloseConn(e.Conn, 4000, "full"); err != nil {
			t.Fatal(err)
		}
		p.head(l, "101")
		if got := p.await(l, 1); got[0] != "close 4000 full" {
			t.Errorf("the peer got %q", got)
		}
		l.pass(4 * time.Second)
		wantEvents(t, l.events, "request /chat?x=1", "open ")
		l.pass(time.Second + clockTick)
		wantEvents(t, l.events, "request /chat?x=1", "open ", "close a deadline passed")
	}
}

// What is sent between Accept and the next poll comes behind the response, short or long, published too (RFC 6455 §4.2.2).
func TestLoopSendsRightAfterAccept(t *testing.T) {
	for name, send := range map[string]func(l *testLoop, id ConnID) error{
		"short": func(l *testLoop, id ConnID) error { _, err := l.SendText(id, "hello"); return err },
		"long":  func(l *testLoop, id ConnID) error { _, err := l.SendBinary(id, make([]byte, 2*directSend)); return err },
		"batch": func(l *testLoop, id ConnID) error {
			_, err := l.SendBatch([]LoopSend{{Conn: id, Op: int64(OpText)}, {Conn: id, Op: int64(OpText)}})
			return err
		},
		"published": func(l *testLoop, id ConnID) error {
			_, err := l.Publish("a", OpBinary, make([]byte, 2*publishMost), 0)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, port := requestLoop(t)
			p := dialTCP(t, port)
			p.raw([]byte(upgradeRequest))
			e, _ := l.nextRequest()
			if err := l.Accept(e.Conn, "", nil); err != nil {
				t.Fatal(err)
			}
			if err := l.Subscribe(e.Conn, "a"); err != nil {
				t.Fatal(err)
			}
			if q := l.Metrics().QueueBytes; q == 0 {
				t.Error("a response that waits is not counted")
			}
			if err := send(l, e.Conn); err != nil {
				t.Fatal(err)
			}
			p.head(l, "101")
			p.await(l, 1)
		})
	}
}

// Plain requests are answered on the same connection, one after the other, pipelined ones too; then it may still be upgraded.
func TestLoopPlainHTTP(t *testing.T) {
	l, port := requestLoop(t)
	p := dialTCP(t, port)
	p.raw([]byte("GET /one HTTP/1.1\r\nHost: a\r\n\r\nHEAD /two HTTP/1.1\r\nHost: a\r\n\r\n" + upgradeRequest))
	for i, path := range []string{"/one", "/two"} {
		e, r := l.nextRequest()
		if e.Code != []int64{426, 405}[i] || r.Path != path {
			t.Fatalf("request %d: %v %+v", i, e, r)
		}
		wantCode(t, l.Accept(e.Conn, "", nil), CodeState)
		if err := l.Respond(e.Conn, 200, []HeaderField{{Name: "Content-Type", Value: "text/html"}}, []byte("<p>"+path)); err != nil {
			t.Fatal(err)
		}
		head := p.head(l, "200")
		if !strings.Contains(head, "Content-Length: 7\r\n") || strings.Contains(head, "Connection: close") {
			t.Errorf("response %q", head)
		}
		if i == 0 {
			var body [7]byte
			if n, _ := readFull(p.fd, body[:]); string(body[:n]) != "<p>/one" {
				t.Errorf("body %q", body[:n])
			}
		}
	}
	e, _ := l.nextRequest()
	if e.Code != 0 {
		t.Errorf("got %v", e)
	}
	if err := l.Accept(e.Conn, "", nil); err != nil {
		t.Fatal(err)
	}
	p.head(l, "101")
	l.until("open", func() bool { return len(l.of(LoopOpen)) == 1 })
}

// A request that cannot be followed by another one ends its connection, and a refusal does so where HTTP would allow another request.
func TestLoopAnswersThatEndTheConnection(t *testing.T) {
	for name, c := range map[string]struct {
		request string
		answer  func(l *Loop, id ConnID, status int, header []HeaderField, body []byte) error
	}{
		"close":   {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", (*Loop).Respond},
		"body":    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", (*Loop).Respond},
		"refusal": {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", (*Loop).Refuse},
	} {
		t.Run(name, func(t *testing.T) {
			l, port := requestLoop(t)
			p := dialTCP(t, port)
			p.raw([]byte(c.request))
			e, _ := l.nextRequest()
			if err := c.answer(l.Loop, e.Conn, 404, nil, []byte("no")); err != nil {
				t.Fatal(err)
			}
			if head := p.head(l, "404"); !strings.Contains(head, "Connection: close\r\n") {
				t.Errorf("response %q", head)
			}
			l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
			if e := l.last(); e.Error != 0 {
				t.Errorf("got %v", e)
			}
			wantCode(t, c.answer(l.Loop, e.Conn, 404, nil, nil), CodeClosed)
			var body [3]byte
			if n, err := readFull(p.fd, body[:2]); string(body[:n]) != "no" || err != nil {
				t.Errorf("body %q, %v", body[:n], err)
			}
			p.awaitEOF(l)
		})
	}
}

// A client that has had its answer and goes is no failure; one that goes in the middle of a request is.
func TestLoopPlainClientGoes(t *testing.T) {
	l, port := requestLoop(t)
	p := dialTCP(t, port)
	p.raw([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	e, _ := l.nextRequest()
	wantCode(t, l.Respond(e.Conn, 99, nil, nil), CodeArgument)
	if err := l.Respond(e.Conn, 204, nil, nil); err != nil {
		t.Fatal(err)
	}
	p.head(l, "204")
	p.close()
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	if e := l.last(); e.Error != 0 || e.Code != 1006 {
		t.Errorf("got %v", e)
	}
	_, err := l.Request(e.Conn)
	wantCode(t, err, CodeClosed)
}

// Without OptRequests the rules decide: origins, subprotocols, 426 for what is no opening handshake.
func TestLoopRules(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Subprotocols: []string{"v2", "v1"}, Origins: []string{"https://good"}})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	with := func(fields string) string {
		return strings.Replace(upgradeRequest, "\r\n\r\n", "\r\n"+fields+"\r\n\r\n", 1)
	}
	for _, c := range []struct{ request, status, field string }{
		{upgradeRequest, "101", ""},
		{with("Origin: https://good\r\nSec-WebSocket-Protocol: v1, v2"), "101", "Sec-WebSocket-Protocol: v2\r\n"},
		{with("Origin: https://evil"), "403", "Connection: close\r\n"},
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "426", "Upgrade: websocket\r\n"},
		{"POST / HTTP/1.1\r\nHost: a\r\n\r\n", "405", "Allow: GET\r\n"},
		{"\x16\x03\x01\x02", "400", ""},
	} {
		p := dialTCP(t, port)
		p.raw([]byte(c.request))
		if head := p.head(l, c.status); !strings.Contains(head, c.field) {
			t.Errorf("%q: response %q", c.request, head)
		}
		if c.status != "101" {
			l.until("the end", func() bool {
				var b [100]byte
				n, err := readFull(p.fd, b[:])
				return n == 0 && err == nil
			})
		}
	}
	if m := l.Metrics(); m.Open != 2 || m.Refused != 4 || m.Total != 6 {
		t.Errorf("%d open, %d refused, %d in all", m.Open, m.Refused, m.Total)
	}
	if n := len(l.of(LoopClose)); n != 0 {
		t.Errorf("%d connections that nobody heard of were told closed", n)
	}
	if err := l.SetOrigins(nil); err != nil {
		t.Error(err)
	}
	wantCode(t, l.SetSubprotocols([]string{"a b"}), CodeHeader)
}

// A request that is never decided on is dropped with the handshake's deadline.
func TestLoopUndecidedRequest(t *testing.T) {
	l := newClockLoop(t, LoopOptions{Requests: true})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	p := dialTCP(t, port)
	p.raw([]byte(upgradeRequest))
	e, _ := l.nextRequest()
	p.raw([]byte(strings.Repeat("x", 1000))) // what comes meanwhile waits, and keeps nobody awake
	l.settle()
	if n := l.epollReady(); n != 0 {
		t.Errorf("%d ready", n)
	}
	l.pass(10*time.Second + clockTick)
	if last := l.last(); last.Kind != LoopClose || last.Conn != e.Conn || last.Error != CodeTimeout {
		t.Errorf("got %v", last)
	}
}

// AdoptUpgrade goes on from bytes that were read already.
func TestLoopAdoptUpgrade(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	for cut := 0; cut <= len(upgradeRequest); cut += 20 {
		l.take()
		a, b := socketpair(t)
		p := &loopPeer{t: t, fd: b}
		p.m.Init(peerConfig(RoleClient))
		_, err := l.AdoptUpgrade(a, []byte(upgradeRequest[:cut]))
		if err != nil {
			t.Fatal(err)
		}
		p.raw([]byte(upgradeRequest[cut:]))
		nonblock(t, b)
		l.until("open", func() bool { return len(l.of(LoopOpen)) == 1 })
		if r, err := l.Request(l.last().Conn); err != nil || r.Path != "/chat" {
			t.Errorf("right behind open: %+v %v", r, err)
		}
		p.head(l, "101")
		l.once()
		_, err = l.Request(l.last().Conn)
		wantCode(t, err, CodeState)
	}
	_, err := l.Adopt(0, 7, nil)
	wantCode(t, err, CodeArgument)
}

// Whatever is no connected stream socket is refused at once, and stays the caller's.
func TestLoopAdoptTakesConnectedStreamsOnly(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	unconnected, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range []int{-1, l.WakeFD(), unconnected} {
		_, err := l.Adopt(fd, RoleServer, nil)
		wantCode(t, err, CodeArgument)
		_, err = l.AdoptUpgrade(fd, nil)
		wantCode(t, err, CodeArgument)
	}
	if m := l.Metrics(); m.Total != 0 {
		t.Errorf("%d connections", m.Total)
	}
	if err := unix.Close(unconnected); err != nil {
		t.Error(err)
	}
}
