// This file keeps what connections subscribe to, and sends one message to a list of connections, encoded once.

package core

import (
	"libws/core/wire"
)

// topics are the subscriptions of a loop.
type topics struct {
	index map[string]int32
	list  []topic
	free  int32 // first unused topic+1
	subs  []subscription
	spare int32 // first unused subscription
}

// topic is one name that connections subscribe to.
type topic struct {
	name    string
	members []int32 // subscriptions, in no order
	next    int32   // link of unused topics
}

// subscription ties one connection to one topic.
type subscription struct {
	slot  uint32
	topic int32
	at    int32 // its place among the topic's members
	seen  int32 // how many of the messages of Loop.published it has no more to do with
	next  int32 // the connection's next subscription; the link of unused ones
}

func (t *topics) init() {
	t.index = map[string]int32{}
	t.subs = make([]subscription, 1)
}

const topicBytes = 1024 // the longest name

// Subscribe makes a connection receive what is published to a topic. Subscribing twice is the same as once. A name has 1 to 1,024
// bytes. Errors: CodeHandle, CodeClosed, CodeArgument.
func (l *Loop) Subscribe(id ConnID, name string) error {
	const op = "Loop.Subscribe"
	if len(name) == 0 || len(name) > topicBytes {
		return argumentError(op, "the name of a topic has 1 to 1024 bytes")
	}
	if e := l.lock(op); e != nil {
		return e
	}
	defer l.mu.Unlock()
	slot, c, e := l.find(op, id)
	if e != nil {
		return e
	}
	t := &l.topics
	i, ok := t.index[name]
	if !ok {
		i = t.add(name)
		l.hub.follow(l.hubMember, name)
	} else if t.subscribed(c, i) != 0 {
		return nil
	}
	s := t.spare
	if s == 0 {
		t.subs = append(t.subs, subscription{})
		s = int32(len(t.subs) - 1)
	} else {
		t.spare = t.subs[s].next
	}
	t.subs[s] = subscription{slot: slot, topic: i, at: int32(len(t.list[i].members)), seen: l.pendingOf(i), next: c.subs}
	t.list[i].members = append(t.list[i].members, s)
	c.subs = s
	return nil
}

func (t *topics) add(name string) int32 {
	i := t.free - 1
	if i < 0 {
		t.list = append(t.list, topic{})
		i = int32(len(t.list) - 1)
	} else {
		t.free = t.list[i].next
	}
	t.list[i] = topic{name: name, members: t.list[i].members[:0]}
	t.index[name] = i
	return i
}

func (t *topics) subscribed(c *loopConn, i int32) int32 {
	for s := c.subs; s != 0; s = t.subs[s].next {
		if t.subs[s].topic == i {
			return s
		}
	}
	return 0
}

// Unsubscribe ends a subscription; without one nothing happens.
func (l *Loop) Unsubscribe(id ConnID, name string) error {
	const op = "Loop.Unsubscribe"
	if e := l.lock(op); e != nil {
		return e
	}
	defer l.mu.Unlock()
	slot, c, e := l.find(op, id)
	if e != nil {
		return e
	}
	i, ok := l.topics.index[name]
	if !ok {
		return nil
	}
	l.catchUp(slot, c)
	t := &l.topics
	for link := &c.subs; *link != 0; link = &t.subs[*link].next {
		if s := *link; t.subs[s].topic == i {
			*link = t.subs[s].next
			l.endSubscription(s)
			break
		}
	}
	return nil
}

// unsubscribeAll ends every subscription of a connection.
func (l *Loop) unsubscribeAll(c *loopConn) {
	for s := c.subs; s != 0; {
		next := l.topics.subs[s].next
		l.endSubscription(s)
		s = next
	}
	c.subs = 0
}

