// This file ends a loop's service gracefully: nobody new is let in, everybody is told, and there is a deadline.

package core

import (
	"time"

	"libws/core/protocol"
)

// Drain stops accepting and starts the closing handshake with 1001 on every connection; on one that the user is opening, by Dial or by
// deciding on a request, once it is open. Those that have not answered after timeout are cut off. A plain HTTP client goes once it has its
// answer. LoopDrained comes once the last connection is gone; the loop is still to be polled until then, and closed afterwards.
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
		l.unwatchListener(&l.listeners[i]) // another process may listen on
		l.listeners[i].close()
	}
	l.readClock()
	l.drainTick = l.tick + uint32(ms)
	for i := range l.slab.used {
		switch slot, c := uint32(i), l.slab.at(uint32(i)); {
		case c.flags&(cUsed|cEnding|cTellClose|cTold) == cUsed:
			l.drainOne(slot, c)
		case c.flags&(cUsed|cEnding|cCut) == cUsed|cEnding: // what is left to write is waited for no longer, either
			c.stageTick = l.inDrain(c.stageTick)
			l.schedule(slot, c)
		}
	}
	l.stir()
	return nil
}

func (l *Loop) drainOne(slot uint32, c *loopConn) {
	opening := c.m.State() == protocol.Connecting
	switch {
	case l.sendAway(slot, c):
	case opening && c.flags&cKnown == 0:
		l.lost(slot, c, CodeClosed)
	case opening && c.flags&(cAnswered|cVerdict|cHeld) == cAnswered && !c.m.RequestBegun() && !c.m.Pending():
		l.conclude(slot, c, CloseAbnormal, 0) // a plain HTTP client that has what it wanted
		l.end(slot, c)
	case int32(l.drainTick-c.stageTick) < 0 || opening && l.more.handshakeMS == 0: // being opened by the user, or closing already
		c.stageTick = l.drainTick
		l.schedule(slot, c)
	}
}

// sendAway starts the closing handshake with a connection that is open, under the deadline of the drain.
func (l *Loop) sendAway(slot uint32, c *loopConn) bool {
	if c.m.Close(CloseGoingAway, "") != nil {
		return false
	}
	l.closing(slot, c)
	c.stageTick = l.drainTick
	l.schedule(slot, c)
	return true
}

// owesDrained tells that LoopDrained is due.
func (l *Loop) owesDrained() bool { return l.draining && !l.drained && l.slab.live == 0 }

// tellDrained delivers LoopDrained when it is time.
func (l *Loop) tellDrained() {
	if l.owesDrained() && !l.full() {
		l.drained = true
		l.events[l.count] = LoopEvent{Kind: LoopDrained}
		l.count++
	}
}
