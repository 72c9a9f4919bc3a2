// The judge of the model test of requests: what the loop tells, decides and answers, and how each connection ends.
package core

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// decides answers the request that waits, in one of the ways there are.
func (m *askModel) decides(c *asker) {
	q := c.requests[c.told-1]
	status := []int{200, 204, 404}[m.r.IntN(3)]
	body := strings.Repeat("b", m.r.IntN(40)*m.r.IntN(40)*m.r.IntN(40))
	r, err := m.Request(c.id)
	if code(err) == CodeClosed && m.late(c) {
		return // its end waits to be told
	}
	if err != nil || r.Path != q.target {
		m.fatalf("%s: request %s is %+v, %v", c.name, q.target, r, err)
	}
	switch {
	case q.code == 0 && m.r.IntN(4) > 0:
		err = m.Accept(c.id, "", nil)
		c.accepted = true
		c.answers = append(c.answers, "101 ")
		for range m.r.IntN(3) { // behind the answer
			m.sends(c)
		}
	case m.r.IntN(4) == 0:
		err = m.Refuse(c.id, status, nil, []byte(body))
		c.over = true
		m.stats["refused"]++
	default:
		err = m.Respond(c.id, status, nil, []byte(body))
		c.over = q.last && q.code != 0 || m.draining
		c.garbled = q.code == 0 // whatever follows an opening handshake is no request
		m.stats["kept"]++
	}
	if err != nil {
		m.fatalf("%s: %s: %v", c.name, q.target, err)
	}
	c.waits, c.since, c.latest = false, m.now, m.now
	if c.accepted {
		return
	}
	if q.head || status == 204 {
		body = ""
	}
	c.answers = append(c.answers, fmt.Sprint(status, " ", body))
}

// late tells that the time for a decision, or that of the drain, is over.
func (m *askModel) late(c *asker) bool {
	return m.draining && m.now >= m.drainAt || !c.accepted && m.now >= c.since+askTime
}

// sends sends a message to a client that was accepted.
func (m *askModel) sends(c *asker) {
	m.made++
	s := fmt.Sprintf("%s/%d", c.name, m.made)
	switch _, err := m.SendText(c.id, s); {
	case err == nil:
		c.sent = append(c.sent, s)
	case code(err) == CodeClosed && (c.gone || m.draining):
	default:
		m.fatalf("%s: send: %v", c.name, err)
	}
}

// misuses does what may not be done now, and nothing comes of it.
func (m *askModel) misuses(c *asker) {
	if c.id == 0 || c.closed || c.over {
		return
	}
	if !c.waits {
		for _, err := range []error{m.Accept(c.id, "", nil), m.Respond(c.id, 200, nil, nil), m.Refuse(c.id, 200, nil, nil)} {
			if code(err) != CodeState && code(err) != CodeClosed {
				m.fatalf("%s: a decision without a request: %v", c.name, err)
			}
		}
	} else if q := c.requests[c.told-1]; q.code != 0 {
		if err := m.Accept(c.id, "", nil); code(err) != CodeState && (code(err) != CodeClosed || !m.late(c)) {
			m.fatalf("%s: %s is no opening handshake: %v", c.name, q.target, err)
		}
	}
	if _, err := m.SendText(c.id, "early"); !c.accepted && code(err) != CodeState && code(err) != CodeClosed {
		m.fatalf("%s: a message before it is open: %v", c.name, err)
	}
	if c.accepted {
		c.sent = append(c.sent, "early")
	}
	m.stats["misuse"]++
}

// pollOnce polls and judges what comes.
func (m *askModel) pollOnce() int {
	n := m.once()
	for _, e := range m.take() {
		m.happened(e)
	}
	if n == 0 && m.idle() {
		for _, c := range m.askers {
			late := m.now - c.latest
			over := late >= 2*askTime+clockTick || m.draining && m.now >= m.drainAt+clockTick
			switch {
			case c.id == 0 || c.accepted || c.closed || !over:
				c.late = 0
			case c.late.judged(m.now):
				m.fatalf("%s was left alone for %v and lives on", c.name, late)
			}
		}
	}
	return n
}

func (m *askModel) happened(e loopTold) {
	m.stats[e.Kind.String()]++
	if e.Kind == LoopDrained {
		m.drained = true
		return
	}
	c := m.byID[e.Conn]
	if c == nil && e.Kind == LoopRequest { // of the listener's
		name, _, _ := strings.Cut(e.Payload[1:], "/")
		c = m.byName[name]
		if c != nil && c.id == 0 {
			c.id = e.Conn
			m.byID[c.id] = c
		}
	}
	if c == nil || c.id != e.Conn || c.closed {
		m.fatalf("%v of an unknown connection, or after its end", e)
	}
	switch e.Kind {
	case LoopRequest:
		if c.waits || c.accepted || c.over || c.garbled || c.told == len(c.requests) {
			m.fatalf("%s: %v is not due", c.name, e)
		}
		q := c.requests[c.told]
		if e.Payload != q.target || e.Code != q.code || q.end > c.wrote {
			m.fatalf("%s: %v, want %s with %d", c.name, e, q.target, q.code)
		}
		c.told++
		c.waits = true
	case LoopOpen:
		if !c.accepted || c.opened {
			m.fatalf("%s: %v, but it was not accepted", c.name, e)
		}
		c.opened = true
	case LoopMessage:
		if !c.opened || c.delivered == len(c.messages) || e.Payload != c.messages[c.delivered] || c.ends[c.delivered] > c.wrote {
			m.fatalf("%s: %v is not message %d", c.name, e, c.delivered)
		}
		c.delivered++
	case LoopClose:
		m.ends(c, e)
	default:
		m.fatalf("%s: %v was not asked for", c.name, e)
	}
}

