// The judge of the model test of clients: what the loop tells, how each connection may end, and what the metrics must say meanwhile.
package core

import (
	"fmt"
	"time"
)

// pollOnce polls and judges what comes.
func (m *dialModel) pollOnce() int {
	n := m.once()
	for _, e := range m.take() {
		m.happened(e)
	}
	if n == 0 && m.idle() {
		for _, c := range m.asked {
			switch by := max(m.latest(c), m.limited); {
			case c.opened && !c.closing && !m.draining || m.now < by+clockTick:
				c.late = 0
			case c.late.judged(m.now):
				m.fatalf("%s lives on %v after its time; %+v", c.name, m.now-by, *c)
			}
		}
	}
	return n
}

// latest is when the time of a connection is over: for its answer, or for the end that was begun.
func (m *dialModel) latest(c *dialled) time.Duration {
	by := c.since + c.limit
	switch {
	case c.opened && c.closing:
		by = c.closeBy
	case c.opened:
		return m.drainAt
	}
	if m.draining {
		by = min(by, m.drainAt)
	}
	return by
}

func (m *dialModel) happened(e loopTold) {
	m.stats[e.Kind.String()]++
	if e.Kind == LoopDrained {
		if m.drained = true; !m.draining || len(m.asked) > 0 {
			m.fatalf("drained with %d connections left", len(m.asked))
		}
		return
	}
	c := m.byID[e.Conn]
	if c == nil {
		m.fatalf("%v of an unknown connection, or after its end", e)
	}
	switch e.Kind {
	case LoopOpen:
		if c.opened || c.answer != "agrees" || c.written < c.whole || e.Payload != c.agreed {
			m.fatalf("%s: %v; %+v", c.name, e, *c)
		}
		c.opened = true
		m.stats[c.answer]++
	case LoopMessage:
		if !c.opened || c.delivered == len(c.messages) || e.Payload != c.messages[c.delivered] || c.ends[c.delivered] > c.written {
			m.fatalf("%s: %v is not message %d", c.name, e, c.delivered)
		}
		c.delivered++
		m.want.MessagesIn++
	case LoopClose:
		m.isOver(c, e)
	default:
		m.fatalf("%s: %v was not asked for", c.name, e)
	}
}

// isOver judges the end of a connection.
func (m *dialModel) isOver(c *dialled, e loopTold) {
	answered := c.answer != "" && c.answer != "silent" && c.written >= c.whole
	ok := false
	switch e.Error {
	case 0:
		ok = c.opened && c.close > 0 && c.written >= c.close && c.delivered == len(c.messages) && e.Code == 1000
	case CodeClosed:
		ok = c.aborted
	case CodeAbnormal:
		ok = c.opened && c.gone || c.p.fd < 0
	case CodeTimeout:
		ok = m.now >= m.latest(c) && (c.opened || !answered || c.behind)
	case CodeRefused:
		ok = c.answer == "refuses" && answered && e.Status == 404
	case CodeHandshake:
		ok = c.answer == "garbage" && c.written > 0 || c.gone && !answered
	}
	if !ok || e.Error != 0 && e.Code != 1006 || c.aborted != (e.Error == CodeClosed) {
		m.fatalf("%s: %v; %+v", c.name, e, *c)
	}
	m.stats[fmt.Sprint("end ", int(e.Error))]++
	if !c.opened {
		m.stats[c.answer]++
	}
	if c.agreed != "" {
		m.stats["subprotocol"]++
	}
	m.count(&m.want, c, CloseCode(e.Code))
	c.p.close()
	delete(m.byID, c.id)
	for i, other := range m.asked {
		if other == c {
			m.asked = append(m.asked[:i], m.asked[i+1:]...)
			break
		}
	}
}

// count counts an end: of one that never opened by itself, else by its close code.
func (m *dialModel) count(want *LoopMetrics, c *dialled, code CloseCode) {
	if c.opened {
		want.countClose(code)
	} else {
		want.Refused++
	}
}

// audit compares the loop's metrics, and what it says of each connection, with what is known. Whoever waits for an answer is pending, however
// long, and never open.
func (m *dialModel) audit() {
	want := m.want
	for _, c := range m.asked {
		name, err := m.Subprotocol(c.id)
		switch {
		case m.ended(c): // that waits for room in the array
			m.count(&want, c, CloseCode(m.slab.at(uint32(c.id.Slot())).code))
			continue
		case c.opened:
			want.Open++
		default:
			want.Pending++
		}
		if role, bad := m.Role(c.id); err != nil || bad != nil || role != RoleClient || c.opened && name != c.agreed {
			m.fatalf("%s agreed on %q, and the loop says %q, %v, %v, %v", c.name, c.agreed, name, role, err, bad)
		}
	}
	all := m.Metrics()
	have := LoopMetrics{
		Open: all.Open, Pending: all.Pending, Total: all.Total, Refused: all.Refused, Closes: all.Closes,
		MessagesIn: all.MessagesIn, MessagesOut: all.MessagesOut,
	}
	if have != want {
		m.fatalf("metrics are %+v, want %+v", have, want)
	}
	if len(m.late)+len(m.chosen)+len(m.held) > 3*m.slab.live {
		m.fatalf("%d connections, and notes of %d, %d and %d", m.slab.live, len(m.late), len(m.chosen), len(m.held))
	}
}

// windUp lets the drain end and checks that nothing is left.
func (m *dialModel) windUp() {
	m.cap = 8
	polls := func() {
		for range 60 {
			m.pollOnce()
			for _, c := range m.asked {
				m.reads(c)
				m.writes(c, len(c.out))
			}
		}
	}
	polls()
	for range 3 {
		m.now = max(m.now, m.drainAt) + 2*clockTick
		polls()
	}
	m.now += 2 * time.Second // of lingering
	polls()
	m.audit()
	if !m.drained || len(m.asked) > 0 || m.slab.live != 0 || m.pool.Lent() != 0 || m.Metrics().QueueBytes != 0 || len(m.late)+len(m.chosen)+len(m.held)+len(m.Loop.dials) > 0 {
		m.fatalf("left: drained %v, %d asked, %d connections, %d bytes lent, notes %d %d %d %d", m.drained, len(m.asked), m.slab.live, m.pool.Lent(), len(m.late), len(m.chosen), len(m.held), len(m.Loop.dials))
	}
}
