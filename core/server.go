// This file holds Server: its life from bind to close, and what it passes on to its connections.

package core

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"libws/core/internal/sock"
	"libws/core/wire"

	"golang.org/x/sys/unix"
)

// Server listens on a TCP port and opens connections. Any goroutine may call anything; Stop and Close end a blocked Accept,
// AcceptRequest or RunEcho at once.
type Server struct {
	listener int
	port     int
	stop     *sock.Event
	users    atomic.Int32 // of stop: calls that may wait for it, plus one until Close
	stopped  atomic.Bool
	closed   atomic.Bool

	mu           sync.Mutex // guards the options
	set          settings
	subprotocols []string
	origins      []string

	acceptor gate // who holds it accepts; the rest is the holder's
	pending  []*pending
	ready    []*Conn
	failed   []error
	polled   []unix.PollFd
	buf      []byte
	slept    time.Duration // in waits
	pause    time.Time     // no descriptors are left: the listener is not looked at before
}

// ServerOptions are what Listen needs to know. Zero fields mean the defaults.
type ServerOptions struct {
	Options
	Subprotocols  []string      // that the server speaks, in order of preference; the first that a client offers is chosen
	Origins       []string      // allow-list of origins, see SetOrigins. Empty: any
	AcceptTimeout time.Duration // each call of Accept: none
	MaxPending    int64         // opening handshakes under way at a time: 1024; beyond, the oldest is refused with 503
}

// Bind makes a server on every interface, IPv4 and IPv6. Port 0 picks a free one; Port tells which. Its connections receive
// frames of at most MaxFrameSize bytes. On an error the server is nil, for which IsValid is false.
//
// Errors: CodeArgument (the port is not 0 to 65535), CodeSystem (the port is taken, for example).
func Bind(port int) (*Server, error) { return bind("Bind", "", port, specSettings()) }

// NewServer is Bind.
func NewServer(port int) (*Server, error) { return bind("NewServer", "", port, specSettings()) }

// BindHost is Bind on one host: an address, or a name, of which the first address is taken.
func BindHost(host string, port int) (*Server, error) {
	return bind("BindHost", host, port, specSettings())
}

// Listen makes a server on a host, "" for every interface, with options. Unlike Bind's, its connections receive frames of up to
// 16 MiB. Errors are Bind's, CodeOption, CodeHeader and CodeResolve.
func Listen(host string, port int, o *ServerOptions) (*Server, error) {
	set := defaultSettings()
	if o != nil {
		if err := set.applyServer(o); err != nil {
			return nil, err
		}
		if err := checkSubprotocols("Listen", o.Subprotocols); err != nil {
			return nil, err
		}
		if err := checkOrigins("Listen", o.Origins); err != nil {
			return nil, err
		}
	}
	s, err := bind("Listen", host, port, set)
	if err == nil && o != nil {
		s.subprotocols, s.origins = slices.Clone(o.Subprotocols), slices.Clone(o.Origins)
	}
	return s, err
}

func (s *settings) applyServer(o *ServerOptions) error {
	if err := s.apply(&o.Options); err != nil {
		return err
	}
	for opt, v := range map[Option]int64{OptAcceptTimeoutMS: milliseconds(o.AcceptTimeout), OptMaxPending: o.MaxPending} {
		if v == 0 {
			continue
		}
		if err := opt.check(v, true); err != nil {
			return err
		}
		s[opt] = v
	}
	return nil
}

func bind(op, host string, port int, set settings) (*Server, error) {
	if port < 0 || port > 65535 {
		return nil, argumentError(op, "the port must be 0 to 65535")
	}
	if err := sock.StartPoller(); err != nil {
		return nil, systemError(op, err)
	}
	addrs, err := listenAddrs(op, host)
	if err != nil {
		return nil, err
	}
	var fd, bound int
	var failed error
	for _, a := range addrs {
		fd, bound, failed = sock.Listen(netip.AddrPortFrom(a, uint16(port)))
		if failed != unix.EAFNOSUPPORT && failed != unix.EADDRNOTAVAIL {
			break // any other failure, such as a port that is taken, would leave us with one of the two families
		}
	}
	if failed != nil {
		return nil, &Error{Code: CodeSystem, Op: op, Msg: "cannot listen on port " + strconv.Itoa(port), Err: failed}
	}
	stop, failed := sock.NewEvent()
	if failed != nil {
		_ = unix.Close(fd)
		return nil, systemError(op, failed)
	}
	s := &Server{listener: fd, port: bound, stop: stop, set: set}
	s.users.Store(1)
	return s, nil
}

