package core

import (
	"sync"
	"testing"
	"time"

	"libws/core/internal/sock"
)

func TestGate(t *testing.T) {
	g := newGate()
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
	g := newGate()
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
