// The gate: one at a time, in order, with deadlines.

package core

import (
	"sync"
	"testing"
	"time"

	"libws/core/internal/sock"
)

func TestGate(t *testing.T) {
	var g gate
	if !g.try() || g.try() {
		t.Fatal("one gets in, and one only")
	}
	closing, done := make(chan struct{}), make(chan struct{})
	if err := g.take(time.Now().Add(10*time.Millisecond), closing, done); err != sock.ErrTimeout {
		t.Error(err)
	}
	close(done)
	if err := g.take(time.Time{}, closing, done); err != sock.ErrWoken {
		t.Error(err)
	}
	close(closing)
	if err := g.take(time.Time{}, closing, nil); err != sock.ErrClosed {
		t.Error(err)
	}
	g.leave()
	if err := g.take(time.Time{}, closing, done); err != nil { // a free gate is taken whatever else holds
		t.Error(err)
	}
	g.leave()
}

func TestGateLetsOneInAtATime(t *testing.T) {
	var g gate
	inside, total := 0, 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				if err := g.take(time.Time{}, nil, nil); err != nil {
					t.Error(err)
					return
				}
				if inside++; inside != 1 {
					t.Error(inside, "are inside")
				}
				total++
				inside--
				g.leave()
			}
		})
	}
	wg.Wait()
	if total != 4000 {
		t.Error(total)
	}
}

// Who waits gets in in turn, also when others try all the time; who gave up is passed over.
func TestGateIsFair(t *testing.T) {
	var g gate
	if !g.try() {
		t.Fatal("a new gate is free")
	}
	queued := func(n int) func() bool {
		return func() bool {
			g.mu.Lock()
			defer g.mu.Unlock()
			return len(g.queue) == n
		}
	}
	order := make(chan int, 4)
	giveUp := make(chan struct{})
	for i := range 4 {
		go func() {
			done := giveUp
			if i != 1 {
				done = nil
			}
			if g.take(time.Time{}, nil, done) == nil {
				order <- i
			}
		}()
		until(t, "it waits", queued(i+1))
	}
	close(giveUp)
	until(t, "one gives up", queued(3))
	for _, want := range []int{0, 2, 3} {
		g.leave()
		if g.try() {
			t.Fatal("the gate was handed on, but it is free")
		}
		if got := <-order; got != want {
			t.Errorf("%d got in before %d", got, want)
		}
	}
	g.leave()
	if g.held() {
		t.Error("nobody is inside")
	}
}

// Turns that come when their owner gives up are not lost.
func TestGateSurvivesImpatience(t *testing.T) {
	var g gate
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 2000 {
				if g.take(time.Now().Add(time.Duration(i%50)*time.Microsecond), nil, nil) == nil {
					g.leave()
				}
			}
		})
	}
	wg.Wait()
	if g.held() || len(g.queue) != 0 {
		t.Error("somebody is still there")
	}
}
