// This file sends: messages are encoded behind the connection's output and leave with the next flush, long ones at once and without
// a copy (RFC 6455 §6.1).

package core

import (
	"libws/core/wire"

	"golang.org/x/sys/unix"
)

// directSend is the payload size from which a copy costs more than a system call: such a message is written at once, straight from
// the caller's memory, behind what was gathered before it.
const directSend = 16 << 10

// mostSendBytes bounds a payload whose length may be invented.
const mostSendBytes = 1<<32 - 1

// Send sends a text or binary message. It returns the bytes that the message takes on the wire; 0 when the connection's policy has
// dropped it. The payload is not kept. Errors: CodeHandle, CodeClosed, CodeState, CodeUTF8, CodeArgument, CodeQueueFull, CodeNoMemory; the
// message is refused whole then.
func (l *Loop) Send(id ConnID, op Opcode, payload []byte) (int, error) {
	return l.SendKey(id, op, payload, 0)
}

// SendText sends a text message.
func (l *Loop) SendText(id ConnID, msg string) (int, error) { return l.Send(id, OpText, bytesOf(msg)) }

// SendBinary sends a binary message.
func (l *Loop) SendBinary(id ConnID, data []byte) (int, error) { return l.Send(id, OpBinary, data) }

// SendKey is Send with a key for QueueConflate: while it waits, the message is replaced by the next one with the same key. Key 0
// is none.
func (l *Loop) SendKey(id ConnID, op Opcode, payload []byte, key int64) (int, error) {
	const name = "Loop.Send"
	if e := l.lock(name); e != nil {
		return 0, e
	}
	defer l.mu.Unlock()
	slot, c, e := l.find(name, id)
	if e != nil {
		return 0, e
	}
	l.catchUp(slot, c)
	n, err := l.sendSoon(slot, c, &loopMessage{op: op, fin: true, payload: payload, key: key}, l.eager.Load())
	if err != nil {
		return 0, sendError(name, err)
	}
	return n, nil
}

// SendFragment sends a part of a message: the first has the opcode of the message, the others OpContinuation, and final is the
// last (RFC 6455 §5.4). Other messages to the connection fail until then, and what is published waits. Pings and pongs of at most 125
// bytes may be sent with it, too.
func (l *Loop) SendFragment(id ConnID, op Opcode, payload []byte, final bool) (int, error) {
	const name = "Loop.SendFragment"
	if op == OpClose {
		return 0, argumentError(name, "close frames are sent with CloseConn")
	}
	if e := l.lock(name); e != nil {
		return 0, e
	}
	defer l.mu.Unlock()
	slot, c, e := l.find(name, id)
	if e != nil {
		return 0, e
	}
	l.catchUp(slot, c)
	n, err := l.send(slot, c, &loopMessage{op: op, fin: final, payload: payload, pinned: !final || op == OpContinuation})
	if err != nil {
		return 0, sendError(name, err)
	}
	if c.flags&cPostponed != 0 && !c.m.Fragmenting() {
		l.sendPostponed(slot, c)
		if c.flags&(cUsed|cEnding) == cUsed {
			l.roomAgain(slot, c) // a long last part leaves at once, and no flush comes behind it
		}
	}
	return n, nil
}

// Flush writes what has been sent since the last poll instead of leaving it to the next.
func (l *Loop) Flush() error {
	if e := l.lock("Loop.Flush"); e != nil {
		return e
	}
	defer l.mu.Unlock()
	l.flushDirty()
	return nil
}

// errQueueFull is what send answers under QueueFail.
var errQueueFull = newError(CodeQueueFull, "", "the connection's queue is full: the peer reads too slowly")

// errNoMemory is what send answers when there is no memory to keep a message in.
var errNoMemory = noMemory("")

func sendError(op string, err error) *Error {
	if e, ok := err.(*Error); ok {
		return &Error{Code: e.Code, Op: op, Msg: e.Msg}
	}
	return fromProtocol(op, err)
}

// loopMessage is one message, or a frame of one, on its way to a connection.
type loopMessage struct {
	op      Opcode
	fin     bool
	pinned  bool   // dropping it would break a fragmented message
	payload []byte // not encoded
	encoded []byte // or the whole frame as servers send it: encoded once for many receivers
	key     int64
}

func (o *loopMessage) size() int {
	if o.encoded != nil {
		return len(o.encoded)
	}
	return len(o.payload) + wire.MaxHeaderSize
}