// endSubscription takes a subscription out of its topic. The last member takes its place, so whoever walks the members from the
// end misses none.
func (l *Loop) endSubscription(s int32) {
	t := &l.topics
	i, at := t.subs[s].topic, t.subs[s].at
	tp := &t.list[i]
	last := len(tp.members) - 1
	moved := tp.members[last]
	tp.members[at] = moved
	t.subs[moved].at = at
	tp.members = tp.members[:last]
	t.subs[s] = subscription{next: t.spare}
	t.spare = s
	if last == 0 {
		if l.published.topic == i {
			l.forgetPublished() // nobody is left to get it
		}
		delete(t.index, tp.name)
		l.hub.unfollow(l.hubMember, tp.name)
		members := tp.members
		if cap(members) > 1024 {
			members = nil
		}
		*tp = topic{next: t.free, members: members}
		t.free = i + 1
	}
}

// mostPublishBytes bounds a message for many: what is gathered of them is counted in 31 bits, and held once however many get it.
const mostPublishBytes = 1 << 30

func checkBroadcast(call string, op Opcode, payload []byte) *Error {
	if len(payload) > mostPublishBytes {
		return newError(CodeTooLarge, call, "a message for many has at most 1 GiB")
	}
	if op != OpText && op != OpBinary {
		return argumentError(call, "the opcode of a message is 1 or 2")
	}
	if op == OpText && !wire.ValidUTF8(payload) {
		return newError(CodeUTF8, call, "text must be valid UTF-8 (RFC 6455 §5.6)")
	}
	return nil
}

// encodeOnce makes the frame that servers send, in a block of the pool; nil when there is no memory for it.
func (l *Loop) encodeOnce(op Opcode, payload []byte) []byte {
	block := l.pool.Get(len(payload) + wire.MaxHeaderSize)
	if block == nil {
		return nil
	}
	frame, _ := appendMessage(block, op, payload)
	return frame
}

// appendMessage appends a message as servers send it; head is the length of its header.
func appendMessage(dst []byte, op Opcode, payload []byte) (frame []byte, head int) {
	at := len(dst)
	dst = wire.AppendHeader(dst, wire.Header{Fin: true, Opcode: op, Length: int64(len(payload))})
	head = len(dst) - at
	return wire.Append(dst, payload), head
}

// sendEncoded sends a message that is encoded already; a client must mask its own copy (RFC 6455 §5.3).
func (l *Loop) sendEncoded(slot uint32, c *loopConn, op Opcode, payload, frame []byte) (int, error) {
	o := loopMessage{op: op, fin: true, encoded: frame}
	if c.flags&cClient != 0 {
		o = loopMessage{op: op, fin: true, payload: payload}
	}
	return l.send(slot, c, &o)
}

// Broadcast sends a message to each connection of a list. It returns how many took it. results, when not nil, has room for all of
// them and gets what SendBatch puts into Result: bytes, 0 for dropped, or the negative code of the error. Errors: CodeArgument,
// CodeUTF8, CodeTooLarge for more than 1 GiB, CodeNoMemory, CodeClosed; nothing was sent then.
func (l *Loop) Broadcast(ids []ConnID, op Opcode, payload []byte, results []int64) (int, error) {
	const call = "Loop.Broadcast"
	if e := checkBroadcast(call, op, payload); e != nil {
		return 0, e
	}
	if results != nil && len(results) < len(ids) {
		return 0, argumentError(call, "results must have room for every id")
	}
	if e := l.lock(call); e != nil {
		return 0, e
	}
	defer l.mu.Unlock()
	frame := l.encodeOnce(op, payload)
	if frame == nil {
		return 0, noMemory(call)
	}
	defer l.pool.Put(frame)
	taken := 0
	for i, id := range ids {
		n := l.broadcastOne(call, id, op, payload, frame)
		if n > 0 {
			taken++
		}
		if results != nil {
			results[i] = n
		}
	}
	return taken, nil
}

func (l *Loop) broadcastOne(call string, id ConnID, op Opcode, payload, frame []byte) int64 {
	slot, c, e := l.find(call, id)
	if e != nil {
		return -int64(e.Code)
	}
	l.catchUp(slot, c)
	n, err := l.sendEncoded(slot, c, op, payload, frame)
	if err != nil {
		return -int64(sendError(call, err).Code)
	}
	return int64(n)
}
