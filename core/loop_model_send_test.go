// The sends of the model test: what the loop takes, refuses and drops, for one connection and for the subscribers of a topic.
package core

import (
	"fmt"
	"strconv"
	"strings"

	"libws/core/protocol"
)

func (m *model) loopSends(c *modelConn) {
	s := m.message(c)
	key := int64(0)
	if c.policy == QueueConflate && !c.roomy {
		key = int64(m.r.IntN(4))
	}
	over := m.ended(c)
	n, err := m.SendKey(c.id, OpText, []byte(s), key)
	switch {
	case m.feed != nil && code(err) == CodeNoMemory:
		m.stats["refused for memory"]++
	case m.outOfMemory(c):
		if err == nil {
			m.fatalf("%s: a message was taken after the end", c.name)
		}
	case !over && m.ended(c):
		m.isSlow(c)
		if code(err) != CodeClosed {
			m.fatalf("%s was closed for reading too slowly, and send says %v", c.name, err)
		}
	case c.part != nil:
		if code(err) != CodeState && (code(err) != CodeClosed || m.sayable(c)) {
			m.fatalf("%s: a message amid the parts of another: %v", c.name, err)
		}
	case err == nil && n > 0:
		if c.closed || c.closing || c.aborted {
			m.fatalf("%s: a message was taken after the end", c.name)
		}
		m.tookFor(c, s, key)
	case err == nil:
		m.droppedNewest(c)
	default:
		switch code := code(err); {
		case code == CodeClosed && (c.closed || c.closing || c.aborted || c.finished || c.p.fd < 0 || c.broke || m.ended(c)):
		case code == CodeQueueFull && (c.policy == QueueFail || c.dropsOlder()) && !c.roomy:
			m.stats["refused"]++
			c.owes = true
		default:
			m.fatalf("%s: send: %v", c.name, err)
		}
	}
}

// droppedNewest notes that a message was dropped, which only one policy does.
func (m *model) droppedNewest(c *modelConn) {
	if c.policy != QueueDropNewest || c.roomy {
		m.fatalf("%s: policy %d dropped a new message", c.name, c.policy)
	}
	m.stats["dropped newest"]++
	c.owes = true
}

// sayable tells whether a connection is open as far as the model knows, and so may not refuse for its end.
func (m *model) sayable(c *modelConn) bool {
	return !c.closed && !c.closing && !c.aborted && !c.finished && c.p.fd >= 0 && !c.broke && !m.ended(c)
}

// isSlow notes that a message found no room and ended the connection, which only two policies do.
func (m *model) isSlow(c *modelConn) {
	if c.policy != QueueClose1008 && c.policy != QueueClose1013 || c.roomy || c.closed || c.closing || c.aborted {
		m.fatalf("%s: policy %d ended it", c.name, c.policy)
	}
	c.slow = true
}

// dropsOlder tells whether messages that were taken may never arrive.
func (c *modelConn) dropsOlder() bool {
	return c.policy == QueueDropOldest || c.policy == QueueConflate
}

// tookFor notes a message that was taken. Under QueueConflate it may stand in the place of an older one with its key.
func (m *model) tookFor(c *modelConn, s string, key int64) {
	_, lc, e := m.find("", c.id)
	if key != 0 && e == nil && lc.queue != 0 {
		// Where it stands decides when it arrives: find the record whose place it took.
		for i := len(c.taken) - 1; i >= c.matched; i-- {
			if c.keys[i] == key && !m.waits(lc, c.taken[i].text) && m.waits(lc, s) && m.place(lc, s) < m.lastPlace(lc) {
				c.taken[i] = modelTaken{text: s}
				m.stats["conflated"]++
				return
			}
		}
	}
	c.keys[len(c.taken)] = key
	c.taken = append(c.taken, modelTaken{text: s, must: c.roomy || !c.dropsOlder()})
}

// waits tells whether a message is among those that may still be dropped.
func (m *model) waits(lc *loopConn, s string) bool { return m.place(lc, s) >= 0 }

func (m *model) place(lc *loopConn, s string) int {
	n := 0
	for i := m.queues[lc.queue].first; i != 0; i = m.records[i].next {
		if strings.HasSuffix(string(m.records[i].block), s) {
			return n
		}
		n++
	}
	return -1
}

func (m *model) lastPlace(lc *loopConn) int {
	n := -1
	for i := m.queues[lc.queue].first; i != 0; i = m.records[i].next {
		n++
	}
	return n
}

func (m *model) publishes() {
	topic := "t" + strconv.Itoa(m.r.IntN(3))
	m.made++
	s := fmt.Sprintf("%s/%d", topic, m.made)
	before := map[*modelConn]bool{}
	for _, c := range m.conns {
		if c.topics[topic] && !c.closed && !c.aborted && !m.ended(c) {
			before[c] = true
		}
	}
	if err := m.Flush(); err != nil {
		m.fatalf("flush: %v", err)
	}
	taken, refused := -m.metrics.MessagesOut, m.turnedAway()
	n, err := m.Publish(topic, OpText, []byte(s), 0)
	if err != nil || n > len(before) {
		m.fatalf("publish to %d subscribers: %d, %v", len(before), n, err)
	}
	if err := m.Flush(); err != nil {
		m.fatalf("flush: %v", err)
	}
	// Who took it has nothing waiting, or what waits shows it.
	taken += m.metrics.MessagesOut
	for c := range before {
		if len(before) == 1 && m.turnedAway() > refused {
			c.owes = true
		}
		if m.ended(c) {
			m.isSlow(c)
			continue
		}
		if c.part != nil { // whether it is taken is known once that is whole
			c.waiting = append(c.waiting, modelTaken{text: s, must: c.roomy})
			m.stats["postponed"]++
			continue
		}
		_, lc, e := m.find("", c.id)
		if e == nil && lc.flags&cBroken == 0 && lc.m.State() == protocol.Open && (lc.queue == 0 || c.roomy || m.inOutput(lc, s)) {
			m.tookFor(c, s, 0)
			taken--
		}
	}
	if taken != 0 {
		m.fatalf("%d takers of a publication are unaccounted for", taken)
	}
}

// turnedAway is how many messages the loop says it has refused or dropped.
func (m *model) turnedAway() int64 { return m.metrics.RefusedFull + m.metrics.DroppedNewest }

// inOutput tells whether a message, or the end of it, is the last that waits for room.
func (m *model) inOutput(lc *loopConn, s string) bool {
	q := &m.queues[lc.queue]
	rest := string(q.buf[q.head:])
	return strings.HasSuffix(rest, s) || rest != "" && strings.HasSuffix(s, rest) || m.waits(lc, s)
}

func (m *model) subscribes(c *modelConn) {
	topic := "t" + strconv.Itoa(m.r.IntN(3))
	var err error
	if c.topics[topic] {
		err = m.Unsubscribe(c.id, topic)
	} else {
		err = m.Subscribe(c.id, topic)
	}
	if err != nil {
		if !c.closed && !c.aborted && !m.ended(c) {
			m.fatalf("%s: %v", c.name, err)
		}
		return
	}
	c.topics[topic] = !c.topics[topic]
}
