// This file holds the short ways of sending. A message that has nothing before it is written at once, from memory that is hot: an answer
// that goes alone would pay for being gathered and gain nothing. One that follows others is put behind them.

package core

import (
	"libws/core/internal/poller"
	"libws/core/wire"

	"golang.org/x/sys/unix"
)

// sendSoon is send for a message that may be the last to its connection before the next flush: then it is written at once.
func (l *Loop) sendSoon(slot uint32, c *loopConn, o *loopMessage, last bool) (int, error) {
	if last && len(o.payload) < directSend && l.mayWrite(c) {
		return l.sendNow(slot, c, o)
	}
	return l.send(slot, c, o)
}

// mayWrite tells whether a message may be written at once: nothing waits before it, and nothing was written to this connection since
// the last poll, so that whoever sends many small messages to one connection still gets them gathered.
func (l *Loop) mayWrite(c *loopConn) bool {
	return c.queue == 0 && c.flags&(cBlocked|cBroken) == 0 && c.wrote != l.batch && !c.m.HasOutput()
}

// sendNow encodes a message and writes it.
func (l *Loop) sendNow(slot uint32, c *loopConn, o *loopMessage) (int, error) {
	b, err := l.encode(c, l.scratch[:0], o)
	if err != nil {
		return 0, err
	}
	if !l.writeNow(slot, c, b) {
		return 0, newError(CodeClosed, "", "the connection was lost")
	}
	l.tally(o)
	return len(b), nil
}

// writeNow writes to a connection that has nothing waiting. What the socket does not take becomes its output; false when it is lost.
func (l *Loop) writeNow(slot uint32, c *loopConn, b []byte) bool {
	if len(b) == 0 {
		return true
	}
	c.wrote = l.batch
	n, errno := poller.Send(int(c.fd), b)
	if errno != 0 && errno != unix.EAGAIN {
		l.broken(slot, c)
		return false
	}
	l.metrics.BytesOut += int64(n)
	return n == len(b) || l.queueRest(slot, c, b[n:])
}

// gatherMore is send for what is most often sent when it is not written at once: a short message behind others that wait for the next
// flush and leave it room. It returns 0 for anything else, an error included, and has done nothing then.
func (l *Loop) gatherMore(c *loopConn, o *loopMessage) int {
	if c.flags&(cDirty|cBlocked|cBroken) != cDirty || c.queue == 0 || len(o.payload) >= directSend {
		return 0
	}
	q := &l.queues[c.queue]
	before := len(q.buf)
	if size := o.size(); size > cap(q.buf)-before || size > l.limitOf(c)-(before-q.head) {
		return 0
	}
	b, err := l.encode(c, q.buf, o)
	if err != nil {
		return 0
	}
	q.buf = b
	n := len(b) - before
	l.metrics.QueueBytes += int64(n)
	l.tally(o)
	return n
}

// queueRest keeps what the socket did not take of a message. Without memory for it the connection is lost: nothing can follow a part of
// a frame but its rest.
func (l *Loop) queueRest(slot uint32, c *loopConn, rest []byte) bool {
	q := l.queueOf(c)
	if q == nil || !l.grow(q, len(rest)) {
		l.lost(slot, c, CodeNoMemory)
		return false
	}
	q.buf = wire.Append(q.buf, rest)
	l.metrics.QueueBytes += int64(len(rest))
	l.blocked(slot, c)
	return true
}

// tally counts a message that was taken.
func (l *Loop) tally(o *loopMessage) {
	if o.fin && !o.op.IsControl() {
		l.metrics.MessagesOut++
	}
}
