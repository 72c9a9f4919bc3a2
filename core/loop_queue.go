// This file holds the output of connections until the socket takes it: bytes in the order they leave, and behind them, when a
// policy may still drop some, whole messages.

package core

import (
	"libws/core/internal/poller"
	"libws/core/wire"

	"golang.org/x/sys/unix"
)

// QueuePolicy says what happens to a message that finds the queue of its connection full. Whatever it says, a message is taken
// whole or not at all, and one that finds the queue empty is always taken.
type QueuePolicy uint8

// The policies.
const (
	QueueFail       QueuePolicy = 0 // the send fails with CodeQueueFull
	QueueDropNewest QueuePolicy = 1 // the message is dropped: the send returns 0 bytes and no error
	QueueDropOldest QueuePolicy = 2 // the oldest messages that have not begun to leave are dropped to make room
	QueueConflate   QueuePolicy = 3 // a message replaces the waiting one with the same key; without one it goes on like QueueDropOldest
	QueueClose1008  QueuePolicy = 4 // the connection is closed with 1008
	QueueClose1013  QueuePolicy = 5 // the connection is closed with 1013
	queuePolicies   QueuePolicy = 6
)

// queue is the output of one connection. It exists only while there is some.
type queue struct {
	buf  []byte // a block of the pool; buf[head:] is to be written
	head int

	first, last int32 // messages that wait behind buf and may still be dropped; indices into Loop.records
	waiting     int   // their bytes
	next        int32 // link of unused queues
}

// record is one encoded message that waits.
type record struct {
	block      []byte
	prev, next int32
	key        int64
	pinned     bool // part of a fragmented message: never dropped
}

// recordKey finds the waiting message that a newer one with the same key replaces.
type recordKey struct {
	queue int32
	key   int64
}

const (
	queueLeast  = 512      // bytes of the smallest block, so that small answers share a size
	refillBytes = 64 << 10 // as much is taken from waiting messages at a time
	growBy      = 4        // a queue that one message outgrew will be outgrown by the next: fewer, larger steps
	growMost    = 64 << 10 // beyond it a queue grows as it must
)

func (q *queue) size() int { return len(q.buf) - q.head + q.waiting }

// queueOf returns the queue of a connection, making one when there is none; nil when there is no memory for it.
func (l *Loop) queueOf(c *loopConn) *queue {
	if c.queue == 0 {
		block := l.pool.Get(queueLeast)
		if block == nil {
			return nil
		}
		if l.spareQ == 0 {
			l.queues = append(l.queues, queue{})
			c.queue = int32(len(l.queues) - 1)
		} else {
			c.queue = l.spareQ
			l.spareQ = l.queues[c.queue].next
		}
		q := &l.queues[c.queue]
		*q = queue{buf: block}
	}
	return &l.queues[c.queue]
}

// grow makes room for n more bytes behind q.buf; false when there is no memory for them.
func (l *Loop) grow(q *queue, n int) bool {
	if cap(q.buf)-len(q.buf) >= n {
		return true
	}
	left := len(q.buf) - q.head
	if q.head > 0 && left <= q.head && left+n <= cap(q.buf) {
		q.buf = q.buf[:copy(q.buf, q.buf[q.head:])]
		q.head = 0
		return true
	}
	bigger := l.pool.Get(max(left+n, min(growBy*cap(q.buf), growMost)))
	if bigger == nil {
		return false
	}
	bigger = wire.Append(bigger, q.buf[q.head:])
	l.pool.Put(q.buf)
	q.buf, q.head = bigger, 0
	return true
}

// dropQueue forgets all output of a connection.
func (l *Loop) dropQueue(c *loopConn) {
	if c.queue == 0 {
		return
	}
	q := &l.queues[c.queue]
	l.metrics.QueueBytes -= int64(q.size())
	for q.first != 0 {
		l.dropRecord(c.queue, q, q.first)
	}
	l.pool.Put(q.buf)
	*q = queue{next: l.spareQ}
	l.spareQ = c.queue
	c.queue = 0
	c.flags &^= cBlocked
}

