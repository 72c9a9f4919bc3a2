// This file is the Stream on any net.Conn; waiting is the runtime's.

package sock

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// NetConn is a Stream on a net.Conn. It blocks goroutines instead of threads.
type NetConn struct {
	conn net.Conn
	raw  syscall.RawConn // nil when the carrier is no socket of its own, as with TLS or net.Pipe

	closing atomic.Bool
	read    direction
	send    direction

	// The current Write's vector.
	list     net.Buffers
	listRoom [maxIOV][]byte
}

// direction keeps the deadline that a wake-up sets apart from the one a call asked for.
type direction struct {
	mu      sync.Mutex
	woken   bool // WakeRead or WakeWrite came and no call has reported it
	limited bool // the net.Conn has a deadline
	cut     bool // a wake-up has set one since the call under way set its own
	over    bool // and it has passed for good
}

var past = time.Unix(1, 0)

// NoDeadlines tells why a net.Conn cannot carry a connection: it says that it takes no deadlines, without which no call could be ended. One
// that is closed is no such case.
func NoDeadlines(c net.Conn) error {
	if err := c.SetDeadline(time.Time{}); err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.ErrClosedPipe) {
		return err
	}
	return nil
}

// NewNetConn adopts a net.Conn, and takes the deadlines away that an earlier owner may have left on it.
func NewNetConn(c net.Conn) *NetConn {
	_ = c.SetDeadline(time.Time{})
	s := &NetConn{conn: c}
	switch c.(type) {
	case *net.TCPConn, *net.UnixConn:
		s.raw, _ = c.(syscall.Conn).SyscallConn()
	}
	return s
}

// prepare sets the deadline of a call, unless a wake-up is due.
func (d *direction) prepare(w *Wait, set func(time.Time) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.over:
		return ErrClosed
	case w.Wakeable && d.woken:
		d.woken = false
		return ErrWoken
	}
	d.cut = false
	if w.Deadline.IsZero() && !d.limited {
		return nil
	}
	d.limited = !w.Deadline.IsZero()
	return set(w.Deadline)
}

// wake cuts the current wait short.
func (d *direction) wake(set func(time.Time) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.woken, d.limited, d.cut = true, true, true
	return set(past)
}

// end ends the current wait and those that come.
func (d *direction) end(set func(time.Time) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	_ = set(past)
}

// errCut ends an attempt that a wake-up cut although the call does not ask for them: the call goes on, and the wake-up stays due.
var errCut = errors.New("cut by a wake-up for another call")

// verdict translates the error of a call. A net.Conn that another has closed, or a pipe whose other end is gone, is no less lost than
// one that was reset: only our own Close is ErrClosed. A deadline that neither the call nor a wake-up set is the carrier's own failure: TLS repeats
// the error of a write that a deadline cut for ever.
func (s *NetConn) verdict(d *direction, w *Wait, err error) error {
	switch {
	case err == nil:
		return nil
	case s.closing.Load():
		return ErrClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		d.mu.Lock()
		defer d.mu.Unlock()
		switch {
		case !w.Deadline.IsZero() && time.Until(w.Deadline) <= 0:
			return ErrTimeout
		case d.woken && w.Wakeable:
			d.woken = false
			return ErrWoken
		case d.cut:
			return errCut
		}
	}
	return err
}

// ErrMiscount tells of a net.Conn that claims to have moved more bytes than there are, or fewer than none.
var ErrMiscount = errors.New("the net.Conn returned an impossible count")

// mostEmpty is how many reads in a row may bring neither bytes nor an error, as with bufio.
const mostEmpty = 100

// Read implements Stream. Signals never end it, nor does room to write.
func (s *NetConn) Read(p []byte, w Wait) (int, error) {
	for empty := 0; ; {
		if err := s.read.prepare(&w, s.conn.SetReadDeadline); err != nil {
			return 0, err
		}
		n, err := s.conn.Read(p)
		switch {
		case n < 0 || n > len(p):
			return 0, ErrMiscount
		case n > 0:
			return n, nil
		case err == nil:
			if empty++; empty == mostEmpty {
				return 0, io.ErrNoProgress
			}
			continue
		}
		if err = s.verdict(&s.read, &w, err); err != errCut {
			return 0, err
		}
	}
}

