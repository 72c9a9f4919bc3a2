// This file publishes: messages to a topic are gathered, each encoded once, and the next flush writes all of them to each subscriber in
// one system call, straight from where they lie.

package core

import (
	"libws/core/internal/poller"
	"libws/core/wire"

	"golang.org/x/sys/unix"
)

// publication is what was published to one topic and not handed to its subscribers yet. A subscription says how much of it its
// connection has had already.
type publication struct {
	topic  int32
	buf    []byte           // a block of the pool: frames as servers send them, one behind the other
	frames []publishedFrame // none: nothing is pending
}

type publishedFrame struct {
	end  int32 // where it ends in buf
	head uint8 // bytes of its header
	op   Opcode
}

const (
	publishMost  = 64 << 10 // as many bytes are gathered before they are handed over
	publishLeast = 4 << 10  // bytes of the smallest block for them
)

// frame returns one frame.
func (p *publication) frame(i int32) []byte { return p.buf[p.start(i):p.frames[i].end] }

func (p *publication) start(i int32) int32 {
	if i == 0 {
		return 0
	}
	return p.frames[i-1].end
}

// Publish sends a message to every subscriber that a topic has now but except (0 for none), in all loops of the hub. It returns how many
// subscribers of this loop it goes to; when it leaves, each connection's policy decides for itself, and the metrics tell what was
// dropped or refused. Between two polls, messages to one connection keep their order, whichever call sent them: what is done in any loop once
// Publish has returned, be it to send, to unsubscribe or to close, comes behind. To a connection in the middle of a message in parts it goes
// right behind that, and is counted by the queue meanwhile (RFC 6455 §5.4). Errors: CodeArgument, CodeUTF8, CodeTooLarge for more than
// 1 GiB, CodeNoMemory, CodeClosed.
func (l *Loop) Publish(name string, op Opcode, payload []byte, except ConnID) (int, error) {
	const call = "Loop.Publish"
	if e := checkBroadcast(call, op, payload); e != nil {
		return 0, e
	}
	n, e := l.publishLocked(call, name, op, payload, except)
	if e != nil {
		return 0, e
	}
	l.hub.publish(l.hubMember, name, op, payload) // without our lock: loops that publish to each other would wait for ever
	return n, nil
}

func (l *Loop) publishLocked(call, name string, op Opcode, payload []byte, except ConnID) (int, *Error) {
	if e := l.lock(call); e != nil {
		return 0, e
	}
	defer l.mu.Unlock()
	n, ok := l.publishHere(name, op, payload, except)
	if !ok {
		return 0, noMemory(call)
	}
	return n, nil
}

// publishHere gathers a message for the subscribers of this loop and returns how many they are; ok is false when there is no memory for
// it.
func (l *Loop) publishHere(name string, op Opcode, payload []byte, except ConnID) (n int, ok bool) {
	i, followed := l.topics.index[name]
	if !followed {
		return 0, true
	}
	p := &l.published
	if len(p.frames) > 0 && p.topic != i {
		l.handOver(false) // a connection may subscribe to both, and is to get everything in order
		if i, followed = l.topics.index[name]; !followed {
			return 0, true // its subscribers were closed for reading too slowly
		}
	}
	excepted := l.excepted(i, except)
	p.topic = i
	if !l.gatherFrame(op, payload) {
		return 0, false
	}
	n = len(l.topics.list[i].members)
	if excepted != 0 {
		l.topics.subs[excepted].seen = int32(len(p.frames))
		n--
	}
	if len(p.buf) >= publishMost {
		l.handOver(true)
	}
	l.stir()
	return n, true
}

// excepted returns the subscription of a connection that is not to get the next message, after it has got those before; 0 when there
// is none.
func (l *Loop) excepted(i int32, except ConnID) int32 {
	if except == 0 {
		return 0
	}
	slot, c, e := l.find("", except)
	if e != nil {
		return 0
	}
	l.catchUp(slot, c)
	return l.topics.subscribed(c, i)
}

