// The judge of the model test: which events may come, how each connection may end, what is left in the end.
package core

import (
	"fmt"
	"time"
)

// pollOnce polls, judges what comes and returns how much it is.
func (m *model) pollOnce() int {
	n := m.once()
	for _, e := range m.take() {
		if e.Kind == LoopDrained {
			m.isDrained()
			continue
		}
		c := m.byID[e.Conn]
		if c == nil {
			m.fatalf("%v of an unknown connection", e)
		}
		m.happened(c, e)
	}
	if n == 0 && m.idle() {
		m.checkRest()
	}
	return n
}

// checkRest checks what must have been told by a loop that has nothing more to tell: ends whose time is over, room where there is some.
func (m *model) checkRest() {
	for _, c := range m.conns {
		if _, lc, e := m.find("", c.id); e == nil && c.owes && c.part == nil && lc.queue == 0 && m.sayable(c) {
			m.fatalf("%s: nothing waits any more, and LoopDrain has not come", c.name)
		}
		if c.closing && !c.closed && m.now >= c.closeBy+clockTick && c.late.judged(m.now) {
			m.fatalf("%s is still closing %v after its time", c.name, m.now-c.closeBy)
		}
	}
}

// happened judges one event.
func (m *model) happened(c *modelConn, e loopTold) {
	m.stats[e.Kind.String()]++
	switch {
	case c.closed:
		m.fatalf("%s: %v after close", c.name, e)
	case !c.opened && e.Kind != LoopOpen:
		m.fatalf("%s: %v before open", c.name, e)
	}
	switch e.Kind {
	case LoopOpen:
		if c.opened {
			m.fatalf("%s opens twice", c.name)
		}
		c.opened = true
	case LoopMessage:
		if c.paused || c.aborted || c.slow {
			m.fatalf("%s: %v while paused, or after its end", c.name, e)
		}
		if c.delivered == len(c.messages) || c.ends[c.delivered] > c.written || e.Payload != c.messages[c.delivered] {
			m.fatalf("%s: %v, which is not message %d", c.name, e, c.delivered)
		}
		c.delivered++
	case LoopDrain:
		c.owes = false
	case LoopClose:
		c.closed = true
		m.checkEnd(c, e)
	default:
		m.fatalf("%s: %v was not asked for", c.name, e)
	}
}

// whole is how many messages the peer has written in full.
func (c *modelConn) whole() int {
	n := 0
	for n < len(c.ends) && c.ends[n] <= c.written {
		n++
	}
	return n
}

func (m *model) checkEnd(c *modelConn, e loopTold) {
	clean := c.frames && c.written == c.finishAt
	silent := m.now - c.alive
	switch {
	case c.aborted:
		if e.Code != 1006 || e.Error != CodeClosed {
			m.fatalf("%s was aborted, not %v", c.name, e)
		}
	case c.slow:
		if fmt.Sprint(e.Code, " ", e.Payload) != c.slowClose() || e.Error != CodeQueueFull {
			m.fatalf("%s read too slowly, and ends with %v", c.name, e)
		}
	case e.Error == CodeNoMemory:
		if m.stats["starved"] == 0 {
			m.fatalf("%s: %v, but there is memory", c.name, e)
		}
	case e.Error == CodeTimeout:
		late := c.closing && m.now >= c.closeBy
		if !late && silent < modelPong {
			m.fatalf("%s: timed out %v after it was last heard of", c.name, silent)
		}
	case e.Error == 0:
		if !clean || fmt.Sprint(e.Code, " ", e.Payload) != c.says {
			m.fatalf("%s: %v without the peer's close frame", c.name, e)
		}
		if c.delivered != len(c.messages) {
			m.fatalf("%s: closed with %d of %d messages delivered", c.name, c.delivered, len(c.messages))
		}
	case e.Error == CodeAbnormal:
		if !c.finished && c.p.fd >= 0 {
			m.fatalf("%s: %v, but the peer is there", c.name, e)
		}
		if c.delivered != c.whole() {
			m.fatalf("%s: lost with %d of %d messages delivered", c.name, c.delivered, c.whole())
		}
	default:
		m.fatalf("%s ends with %v", c.name, e)
	}
	m.stats[fmt.Sprint("end ", e.Error)]++
}

