// This file ends a loop's service gracefully: nobody new is let in, everybody is told, and there is a deadline.
package core

import (
	"time"

	"libws/core/protocol"
)

// Drain stops accepting and starts the closing handshake with 1001 on every connection. Those that have not answered after timeout
// are cut off. LoopDrained comes once the last connection is gone; the loop is still to be polled until then, and closed afterwards.
func (l *Loop) Drain(timeout time.Duration) error {
	const op = "Loop.Drain"
	ms := milliseconds(timeout)
	if ms < 1 || ms > mostLoopMS {
		return argumentError(op, "the timeout must be 1 ms to 12 days")
	}
	if e := l.lock(op); e != nil {
		return e
	}
	defer l.mu.Unlock()
	l.draining = true
	l.flushDirty() // what was published comes before the close frames
	for i := range l.listeners {
		l.listeners[i].close()
	}
	l.readClock()
	l.drainTick = l.tick + uint32(ms)
	for i := range l.slab.used {
		slot := uint32(i)
		c := l.slab.at(slot)
		if c.flags&(cUsed|cEnding|cTellClose|cTold) != cUsed {
			continue
		}
		switch {
		case c.m.Close(CloseGoingAway, "") == nil:
			l.closing(slot, c)
			c.stageTick = l.tick + uint32(ms)
			l.schedule(slot, c)
		case c.m.State() == protocol.Connecting && c.flags&cKnown == 0:
			l.lost(slot, c, CodeClosed)
		default: // being opened by the user, or closing already
			if stage := l.tick + uint32(ms); int32(stage-c.stageTick) < 0 {
				c.stageTick = stage
				l.schedule(slot, c)
			}
		}
	}
	l.stir()
	return nil
}

// tellDrained delivers LoopDrained when it is time.
func (l *Loop) tellDrained() {
	if !l.drained && l.slab.live == 0 && !l.full() {
		l.drained = true
		l.events[l.count] = LoopEvent{Kind: LoopDrained}
		l.count++
	}
}
