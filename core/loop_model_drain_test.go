// The graceful end of the model test: a drain that begins in the middle of everything.
package core

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// drains begins the end: everybody who is there is told to go.
func (m *model) drains() {
	if m.feed == nil {
		m.publishesLast()
	}
	timeout := time.Duration(1+m.r.IntN(8000)) * time.Millisecond
	if err := m.Drain(timeout); err != nil {
		m.fatalf("drain: %v", err)
	}
	m.draining, m.drainAt = true, m.now+timeout
	for _, c := range m.conns {
		if c.deaf = m.r.IntN(3) == 0; c.deaf { // what it does not read holds nobody up beyond the end of the drain
			m.stats["deaf"]++
		}
		switch {
		case c.closed || c.aborted || m.ended(c):
		case c.closing:
			c.closeBy = min(c.closeBy, m.drainAt)
		default:
			c.closing, c.away, c.paused, c.closeBy = true, true, false, m.drainAt
			m.stats["away"]++
		}
	}
}

// publishesLast publishes where no queue is ever full and leaves it to the drain to write that: it comes before the close frames.
func (m *model) publishesLast() {
	m.made++
	s := fmt.Sprint("last/", m.made)
	for _, c := range m.conns {
		if !c.roomy || c.part != nil || !m.sayable(c) {
			continue
		}
		if err := m.Subscribe(c.id, "last"); err != nil {
			m.fatalf("%s: %v", c.name, err)
		}
		c.taken = append(c.taken, modelTaken{text: s, must: true})
		m.stats["last words"]++
	}
	if _, err := m.Publish("last", OpText, []byte(s), 0); err != nil {
		m.fatalf("publish: %v", err)
	}
}

// letsNobodyIn checks that a loop that drains takes no newcomers, and leaves their descriptors alone.
func (m *model) letsNobodyIn() {
	a, b := socketpair(m.t)
	if _, err := m.Adopt(a, RoleServer, nil); code(err) != CodeState {
		m.fatalf("a newcomer amid a drain: %v", err)
	}
	if unix.Close(a) != nil || unix.Close(b) != nil {
		m.fatalf("the descriptor of a newcomer is gone")
	}
	m.stats["nobody in"]++
}

// isDrained judges LoopDrained.
func (m *model) isDrained() {
	if !m.draining || m.drained {
		m.fatalf("drained, but that was not due")
	}
	m.drained = true
	for _, c := range m.conns {
		if !c.closed {
			m.fatalf("drained before %s has ended", c.name)
		}
	}
	m.stats["drained"]++
}

// drainEnds checks that nothing outlives the deadline of a drain.
func (m *model) drainEnds() {
	polls := func() {
		for range 200 {
			m.pollOnce()
		}
	}
	m.now = max(m.now, m.drainAt) + 2*clockTick // a list of the wheel later than deadlines, for what was found over just before
	polls()
	for _, c := range m.conns {
		if !c.closed {
			m.fatalf("%s outlives the drain", c.name)
		}
	}
	m.now += clockTick // for what has had its last bytes to write only now
	polls()
	if !m.drained {
		m.fatalf("the end of the drain was not told")
	}
}
