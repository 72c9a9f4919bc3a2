// This file holds gate, a lock that can be waited for with a deadline and given up when the connection closes.

package core

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"libws/core/internal/sock"
)

// gate lets one goroutine in at a time. Its zero value is free. Nobody waits most of the time, so that costs one atomic operation
// each way, less than half of what a channel costs. Who waits gets in in turn, whatever others try.
type gate struct {
	state atomic.Uint32

	mu    sync.Mutex      // for changes to and from gateAwaited
	queue []chan struct{} // of those who wait, the first in front; with state gateAwaited it is not empty
}

const (
	gateFree    = iota
	gateHeld    // and nobody waits
	gateAwaited // held, and somebody waits
)

// try takes the gate when it is free.
func (g *gate) try() bool { return g.state.CompareAndSwap(gateFree, gateHeld) }

// held tells whether somebody is inside.
func (g *gate) held() bool { return g.state.Load() != gateFree }

// take waits for the gate until the deadline (zero: none), until closing is closed or until the context is done (nil: never).
func (g *gate) take(deadline time.Time, closing <-chan struct{}, done <-chan struct{}) error {
	if g.try() {
		return nil
	}
	return g.stand(deadline, closing, done, nil)
}

// stand is take for who finds others inside. Closing giveUp ends it like a context.
func (g *gate) stand(deadline time.Time, closing, done, giveUp <-chan struct{}) error {
	turn := g.enqueue()
	if turn == nil {
		return nil
	}
	var expired <-chan time.Time
	if !deadline.IsZero() {
		t := time.NewTimer(time.Until(deadline))
		defer t.Stop()
		expired = t.C
	}
	var err error
	select {
	case <-turn:
		return nil
	case <-closing:
		err = sock.ErrClosed
	case <-done:
		err = sock.ErrWoken
	case <-giveUp:
		err = sock.ErrWoken
	case <-expired:
		err = sock.ErrTimeout
	}
	if !g.dequeue(turn) {
		return nil // it came in the same moment, and with it what must be done inside before it is left
	}
	return err
}

// enqueue makes the caller the last of those who wait, or, when the gate has become free, takes it and returns nil.
func (g *gate) enqueue() (turn chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for !g.state.CompareAndSwap(gateHeld, gateAwaited) && g.state.Load() != gateAwaited {
		if g.try() {
			return nil
		}
	}
	turn = make(chan struct{})
	g.queue = append(g.queue, turn)
	return turn
}

// dequeue takes somebody out of the queue; false when the turn has come.
func (g *gate) dequeue(turn chan struct{}) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := slices.Index(g.queue, turn)
	if at < 0 {
		return false
	}
	g.queue = slices.Delete(g.queue, at, at+1)
	g.settle()
	return true
}

// leave lets the next one in.
func (g *gate) leave() {
	if g.state.CompareAndSwap(gateHeld, gateFree) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queue) == 0 { // who waited gave up since
		g.state.Store(gateFree)
		return
	}
	close(g.queue[0])
	g.queue = slices.Delete(g.queue, 0, 1)
	g.settle()
}

// settle notes when nobody waits any more. The caller holds mu.
func (g *gate) settle() {
	if len(g.queue) == 0 {
		g.state.Store(gateHeld)
	}
}
