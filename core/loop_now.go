// This file writes messages that have nothing before them at once, from memory that is hot, instead of gathering them for the next
// flush: an answer that goes alone would pay for the gathering and gain nothing.
package core

import (
	"libws/core/internal/poller"

	"golang.org/x/sys/unix"
)

// sendSoon is send for a message that may be the last to its connection before the next flush: then it is written at once.
func (l *Loop) sendSoon(slot uint32, c *loopConn, o loopMessage, last bool) (int, error) {
	if last && l.mayWrite(c, &o) {
		return l.sendNow(slot, c, &o)
	}
	return l.send(slot, c, o)
}

// mayWrite tells whether a message may be written at once: nothing waits before it, and nothing was written to this connection since
// the last poll, so that whoever sends many small messages to one connection still gets them gathered.
func (l *Loop) mayWrite(c *loopConn, o *loopMessage) bool {
	return c.queue == 0 && c.flags&(cBlocked|cBroken) == 0 && c.wrote != l.batch && len(o.payload) < directSend && !c.m.HasOutput()
}

// sendNow encodes a message and writes it. What the socket does not take becomes the connection's output.
func (l *Loop) sendNow(slot uint32, c *loopConn, o *loopMessage) (int, error) {
	b, err := l.encode(c, l.scratch[:0], o)
	if err != nil {
		return 0, err
	}
	c.wrote = l.batch
	n, errno := poller.Send(int(c.fd), b)
	if errno != 0 && errno != unix.EAGAIN {
		l.broken(slot, c)
		return 0, newError(CodeClosed, "", "the connection was lost")
	}
	l.tally(o)
	l.metrics.BytesOut += int64(n)
	if n < len(b) {
		l.queueRest(slot, c, b[n:])
	}
	return len(b), nil
}

// queueRest keeps what the socket did not take of a message.
func (l *Loop) queueRest(slot uint32, c *loopConn, rest []byte) {
	q := l.queueOf(c)
	l.grow(q, len(rest))
	q.buf = append(q.buf, rest...)
	l.metrics.QueueBytes += int64(len(rest))
	l.blocked(slot, c)
}

// tally counts a message that was taken.
func (l *Loop) tally(o *loopMessage) {
	if o.fin && !o.op.IsControl() {
		l.metrics.MessagesOut++
	}
}