// enter keeps the stop event, which a call is about to wait for, until leave. It fails once the server is closed.
func (s *Server) enter() bool {
	for {
		n := s.users.Load()
		if n <= 0 || s.closed.Load() {
			return false
		}
		if s.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// leave gives the event back with the last one who may wait for it.
func (s *Server) leave() {
	if s.users.Add(-1) == 0 {
		s.stop.Close()
	}
}

// listenAddrs lists the addresses to try, best first. Every interface is one IPv6 socket that takes IPv4 as well, where the
// machine has IPv6.
func listenAddrs(op, host string) ([]netip.Addr, error) {
	if host == "" {
		return []netip.Addr{netip.IPv6Unspecified(), netip.IPv4Unspecified()}, nil
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addrs) == 0 {
		return nil, &Error{Code: CodeResolve, Op: op, Msg: "the host name has no address", Err: err}
	}
	return addrs[:1], nil
}

// IsValid tells whether the server is bound and not closed.
func (s *Server) IsValid() bool { return s != nil && !s.closed.Load() }

// ListenerFD returns the descriptor of the listening socket, -1 once the server is closed. It stays the server's.
func (s *Server) ListenerFD() int {
	if !s.IsValid() {
		return -1
	}
	return s.listener
}

// Port returns the port that the server is bound to.
func (s *Server) Port() int {
	if s == nil {
		return 0
	}
	return s.port
}

// Running tells whether the server accepts: from Bind until Stop or Close.
func (s *Server) Running() bool { return s.IsValid() && !s.stopped.Load() && !s.stop.IsSet() }

// StopFD returns a descriptor that stops the server when the eight bytes of the number 1 are written to it, as a signal
// handler may do with write(2); -1 once the server is closed.
func (s *Server) StopFD() int {
	if !s.IsValid() {
		return -1
	}
	return s.stop.FD()
}

// Stop ends Accept, AcceptRequest and RunEcho at once, the current call and all later ones. Connections that were accepted
// live on; RunEcho's is closed with CloseGoingAway. It never blocks. It fails with CodeClosed when the server is closed.
func (s *Server) Stop() error {
	if !s.IsValid() {
		return newError(CodeClosed, "Stop", "the server is closed")
	}
	s.stopped.Store(true)
	s.stop.Set()
	return nil
}

// Close stops the server and closes its listener and every opening handshake under way. Connections that were accepted live
// on; RunEcho's is closed with CloseGoingAway. It fails with CodeClosed when the server was closed before.
func (s *Server) Close() error {
	if s == nil || !s.closed.CompareAndSwap(false, true) {
		return newError(CodeClosed, "Close", "the server is closed")
	}
	s.stopped.Store(true)
	s.stop.Set()
	_ = s.acceptor.take(time.Time{}, nil, nil)    // whoever accepts leaves at once
	_ = unix.Shutdown(s.listener, unix.SHUT_RDWR) // ends it though a forked child may have a copy
	_ = unix.Close(s.listener)
	for _, p := range s.pending {
		p.conn.Drop()
	}
	for _, c := range s.ready {
		c.Drop()
	}
	s.pending, s.ready, s.failed = nil, nil, nil
	s.acceptor.leave()
	s.leave()
	return nil
}

// Drop is Close for use with defer: closing what is closed is no mistake.
func (s *Server) Drop() { _ = s.Close() }

// SetSubprotocols says which subprotocols the server speaks, in order of preference. It fails with CodeHeader when one is not a
// token.
func (s *Server) SetSubprotocols(subprotocols []string) error {
	if err := checkSubprotocols("SetSubprotocols", subprotocols); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subprotocols = slices.Clone(subprotocols)
	return nil
}

func checkSubprotocols(op string, subprotocols []string) error {
	for _, p := range subprotocols {
		if !wire.ValidToken(p) {
			return newError(CodeHeader, op, "a subprotocol must be a token (RFC 6455 §4.1)")
		}
	}
	return nil
}

// SetOrigins sets the allow-list of origins, such as "https://example.org", letter case aside: a request with any other Origin is
// refused with 403. One without an Origin comes from no browser and is let in: the list keeps foreign pages out, and is no
// authentication (RFC 6455 §4.2.2 item 4, §10.2). An empty list lets every origin in. It fails with CodeHeader when
// one could never be the value of a field.
func (s *Server) SetOrigins(origins []string) error {
	if err := checkOrigins("SetOrigins", origins); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.origins = slices.Clone(origins)
	return nil
}

func checkOrigins(op string, origins []string) error {
	for _, o := range origins {
		if o == "" || !wire.ValidFieldValue(o) {
			return newError(CodeHeader, op, "an origin must be the text of a field, such as https://example.org (RFC 6454 §6.2)")
		}
	}
	return nil
}

// SetOption changes one option of the server and of the connections that it accepts from then on.
func (s *Server) SetOption(o Option, value int64) error {
	if err := o.check(value, true); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set[o] = value
	return nil
}

// Option returns the value of one option.
func (s *Server) Option(o Option) (int64, error) {
	if o < 1 || int(o) >= len(optionTable) {
		return 0, newError(CodeOption, "Option", "there is no such option here")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set[o], nil
}
