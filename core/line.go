// This file lets a sender that signals end stand in line for the gate. Go hides signals from a goroutine that waits for another.
package core

import (
	"time"

	"libws/core/internal/sock"
)

// lookInLine is how often such a sender looks whether its turn has come when there is no descriptor that could tell it.
const lookInLine = 10 * time.Millisecond

// takeGate takes the gate for a sending call.
func (c *Conn) takeGate(s *sending, done <-chan struct{}) error {
	if c.onFD && (s.wait.Interruptible || s.wait.Until != nil) {
		return c.takeOnThread(s.wait, done)
	}
	err := c.gate.take(s.wait.End(), c.closing, done)
	if err == sock.ErrTimeout {
		err = s.wait.Expired()
	}
	return err
}

// takeOnThread takes the gate like gate.take, but waits in the kernel, where signals and w.Until end the wait. A goroutine stands in
// line meanwhile; nobody waits here most of the time, so what that costs is of no account.
func (c *Conn) takeOnThread(w sock.Wait, done <-chan struct{}) error {
	if c.gate.try() {
		return nil
	}
	woken, _ := sock.NewEvent()
	defer woken.Close()
	turn, giveUp := make(chan error, 1), make(chan struct{})
	go func() {
		turn <- c.gate.stand(time.Time{}, c.closing, done, giveUp)
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
			c.leaveGate() // it came in the same moment
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
