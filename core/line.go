// This file lets a call that signals end stand in line for a gate, as a sender or as one that accepts. Go hides signals from a goroutine that waits for another.

package core

import (
	"time"

	"libws/core/internal/sock"
)

// lookInLine is how often such a call looks whether its turn has come when there is no descriptor that could tell it.
const lookInLine = 10 * time.Millisecond

// takeGate takes the gate for a sending call.
func (c *Conn) takeGate(s *sending, done <-chan struct{}) error {
	if c.onFD && (s.wait.Interruptible || s.wait.Until != nil) {
		return c.gate.takeOnThread(s.wait, c.closing, done, c.leaveGate)
	}
	err := c.gate.take(s.wait.End(), c.closing, done)
	if err == sock.ErrTimeout {
		err = s.wait.Expired()
	}
	return err
}

// takeGateLast takes the gate for a call that ends the connection, whoever has closed it meanwhile.
func (c *Conn) takeGateLast(w sock.Wait) error {
	if c.onFD && w.Interruptible {
		return c.gate.takeOnThread(w, nil, nil, c.leaveGate)
	}
	return c.gate.take(w.Deadline, nil, nil)
}

// takeOnThread takes the gate like gate.take, but waits in the kernel, where signals and w.Until end the wait. A goroutine stands in
// line meanwhile; nobody waits here most of the time, so what that costs is of no account. leave leaves a gate that came too late.
func (g *gate) takeOnThread(w sock.Wait, closing, done <-chan struct{}, leave func()) error {
	if g.try() {
		return nil
	}
	woken, _ := sock.NewEvent()
	defer woken.Close()
	turn, giveUp := make(chan error, 1), make(chan struct{})
	go func() {
		turn <- g.stand(time.Time{}, closing, done, giveUp)
		woken.Set()
	}()
	for {
		err := woken.Await(inLineWait(w, woken))
		if err == nil {
			return <-turn
		}
		if woken == nil && err == sock.ErrTimeout && (w.Deadline.IsZero() || time.Until(w.Deadline) > 0) {
			select {
			case err = <-turn:
				return err
			default:
				continue
			}
		}
		close(giveUp)
		if <-turn == nil {
			leave() // it came in the same moment
		}
		return err
	}
}

// inLineWait is how long to wait at a time.
func inLineWait(w sock.Wait, woken *sock.Event) sock.Wait {
	if woken == nil {
		w.Deadline = earlier(time.Now().Add(lookInLine), w.Deadline)
	}
	return w
}
