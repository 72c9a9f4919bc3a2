// This file reads before it judges. A deadline may be over only because this thread was elsewhere: what the peer sent in time waits in its
// socket then. That much is read first, and nothing that comes later, so that nobody gains time by sending on.

package core

import "libws/core/internal/poller"

// round is a time of asking epoll until whatever was ready at its beginning has been reported. One wait is enough unless it fills the array.
// epoll takes turns: nothing is reported twice before everything that was ready earlier has been reported once.
type round struct {
	began uint32 // its tick
	left  int    // reports after which nothing from before its beginning can be missing
}

// reported notes what a wait that has just ended put into ready.
func (l *Loop) reported(n int) {
	l.readyAt, l.readyEnd = 0, n
	r := &l.round
	switch {
	case n < len(l.ready):
		*r = round{began: l.tick}
	case r.left <= 0:
		*r = round{began: l.tick, left: l.slab.live + len(l.listeners) + 2 - n} // with the wake-up and the timer
	default:
		r.left -= n
	}
}

// lookedAround notes that whatever had come before a round is taken, once nothing of it is left.
func (l *Loop) lookedAround() {
	if l.readyAt == l.readyEnd && l.round.left <= 0 {
		l.looked = l.round.began
	}
}

// lateInput is what a connection whose deadline is over had still to be heard of when that was found.
type lateInput struct {
	at   uint32 // the deadline
	left int    // bytes in its socket; -1 once others were read, which came behind them
	tick uint32 // when they were last counted
}

// unheard tells whether input of a connection whose deadline, at, is over is still to be looked at.
func (l *Loop) unheard(slot uint32, c *loopConn, at uint32) bool {
	if c.flags&(cEOF|cPaused|cVerdict|cConnecting) != 0 || c.answering() || c.flags&(cEnding|cLinger) == cEnding {
		return false // it does not read now, or waits for something else
	}
	if c.flags&cLate == 0 || l.late[slot].at != at { // or what it did in time has set another, which is over by now
		if l.late == nil {
			l.late = map[uint32]lateInput{}
		}
		c.flags |= cLate
		l.late[slot] = lateInput{at: at, left: poller.Unread(int(c.fd)), tick: l.tick}
	}
	if l.resume == slot+1 || c.flags&cAttention != 0 && (c.flags&cHeld != 0 || c.m.Pending()) {
		return l.late[slot].left >= 0 // it waits for room among the events
	}
	late := l.late[slot]
	return late.left > 0 && int32(l.looked-late.tick) <= 0 // or nothing is there for us: the descriptor was closed behind our back
}

// heard counts a read of a connection that unheard has looked at. One that follows when nothing is left brings what came too late.
func (l *Loop) heard(slot uint32, n int) {
	late := l.late[slot]
	if late.left > 0 {
		late.left = max(late.left-n, 0)
	} else {
		late.left = -1
	}
	late.tick = l.tick
	l.late[slot] = late
}

// inTime forgets what unheard has noted: the deadline is judged, or there is another.
func (l *Loop) inTime(slot uint32, c *loopConn) {
	if c.flags&cLate != 0 {
		c.flags &^= cLate
		delete(l.late, slot)
	}
}
