// This file postpones what is published to a connection in the middle of a message in parts: nothing but control frames may come
// between these (RFC 6455 §5.4), so it waits for the end of the message, within the bound of the queue.

package core

import "libws/core/wire"

// postponed is what waits for the end of one connection's message.
type postponed struct {
	queue  // of which buf and head are used: frames as servers send them, one behind the other
	frames []postponedFrame
}

type postponedFrame struct {
	size uint32
	head uint8 // bytes of its header
	op   Opcode
}

// postpone lets a frame wait, or leaves it to the policy of the connection when there is no room.
func (l *Loop) postpone(slot uint32, c *loopConn, frame []byte, head uint8, op Opcode) {
	w := l.postponed[slot]
	if w == nil {
		block := l.pool.Get(queueLeast)
		if block == nil {
			l.metrics.RefusedFull++
			return
		}
		w = &postponed{queue: queue{buf: block}}
		l.postponed[slot] = w
		c.flags |= cPostponed
	}
	if l.excess(c, w, len(frame)) > 0 && c.flags&cBlocked == 0 {
		l.flush(slot, c) // what was gathered may still fit the socket
		if c.flags&(cBroken|cPostponed) != cPostponed {
			return
		}
	}
	if n := l.excess(c, w, len(frame)); n > 0 {
		c.flags |= cOwesDrain
		if policy := l.policyOf(c); policy != QueueDropOldest && policy != QueueConflate || n > w.size() {
			_, _ = l.turnAway(slot, c, false) // the metrics tell
			return
		}
		l.dropFirst(w, n)
	}
	if !l.grow(&w.queue, len(frame)) {
		l.metrics.RefusedFull++
		return
	}
	w.buf = wire.Append(w.buf, frame)
	w.frames = append(w.frames, postponedFrame{size: uint32(len(frame)), head: head, op: op})
	l.metrics.QueueBytes += int64(len(frame))
}

// excess returns by how much n bytes more would be too many: never when nothing waits.
func (l *Loop) excess(c *loopConn, w *postponed, n int) int {
	waits := w.size()
	if c.queue != 0 {
		waits += l.queues[c.queue].size()
	}
	if waits == 0 {
		return 0
	}
	return waits + n - l.limitOf(c)
}

// dropFirst drops the oldest frames, n bytes at least.
func (l *Loop) dropFirst(w *postponed, n int) {
	for n > 0 {
		size := int(w.frames[0].size)
		w.frames, w.head, n = w.frames[1:], w.head+size, n-size
		l.metrics.QueueBytes -= int64(size)
		l.metrics.DroppedOldest++
	}
}

// sendPostponed sends what has waited, now that the message is whole.
func (l *Loop) sendPostponed(slot uint32, c *loopConn) {
	w := l.takePostponed(slot, c)
	rest := w.buf[w.head:]
	for _, f := range w.frames {
		frame := rest[:f.size]
		rest = rest[f.size:]
		_, _ = l.sendEncoded(slot, c, f.op, frame[f.head:], frame) // the metrics tell what was not taken
	}
	l.pool.Put(w.buf)
}

// takePostponed takes what waits out of the books.
func (l *Loop) takePostponed(slot uint32, c *loopConn) *postponed {
	w := l.postponed[slot]
	delete(l.postponed, slot)
	c.flags &^= cPostponed
	l.metrics.QueueBytes -= int64(w.size())
	return w
}

// dropPostponed forgets what waits: the message will never be whole.
func (l *Loop) dropPostponed(slot uint32, c *loopConn) {
	if c.flags&cPostponed != 0 {
		l.pool.Put(l.takePostponed(slot, c).buf)
	}
}
