// The judge of the model test of a hub with a goroutine per loop: what each peer got, against when everything was said, and what each loop
// has counted.
package core

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"libws/core/wire"
)

// endsLife drains the loop, closes it while others go on publishing to it, and compares what it has counted with what its peers got.
func (l *crowdLoop) endsLife() bool {
	var err error
	s := l.m.during(func() { err = l.Drain(time.Minute) })
	if err != nil {
		return l.fail("drain: %v", err)
	}
	for _, c := range l.conns {
		c.leftAll(s)
	}
	l.conns = nil
	if !l.pollsUntil(func() bool { return l.drained }) {
		return false
	}
	metrics, lent := l.Metrics(), l.pool.Lent()
	if err := l.Close(); err != nil {
		return l.fail("close: %v", err)
	}
	var want LoopMetrics
	for _, c := range l.past[l.since:] {
		<-c.done
		if c.fail != nil {
			return l.fail("%s: %v", c.name, c.fail)
		}
		want.Total++
		want.MessagesOut += int64(len(c.got))
		for _, text := range c.got {
			want.BytesOut += c.frameBytes(len(text))
		}
		want.BytesOut += c.frameBytes(2) // the close frame
	}
	want.MessagesIn = int64(l.asked)
	have := LoopMetrics{
		Open: metrics.Open, Pending: metrics.Pending, Total: metrics.Total, Refused: metrics.Refused, MessagesIn: metrics.MessagesIn, MessagesOut: metrics.MessagesOut,
		BytesOut: metrics.BytesOut, QueueBytes: metrics.QueueBytes, RefusedFull: metrics.RefusedFull, DroppedNewest: metrics.DroppedNewest,
	}
	closes := int64(0)
	for _, n := range metrics.Closes {
		closes += n
	}
	if have != want || closes != want.Total || l.opened != l.ended || int64(l.ended) != want.Total || lent != 0 {
		return l.fail("in life %d it counted %+v, want %+v; %d closes, %d told open, %d closed; %d bytes lent", l.lives, have, want, closes, l.opened, l.ended, lent)
	}
	return true
}

// frameBytes returns what a message of the loop's takes on the wire.
func (c *crowdConn) frameBytes(payload int) int64 {
	h := wire.Header{Fin: true, Opcode: OpText, Length: int64(payload), Masked: c.role == RoleClient}
	return int64(len(wire.AppendHeader(nil, h)) + payload)
}

// judge compares what a peer got with all that was said.
func (c *crowdConn) judge(t *testing.T, said map[string]saying) (arrived int) {
	got := map[string]bool{}
	latest, before := int64(0), ""
	for _, text := range c.got {
		s, known := said[text]
		switch {
		case !known:
			t.Fatalf("%s got %.30q, which nobody said", c.name, text)
		case got[text]:
			t.Fatalf("%s got %.30q twice", c.name, text)
		case s.end < latest:
			t.Fatalf("%s got %.30q behind %.30q, which was said after it", c.name, text, before)
		case s.to != nil && s.to != c || s.except == c:
			t.Fatalf("%s got %.30q, which was for others", c.name, text)
		case s.to == nil && !c.may(s):
			t.Fatalf("%s got %.30q of %s, %+v, and subscribed %+v", c.name, text, s.topic, s.span, c.topics[s.topic])
		}
		got[text] = true
		if s.begin > latest {
			latest, before = s.begin, text
		}
	}
	for text, s := range said {
		if !got[text] && (s.to == c || s.to == nil && s.except != c && c.must(s)) {
			t.Fatalf("%s did not get %.30q of %q, %+v; it subscribed %+v", c.name, text, s.topic, s.span, c.topics[s.topic])
		}
	}
	return len(got)
}

// may tells whether a connection may have subscribed at some moment of a publication.
func (c *crowdConn) may(s saying) bool {
	for _, stay := range c.topics[s.topic] {
		if stay.from.begin < s.end && s.begin < stay.to.end {
			return true
		}
	}
	return false
}

// must tells whether it had subscribed all the time.
func (c *crowdConn) must(s saying) bool {
	for _, stay := range c.topics[s.topic] {
		if stay.from.end < s.begin && s.end < stay.to.begin {
			return true
		}
	}
	return false
}

func TestLoopHubCrowd(t *testing.T) {
	steps := 3000
	if testing.Short() {
		steps = 600
	}
	m := &crowd{t: t, hub: new(Hub)}
	for i := range crowdLoops {
		l := &crowdLoop{m: m, name: string(rune('A' + i)), r: rand.New(rand.NewPCG(rand.Uint64(), 4)), said: map[string]saying{}, events: make([]LoopEvent, 8)}
		m.loops = append(m.loops, l)
	}
	var steppers, players sync.WaitGroup
	steppers.Add(crowdLoops)
	for _, l := range m.loops {
		players.Go(func() { l.plays(steps, &steppers) })
	}
	await(t, async(func() bool { players.Wait(); return true }), "the end of all loops")
	if t.Failed() {
		return
	}
	said, lives, conns, arrived := map[string]saying{}, 0, 0, 0
	for _, l := range m.loops {
		for text, s := range l.said {
			said[text] = s
		}
		lives += l.lives
		conns += len(l.past)
	}
	for _, l := range m.loops {
		for _, c := range l.past {
			arrived += c.judge(t, said)
		}
	}
	if m.hub.mu.Lock(); len(m.hub.members) != 0 {
		t.Errorf("the hub still knows of %v", m.hub.members)
	}
	m.hub.mu.Unlock()
	t.Logf("%d lives of loops, %d connections, %d said, %d arrived", lives, conns, len(said), arrived)
}
