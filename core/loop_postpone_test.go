// Publications to a connection inside a message in parts wait for its end (RFC 6455 §5.4).

package core

import (
	"fmt"
	"strings"
	"testing"
)

// inParts opens a subscriber of "a" to which a message in parts is under way.
func inParts(t *testing.T, l *testLoop, role Role) (ConnID, *loopPeer) {
	t.Helper()
	id, p := l.connectAs(role)
	l.settle()
	l.take()
	if err := l.Subscribe(id, "a"); err != nil {
		t.Fatal(err)
	}
	sendPart(t, l, id, OpText, "one ", false)
	return id, p
}

func sendPart(t *testing.T, l *testLoop, id ConnID, op Opcode, part string, final bool) {
	t.Helper()
	if _, err := l.SendFragment(id, op, []byte(part), final); err != nil {
		t.Fatal(err)
	}
}

// Nothing but control frames may come between the fragments of a message (RFC 6455 §5.4): what is published meanwhile comes right
// behind it.
func TestLoopPublishAmidFragments(t *testing.T) {
	for _, role := range []Role{RoleServer, RoleClient} {
		l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
		id, p := inParts(t, l, role)
		_, other := subscribers(t, l, 1, "a")
		if n, err := l.Publish("a", OpText, []byte("news"), 0); n != 2 || err != nil {
			t.Errorf("%d get it, %v", n, err)
		}
		l.settle()
		mustPublish(t, l, "a", strings.Repeat("long", publishMost), 0)
		sendPart(t, l, id, OpPing, "", true)
		sendPart(t, l, id, OpContinuation, "two ", false)
		mustPublish(t, l, "a", "more news", 0)
		l.settle()
		other[0].await(l, 3)
		wantRead(t, p, "ping ")
		if q := l.Metrics().QueueBytes; q < 4*publishMost {
			t.Errorf("%d bytes are told to wait", q)
		}
		sendPart(t, l, id, OpContinuation, "three", true)
		if _, err := l.SendText(id, "after"); err != nil {
			t.Fatal(err)
		}
		p.await(l, 6)
		if p.got[3] != "text "+strings.Repeat("long", publishMost) {
			t.Errorf("got %.40q", p.got[3])
		}
		p.got[3] = "long"
		wantRead(t, p, "ping ,text one two three,text news,long,text more news,text after")
		l.settle()
		if m := l.Metrics(); m.QueueBytes != 0 || l.pool.Lent() != 0 || m.RefusedFull != 0 {
			t.Errorf("%d bytes lent, metrics %+v", l.pool.Lent(), m)
		}
	}
}

// What waits for the end of a message is bounded like the queue, and the policy says what becomes of the rest.
func TestLoopPublishAmidFragmentsIsBounded(t *testing.T) {
	const count, bound = 100, 1 << 10
	for policy, want := range map[QueuePolicy]struct {
		first, last int // of the news that arrive
		dropped     func(m *LoopMetrics) int64
	}{
		QueueFail:       {0, 9, func(m *LoopMetrics) int64 { return m.RefusedFull }},
		QueueDropNewest: {0, 9, func(m *LoopMetrics) int64 { return m.DroppedNewest }},
		QueueDropOldest: {90, 99, func(m *LoopMetrics) int64 { return m.DroppedOldest }},
		QueueConflate:   {90, 99, func(m *LoopMetrics) int64 { return m.DroppedOldest }},
	} {
		l := newTestLoop(t, LoopOptions{Hub: new(Hub), QueueBytes: bound, QueuePolicy: policy})
		id, p := inParts(t, l, RoleServer)
		l.settle()
		for i := range count {
			mustPublish(t, l, "a", fmt.Sprintf("%03d%97s", i, ""), 0)
		}
		l.settle()
		m := l.Metrics()
		if m.QueueBytes > bound || want.dropped(&m) != count-10 {
			t.Errorf("policy %d: %+v", policy, m)
		}
		sendPart(t, l, id, OpContinuation, "end", true)
		got := p.texts(l)
		if len(got) != 11 || got[0] != "one end" || got[1][:3] != fmt.Sprintf("%03d", want.first) || got[10][:3] != fmt.Sprintf("%03d", want.last) {
			t.Errorf("policy %d: %d texts arrived: %.3q", policy, len(got), got)
		}
		if n := len(l.of(LoopDrain)); n != 1 {
			t.Errorf("policy %d: room again was told %d times", policy, n)
		}
	}
}

