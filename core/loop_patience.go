// This file says how long output is waited for that nothing but its reader holds up: what comes before the end of a connection, and
// answers over plain HTTP. Whoever goes on taking it in gets all of it; whoever stops is given up. Only deadlines look.

package core

import "libws/core/internal/poller"

// untaken returns how much output the peer has not taken in, in the low 32 bits of a number of bytes: what the system holds counts,
// since a socket tells of room only once much of it is free.
func (l *Loop) untaken(c *loopConn) uint32 {
	n := poller.Unsent(int(c.fd))
	if c.queue != 0 {
		n += l.queues[c.queue].size()
	}
	return uint32(n)
}

// beginPatience starts the time of a reader that has something to read now: this end may have written it late.
func (l *Loop) beginPatience(slot uint32, c *loopConn) {
	l.watchProgress(c)
	l.readClock() // the last poll may be long ago
	switch {
	case c.flags&cEnding != 0:
		c.stageTick = l.patience()
	case c.flags&cYoung != 0 && !l.draining:
		c.stageTick = l.tick + l.more.handshakeMS
	}
	l.schedule(slot, c)
}

// watchProgress notes what is left of the output, for the next takesIn.
func (l *Loop) watchProgress(c *loopConn) { c.stamp = l.untaken(c) }

// takesIn tells whether the peer has taken in some of the output that waits since takesIn or watchProgress looked last.
func (l *Loop) takesIn(c *loopConn) bool {
	if c.flags&cBlocked == 0 {
		return false
	}
	before := c.stamp
	l.watchProgress(c)
	return int32(before-c.stamp) > 0
}

// patience returns until when a connection that is to end waits for its peer to take in some of its output.
func (l *Loop) patience() uint32 { return l.inDrain(l.tick + l.more.closeMS) }

// inDrain returns a deadline, or the end of a drain, whichever is earlier.
func (l *Loop) inDrain(at uint32) uint32 {
	if l.draining && int32(l.drainTick-at) < 0 {
		return l.drainTick
	}
	return at
}

// drainIsOver tells that nobody is waited for any more, whatever he does.
func (l *Loop) drainIsOver() bool { return l.draining && l.passed(l.drainTick) }