// ends judges the end of a connection.
func (m *askModel) ends(c *asker, e loopTold) {
	c.closed = true
	ok := false
	switch e.Error {
	case 0: // it has what it wanted
		ok = c.over || (c.gone || m.draining) && (c.told > 0 && !c.waits || c.accepted)
	case CodeTimeout:
		ok = m.late(c)
		m.stats["late"]++
	case CodeHandshake:
		bad := c.told < len(c.requests) && c.requests[c.told].code == -1
		ok = !c.accepted && (c.gone || c.garbled || bad && e.Status == 400)
	case CodeAbnormal:
		ok = c.gone
	}
	if !ok {
		m.fatalf("%s: %v; %+v", c.name, e, *c)
	}
	if whole := m.whole(c); c.gone && !c.over && !c.garbled && e.Error != CodeTimeout && c.p.fd >= 0 && c.told < whole {
		m.fatalf("%s: ended with %d of %d requests told", c.name, c.told, whole)
	}
	c.waits = false
}

// whole is how many requests a client has written in full that are to be told.
func (m *askModel) whole(c *asker) (n int) {
	for n < len(c.requests) && c.requests[n].end <= c.wrote && c.requests[n].code >= 0 {
		n++
	}
	return n
}

// reads lets a client read and compares what it gets.
func (m *askModel) reads(c *asker) {
	if c.p.fd < 0 {
		return
	}
	if b := c.p.take(32 << 10); len(b) > 0 {
		c.in, c.latest = append(c.in, b...), m.now
	}
	for !c.framed {
		head, rest, ok := strings.Cut(string(c.in), "\r\n\r\n")
		if !ok {
			return
		}
		status, _, _ := strings.Cut(strings.TrimPrefix(head, "HTTP/1.1 "), " ")
		bare := status == "204" || status == "101" || c.answered < len(c.requests) && c.requests[c.answered].head
		size := 0
		if _, field, ok := strings.Cut(head, "Content-Length: "); ok && !bare {
			field, _, _ = strings.Cut(field, "\r\n")
			size, _ = strconv.Atoi(field)
		}
		if len(rest) < size {
			return
		}
		m.gotAnswer(c, status, rest[:size], strings.Contains(head, "Connection: close"))
		c.in = []byte(rest[size:])
	}
	c.p.m.Feed(c.in)
	c.in = nil
	c.p.pull()
	for ; len(c.p.got) > 0; c.p.got = c.p.got[1:] {
		switch got := c.p.got[0]; {
		case got == "close 1001 " && m.draining:
		case c.arrived < len(c.sent) && got == "text "+c.sent[c.arrived]:
			c.arrived++
			m.stats["arrived"]++
		default:
			m.fatalf("%s got %q", c.name, got)
		}
	}
}

// gotAnswer compares an answer with what was decided; two are the loop's own.
func (m *askModel) gotAnswer(c *asker, status, body string, last bool) {
	m.stats["answer "+status]++
	if c.answered < len(c.answers) {
		if want := c.answers[c.answered]; want != status+" "+body {
			m.fatalf("%s: answer %d is %s with %d bytes, want %.10s with %d", c.name, c.answered, status, len(body), want, len(want)-4)
		}
		if final := c.over && c.answered == len(c.answers)-1; final != last {
			m.fatalf("%s: answer %d closes: %v", c.name, c.answered, last)
		}
		c.answered++
		c.framed = status == "101"
		return
	}
	bad := c.garbled || c.told < len(c.requests) && c.requests[c.told].code == -1
	if !last || !(status == "400" && bad || status == "408" && m.late(c)) {
		m.fatalf("%s: answer %s was not asked for", c.name, status)
	}
}

// drains begins the end.
func (m *askModel) drains() {
	timeout := time.Duration(1+m.r.IntN(5000)) * time.Millisecond
	if err := m.Drain(timeout); err != nil {
		m.fatalf("drain: %v", err)
	}
	m.draining, m.drainAt = true, m.now+timeout
}

// forgets lets clients go whose connections are over.
func (m *askModel) forgets() {
	kept := m.askers[:0]
	for _, c := range m.askers {
		if m.reads(c); c.closed || c.gone && c.id == 0 {
			if c.p.fd >= 0 && !c.gone && c.over && c.p.eof && c.answered != len(c.answers) {
				m.fatalf("%s got %d of %d answers", c.name, c.answered, len(c.answers))
			}
			c.p.close()
			continue
		}
		if m.r.IntN(10) == 0 && c.opened {
			c.p.close()
			c.gone = true
		}
		kept = append(kept, c)
	}
	m.askers = kept
}

// windUp lets the drain end and checks that nothing is left.
func (m *askModel) windUp() {
	m.cap = 8
	polls := func() {
		for range 100 {
			m.pollOnce()
			for _, c := range m.askers {
				m.reads(c)
			}
		}
	}
	polls()
	m.now = max(m.now, m.drainAt) + 2*clockTick // a list of the wheel later than deadlines, for what was found over just before
	polls()
	m.now += 2 * clockTick
	polls()
	m.now += clockTick // and for the answer that who was late gets
	polls()
	for _, c := range m.askers {
		if c.id != 0 && !c.closed {
			m.fatalf("%s outlives the drain", c.name)
		}
	}
	if metrics := m.Metrics(); !m.drained || m.slab.live != 0 || m.pool.Lent() != 0 || metrics.QueueBytes != 0 || metrics.Open != 0 || metrics.Pending != 0 || len(m.held) != 0 {
		m.fatalf("left: drained %v, %d connections, %d bytes lent, %d queued, %d open, %d pending, %d held",
			m.drained, m.slab.live, m.pool.Lent(), metrics.QueueBytes, metrics.Open, metrics.Pending, len(m.held))
	}
}
