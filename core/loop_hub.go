// This file lets topics reach across loops: a hub knows which loop has subscribers of what, and hands messages over.

package core

import (
	"sync"
	"sync/atomic"

	"libws/core/internal/poller"
	"libws/core/wire"
)

// Hub connects the topics of several loops. The zero value is ready; loops made without one share one.
type Hub struct {
	mu      sync.RWMutex
	members map[string][]*hubMember // by topic, those that have subscribers
}

var defaultHub Hub

// hubMember is a loop as its hub sees it: a box that others put messages into.
type hubMember struct {
	wake   poller.Wake
	filled atomic.Bool // the inbox has something; read without the lock
	mu     sync.Mutex
	inbox  []hubMessage
	bytes  int   // that the inbox holds
	lost   int64 // publications that found it full
	gone   bool
}

// hubMessage is a publication from another loop. Its frame is shared by all receivers and never changes.
type hubMessage struct {
	topic string
	op    Opcode
	frame []byte
	head  int // bytes of the frame's header
}

const (
	inboxMost       = 64 << 20 // bytes of publications that wait for a loop
	hubMessageBytes = 64       // what one costs beyond its frame
)

func (h *Hub) join(l *Loop) *hubMember { return &hubMember{wake: l.wake} }

// leave makes sure that nothing more is put into a member's box.
func (h *Hub) leave(m *hubMember) {
	m.mu.Lock()
	m.gone, m.inbox = true, nil
	m.mu.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	for topic := range h.members {
		h.drop(m, topic)
	}
}

// follow tells that a loop has subscribers of a topic now.
func (h *Hub) follow(m *hubMember, topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.members == nil {
		h.members = map[string][]*hubMember{}
	}
	h.members[topic] = append(h.members[topic], m)
}

// unfollow tells that it has none any more.
func (h *Hub) unfollow(m *hubMember, topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(m, topic)
}

func (h *Hub) drop(m *hubMember, topic string) {
	list := h.members[topic]
	for i, other := range list {
		if other == m {
			list = append(list[:i:i], list[i+1:]...)
			break
		}
	}
	if len(list) == 0 {
		delete(h.members, topic)
		return
	}
	h.members[topic] = list
}

// publish hands a message to the other loops that have subscribers. It is encoded, and copied, once for all of them.
func (h *Hub) publish(from *hubMember, topic string, op Opcode, payload []byte) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var msg hubMessage
	for _, m := range h.members[topic] {
		if m == from {
			continue
		}
		if msg.frame == nil {
			frame, head := appendMessage(make([]byte, 0, len(payload)+wire.MaxHeaderSize), op, payload)
			msg = hubMessage{topic: topic, op: op, frame: frame, head: head}
		}
		m.put(msg)
	}
}

// put hands a publication over, unless the loop has not looked at the last 64 MiB of them: it is not polled then, and its memory is
// bounded like any queue.
func (m *hubMember) put(msg hubMessage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone {
		return
	}
	size := len(msg.frame) + hubMessageBytes
	if len(m.inbox) > 0 && m.bytes+size > inboxMost {
		m.lost++
		return
	}
	m.inbox = append(m.inbox, msg)
	m.bytes += size
	if !m.filled.Swap(true) {
		m.wake.Set(poller.Stirred)
	}
}

// takeHubMessages publishes to this loop's subscribers what other loops have published.
func (l *Loop) takeHubMessages() {
	m := l.hubMember
	m.mu.Lock()
	box := m.inbox
	m.inbox, m.bytes = nil, 0
	m.filled.Store(false)
	m.mu.Unlock()
	for _, msg := range box {
		if _, ok := l.publishHere(msg.topic, msg.op, msg.frame[msg.head:], 0); !ok {
			l.metrics.RefusedFull++
		}
	}
}
