// The fields and methods of WsServer in Go, ws_server and ws_upgrade.

package spec

import (
	"fmt"
	"net"
	"testing"

	"libws/core"

	"golang.org/x/sys/unix"
)

// bound returns a server on a free port.
func bound(t *testing.T) *core.Server {
	t.Helper()
	s, err := core.Bind(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Drop)
	return s
}

func url(s *core.Server) string { return fmt.Sprintf("ws://127.0.0.1:%d/", s.Port()) }

// unbound returns a server that could not be bound.
func unbound(t *testing.T) *core.Server {
	t.Helper()
	s, err := core.Bind(65536)
	refused(t, err, core.CodeArgument)
	return s
}

type accepted struct {
	conn *core.Conn
	err  error
}

// accepting runs Accept.
func accepting(s *core.Server) <-chan accepted {
	ch := make(chan accepted, 1)
	go func() {
		c, err := s.Accept()
		ch <- accepted{c, err}
	}()
	return ch
}

// running runs RunEcho.
func running(s *core.Server) <-chan error {
	ch := make(chan error, 1)
	go func() { ch <- s.RunEcho() }()
	return ch
}

// echoes fails unless the server at a URL echoes text and binary messages.
func echoes(t *testing.T, url string) {
	t.Helper()
	c, err := core.Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Drop()
	for _, want := range []core.Frame{core.TextFrame("grüße"), core.TextFrame(""), core.BinaryFrame(make([]byte, 200_000))} {
		if _, err := c.SendFrame(&want); err != nil {
			t.Fatal(err)
		}
		if f, err := c.RecvMessage(); err != nil || f.Opcode != want.Opcode || f.PayloadText() != want.PayloadText() {
			t.Fatal(f.Opcode, f.PayloadLen(), err)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func init() {
	checks["WsServer.listener_fd"] = func(t *testing.T) {
		s := bound(t)
		if listening, err := unix.GetsockoptInt(s.ListenerFD(), unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err != nil || listening != 1 {
			t.Error(listening, err)
		}
		s.Drop()
		if s.ListenerFD() != -1 || unbound(t).ListenerFD() != -1 {
			t.Error(s.ListenerFD())
		}
	}
	checks["WsServer.port"] = func(t *testing.T) { // port 0 binds any free port, and the field tells which
		s := bound(t)
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port()))
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if unbound(t).Port() != 0 {
			t.Error("an unbound server has a port")
		}
	}
	checks["WsServer.running"] = func(t *testing.T) {
		s := bound(t)
		if !s.Running() || unbound(t).Running() {
			t.Error(s.Running())
		}
		if err := s.Stop(); err != nil || s.Running() {
			t.Error(err, s.Running())
		}
	}
	bind := func(make func(int) (*core.Server, error)) func(*testing.T) {
		return func(t *testing.T) {
			s, err := make(0)
			if err != nil || !s.IsValid() || s.Port() == 0 {
				t.Fatal(err)
			}
			defer s.Drop()
			other, err := make(s.Port()) // taken
			refused(t, err, core.CodeSystem)
			if other.IsValid() {
				t.Error("two servers on one port")
			}
			for _, port := range []int{-1, 65536} {
				other, err := make(port)
				refused(t, err, core.CodeArgument)
				if other.IsValid() {
					t.Error(port)
				}
			}
		}
	}
	checks["WsServer.bind()"] = bind(core.Bind)
	checks["ws_server()"] = bind(core.NewServer)
	checks["WsServer.is_valid()"] = func(t *testing.T) {
		s := bound(t)
		if !s.IsValid() || unbound(t).IsValid() {
			t.Error(s.IsValid())
		}
		s.Drop()
		if s.IsValid() {
			t.Error("a closed server is valid")
		}
	}
	checks["WsServer.accept()"] = func(t *testing.T) {
		s := bound(t)
		got := accepting(s)
		c, err := core.Dial(t.Context(), url(s), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Drop()
		a := soon(t, got, "the connection")
		if a.err != nil || !a.conn.IsOpen() || !a.conn.IsServer() || a.conn.FD() < 0 {
			t.Fatal(a.err)
		}
		a.conn.Drop()
		got = accepting(s) // a client that asks for no WebSocket
		plain, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port()))
		if err != nil {
			t.Fatal(err)
		}
		defer plain.Close()
		fmt.Fprint(plain, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		a = soon(t, got, "the error")
		refused(t, a.err, core.CodeHandshake)
		if a.conn != nil {
			t.Error("a connection came with an error")
		}
		_, err = unbound(t).Accept()
		closed(t, err)
	}
	checks["WsServer.run_echo()"] = func(t *testing.T) {
		s := bound(t)
		done := running(s)
		echoes(t, url(s)) // one connection after the other
		echoes(t, url(s))
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		if err := soon(t, done, "the end of RunEcho"); err != nil {
			t.Error(err)
		}
		closed(t, s.RunEcho())
		closed(t, unbound(t).RunEcho())
	}
	checks["WsServer.stop()"] = func(t *testing.T) {
		s := bound(t)
		got := accepting(s)
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		closed(t, soon(t, got, "the end of Accept").err)
		s.Drop()
		closed(t, s.Stop())
	}
	checks["WsServer.close()"] = func(t *testing.T) { // closes the listener
		s := bound(t)
		got := accepting(s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		closed(t, soon(t, got, "the end of Accept").err)
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port())); err == nil {
			c.Close()
			t.Error("someone still listens")
		}
		closed(t, s.Close())
	}
	checks["WsServer.drop()"] = func(t *testing.T) { // calls close
		s := bound(t)
		s.Drop()
		s.Drop()
		unbound(t).Drop()
		if s.IsValid() || s.ListenerFD() != -1 {
			t.Error(s.ListenerFD())
		}
	}
}
