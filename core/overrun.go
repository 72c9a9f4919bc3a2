// This file looks, while a peer keeps the socket full, at what else ends a receiving call.

package core

import (
	"time"

	"libws/core/internal/sock"
)

const (
	unseenRead  = 4 << 10  // bytes that a read counts for at least
	unseenEvent = 1 << 10  // bytes that an event counts for: it may be a ping, and answering one is a write
	unseenMost  = 64 << 10 // bytes after which clock, context and event are looked at: 16 reads, or fewer large ones
)

// overrun looks, now and then, at what ends the call. A read that finds data looks at nothing else, so that what came in time is taken
// also by a caller that comes late; but as long as a peer keeps the socket full, no read finds anything else. (To look before every
// read would cost a tenth of a small message.)
func (c *Conn) overrun(r *receiving) error {
	if r.unseen < unseenMost && !c.signals.Missed {
		return nil
	}
	r.unseen = 0
	switch w := &r.wait; {
	case r.ctx != nil && r.ctx.Err() != nil:
		return sock.ErrWoken
	case w.Until.IsSet():
		return sock.ErrInterrupted
	case passed(w.Deadline):
		return sock.ErrTimeout
	case c.signals.Missed:
		c.signals.Missed = false
		return sock.ErrInterrupted
	case w.Interruptible && w.Signals != nil && r.vigil.deaf(c.signals.Slept):
		return sock.ErrInterrupted
	}
	return nil
}

// vigil watches over a call that signals end. They end its waits only, and a peer that sends without a pause leaves it none: whatever
// signal came meanwhile, the call knows nothing of it, and ends as if there had been one.
type vigil struct {
	patience time.Duration // how long a call may be deaf
	since    time.Time     // zero: the first look is still to come
	slept    time.Duration // what the connection's calls had slept then
}

// deaf tells whether the call has been awake for most of its patience. slept is for how long the connection's calls have slept so far.
func (v *vigil) deaf(slept time.Duration) bool {
	now := time.Now()
	span := now.Sub(v.since)
	if !v.since.IsZero() && span < v.patience {
		return false
	}
	deaf := !v.since.IsZero() && slept-v.slept < span/2
	v.since, v.slept = now, slept
	return deaf
}

// passed tells whether there is a deadline and it is over.
func passed(deadline time.Time) bool { return !deadline.IsZero() && time.Until(deadline) <= 0 }
