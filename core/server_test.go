// Servers: binding, refusals, options that are handed down.

package core

import (
	"net"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

func TestBind(t *testing.T) {
	for _, bind := range []func(int) (*Server, error){Bind, NewServer} {
		s, err := bind(0)
		if err != nil {
			t.Fatal(err)
		}
		if !s.IsValid() || !s.Running() || s.Port() < 1 || s.ListenerFD() < 0 || s.StopFD() < 0 {
			t.Fatal(s.IsValid(), s.Running(), s.Port(), s.ListenerFD())
		}
		if v, _ := s.Option(OptMaxFrameBytes); v != MaxFrameSize {
			t.Error(v)
		}
		for _, host := range []string{"127.0.0.1", "::1"} { // every interface, both families
			c, err := net.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(s.Port())))
			if err != nil && host == "::1" && !hasIPv6() {
				continue
			}
			if err != nil {
				t.Error(err)
				continue
			}
			c.Close()
		}
		_, err = Bind(s.Port())
		wantCode(t, err, CodeSystem)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s.IsValid() || s.Running() || s.ListenerFD() != -1 || s.StopFD() != -1 {
			t.Fatal(s.IsValid(), s.Running(), s.ListenerFD())
		}
		wantCode(t, s.Close(), CodeClosed)
		wantCode(t, s.Stop(), CodeClosed)
		s.Drop()
		again, err := Bind(s.Port()) // the port is free at once
		if err != nil {
			t.Fatal(err)
		}
		again.Drop()
	}
}

func hasIPv6() bool {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err == nil {
		l.Close()
	}
	return err == nil
}

func TestBindRefuses(t *testing.T) {
	for _, port := range []int{-1, 65536, 1 << 40} {
		s, err := Bind(port)
		wantCode(t, err, CodeArgument)
		if s.IsValid() || s.ListenerFD() != -1 || s.Port() != 0 || s.Running() {
			t.Error("an unbound server answers like one")
		}
		wantCode(t, s.Close(), CodeClosed)
		wantCode(t, s.Stop(), CodeClosed)
		_, err = s.Accept()
		wantCode(t, err, CodeClosed)
		wantCode(t, s.RunEcho(), CodeClosed)
		s.Drop()
	}
	emptyResolver(t)
	_, err := BindHost("no-such-host.invalid", 0)
	wantCode(t, err, CodeResolve)
	_, err = BindHost("192.0.2.1", 0) // not an address of this machine
	wantCode(t, err, CodeSystem)
}

// A port that another has for one of the two families is taken: half of it is not what was asked for.
func TestBindNeverTakesHalfAPort(t *testing.T) {
	for name, half := range map[string]struct {
		family int
		any    unix.Sockaddr
	}{"IPv6": {unix.AF_INET6, &unix.SockaddrInet6{}}, "IPv4": {unix.AF_INET, &unix.SockaddrInet4{}}} {
		t.Run(name, func(t *testing.T) {
			if !hasIPv6() {
				t.Skip("there is one family only")
			}
			fd := must(unix.Socket(half.family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))(t)
			defer unix.Close(fd)
			if half.family == unix.AF_INET6 {
				if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
					t.Fatal(err)
				}
			}
			if err := unix.Bind(fd, half.any); err != nil {
				t.Fatal(err)
			}
			if err := unix.Listen(fd, 1); err != nil {
				t.Fatal(err)
			}
			port := 0
			switch sa := must(unix.Getsockname(fd))(t).(type) {
			case *unix.SockaddrInet6:
				port = sa.Port
			case *unix.SockaddrInet4:
				port = sa.Port
			}
			s, err := Bind(port)
			wantCode(t, err, CodeSystem)
			s.Drop()
		})
	}
}

func TestBindHost(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "localhost", "::1"} {
		if host == "::1" && !hasIPv6() {
			continue
		}
		s, err := BindHost(host, 0)
		if err != nil {
			t.Fatal(host, err)
		}
		sa, err := unix.Getsockname(s.ListenerFD())
		if err != nil {
			t.Fatal(err)
		}
		if a, ok := sa.(*unix.SockaddrInet4); ok && a.Addr != [4]byte{127, 0, 0, 1} {
			t.Error(host, a)
		}
		s.Drop()
	}
}

func TestServerOptions(t *testing.T) {
	s := listen(t, &ServerOptions{Options: Options{MaxFrameBytes: 100}, MaxPending: 7})
	if v, err := s.Option(OptMaxPending); v != 7 || err != nil {
		t.Error(v, err)
	}
	if err := s.SetOption(OptAcceptTimeoutMS, 5); err != nil {
		t.Error(err)
	}
	wantCode(t, s.SetOption(OptAcceptTimeoutMS, 0), CodeOption)
	wantCode(t, s.SetOption(99, 1), CodeOption)
	_, err := s.Option(99)
	wantCode(t, err, CodeOption)
	wantCode(t, s.SetSubprotocols([]string{"a b"}), CodeHeader)
	for _, origin := range []string{"", "http://a\r\n", "http://a\x00"} {
		wantCode(t, s.SetOrigins([]string{origin}), CodeHeader)
	}
	for _, o := range []*ServerOptions{{MaxPending: -1}, {AcceptTimeout: -5}, {Options: Options{RecvTimeout: -5}}} {
		_, err := Listen("127.0.0.1", 0, o)
		wantCode(t, err, CodeOption)
	}
	_, err = Listen("127.0.0.1", 0, &ServerOptions{Subprotocols: []string{""}})
	wantCode(t, err, CodeHeader)
}

// A server hands its options down to its connections.
func TestOptionsAreHandedDown(t *testing.T) {
	s := listen(t, &ServerOptions{Options: Options{MaxFrameBytes: 100, CloseTimeout: 7e6}})
	if err := s.SetOption(OptMaxMessageBytes, 200); err != nil {
		t.Fatal(err)
	}
	got := accepting(s)
	c, err := Dial(t.Context(), "ws://127.0.0.1:"+strconv.Itoa(s.Port()), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Drop()
	a := await(t, got, "the connection")
	defer a.c.Drop()
	for o, want := range map[Option]int64{OptMaxFrameBytes: 100, OptCloseTimeoutMS: 7, OptMaxMessageBytes: 200} {
		if v, err := a.c.Option(o); v != want || err != nil {
			t.Error(optionTable[o].name, v, err)
		}
	}
}
