// The peers of the tests: one that speaks raw bytes, one that only reads what was written to it, one that never pauses.

package core

import (
	"bytes"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"libws/core/internal/sock"

	"golang.org/x/sys/unix"
)

// scripted is a carrier whose writes do what a test says. Nothing ever comes from it.
type scripted struct {
	sock.Stream
	write     func(bufs [][]byte) (int64, error) // nil: keeps everything in out
	wakeWrite func()                             // nil: nothing
	ended     chan struct{}
	closing   atomic.Bool

	mu  sync.Mutex
	out []byte
}

// scriptedServer returns a server's connection on s.
func scriptedServer(s *scripted, set settings) *Conn {
	s.ended = make(chan struct{})
	c := newConn(s, RoleServer, &set)
	c.m.Init(&c.cfg)
	c.mirror()
	return c
}

func (s *scripted) keep(bufs [][]byte) (n int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range bufs {
		s.out = append(s.out, b...)
		n += int64(len(b))
	}
	return n, nil
}

// said returns what was written.
func (s *scripted) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.out)
}

func (s *scripted) Write(bufs [][]byte, _ sock.Wait) (int64, error) {
	if s.write != nil {
		return s.write(bufs)
	}
	return s.keep(bufs)
}

func (s *scripted) WakeWrite() {
	if s.wakeWrite != nil {
		s.wakeWrite()
	}
}

func (s *scripted) Close() bool {
	first := s.closing.CompareAndSwap(false, true)
	if first {
		close(s.ended)
	}
	return first
}

func (s *scripted) Read([]byte, sock.Wait) (int, error) { <-s.ended; return 0, sock.ErrClosed }
func (s *scripted) TryWrite([]byte) (int, error)        { return 0, sock.ErrMustWait }
func (s *scripted) Shutdown(sock.How) error             { return nil }
func (s *scripted) PeerAddr() string                    { return "" }

// rawPeer is a peer that says and hears bytes.
type rawPeer struct {
	*os.File
	t testing.TB
}

// serverAgainst returns a server connection and its raw peer.
func serverAgainst(t testing.TB) (*Conn, *rawPeer) {
	t.Helper()
	a, b := tcpPair(t)
	c, err := FromServer(a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Drop)
	return c, newRawPeer(t, b)
}

func newRawPeer(t testing.TB, fd int) *rawPeer {
	if err := unix.SetNonblock(fd, true); err != nil { // so that deadlines work
		t.Fatal(err)
	}
	p := &rawPeer{os.NewFile(uintptr(fd), "peer"), t}
	_ = p.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { p.Close() })
	return p
}

func (p *rawPeer) say(b ...byte) {
	p.t.Helper()
	if _, err := p.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

func (p *rawPeer) hear(want ...byte) {
	p.t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(p, got); err != nil || !bytes.Equal(got, want) {
		p.t.Fatalf("heard % x (%v), want % x", got[:n], err, want)
	}
}

// hearEnd waits for the end of the stream and returns what came before it.
func (p *rawPeer) hearEnd() []byte {
	p.t.Helper()
	b, err := io.ReadAll(p)
	if err != nil {
		p.t.Fatalf("the stream ended with %v after % x", err, b)
	}
	return b
}

// flood is a stream whose peer has always sent more: no read ever waits. first comes first, then again and again each of frames.
type flood struct {
	sock.Stream
	first, frames []byte
	at            int

	before   func(*sock.Wait)          // nil: nothing comes before a read
	tryWrite func([]byte) (int, error) // nil: the stream's own
}

func (f *flood) TryWrite(p []byte) (int, error) {
	if f.tryWrite != nil {
		return f.tryWrite(p)
	}
	return f.Stream.TryWrite(p)
}

func (f *flood) Read(p []byte, w sock.Wait) (int, error) {
	if f.FD() < 0 {
		return 0, sock.ErrClosed
	}
	if f.before != nil {
		f.before(&w)
	}
	if len(f.first) > 0 {
		n := copy(p, f.first)
		f.first = f.first[n:]
		return n, nil
	}
	n := copy(p, f.frames[f.at:])
	f.at = (f.at + n) % len(f.frames)
	return n, nil
}

// flooded returns a server's connection on a flood; its peer reads what is sent, and says no more.
func flooded(t testing.TB, first, frames []byte, options map[Option]int64) *Conn {
	t.Helper()
	a, b := tcpPair(t)
	peer := newRawPeer(t, b)
	go func() { _, _ = io.Copy(io.Discard, peer) }()
	set := defaultSettings()
	for o, v := range options {
		set[o] = v
	}
	c := newConn(&flood{Stream: must(sock.NewFD(a))(t), first: first, frames: frames}, RoleServer, &set)
	c.m.Init(&c.cfg)
	c.mirror()
	t.Cleanup(c.Drop)
	return c
}

// masked encodes a client's frame with an all-zero mask, under which the payload reads as it is.
func masked(first byte, payload string) []byte {
	if len(payload) > 125 {
		panic("a short payload, please")
	}
	return append([]byte{first, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
}