// Write implements Stream. A list of buffers is one writev where the net.Conn can.
func (s *NetConn) Write(bufs [][]byte, w Wait) (total int64, err error) {
	for {
		if bufs = skipEmpty(bufs); len(bufs) == 0 {
			return total, nil
		}
		if err = s.send.prepare(&w, s.conn.SetWriteDeadline); err != nil {
			return total, err
		}
		var n int64
		if len(bufs) == 1 || s.raw == nil {
			var one int
			one, err = s.conn.Write(bufs[0])
			if one < 0 || one > len(bufs[0]) {
				return total, ErrMiscount
			}
			n = int64(one)
		} else {
			n, err = s.writeList(bufs)
		}
		total += n
		bufs = consume(bufs, int(n))
		switch {
		case err == nil && n == 0:
			return total, io.ErrShortWrite
		case err == nil:
			continue
		}
		if err = s.verdict(&s.send, &w, err); err != errCut {
			return total, err
		}
	}
}

// writeList is one writev where the net.Conn can. It works on a copy, since net.Buffers consumes what it is given, and the
// copy is the stream's, so that a write allocates nothing.
func (s *NetConn) writeList(bufs [][]byte) (int64, error) {
	s.list = s.listRoom[:copy(s.listRoom[:], bufs)]
	n, err := s.list.WriteTo(s.conn)
	s.list, s.listRoom = nil, [maxIOV][]byte{}
	return n, err
}

// TryWrite implements Stream.
func (s *NetConn) TryWrite(p []byte) (int, error) {
	if s.raw == nil {
		return 0, ErrMustWait
	}
	var n int
	var errno syscall.Errno
	w := Wait{}
	for {
		if err := s.send.prepare(&w, s.conn.SetWriteDeadline); err != nil {
			return 0, err
		}
		err := s.raw.Write(func(fd uintptr) bool {
			n, errno = send(int(fd), p, false)
			return true
		})
		switch {
		case err == nil && errno == 0:
			return n, nil
		case err == nil && (errno == syscall.EAGAIN || errno == syscall.EINTR):
			return 0, nil
		case err == nil:
			return 0, errno
		}
		if err = s.verdict(&s.send, &w, err); err != errCut {
			return 0, err
		}
	}
}

// Shutdown implements Stream.
func (s *NetConn) Shutdown(how How) error {
	type halves interface {
		CloseRead() error
		CloseWrite() error
	}
	h, ok := s.conn.(halves)
	if !ok {
		if w, ok := s.conn.(interface{ CloseWrite() error }); ok && how != ShutRead {
			return w.CloseWrite()
		}
		return ErrNoHalves
	}
	var err error
	if how != ShutRead {
		err = h.CloseWrite()
	}
	if how != ShutWrite {
		err = errors.Join(err, h.CloseRead())
	}
	return err
}

// WakeRead implements Stream.
func (s *NetConn) WakeRead() { s.mustWake(s.read.wake(s.conn.SetReadDeadline)) }

// WakeWrite implements Stream.
func (s *NetConn) WakeWrite() { s.mustWake(s.send.wake(s.conn.SetWriteDeadline)) }

// mustWake gives up a carrier that takes no deadline: the call that is to come back could not, and that is worse than its end.
func (s *NetConn) mustWake(failure error) {
	if failure != nil && !s.closing.Load() {
		go s.closeCarrier()
	}
}

func (s *NetConn) closeCarrier() {
	defer func() { _ = recover() }() // a foreign net.Conn may panic; that must not end the process
	_ = s.conn.Close()
}

// closeGrace is how long Close waits for a carrier.
const closeGrace = 50 * time.Millisecond

// Close implements Stream. A carrier of another kind than a socket may have something to say at its end, as TLS has, which tries for
// five seconds when the peer does not read: it goes on by itself after closeGrace.
func (s *NetConn) Close() bool {
	if !s.closing.CompareAndSwap(false, true) {
		return false
	}
	if s.raw != nil {
		_ = s.conn.Close()
		return true
	}
	s.read.end(s.conn.SetReadDeadline)
	s.send.end(s.conn.SetWriteDeadline)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		s.closeCarrier()
	}()
	late := time.NewTimer(closeGrace)
	defer late.Stop()
	select {
	case <-closed:
	case <-late.C:
	}
	return true
}

// FD implements Stream: a net.Conn keeps its descriptor to itself.
func (s *NetConn) FD() int { return -1 }

// PeerAddr implements Stream.
func (s *NetConn) PeerAddr() string {
	if a := s.conn.RemoteAddr(); a != nil {
		return a.String()
	}
	return ""
}