// gatherFrame encodes a message behind those that are pending; false when there is no memory for it.
func (l *Loop) gatherFrame(op Opcode, payload []byte) bool {
	p := &l.published
	if need := len(p.buf) + len(payload) + wire.MaxHeaderSize; need > cap(p.buf) {
		bigger := l.pool.Get(max(need, 4*cap(p.buf), publishLeast))
		if bigger == nil {
			return false
		}
		bigger = wire.Append(bigger, p.buf)
		if p.buf != nil {
			l.pool.Put(p.buf)
		}
		p.buf = bigger
	}
	var head int
	p.buf, head = appendMessage(p.buf, op, payload)
	p.frames = append(p.frames, publishedFrame{end: int32(len(p.buf)), head: uint8(head), op: op})
	return true
}

// pendingOf returns how many messages to a topic are pending.
func (l *Loop) pendingOf(topic int32) int32 {
	if l.published.topic != topic {
		return 0
	}
	return int32(len(l.published.frames))
}

// catchUp hands what is pending to one connection, before something else is sent to it.
func (l *Loop) catchUp(slot uint32, c *loopConn) {
	p := &l.published
	if len(p.frames) == 0 {
		return
	}
	if s := l.topics.subscribed(c, p.topic); s != 0 {
		from := l.topics.subs[s].seen
		l.topics.subs[s].seen = int32(len(p.frames))
		l.queueFrames(slot, c, from)
	}
}

// handOver hands what is pending to every subscriber: to the sockets at once, or else to the queues.
func (l *Loop) handOver(write bool) {
	p := &l.published
	t := &l.topics
	for at := len(t.list[p.topic].members) - 1; at >= 0; at-- {
		members := t.list[p.topic].members
		if at >= len(members) {
			continue // some were closed for reading too slowly
		}
		sub := &t.subs[members[at]]
		slot, from := sub.slot, sub.seen
		sub.seen = 0
		switch c := l.slab.at(slot); {
		case from == int32(len(p.frames)):
		case write && l.mayWriteFrames(c):
			l.writeFrames(slot, c, from)
		default:
			l.queueFrames(slot, c, from)
		}
	}
	l.forgetPublished()
}

// forgetPublished gives the memory of what was pending back.
func (l *Loop) forgetPublished() {
	p := &l.published
	if p.buf != nil {
		l.pool.Put(p.buf)
	}
	p.buf, p.frames = nil, p.frames[:0]
}

// mayWriteFrames tells whether nothing stands between pending messages and a socket.
func (l *Loop) mayWriteFrames(c *loopConn) bool {
	return c.queue == 0 && c.flags&(cBlocked|cBroken|cClient) == 0 && !c.m.HasOutput() && c.m.MaySendMessage() == nil
}

// writeFrames writes the pending messages but the first ones to a connection. Of what the socket does not take, the rest of a
// message that it has begun waits in any case; the policy decides about the others.
func (l *Loop) writeFrames(slot uint32, c *loopConn, from int32) {
	p := &l.published
	start := p.start(from)
	n, errno := poller.Send(int(c.fd), p.buf[start:])
	if errno != 0 && errno != unix.EAGAIN {
		l.broken(slot, c)
		return
	}
	l.metrics.BytesOut += int64(n)
	written := start + int32(n)
	for ; from < int32(len(p.frames)) && p.start(from) < written; from++ {
		l.metrics.MessagesOut++
		if end := p.frames[from].end; end > written && !l.queueRest(slot, c, p.buf[written:end]) {
			return
		}
	}
	l.queueFrames(slot, c, from)
}

// queueFrames puts the pending messages but the first ones behind the output of a connection, each under its policy.
func (l *Loop) queueFrames(slot uint32, c *loopConn, from int32) {
	p := &l.published
	for i := from; i < int32(len(p.frames)); i++ {
		frame := p.frame(i)
		if c.m.Fragmenting() {
			l.postpone(slot, c, frame, p.frames[i].head, p.frames[i].op)
			continue
		}
		_, _ = l.sendEncoded(slot, c, p.frames[i].op, frame[p.frames[i].head:], frame) // the metrics tell who did not take it
	}
}