// addRecord makes a block the last waiting message.
func (l *Loop) addRecord(c *loopConn, q *queue, block []byte, key int64, pinned bool) {
	i := l.spareR
	if i == 0 {
		l.records = append(l.records, record{})
		i = int32(len(l.records) - 1)
	} else {
		l.spareR = l.records[i].next
	}
	l.records[i] = record{block: block, prev: q.last, key: key, pinned: pinned}
	if q.last != 0 {
		l.records[q.last].next = i
	} else {
		q.first = i
	}
	q.last = i
	q.waiting += len(block)
	if key != 0 {
		l.keyed[recordKey{c.queue, key}] = i
	}
}

// dropRecord takes a waiting message out, wherever it stands.
func (l *Loop) dropRecord(index int32, q *queue, i int32) {
	r := &l.records[i]
	if r.prev != 0 {
		l.records[r.prev].next = r.next
	} else {
		q.first = r.next
	}
	if r.next != 0 {
		l.records[r.next].prev = r.prev
	} else {
		q.last = r.prev
	}
	q.waiting -= len(r.block)
	if k := (recordKey{index, r.key}); r.key != 0 && l.keyed[k] == i {
		delete(l.keyed, k)
	}
	l.pool.Put(r.block)
	*r = record{next: l.spareR}
	l.spareR = i
}

// refill moves waiting messages behind the bytes that are to leave next.
func (l *Loop) refill(c *loopConn, q *queue) {
	for q.first != 0 && len(q.buf)-q.head < refillBytes {
		r := &l.records[q.first]
		switch {
		case l.grow(q, len(r.block)):
			q.buf = wire.Append(q.buf, r.block)
		case len(q.buf) > q.head:
			return // what is there leaves first
		default: // no memory: the blocks change places
			q.waiting -= len(r.block)
			r.block, q.buf, q.head = q.buf[:0], r.block, 0
		}
		l.dropRecord(c.queue, q, q.first)
	}
}

// flushDirty writes what has been gathered since the last flush: one write per connection, and one for what was published.
func (l *Loop) flushDirty() {
	if len(l.published.frames) > 0 {
		l.handOver(true)
	}
	for i := 0; i < len(l.dirty); i++ { // a flush may find more to do
		slot := l.dirty[i]
		if c := l.slab.at(slot); c.flags&cDirty != 0 {
			c.flags &^= cDirty
			if c.flags&cBlocked == 0 {
				l.flush(slot, c)
			}
		}
	}
	l.dirty = l.dirty[:0]
}

// flush writes the output of a connection until it is empty or the socket full.
func (l *Loop) flush(slot uint32, c *loopConn) {
	for {
		if c.m.HasOutput() && (c.queue == 0 || l.queues[c.queue].first == 0) && !l.takeOutput(slot, c) {
			return
		}
		if c.queue == 0 {
			break
		}
		q := &l.queues[c.queue]
		if len(q.buf) == q.head {
			if q.first == 0 {
				break
			}
			q.buf, q.head = q.buf[:0], 0
			l.refill(c, q)
		}
		if !l.write(slot, c, q) {
			return
		}
	}
	l.emptied(slot, c)
}

// takeOutput puts what the machine wants written behind the output. Without memory for it the connection is lost.
func (l *Loop) takeOutput(slot uint32, c *loopConn) bool {
	q := l.queueOf(c)
	if q == nil || !l.grow(q, c.m.OutputSize()) {
		l.lost(slot, c, CodeNoMemory)
		return false
	}
	before := len(q.buf)
	q.buf = c.m.AppendOutput(q.buf)
	l.metrics.QueueBytes += int64(len(q.buf) - before)
	return true
}

