// Package sock is the socket layer under a connection: one small interface, its form on a Linux descriptor and its form on
// any net.Conn. It knows bytes and waiting, nothing of WebSocket.
package sock

import (
	"errors"
	"time"
)

// Stream is the one seam between a connection and what carries its bytes. One call of Read and one of Write or TryWrite may
// run at the same time; everything else is safe from anywhere.
type Stream interface {
	// Read reads what there is into p, waiting for it as w allows. Its errors are io.EOF, ErrClosed, ErrTimeout,
	// ErrInterrupted, ErrWoken, ErrWritable or the system's.
	Read(p []byte, w Wait) (int, error)

	// Write writes all of bufs, waiting as w allows. It returns how many bytes went out; with an error that may be
	// some of them. It never changes the bytes, but it may reslice the entries of bufs.
	Write(bufs [][]byte, w Wait) (int64, error)

	// TryWrite writes what goes without waiting; less than len(p) is no error. ErrMustWait means that this stream
	// cannot write without waiting; the other errors are ErrClosed and the system's.
	TryWrite(p []byte) (int, error)

	// Shutdown ends one or both directions and wakes calls that are blocked in them. ErrNoHalves means that the carrier can
	// only be closed as a whole; it is left as it is.
	Shutdown(how How) error

	// WakeRead makes the current or next Read whose Wait is Wakeable return ErrWoken; WakeWrite does so for Write.
	WakeRead()
	WakeWrite()

	// Close shuts both directions down, waking every blocked call, and lets the carrier go once no call is inside it.
	// Only the first call does something; it alone returns true.
	Close() bool

	// FD returns the descriptor, -1 when there is none or it is closed.
	FD() int

	// PeerAddr returns the peer's address in readable form, "" when it has none.
	PeerAddr() string
}

// How says which direction Shutdown ends.
type How uint8

// The directions.
const (
	ShutRead How = iota
	ShutWrite
	ShutBoth
)

// Wait says how long a call may wait and what else than its own readiness ends it. The zero value waits for ever.
type Wait struct {
	Deadline      time.Time // zero: none
	Interruptible bool      // a signal ends the wait with ErrInterrupted
	Look          time.Time // zero: never; then the wait ends with ErrInterrupted, as by a signal that came just before it
	Wakeable      bool      // WakeRead or WakeWrite ends the wait with ErrWoken
	Until         *Event    // once set, it ends the wait with ErrInterrupted; it stays set
	Writable      bool      // Read only: room to write ends the wait with ErrWritable

	Signals *Signals // Read only: is told how well the call hears signals; nil: nobody asks
}

// Signals tells how well calls with Interruptible hear signals, which end nothing but waits.
type Signals struct {
	Slept  time.Duration // in waits that signals end
	Missed bool          // one came to a wait, and data before the wait was given up
}

// End is when the wait is over at the latest; zero: never.
func (w *Wait) End() time.Time {
	if w.looks() {
		return w.Look
	}
	return w.Deadline
}

// Expired is what a wait that reached its end ends with.
func (w *Wait) Expired() error {
	if w.looks() {
		return ErrInterrupted
	}
	return ErrTimeout
}

func (w *Wait) looks() bool {
	return !w.Look.IsZero() && (w.Deadline.IsZero() || w.Look.Before(w.Deadline))
}

// plain tells that the call may wait in the kernel without poll.
func (w *Wait) plain() bool {
	return w.Deadline.IsZero() && !w.Interruptible && !w.Wakeable && w.Until == nil && !w.Writable
}

// How calls end otherwise than by doing what they were asked for.
var (
	ErrClosed      = errors.New("the socket is closed")
	ErrTimeout     = errors.New("the deadline has passed")
	ErrInterrupted = errors.New("a signal came")
	ErrWoken       = errors.New("woken")
	ErrWritable    = errors.New("there is room to write")
	ErrMustWait    = errors.New("cannot write without waiting")
	ErrNoHalves    = errors.New("the directions cannot end apart")
)
