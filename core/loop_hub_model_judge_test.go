// The judge of the hub's model test: what each peer gets, what the hub knows, what is left in the end.
package core

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// over tells that nothing more may be sent to a connection: it is closing, or its end is told or waits for room in the array.
func (c *hubConn) over() bool {
	return c.closing || c.ended()
}

func (c *hubConn) ended() bool {
	return c.closed || c.l.slab.at(uint32(c.id.Slot())).flags&cTellClose != 0
}

// reads lets a peer read, and compares what it got.
func (m *hubModel) reads(c *hubConn) {
	if c.gone {
		return
	}
	got := c.p.read()
	for ; c.pulled < len(got); c.pulled++ {
		kind, text, _ := strings.Cut(got[c.pulled], " ")
		switch kind {
		case "text":
			if c.matched == len(c.want) || c.want[c.matched] != text {
				m.fatalf("%s: got %.20q behind %d messages, of which it was to get %.20q", c.name, text, c.matched, c.want[:min(c.matched+1, len(c.want))])
			}
			c.matched++
			m.stats["arrived"]++
		case "close":
			m.allArrived(c, "before the close frame")
			if c.part = ""; !c.said && m.r.IntN(4) > 0 {
				m.says(c)
			}
		default:
			m.fatalf("%s: got %s", c.name, got[c.pulled])
		}
	}
}

func (m *hubModel) allArrived(c *hubConn, when string) {
	if c.matched < len(c.want) {
		m.fatalf("%s: %d of %d messages have arrived %s; %.20q is missing", c.name, c.matched, len(c.want), when, c.want[c.matched])
	}
}

func (m *hubModel) isDrained(l *hubLoop) {
	for _, c := range l.conns {
		if !c.closed {
			m.fatalf("%s is drained before the end of %s", l.name, c.name)
		}
	}
	n := l.once() // ends the views of the last poll
	if !l.draining || l.drained || n > 0 || l.slab.live > 0 || l.pool.Lent() > 0 {
		m.fatalf("%s is drained, but %d connections and %d bytes are left, and %v", l.name, l.slab.live, l.pool.Lent(), l.events)
	}
	l.drained = true
	m.stats["drained"]++
}

// audit compares what the hub knows with who has subscribed, and forgets connections that are over.
func (m *hubModel) audit() {
	for i := range hubTopics {
		topic := "t" + strconv.Itoa(i)
		var members []*hubMember
		for _, l := range m.loops {
			if slices.ContainsFunc(l.conns, func(c *hubConn) bool { return c.topics[topic] && !c.ended() }) {
				members = append(members, l.hubMember)
			}
		}
		for _, member := range m.hub.members[topic] {
			at := slices.Index(members, member)
			if at < 0 {
				m.fatalf("the hub takes a loop for a subscriber of %s that is none", topic)
			}
			members = slices.Delete(members, at, at+1)
		}
		if len(members) > 0 {
			m.fatalf("the hub lacks %d loops that have subscribers of %s", len(members), topic)
		}
	}
	for _, l := range m.loops {
		if p := &l.published; len(p.frames) > 0 && len(l.topics.list[p.topic].members) == 0 {
			m.fatalf("%s keeps %d publications that nobody is left to get", l.name, len(p.frames))
		}
		bytes := 0
		for _, msg := range l.hubMember.inbox {
			bytes += len(msg.frame) + hubMessageBytes
		}
		if bytes != l.hubMember.bytes {
			m.fatalf("%s counts %d bytes in its box, there are %d", l.name, l.hubMember.bytes, bytes)
		}
		l.conns = slices.DeleteFunc(l.conns, func(c *hubConn) bool {
			if c.closed {
				m.reads(c)
				c.p.close()
			}
			return c.closed
		})
	}
}

// progress is a number that changes while something goes on.
func (m *hubModel) progress() (n int64) {
	n = int64(m.stats["arrived"] + m.stats["end"])
	for _, l := range m.loops {
		n += l.metrics.BytesIn + l.metrics.BytesOut - int64(l.slab.live)
	}
	return n
}

// windUp lets everything arrive, then ends it, and checks that nothing is left.
func (m *hubModel) windUp() {
	settle := func() {
		for quiet := 0; quiet < 50; quiet++ {
			before := m.progress()
			for _, l := range m.loops {
				m.polls(l)
				for _, c := range l.conns {
					m.reads(c)
				}
			}
			if m.progress() != before {
				quiet = 0
			}
		}
	}
	for _, l := range m.loops {
		for _, c := range l.conns {
			if c.part != "" {
				m.sendsPart(c)
			}
		}
	}
	settle()
	for _, l := range m.loops {
		for _, c := range l.conns {
			if !c.over() && !c.gone {
				m.allArrived(c, "in the end")
			}
			c.p.close()
			c.gone = true
		}
	}
	settle()
	for _, l := range m.loops {
		l.now += time.Minute
	}
	settle()
	m.audit()
	for _, l := range m.loops {
		if q := l.Metrics().QueueBytes; l.slab.live != 0 || l.pool.Lent() != 0 || q != 0 || len(l.topics.index) != 0 || len(l.hubMember.inbox) != 0 {
			m.fatalf("%s: left are %d connections, %d bytes lent, %d queued, %d topics, %d messages", l.name, l.slab.live, l.pool.Lent(), q, len(l.topics.index), len(l.hubMember.inbox))
		}
	}
	if len(m.hub.members) != 0 {
		m.fatalf("the hub still knows of %v", m.hub.members)
	}
}
