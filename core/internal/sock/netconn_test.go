// The stream on a net.Conn keeps the same promises as the one on a descriptor, also on carriers that misbehave.

package sock

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// netPair returns two connected net.Conns: sockets, or the ends of a pipe.
func netPair(t testing.TB, pipe bool) (net.Conn, net.Conn) {
	t.Helper()
	if pipe {
		return net.Pipe()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

func TestNetConn(t *testing.T) {
	for name, pipe := range map[string]bool{"tcp": false, "pipe": true} {
		t.Run(name, func(t *testing.T) {
			a, b := netPair(t, pipe)
			s := NewNetConn(a)
			defer s.Close()
			defer b.Close()
			if s.FD() != -1 || s.PeerAddr() != b.LocalAddr().String() {
				t.Error(s.FD(), s.PeerAddr())
			}
			got := make(chan string, 1)
			go func() {
				all := make([]byte, 7)
				n, _ := io.ReadFull(b, all)
				got <- string(all[:n])
			}()
			if n, err := s.Write([][]byte{[]byte("one"), nil, []byte(" two")}, Wait{}); n != 7 || err != nil {
				t.Fatal(n, err)
			}
			if all := soon(t, got); all != "one two" {
				t.Fatal(all)
			}
			if n, err := s.TryWrite([]byte("x")); pipe && err != ErrMustWait || !pipe && (n != 1 || err != nil) {
				t.Fatal(n, err)
			}
			if _, err := s.Read(make([]byte, 1), Wait{Deadline: time.Now().Add(10 * time.Millisecond)}); err != ErrTimeout {
				t.Fatal(err)
			}
			for range 3 {
				woken := reading(s, Wait{Wakeable: true, Deadline: time.Now().Add(time.Hour)})
				s.WakeRead()
				if r := soon(t, woken); r.err != ErrWoken {
					t.Fatal(r)
				}
			}
			s.WakeRead() // a call that does not ask for it does not see it
			plain := reading(s, Wait{})
			go b.Write([]byte("y"))
			if r := soon(t, plain); r.n != 1 || r.err != nil {
				t.Fatal(r)
			}
			closing := reading(s, Wait{})
			if !s.Close() || s.Close() {
				t.Error("only the first close is the first")
			}
			if r := soon(t, closing); r.err != ErrClosed {
				t.Fatal(r)
			}
			if _, err := s.Write([][]byte{{1}}, Wait{}); err != ErrClosed {
				t.Fatal(err)
			}
		})
	}
}

func TestNetConnWriteWakesAndTimesOut(t *testing.T) {
	a, b := netPair(t, false)
	defer b.Close()
	s := NewNetConn(a)
	defer s.Close()
	big := make([]byte, 32<<20)
	for limit := 30 * time.Millisecond; ; limit *= 2 {
		n, err := s.Write([][]byte{big, big}, Wait{Deadline: time.Now().Add(limit)})
		if err != ErrTimeout {
			t.Fatal(n, err)
		}
		if n > 0 { // otherwise the time was over before the first byte
			break
		}
	}
	sent := make(chan error, 1)
	go func() {
		_, err := s.Write([][]byte{big}, Wait{Wakeable: true})
		sent <- err
	}()
	s.WakeWrite()
	if err := soon(t, sent); err != ErrWoken {
		t.Fatal(err)
	}
}

// hooked is a net.Conn that does something before it writes.
type hooked struct {
	net.Conn
	before func() error
}

func (h *hooked) Write(p []byte) (int, error) {
	if err := h.before(); err != nil {
		return 0, err
	}
	return h.Conn.Write(p)
}

// A wake-up that falls into a call that does not ask for it delays that call only, and the next one that asks gets it.
func TestNetConnKeepsWakeups(t *testing.T) {
	a, b := netPair(t, false)
	defer b.Close()
	wakeups := 3
	var s *NetConn
	s = NewNetConn(&hooked{a, func() error {
		if wakeups--; wakeups >= 0 {
			s.WakeWrite()
		}
		return nil
	}})
	defer s.Close()
	if n, err := s.Write([][]byte{[]byte("whole")}, Wait{Deadline: time.Now().Add(time.Hour)}); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	if n, err := s.Write([][]byte{{1}}, Wait{Wakeable: true}); n != 0 || err != ErrWoken {
		t.Fatal(n, err)
	}
	if n, err := s.Write([][]byte{{1}}, Wait{Wakeable: true}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
}

// wakingRaw is a socket on which a wake-up comes just before each of the first writes.
type wakingRaw struct {
	syscall.RawConn
	wake func()
	left int
}

func (w *wakingRaw) Write(f func(uintptr) bool) error {
	if w.left--; w.left >= 0 {
		w.wake()
	}
	return w.RawConn.Write(f)
}

// TryWrite waits for nothing, so neither a wake-up nor a deadline ends it.
func TestNetConnTryWriteIsNotWoken(t *testing.T) {
	a, b := netPair(t, false)
	defer b.Close()
	s := NewNetConn(a)
	defer s.Close()
	s.raw = &wakingRaw{s.raw, s.WakeWrite, 2}
	if n, err := s.TryWrite([]byte("x")); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := s.Write([][]byte{{1}}, Wait{Wakeable: true}); err != ErrWoken { // it was meant for this one
		t.Fatal(err)
	}
}

// A carrier may keep to the error of a write that a deadline cut, as TLS does: then it is broken, and no call asked for that time.
func TestNetConnWhoseTimeoutIsFinal(t *testing.T) {
	a, b := netPair(t, false)
	defer b.Close()
	final := &net.OpError{Op: "write", Err: os.ErrDeadlineExceeded}
	var s *NetConn
	s = NewNetConn(&hooked{a, func() error { s.WakeWrite(); return final }})
	defer s.Close()
	if _, err := s.Write([][]byte{{1}}, Wait{Wakeable: true}); err != ErrWoken {
		t.Fatal(err)
	}
	s.conn.(*hooked).before = func() error { return final }
	for range 2 {
		if _, err := s.Write([][]byte{{1}}, Wait{}); !errors.Is(err, final) {
			t.Fatal(err)
		}
	}
}

func TestNetConnShutdown(t *testing.T) {
	a, b := netPair(t, false)
	defer b.Close()
	s := NewNetConn(a)
	defer s.Close()
	if err := s.Shutdown(ShutWrite); err != nil {
		t.Fatal(err)
	}
	if n, err := b.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Fatal(n, err)
	}
	got := reading(s, Wait{})
	if err := s.Shutdown(ShutRead); err != nil {
		t.Fatal(err)
	}
	if r := soon(t, got); r.err != io.EOF {
		t.Fatal(r)
	}
	p, q := netPair(t, true) // no halves: nothing happens
	defer q.Close()
	if err := NewNetConn(p).Shutdown(ShutBoth); err != ErrNoHalves {
		t.Fatal(err)
	}
}

// A net.Conn that breaks its contract is an error: nothing spins, nothing panics, and no byte is made up.
func TestNetConnThatMiscounts(t *testing.T) {
	fixed := func(n int) func([]byte) (int, error) { return func([]byte) (int, error) { return n, nil } }
	failing := errors.New("the carrier's own")
	for name, v := range map[string]struct {
		read, write func([]byte) (int, error)
		readErr     error
		writeErr    error
	}{
		"nothing for ever": {fixed(0), fixed(0), io.ErrNoProgress, io.ErrShortWrite},
		"too much":         {fixed(1 << 20), fixed(1 << 20), ErrMiscount, ErrMiscount},
		"less than none":   {fixed(-1), fixed(-1), ErrMiscount, ErrMiscount},
		"a little":         {nil, fixed(1), nil, nil},
		"too much, and an error": {
			func([]byte) (int, error) { return 1 << 20, failing }, func([]byte) (int, error) { return 1 << 20, failing }, ErrMiscount, ErrMiscount,
		},
		"less than none, and an error": {
			func([]byte) (int, error) { return -1, failing }, func([]byte) (int, error) { return -1, failing }, ErrMiscount, ErrMiscount,
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := netPair(t, true)
			defer a.Close()
			defer b.Close()
			s := NewNetConn(&scripted{Conn: a, read: v.read, write: v.write})
			if v.read != nil {
				got := reading(s, Wait{})
				if r := soon(t, got); r.n != 0 || !errors.Is(r.err, v.readErr) {
					t.Error(r)
				}
			}
			sent := make(chan error, 1)
			go func() {
				n, err := s.Write([][]byte{[]byte("ab"), []byte("cd")}, Wait{})
				if n < 0 || n > 4 {
					t.Error(n)
				}
				sent <- err
			}()
			if err := soon(t, sent); !errors.Is(err, v.writeErr) {
				t.Error(err)
			}
		})
	}
}

// Reads without anything are no end as long as something comes in between.
func TestNetConnThatHesitates(t *testing.T) {
	a, b := netPair(t, true)
	defer a.Close()
	defer b.Close()
	calls := 0
	s := NewNetConn(&scripted{Conn: a, read: func(p []byte) (int, error) {
		if calls++; calls%100 != 0 {
			return 0, nil
		}
		return copy(p, "x"), nil
	}})
	for range 3 {
		if n, err := s.Read(make([]byte, 4), Wait{}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
}

// scripted is a net.Conn whose reads and writes return what they are told to.
type scripted struct {
	net.Conn
	read, write func([]byte) (int, error)
}

func (s *scripted) Read(p []byte) (int, error)  { return s.read(p) }
func (s *scripted) Write(p []byte) (int, error) { return s.write(p) }
