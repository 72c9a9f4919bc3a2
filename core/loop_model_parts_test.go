// The messages in parts of the model test: sent with SendFragment, while publications wait for their end and pings come between.
package core

import "strings"

// modelPart is a message in parts that is under way.
type modelPart struct {
	text string
	sent int // bytes of it
	op   Opcode
}

// sendsPart sends the next part of a message, or something that may not be sent now.
func (m *model) sendsPart(c *modelConn) {
	switch m.r.IntN(12) {
	case 0:
		m.sendsWrongPart(c)
	case 1:
		m.sendsPing(c)
	case 2, 3, 4: // messages in parts are rarer than parts
		if c.part != nil {
			m.sendsRightPart(c, m.r.IntN(2) == 0)
		}
	default:
		m.sendsRightPart(c, m.r.IntN(2) == 0)
	}
}

// sendsRightPart begins a message in parts or goes on with the one under way.
func (m *model) sendsRightPart(c *modelConn, final bool) {
	part := c.part
	if part == nil {
		part = &modelPart{text: m.message(c), op: OpText + Opcode(m.r.IntN(2))}
		if m.r.IntN(4) == 0 { // so that last parts are long, too
			part.text += strings.Repeat("p", 2*directSend)
		}
	}
	payload, op := part.text[part.sent:], OpContinuation
	if !final {
		payload = payload[:m.r.IntN(len(payload)+1)]
	}
	if c.part == nil {
		op = part.op
	}
	over := m.ended(c)
	n, err := m.SendFragment(c.id, op, []byte(payload), final)
	if err == nil && n == 0 {
		if c.part != nil || !final {
			m.fatalf("%s: a part was dropped", c.name)
		}
		m.droppedNewest(c)
		return
	}
	if !m.mayRefuse(c, over, err, final) {
		return
	}
	m.stats["part"]++
	part.sent += len(payload)
	c.part = part
	if !final {
		return
	}
	c.part = nil
	pinned := op == OpContinuation
	c.taken = append(c.taken, modelTaken{text: part.text, must: pinned || c.roomy || !c.dropsOlder()})
	for _, t := range c.waiting {
		t.must = t.must && m.feed == nil
		c.taken = append(c.taken, t)
	}
	c.waiting = nil
}

// mayRefuse judges what became of a part or a ping, and tells whether it was taken.
func (m *model) mayRefuse(c *modelConn, over bool, err error, final bool) (taken bool) {
	switch {
	case err == nil && over:
		m.fatalf("%s: a part was taken after the end", c.name)
	case !over && m.ended(c) && m.outOfMemory(c) && m.feed != nil:
	case m.feed != nil && code(err) == CodeNoMemory:
		m.stats["refused for memory"]++
	case !over && m.ended(c):
		m.isSlow(c) // the part, or behind the last one what had waited for it
		if err == nil != final && code(err) != CodeClosed {
			m.fatalf("%s was closed for reading too slowly, and a part says %v", c.name, err)
		}
	case err == nil && !m.sayable(c) && (c.closed || c.closing || c.aborted):
		m.fatalf("%s: a part was taken after the end", c.name)
	case err == nil:
	case code(err) == CodeQueueFull && !c.roomy && c.policy != QueueClose1008 && c.policy != QueueClose1013:
		m.stats["refused part"]++
		c.owes = true
	case code(err) == CodeClosed && !m.sayable(c):
	default:
		m.fatalf("%s: part: %v", c.name, err)
	}
	return err == nil
}

// sendsWrongPart sends a part that does not follow what was sent before it.
func (m *model) sendsWrongPart(c *modelConn) {
	op := OpContinuation
	if c.part != nil {
		op = OpText
	}
	if _, err := m.SendFragment(c.id, op, []byte("wrong"), m.r.IntN(2) == 0); code(err) != CodeState && m.sayable(c) && m.feed == nil {
		m.fatalf("%s: opcode %v out of turn: %v", c.name, op, err)
	} else if err == nil {
		m.fatalf("%s: opcode %v out of turn was taken", c.name, op)
	}
}

// sendsPing sends a ping of ours, which may come between the parts of a message.
func (m *model) sendsPing(c *modelConn) {
	over := m.ended(c)
	n, err := m.SendFragment(c.id, OpPing, []byte("model"), true)
	if err == nil && n == 0 {
		m.droppedNewest(c)
		return
	}
	m.mayRefuse(c, over, err, false)
}

// lastPart ends the message that is under way, and tells whether there was one.
func (m *model) lastPart(c *modelConn) bool {
	if c.part == nil || !m.sayable(c) {
		return false
	}
	m.sendsRightPart(c, true)
	return true
}
