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

// patience returns until when a connection that is to end waits for its peer to take in some of its output. A drain ends it.
func (l *Loop) patience() uint32 {
	at := l.tick + l.more.closeMS
	if l.draining && int32(l.drainTick-at) < 0 {
		return l.drainTick
	}
	return at
}