// A message that finds nothing waiting is taken, however long it is, amid the parts of another as well.
func TestLoopPublishAmidFragmentsTakesOneLongMessage(t *testing.T) {
	for policy := range queuePolicies {
		l := newTestLoop(t, LoopOptions{Hub: new(Hub), QueueBytes: 1 << 10, QueuePolicy: policy})
		id, p := inParts(t, l, RoleServer)
		l.settle()
		long := strings.Repeat("m", 5000)
		mustPublish(t, l, "a", long, 0)
		sendPart(t, l, id, OpContinuation, "two", true)
		if got := p.texts(l); len(got) != 2 || got[0] != "one two" || got[1] != long {
			t.Errorf("policy %d: %.20q arrived", policy, got)
		}
	}
}

// Under the policies that close, what finds no room behind a message in parts ends its connection.
func TestLoopPublishAmidFragmentsCloses(t *testing.T) {
	for policy, code := range map[QueuePolicy]int64{QueueClose1008: 1008, QueueClose1013: 1013} {
		l := newTestLoop(t, LoopOptions{Hub: new(Hub), QueueBytes: 1 << 10, QueuePolicy: policy})
		_, p := inParts(t, l, RoleServer)
		for range 5 {
			mustPublish(t, l, "a", strings.Repeat("m", 300), 0)
		}
		l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
		if e := l.last(); e.Code != code || e.Error != CodeQueueFull {
			t.Errorf("got %v", e)
		}
		p.awaitEOF(l)
		l.until("the connection is gone", func() bool { return l.slab.live == 0 })
		if m := l.Metrics(); m.QueueBytes != 0 || l.pool.Lent() != 0 || m.ClosedSlow != 1 {
			t.Errorf("%d bytes lent, metrics %+v", l.pool.Lent(), m)
		}
	}
}

// A connection that ends in the middle of its message takes what waits with it.
func TestLoopPublishAmidFragmentsOfOneThatEnds(t *testing.T) {
	for name, end := range map[string]func(l *testLoop, id ConnID, p *loopPeer){
		"close": func(l *testLoop, id ConnID, p *loopPeer) { _ = l.CloseConn(id, 1000, ""); p.sendClose(1000, "") },
		"abort": func(l *testLoop, id ConnID, p *loopPeer) { _ = l.Abort(id) },
		"reset": func(l *testLoop, id ConnID, p *loopPeer) { p.reset() },
	} {
		t.Run(name, func(t *testing.T) {
			l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
			id, p := inParts(t, l, RoleServer)
			mustPublish(t, l, "a", "news", 0)
			l.settle()
			end(l, id, p)
			l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
			p.close()
			l.until("the connection is gone", func() bool { return l.slab.live == 0 })
			l.settle()
			if m := l.Metrics(); m.QueueBytes != 0 || l.pool.Lent() != 0 {
				t.Errorf("%d bytes lent, %d queued", l.pool.Lent(), m.QueueBytes)
			}
		})
	}
}

// Whoever had no room amid a message in parts is told when there is some, also when the last part leaves at once and nothing waits.
func TestLoopDrainComesBehindALongLastPart(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Hub: new(Hub), QueueBytes: 1 << 10})
	id, p := inParts(t, l, RoleServer)
	l.settle()
	for l.queued(id) == 0 { // until the socket is full
		sendPart(t, l, id, OpContinuation, strings.Repeat("x", 100_000), false)
		l.settle()
	}
	mustPublish(t, l, "a", "finds no room", 0)
	l.settle()
	if n := l.Metrics().RefusedFull; n != 1 {
		t.Fatalf("%d publications were refused", n)
	}
	l.until("the socket has room", func() bool { p.read(); return l.queued(id) == 0 })
	p.read()
	sendPart(t, l, id, OpContinuation, strings.Repeat("y", 2*directSend), true)
	p.await(l, 1)
	l.settle()
	if n := len(l.of(LoopDrain)); n != 1 {
		t.Errorf("room again was told %d times", n)
	}
}