// audit compares the loop's books with what is there.
func (m *model) audit() {
	open, bytes := 0, 0
	for _, c := range m.conns {
		if !c.closed && !c.aborted {
			_, lc, e := m.find("", c.id)
			if e != nil {
				continue // its end waits to be told
			}
			open++
			if lc.queue != 0 {
				bytes += m.queues[lc.queue].size()
			}
			if w := m.postponed[uint32(c.id.Slot())]; w != nil {
				bytes += w.size()
			}
		}
	}
	lingering := 0
	for i := range m.slab.used {
		lc := m.slab.at(uint32(i))
		if lc.flags&cUsed != 0 && lc.flags&(cTold|cTellClose) != 0 && lc.queue != 0 {
			lingering += m.queues[lc.queue].size()
		}
	}
	metrics := m.Metrics()
	if int(metrics.Open) != open || int(metrics.QueueBytes) != bytes+lingering {
		m.fatalf("metrics say %d open and %d bytes, there are %d and %d+%d", metrics.Open, metrics.QueueBytes, open, bytes, lingering)
	}
	// Connections that are over and have nothing to say any more leave the model.
	kept := m.conns[:0]
	for _, c := range m.conns {
		if c.closed && (c.p.fd < 0 || m.r.IntN(4) == 0) {
			c.reads = true
			m.peerReads(c)
			c.p.close()
			delete(m.byID, c.id)
			continue
		}
		if !c.reads && m.r.IntN(30) == 0 {
			c.reads = true
		}
		kept = append(kept, c)
	}
	m.conns = kept
}

// windUp lets everything come to its end and checks that nothing is left.
func (m *model) windUp() {
	m.cap = 8
	if m.feed != nil {
		m.starves()
	}
	for quiet, round := 0, 0; quiet < 200; quiet++ {
		if round++; round > 100_000 {
			m.fatalf("it never comes to rest")
		}
		for _, c := range m.conns {
			if c.paused {
				m.pauses(c)
			}
			c.reads = true
			m.peerReads(c)
			if m.lastPart(c) {
				quiet = 0
			}
			if len(c.out) > 0 && c.p.fd >= 0 {
				m.peerWrite(c, len(c.out))
				quiet = 0
			}
		}
		if m.pollOnce() > 0 {
			quiet = 0
		}
	}
	for _, c := range m.conns {
		if c.finished && !c.closed {
			m.fatalf("%s is over, and nobody was told", c.name)
		}
		if !c.closed && !c.finished && !c.closing && !c.aborted {
			if c.delivered != len(c.messages) {
				m.fatalf("%s: %d of %d messages were delivered in the end", c.name, c.delivered, len(c.messages))
			}
			m.allArrived(c, "in the end")
			if c.owes {
				m.fatalf("%s: nothing waits any more, and LoopDrain has not come", c.name)
			}
		}
	}
	if m.draining {
		m.drainEnds()
	}
	for _, c := range m.conns {
		c.p.close()
		if !c.finished {
			c.finished, c.finishAt = true, c.written
		}
	}
	for range 200 {
		m.now += time.Second
		m.pollOnce()
	}
	metrics := m.Metrics()
	if m.slab.live != 0 || m.pool.Lent() != 0 || metrics.QueueBytes != 0 || metrics.Open != 0 || len(m.held) != 0 || len(m.keyed) != 0 || len(m.topics.index) != 0 || len(m.postponed) != 0 {
		m.fatalf("left: %d connections, %d bytes lent, %d queued, %d open, %d held, %d keyed, %d topics, %d postponed",
			m.slab.live, m.pool.Lent(), metrics.QueueBytes, metrics.Open, len(m.held), len(m.keyed), len(m.topics.index), len(m.postponed))
	}
}