// send puts a message behind the output of a connection, under its policy when there is no room. It returns the bytes it takes on
// the wire, 0 when it was dropped.
func (l *Loop) send(slot uint32, c *loopConn, o *loopMessage) (int, error) {
	if n := l.gatherMore(c, o); n > 0 {
		return n, nil
	}
	if c.flags&cBroken != 0 {
		return 0, newError(CodeClosed, "", "the connection was lost")
	}
	limit := l.limitOf(c)
	if c.queue != 0 {
		if pending := l.queues[c.queue].size(); pending > 0 && pending+o.size() > limit {
			if taken, n, err := l.overfull(slot, c, o, limit); taken {
				return n, err
			}
		}
	}
	n, err := l.enqueue(slot, c, o)
	if err != nil {
		if err == error(errNoMemory) {
			l.metrics.RefusedFull++
		}
		return 0, err
	}
	l.tally(o)
	if c.queue != 0 && l.queues[c.queue].size() > limit/2 && c.flags&cBlocked != 0 {
		c.flags |= cOwesDrain
	}
	return n, nil
}

// overfull applies the policy of a connection to a message that finds no room; taken is false when there is room after all.
func (l *Loop) overfull(slot uint32, c *loopConn, o *loopMessage, limit int) (taken bool, n int, err error) {
	if c.flags&cBlocked == 0 {
		l.flush(slot, c) // what was gathered may still fit the socket
		if c.flags&(cBroken|cUsed) != cUsed {
			return true, 0, newError(CodeClosed, "", "the connection was lost")
		}
		if c.queue == 0 || l.queues[c.queue].size()+o.size() <= limit {
			return false, 0, nil
		}
	}
	// What may not be sent at all is an error before it is a matter of room: nobody else's message is dropped for it.
	if l.mayNot(c, o) != nil {
		return false, 0, nil
	}
	c.flags |= cOwesDrain
	policy := l.policyOf(c)
	if (policy == QueueConflate || policy == QueueDropOldest) && l.makeRoom(c, o, limit, policy) {
		return false, 0, nil
	}
	n, err = l.turnAway(slot, c, o.pinned)
	return true, n, err
}

// turnAway does with a message for which there is no room what the policy of its connection says.
func (l *Loop) turnAway(slot uint32, c *loopConn, pinned bool) (n int, err error) {
	switch policy := l.policyOf(c); policy {
	case QueueDropNewest:
		if !pinned {
			l.metrics.DroppedNewest++
			return 0, nil
		}
	case QueueClose1008, QueueClose1013:
		l.metrics.ClosedSlow++
		code := wire.ClosePolicy
		if policy == QueueClose1013 {
			code = wire.CloseTryAgainLater
		}
		l.readClock()
		l.dismiss(slot, c, code, CodeQueueFull)
		return 0, newError(CodeClosed, "", "the connection was closed: the peer reads too slowly")
	}
	l.metrics.RefusedFull++
	return 0, errQueueFull
}

// mayNot returns why a message may not be sent, or nil.
func (l *Loop) mayNot(c *loopConn, o *loopMessage) error {
	if o.encoded != nil {
		return c.m.MaySendMessage()
	}
	return c.m.MaySend(o.op, o.fin, o.payload)
}

// makeRoom drops waiting messages until o fits. Nothing is dropped when that does not suffice.
func (l *Loop) makeRoom(c *loopConn, o *loopMessage, limit int, policy QueuePolicy) bool {
	q := &l.queues[c.queue]
	need := q.size() + o.size() - limit
	if policy == QueueConflate && o.key != 0 {
		if i := l.keyed[recordKey{c.queue, o.key}]; i != 0 && len(l.records[i].block) >= need {
			return true // enqueue replaces it
		}
	}
	loose := 0
	for i := q.first; i != 0 && loose < need; i = l.records[i].next {
		if !l.records[i].pinned {
			loose += len(l.records[i].block)
		}
	}
	if loose < need {
		return false
	}
	for i := q.first; need > 0; {
		next := l.records[i].next
		if !l.records[i].pinned {
			n := len(l.records[i].block)
			need -= n
			l.metrics.QueueBytes -= int64(n)
			l.metrics.DroppedOldest++
			l.dropRecord(c.queue, q, i)
		}
		i = next
	}
	return true
}

