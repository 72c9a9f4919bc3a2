// Dialling: what is refused before anything is sent, what fails on the way, and the one deadline over all (RFC 6455 §4.1).

package core

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"libws/core/internal/sock"

	"golang.org/x/sys/unix"
)

// answering is a TCP server that answers each connection by hand.
func answering(t testing.TB, answer func(net.Conn, *http.Request)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(patience))
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil {
					r = nil
				}
				answer(c, r)
				_, _ = io.Copy(io.Discard, c)
			}()
		}
	}()
	return "ws://" + l.Addr().String() + "/"
}

func TestDial(t *testing.T) {
	hosts := []string{"127.0.0.1", "localhost"}
	if hasIPv6() {
		hosts = append(hosts, "[::1]")
	}
	s, err := Bind(0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Drop()
	if err := s.SetSubprotocols([]string{"b", "a"}); err != nil {
		t.Fatal(err)
	}
	for _, host := range hosts {
		t.Run(host, func(t *testing.T) {
			got := accepting(s)
			c, err := Dial(t.Context(), fmt.Sprintf("ws://%s:%d/path/%%20?q=1", host, s.Port()), &DialOptions{
				Subprotocols: []string{"a", "b"}, Origin: "https://o.example", Header: http.Header{"X-One": {"1", "2"}, "Authorization": {"Bearer x"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Drop()
			a := await(t, got, "the connection")
			if a.err != nil {
				t.Fatal(a.err)
			}
			defer a.c.Drop()
			q := a.c.Request()
			one, _ := q.Header("x-one")
			auth, _ := q.Header("authorization")
			if q.Path != "/path/%20" || q.Query != "q=1" || q.Origin != "https://o.example" || q.Host != fmt.Sprintf("%s:%d", host, s.Port()) || one != "1, 2" || auth != "Bearer x" {
				t.Errorf("%+v", q)
			}
			if c.Subprotocol() != "b" || c.HTTPStatus() != 101 || c.IsServer() || !c.IsOpen() || c.FD() < 0 || !strings.HasSuffix(c.PeerAddr(), ":"+strconv.Itoa(s.Port())) {
				t.Error(c.Subprotocol(), c.HTTPStatus(), c.State(), c.PeerAddr())
			}
			if c.Request() != nil {
				t.Error("a client has no request to read")
			}
			if _, err := c.SendText("over " + host); err != nil {
				t.Fatal(err)
			}
			if f, err := a.c.RecvFrame(); err != nil || f.PayloadText() != "over "+host {
				t.Fatal(f, err)
			}
		})
	}
}

// What cannot be sent is refused here, and nothing leaves the machine.
func TestDialRefusesLocally(t *testing.T) {
	called := make(chan struct{}, 100)
	url := answering(t, func(net.Conn, *http.Request) { called <- struct{}{} })
	for _, v := range []struct {
		name string
		url  string
		o    *DialOptions
		code ErrorCode
	}{
		{"scheme", "http://127.0.0.1", nil, CodeURL},
		{"TLS", "wss://127.0.0.1", nil, CodeURL},
		{"break in the path", url + "a\r\nX: y", nil, CodeURL},
		{"space in the query", url + "?a b", nil, CodeURL},
		{"break in a header", url, &DialOptions{Header: http.Header{"X": {"a\r\nY: b"}}}, CodeHeader},
		{"break in a header name", url, &DialOptions{Header: http.Header{"X\r\n": {"a"}}}, CodeHeader},
		{"header of the handshake", url, &DialOptions{Header: http.Header{"Sec-WebSocket-Key": {"a"}}}, CodeHeader},
		{"break in the origin", url, &DialOptions{Origin: "a\nb"}, CodeHeader},
		{"subprotocol", url, &DialOptions{Subprotocols: []string{"a\r\n"}}, CodeHeader},
		{"subprotocol twice", url, &DialOptions{Subprotocols: []string{"a", "a"}}, CodeArgument},
	} {
		c, err := Dial(t.Context(), v.url, v.o)
		if code(err) != v.code || c != nil {
			t.Errorf("%s: %v, want code %d", v.name, err, v.code)
		}
	}
	select {
	case <-called:
		t.Error("something was sent")
	default:
	}
}

func TestDialFailures(t *testing.T) {
	accept := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"
	var redirected int
	for _, v := range []struct {
		name   string
		answer string
		code   ErrorCode
		status int
	}{
		{"404", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", CodeRefused, 404},
		{"redirect", "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", CodeRefused, 302},
		{"wrong accept key", accept, CodeHandshake, 101},
		{"no HTTP", "hello\r\n\r\n", CodeHandshake, 0},
		{"silent end", "", CodeHandshake, 0},
		{"endless head", "HTTP/1.1 101 Switching Protocols\r\nX: " + strings.Repeat("x", 10_000), CodeHandshake, 0},
	} {
		t.Run(v.name, func(t *testing.T) {
			url := answering(t, func(c net.Conn, r *http.Request) {
				if r != nil && r.URL.Path == "/elsewhere" {
					redirected++
				}
				_, _ = io.WriteString(c, v.answer)
				_ = c.(*net.TCPConn).CloseWrite()
			})
			c, err := Dial(t.Context(), url, nil)
			wantCode(t, err, v.code)
			var e *Error
			if !errors.As(err, &e) || v.status != 0 && e.Status != v.status || c != nil {
				t.Fatal(err)
			}
		})
	}
	if redirected > 0 {
		t.Error("a redirect was followed")
	}
}

func TestDialErrorsOfTheNetwork(t *testing.T) {
	emptyResolver(t)
	_, err := Dial(t.Context(), "ws://"+deserted(t), nil)
	wantCode(t, err, CodeSystem)
	if !errors.Is(err, unix.ECONNREFUSED) {
		t.Error(err)
	}
	_, err = Dial(t.Context(), "ws://no-such-host.invalid/", nil)
	wantCode(t, err, CodeResolve)
}

// deserted returns an address that nobody listens on, nor can: its port is taken.
func deserted(t *testing.T) string {
	t.Helper()
	fd := must(unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))(t)
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint("127.0.0.1:", must(unix.Getsockname(fd))(t).(*unix.SockaddrInet4).Port)
}

func TestDialDeadline(t *testing.T) {
	url := answering(t, func(c net.Conn, _ *http.Request) { _, _ = c.Read(make([]byte, 1)) })
	fds := countFDs(t)
	within(t, 8*time.Second, "the handshake timeout", func() {
		_, err := Dial(t.Context(), url, &DialOptions{Options: Options{HandshakeTimeout: 50 * time.Millisecond}})
		wantCode(t, err, CodeTimeout)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	within(t, 8*time.Second, "the context", func() {
		_, err := Dial(ctx, url, nil)
		wantCode(t, err, CodeTimeout)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	ctx, cancel = context.WithCancel(t.Context())
	got := async(func() error { _, err := Dial(ctx, url, nil); return err })
	until(t, "the dial waits", func() bool { return blocked("core.(*Conn).open") })
	cancel()
	err := await(t, got, "the cancelled dial")
	wantCode(t, err, CodeInterrupted)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	until(t, "every descriptor is given back", func() bool { return countFDs(t) <= fds+3 }) // three of the answering side
}

// The deadline is there while a name is looked up and while an address does not answer.
func TestDialDeadlineOnTheWay(t *testing.T) {
	muteResolver(t)
	for name, url := range map[string]string{"name": "ws://no.such.host.example/", "address": "ws://" + silentAddress(t)} {
		for _, interruptible := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " interruptible ", interruptible), func(t *testing.T) {
				o := &DialOptions{Options: Options{Interruptible: interruptible, HandshakeTimeout: 50 * time.Millisecond}}
				_, err := Dial(t.Context(), url, o)
				for code(err) == CodeInterrupted { // by a signal of Go's own
					_, err = Dial(t.Context(), url, o)
				}
				wantCode(t, err, CodeTimeout)
				o.HandshakeTimeout = time.Hour
				ctx, cancel := context.WithCancel(t.Context())
				got := async(func() error {
					for {
						_, err := Dial(ctx, url, o)
						if code(err) != CodeInterrupted || errors.Is(err, context.Canceled) {
							return err
						}
					}
				})
				cancel()
				err = await(t, got, "the cancelled dial")
				wantCode(t, err, CodeInterrupted)
				if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
	}
}

// silentAddress returns the address of a listener whose queue is full, so that attempts to connect are not answered.
func silentAddress(t *testing.T) string {
	t.Helper()
	listener, port, err := sock.Listen(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(listener) })
	if err := unix.Listen(listener, 0); err != nil {
		t.Fatal(err)
	}
	ap := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
	for {
		c, err := sock.Connect(t.Context(), ap, sock.Wait{Deadline: time.Now().Add(30 * time.Millisecond)})
		if err == sock.ErrTimeout {
			return ap.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
}

// A signal ends Dial wherever it waits.
func TestInterruptedDial(t *testing.T) {
	muteResolver(t)
	reticent := answering(t, func(c net.Conn, _ *http.Request) { _, _ = c.Read(make([]byte, 1)) })
	for name, url := range map[string]string{"name": "ws://no.such.host.example/", "address": "ws://" + silentAddress(t), "response": reticent} {
		t.Run(name, func(t *testing.T) {
			err := signalled(t, "Dial", func() error {
				_, err := Dial(context.Background(), url, &DialOptions{Options: Options{Interruptible: true, HandshakeTimeout: time.Hour}})
				return err
			})
			wantCode(t, err, CodeInterrupted)
		})
	}
}

// Frames in the same segment as the response are not lost.
func TestDialKeepsEarlyFrames(t *testing.T) {
	s := listen(t, nil)
	got := async(func() error {
		c, err := s.AcceptRequest()
		if err != nil {
			return err
		}
		defer c.Drop()
		c.mu.Lock()
		err = c.grant(acceptNothing)
		c.mu.Unlock()
		if err != nil {
			return err
		}
		all := append(append([]byte(nil), c.output()...), "\x81\x05early"...)
		_, err = c.stream.TryWrite(all)
		c.sent(len(all))
		if err == nil {
			_, err = c.RecvFrame()
		}
		return err
	})
	c, err := Dial(t.Context(), "ws://127.0.0.1:"+strconv.Itoa(s.Port()), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Drop()
	if f, err := c.RecvFrame(); err != nil || f.PayloadText() != "early" {
		t.Fatal(f, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := await(t, got, "the server"); err != nil {
		t.Fatal(err)
	}
}

func TestClientHandshake(t *testing.T) {
	s := listen(t, nil)
	got := accepting(s)
	fd := detach(t, call(t, s))
	c, err := ClientHandshake(fd, "ws://name.example:99/p", nil)
	if err != nil {
		t.Fatal(err)
	}
	a := await(t, got, "the connection")
	if a.err != nil {
		t.Fatal(a.err)
	}
	defer a.c.Drop()
	if a.c.Request().Host != "name.example:99" || a.c.Request().Path != "/p" || c.FD() != fd {
		t.Error(a.c.Request(), c.FD())
	}
	c.Drop()
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != unix.EBADF {
		t.Error("the descriptor outlives the connection:", err)
	}
}

// On an error the descriptor is still the caller's.
func TestClientHandshakeLeavesTheDescriptor(t *testing.T) {
	a, b := tcpPair(t)
	defer unix.Close(a)
	peer := newRawPeer(t, b)
	_, err := ClientHandshake(a, "wss://h", nil)
	wantCode(t, err, CodeURL)
	_, err = ClientHandshake(-1, "ws://h", nil)
	wantCode(t, err, CodeArgument)
	got := async(func() error { _, err := ClientHandshake(a, "ws://h", nil); return err })
	if _, err := http.ReadRequest(bufio.NewReader(peer)); err != nil {
		t.Fatal(err)
	}
	peer.say([]byte("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")...)
	err = await(t, got, "the refusal")
	wantCode(t, err, CodeRefused)
	if _, err := unix.FcntlInt(uintptr(a), unix.F_GETFD, 0); err != nil {
		t.Error("the descriptor is gone:", err)
	}
}

// A context that is over ends the call before anybody is connected to.
func TestDialWithAContextThatIsOver(t *testing.T) {
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Dial(ctx, "ws://"+l.Addr().String()+"/", nil)
	wantCode(t, err, CodeInterrupted)
	set := []unix.PollFd{{Fd: int32(must(l.(*net.TCPListener).File())(t).Fd()), Events: unix.POLLIN}}
	if n, _ := unix.Poll(set, 0); n != 0 {
		t.Error("the server was connected to")
	}
}