// write writes once; false when the socket takes no more or is broken.
func (l *Loop) write(slot uint32, c *loopConn, q *queue) bool {
	n, errno := poller.Send(int(c.fd), q.buf[q.head:])
	if errno != 0 && errno != unix.EAGAIN {
		l.broken(slot, c)
		return false
	}
	l.sent(c, q, n)
	if q.head < len(q.buf) {
		l.blocked(slot, c)
		return false
	}
	return true
}

func (l *Loop) sent(c *loopConn, q *queue, n int) {
	q.head += n
	l.metrics.BytesOut += int64(n)
	l.metrics.QueueBytes -= int64(n)
}

// blocked waits for room in the socket.
func (l *Loop) blocked(slot uint32, c *loopConn) {
	if c.flags&cBlocked == 0 {
		c.flags |= cBlocked
		if c.flags&(cEnding|cAnswered) != 0 {
			l.beginPatience(slot, c)
		}
		l.watch(slot, c)
	}
}

// broken deals with a socket that cannot be written to any more. What the peer sent before may still be read, its close frame
// above all; the end of it will show. Not so the requests of a plain HTTP client that wait for its reading: none can be answered.
func (l *Loop) broken(slot uint32, c *loopConn) {
	answering := c.answering()
	l.dropQueue(c)
	c.flags |= cBroken
	switch {
	case c.flags&cEnding != 0:
		l.cut(slot, c)
		return
	case answering:
		l.lost(slot, c, CodeAbnormal)
		return
	}
	l.watch(slot, c)
}

// emptied gives the queue of a connection back and tells that there is room.
func (l *Loop) emptied(slot uint32, c *loopConn) {
	wasBlocked, answering := c.flags&cBlocked != 0, c.answering()
	l.dropQueue(c)
	if wasBlocked {
		l.watch(slot, c)
	}
	if c.flags&cEnding != 0 {
		l.written(slot, c)
		return
	}
	if answering {
		l.awaitRequest(slot, c)
	}
	l.roomAgain(slot, c)
}

// roomAgain lets LoopDrain come once the queue of a connection that was short of room is down to an eighth of its bound, and nothing
// waits behind a message in parts.
func (l *Loop) roomAgain(slot uint32, c *loopConn) {
	if c.flags&(cOwesDrain|cPostponed) != cOwesDrain || c.queue != 0 && l.queues[c.queue].size() > l.limitOf(c)/8 {
		return
	}
	c.flags = c.flags&^cOwesDrain | cTellDrain
	l.heed(slot, c)
}

// writable goes on writing where the socket was full.
func (l *Loop) writable(slot uint32, c *loopConn) {
	l.flush(slot, c)
	if c.flags&(cUsed|cOwesDrain) == cUsed|cOwesDrain {
		l.roomAgain(slot, c)
	}
}

// limitOf returns how many bytes the queue of a connection holds.
func (l *Loop) limitOf(c *loopConn) int {
	if c.flags&cHasLimit != 0 {
		return int(c.queueLimit) << 10
	}
	return l.more.queueBytes
}

func (l *Loop) policyOf(c *loopConn) QueuePolicy {
	if c.flags&cHasLimit != 0 {
		return c.policy
	}
	return l.more.policy
}

// SetQueue gives one connection a bound in bytes, rounded up to KiB, and a policy of its own.
func (l *Loop) SetQueue(id ConnID, bytes int64, policy QueuePolicy) error {
	const op = "Loop.SetQueue"
	if bytes < 1 || bytes > mostQueueBytes {
		return newError(CodeOption, op, "a queue must hold 1 byte to 1 TiB")
	}
	if policy >= queuePolicies {
		return newError(CodeOption, op, "there is no such policy")
	}
	if e := l.lock(op); e != nil {
		return e
	}
	defer l.mu.Unlock()
	_, c, e := l.find(op, id)
	if e != nil {
		return e
	}
	l.setQueue(c, bytes, policy)
	return nil
}

func (l *Loop) setQueue(c *loopConn, bytes int64, policy QueuePolicy) {
	c.flags |= cHasLimit
	c.queueLimit, c.policy = uint32((bytes+1023)>>10), policy
}