// enqueue encodes a message behind the output, or writes it at once when it is long.
func (l *Loop) enqueue(slot uint32, c *loopConn, o *loopMessage) (int, error) {
	if o.encoded == nil && len(o.payload) >= directSend && c.flags&(cBlocked|cClient) == 0 {
		return l.sendDirect(slot, c, o)
	}
	q := l.queueOf(c)
	if q == nil {
		return 0, errNoMemory
	}
	if c.flags&cBlocked != 0 {
		if p := l.policyOf(c); q.first != 0 || p == QueueDropOldest || p == QueueConflate {
			return l.enqueueRecord(c, q, o, p)
		}
	}
	err, before := error(errNoMemory), 0
	if l.grow(q, o.size()) {
		before = len(q.buf)
		q.buf, err = l.encode(c, q.buf, o)
	}
	if err != nil {
		if q.size() == 0 {
			l.dropQueue(c)
		}
		return 0, err
	}
	n := len(q.buf) - before
	l.metrics.QueueBytes += int64(n)
	if c.flags&cBlocked == 0 {
		l.mark(slot, c)
	}
	return n, nil
}

// encode appends a message as it goes on the wire.
func (l *Loop) encode(c *loopConn, dst []byte, o *loopMessage) ([]byte, error) {
	if o.encoded != nil {
		if err := c.m.MaySendMessage(); err != nil {
			return dst, err
		}
		return wire.Append(dst, o.encoded), nil
	}
	return c.m.AppendFrame(dst, o.op, o.fin, o.payload)
}

// enqueueRecord keeps a message apart while the socket is full, so that it may still be dropped.
func (l *Loop) enqueueRecord(c *loopConn, q *queue, o *loopMessage, policy QueuePolicy) (int, error) {
	block := l.pool.Get(o.size())
	if block == nil {
		return 0, errNoMemory
	}
	block, err := l.encode(c, block, o)
	if err != nil {
		l.pool.Put(block)
		return 0, err
	}
	key := o.key
	if policy != QueueConflate {
		key = 0
	}
	l.metrics.QueueBytes += int64(len(block))
	if i := l.keyed[recordKey{c.queue, key}]; key != 0 && i != 0 {
		// The newer message takes the place of the older one in the order.
		r := &l.records[i]
		l.metrics.QueueBytes -= int64(len(r.block))
		l.metrics.Conflated++
		q.waiting += len(block) - len(r.block)
		l.pool.Put(r.block)
		r.block = block
		return len(block), nil
	}
	l.addRecord(c, q, block, key, o.pinned)
	return len(block), nil
}

// sendDirect writes what was gathered, a header and the payload in one system call. What the socket does not take is copied.
func (l *Loop) sendDirect(slot uint32, c *loopConn, o *loopMessage) (int, error) {
	var h [wire.MaxHeaderSize]byte
	size, _, err := c.m.FrameHeader(&h, o.op, o.fin, o.payload)
	if err != nil {
		return 0, err
	}
	var before []byte
	if c.queue != 0 {
		q := &l.queues[c.queue]
		before = q.buf[q.head:]
	}
	header := append(l.header[:0], h[:size]...)
	n, errno := l.gather.SendAll(int(c.fd), before, header, o.payload)
	if errno != 0 && errno != unix.EAGAIN {
		l.broken(slot, c)
		return 0, newError(CodeClosed, "", "the connection was lost")
	}
	total := size + len(o.payload)
	l.metrics.BytesOut += int64(n)
	if n == len(before)+total {
		if c.queue != 0 {
			q := &l.queues[c.queue]
			q.head = len(q.buf)
			l.metrics.QueueBytes -= int64(len(before))
			l.mark(slot, c) // gives the queue back
		}
		return total, nil
	}
	q := l.queueOf(c)
	if q == nil {
		l.lost(slot, c, CodeNoMemory)
		return 0, errNoMemory
	}
	took := min(n, len(before))
	q.head += took
	l.metrics.QueueBytes -= int64(took)
	rest := n - took
	if !l.grow(q, total-rest) {
		l.lost(slot, c, CodeNoMemory)
		return 0, errNoMemory
	}
	was := len(q.buf)
	q.buf = append(q.buf, header[min(rest, size):]...)
	q.buf = append(q.buf, o.payload[max(0, rest-size):]...)
	l.metrics.QueueBytes += int64(len(q.buf) - was)
	l.blocked(slot, c)
	return total, nil
}
