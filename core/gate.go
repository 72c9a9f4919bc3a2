// This file holds gate, a lock that can be waited for with a deadline and given up when the connection closes.
package core

import (
	"time"

	"libws/core/internal/sock"
)

// gate lets one goroutine in at a time.
type gate chan struct{}

func newGate() gate { return make(gate, 1) }

// try takes the gate when it is free.
func (g gate) try() bool {
	select {
	case g <- struct{}{}:
		return true
	default:
		return false
	}
}

// take waits for the gate until the deadline (zero: none), until closing is closed or until the context is done (nil: never).
func (g gate) take(deadline time.Time, closing <-chan struct{}, done <-chan struct{}) error {
	if g.try() {
		return nil
	}
	var expired <-chan time.Time
	if !deadline.IsZero() {
		t := time.NewTimer(time.Until(deadline))
		defer t.Stop()
		expired = t.C
	}
	select {
	case g <- struct{}{}:
		return nil
	case <-closing:
		return sock.ErrClosed
	case <-done:
		return sock.ErrWoken
	case <-expired:
		return sock.ErrTimeout
	}
}

func (g gate) leave() { <-g }
