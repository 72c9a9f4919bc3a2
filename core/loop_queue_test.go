// The bounded queue of a connection and each of its policies: a message is taken whole or not at all.

package core

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// stall makes the socket of a connection full, so that its queue has to hold what follows. It returns how many messages of
// size bytes went in.
func (l *testLoop) stall(id ConnID, size int) (n int) {
	l.t.Helper()
	for {
		_, c, e := l.find("", id)
		if e != nil {
			l.t.Fatal(e)
		}
		if c.flags&cBlocked != 0 {
			return n
		}
		if _, err := l.SendBinary(id, make([]byte, size)); err != nil {
			l.t.Fatal(err)
		}
		n++
		l.settle()
	}
}

func (l *testLoop) queued(id ConnID) int {
	_, c, e := l.find("", id)
	if e != nil || c.queue == 0 {
		return 0
	}
	return l.queues[c.queue].size()
}

// texts waits for the queue to drain and returns the text messages the peer got.
func (p *loopPeer) texts(l *testLoop) (list []string) {
	l.until("the queue drains", func() bool { p.read(); return l.Metrics().QueueBytes == 0 })
	p.read()
	for _, s := range p.got {
		if text, ok := strings.CutPrefix(s, "text "); ok {
			list = append(list, text)
		}
	}
	return list
}

const queueTestBytes = 8192

func policyLoop(t *testing.T, policy QueuePolicy) (*testLoop, ConnID, *loopPeer) {
	l := newTestLoop(t, LoopOptions{QueueBytes: queueTestBytes, QueuePolicy: policy})
	id, p := l.open()
	l.stall(id, 4000)
	return l, id, p
}

// fill sends texts "000" "001" … of 100 bytes with the key of each, and returns what each call answered.
func (l *testLoop) fill(id ConnID, count int, key func(i int) int64) (sizes []int, errs []error) {
	for i := range count {
		msg := fmt.Sprintf("%03d%97s", i, "")
		k := int64(0)
		if key != nil {
			k = key(i)
		}
		n, err := l.SendKey(id, OpText, []byte(msg), k)
		sizes, errs = append(sizes, n), append(errs, err)
	}
	return sizes, errs
}

func numbers(texts []string) string {
	var list []string
	for _, s := range texts {
		list = append(list, s[:3])
	}
	return strings.Join(list, " ")
}

func TestQueueFailRefusesWhole(t *testing.T) {
	l, id, p := policyLoop(t, QueueFail)
	start := l.queued(id)
	_, errs := l.fill(id, 90, nil)
	taken := 0
	for i, err := range errs {
		if err == nil {
			if taken != i {
				t.Errorf("message %d was taken after one was refused", i)
			}
			taken++
		} else {
			wantCode(t, err, CodeQueueFull)
		}
	}
	if q := l.queued(id); q > queueTestBytes || q != start+taken*102 {
		t.Errorf("%d bytes queued of %d, %d taken", q, queueTestBytes, taken)
	}
	if m := l.Metrics(); m.RefusedFull != int64(90-taken) {
		t.Errorf("%d refused, want %d", m.RefusedFull, 90-taken)
	}
	if got := p.texts(l); len(got) != taken {
		t.Errorf("%d arrived of %d", len(got), taken)
	}
	// There was a refusal, so there is a drain event.
	l.until("drain", func() bool { return len(l.of(LoopDrain)) == 1 })
	if _, errs := l.fill(id, 1, nil); errs[0] != nil {
		t.Error(errs[0])
	}
}

// A queue that was more than half full is told to have room again, once it is down to an eighth; one that was not, is not.
func TestQueueTellsOfRoom(t *testing.T) {
	const bound, small = 256 << 10, 1000
	for _, full := range []int{bound * 3 / 8, bound * 5 / 8} {
		l := newTestLoop(t, LoopOptions{QueueBytes: bound, PingInterval: NoTimeout})
		id, p := l.open()
		_ = unix.SetsockoptInt(int(l.slab.at(0).fd), unix.SOL_SOCKET, unix.SO_SNDBUF, 4096) // little leaves at a time
		l.stall(id, small)
		for l.queued(id) < full {
			if _, err := l.SendBinary(id, make([]byte, small)); err != nil {
				t.Fatal(err)
			}
		}
		for l.queued(id) > 0 {
			p.take(small)
			l.once()
			if n := len(l.of(LoopDrain)); n > 0 && l.queued(id) > bound/8 {
				t.Fatalf("told with %d bytes of %d queued", l.queued(id), full)
			}
		}
		l.settle()
		if n := len(l.of(LoopDrain)); n > 1 || (n == 1) != (full > bound/2) {
			t.Errorf("told %d times of room behind %d bytes of %d", n, full, bound)
		}
	}
}

func TestQueueDropNewest(t *testing.T) {
	l, id, p := policyLoop(t, QueueDropNewest)
	sizes, errs := l.fill(id, 90, nil)
	taken := 0
	for i := range sizes {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if sizes[i] > 0 {
			taken++
		}
	}
	if got := p.texts(l); len(got) != taken || taken == 90 || got[len(got)-1][:3] != fmt.Sprintf("%03d", taken-1) {
		t.Errorf("%d taken, arrived: %s", taken, numbers(got))
	}
	if m := l.Metrics(); m.DroppedNewest != int64(90-taken) {
		t.Errorf("%d dropped", m.DroppedNewest)
	}
}

func TestQueueDropOldest(t *testing.T) {
	l, id, p := policyLoop(t, QueueDropOldest)
	_, errs := l.fill(id, 100, nil)
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	if q := l.queued(id); q > queueTestBytes {
		t.Errorf("%d bytes queued", q)
	}
	dropped := int(l.Metrics().DroppedOldest)
	got := p.texts(l)
	if dropped == 0 || len(got) != 100-dropped || got[0][:3] != fmt.Sprintf("%03d", dropped) || got[len(got)-1][:3] != "099" {
		t.Errorf("%d dropped, arrived: %s", dropped, numbers(got))
	}
	// What has a message larger than the queue can ever hold beside what is leaving: refused whole, and nothing dropped for it.
	l.stall(id, 4000)
	l.fill(id, 3, nil)
	_, err := l.SendText(id, strings.Repeat("x", 2*queueTestBytes))
	wantCode(t, err, CodeQueueFull)
	if now := int(l.Metrics().DroppedOldest); now != dropped {
		t.Errorf("%d dropped in vain", now-dropped)
	}
}

func TestQueueConflate(t *testing.T) {
	l, id, p := policyLoop(t, QueueConflate)
	// Five keys in turn: only the latest of each waits, in the place of the first.
	_, errs := l.fill(id, 100, func(i int) int64 { return int64(i%5 + 1) })
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	m := l.Metrics()
	if m.Conflated != 95 || m.DroppedOldest != 0 {
		t.Errorf("%d conflated, %d dropped", m.Conflated, m.DroppedOldest)
	}
	if got := numbers(p.texts(l)); got != "095 096 097 098 099" {
		t.Errorf("arrived: %s", got)
	}
	if len(l.keyed) != 0 {
		t.Errorf("%d keys are left", len(l.keyed))
	}
}

func TestQueueClose(t *testing.T) {
	for policy, code := range map[QueuePolicy]int64{QueueClose1008: 1008, QueueClose1013: 1013} {
		l, id, p := policyLoop(t, policy)
		_, errs := l.fill(id, 90, nil)
		wantCode(t, errs[89], CodeClosed)
		l.settle()
		if e := l.last(); e.Kind != LoopClose || e.Code != code || e.Error != CodeQueueFull {
			t.Errorf("got %v", e)
		}
		if n := l.Metrics().ClosedSlow; n != 1 {
			t.Errorf("%d closed", n)
		}
		p.awaitEOF(l)
		if last := p.got[len(p.got)-1]; !strings.HasPrefix(last, fmt.Sprint("close ", code)) {
			t.Errorf("the peer is told %q", last)
		}
	}
}

// A connection that is closed for its full queue is not listened to any more: nothing comes of what it had sent, and was read, before.
func TestQueueCloseForgetsWhatWasRead(t *testing.T) {
	l, id, p := policyLoop(t, QueueClose1008)
	l.take()
	l.cap = 1
	for range 3 {
		p.send(OpText, "more")
	}
	l.once() // the rest waits in the receive buffer
	_, errs := l.fill(id, 90, nil)
	wantCode(t, errs[89], CodeClosed)
	l.cap = 8
	l.settle()
	wantEvents(t, l.events, "message more", "close the peer reads too slowly")
}

// A fragmented message is never torn apart, whatever the policy.
func TestQueueKeepsFragmentsTogether(t *testing.T) {
	for _, policy := range []QueuePolicy{QueueDropNewest, QueueDropOldest, QueueConflate} {
		l, id, p := policyLoop(t, policy)
		part := strings.Repeat("f", 300)
		sent := 0
		for i := range 10 {
			op := OpContinuation
			if i == 0 {
				op = OpText
			}
			n, err := l.SendFragment(id, op, []byte(part), false)
			if err != nil {
				wantCode(t, err, CodeQueueFull)
				break
			}
			if n == 0 {
				t.Fatalf("policy %d dropped a fragment", policy)
			}
			sent++
		}
		l.until("the queue drains", func() bool { p.read(); return l.Metrics().QueueBytes == 0 })
		if _, err := l.SendFragment(id, OpContinuation, []byte("end"), true); err != nil {
			t.Fatal(err)
		}
		if got := p.texts(l); len(got) != 1 || got[0] != strings.Repeat(part, sent)+"end" {
			t.Errorf("policy %d: %d texts arrived", policy, len(got))
		}
	}
}

// What may not be sent at all is an error whatever the policy, and nobody else's message is dropped for it.
func TestQueueJudgesMessagesBeforeRoom(t *testing.T) {
	for policy := range queuePolicies {
		l, id, p := policyLoop(t, policy)
		if _, errs := l.fill(id, 3, nil); errs[2] != nil {
			t.Fatal(errs[2])
		}
		before, queued := l.Metrics(), l.queued(id)
		_, err := l.SendText(id, strings.Repeat("\xff", queueTestBytes))
		wantCode(t, err, CodeUTF8)
		_, err = l.SendFragment(id, OpText, []byte(strings.Repeat("\xff", queueTestBytes)), false)
		wantCode(t, err, CodeUTF8)
		_, err = l.SendFragment(id, OpContinuation, make([]byte, queueTestBytes), true)
		wantCode(t, err, CodeState)
		_, err = l.SendFragment(id, OpPing, make([]byte, queueTestBytes), true)
		wantCode(t, err, CodeControlSize)
		now := l.Metrics()
		now.MemoryBytes = before.MemoryBytes // a refused message may have been given room
		if now != before || l.queued(id) != queued {
			t.Errorf("policy %d: %+v, then %+v", policy, before, now)
		}
		if got := numbers(p.texts(l)); got != "000 001 002" {
			t.Errorf("policy %d: arrived: %s", policy, got)
		}
	}
}

// A message that finds the queue empty is taken, however long.
func TestQueueTakesOneLongMessage(t *testing.T) {
	l := newTestLoop(t, LoopOptions{QueueBytes: 1})
	id, p := l.open()
	long := strings.Repeat("y", 3<<20)
	if _, err := l.SendText(id, long); err != nil {
		t.Fatal(err)
	}
	_, err := l.SendText(id, "more")
	wantCode(t, err, CodeQueueFull)
	if got := p.texts(l); len(got) != 1 || got[0] != long {
		t.Errorf("%d texts arrived", len(got))
	}
	l.until("drain", func() bool { return len(l.of(LoopDrain)) == 1 })
}

func TestSetQueue(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, _ := l.open()
	for _, bad := range []int64{0, -1, 1 << 62} {
		wantCode(t, l.SetQueue(id, bad, QueueFail), CodeOption)
	}
	wantCode(t, l.SetQueue(id, 1000, queuePolicies), CodeOption)
	wantCode(t, l.SetQueue(1, 1000, QueueFail), CodeHandle)
	if err := l.SetQueue(id, 3000, QueueDropNewest); err != nil {
		t.Fatal(err)
	}
	l.stall(id, 4000)
	if sizes, errs := l.fill(id, 90, nil); sizes[89] != 0 || errs[89] != nil {
		t.Errorf("%d %v", sizes[89], errs[89])
	}
	if q := l.queued(id); q > 8192 {
		t.Errorf("%d bytes queued", q)
	}
}

// One peer that reads nothing does not hold the others up.
func TestOneStalledOfMany(t *testing.T) {
	l := newTestLoop(t, LoopOptions{QueueBytes: 64 << 10})
	stalled, _ := l.open()
	l.stall(stalled, 10_000)
	id, p := l.open()
	for i := range 200 {
		_, _ = l.SendText(stalled, "never read")
		if _, err := l.SendText(id, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		l.once()
		if got := p.read(); len(got) != i+1 {
			t.Fatalf("message %d is late", i)
		}
	}
	if q := l.queued(stalled); q > 64<<10 {
		t.Errorf("%d bytes wait for the stalled peer", q)
	}
}

// Random churn of records must leave no block lent and no record linked.
func TestQueueGivesEverythingBack(t *testing.T) {
	l, id, p := policyLoop(t, QueueDropOldest)
	l.fill(id, 50, nil)
	p.reset()
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	l.settle()
	if l.pool.Lent() != 0 || l.metrics.QueueBytes != 0 {
		t.Errorf("%d bytes lent, %d queued", l.pool.Lent(), l.metrics.QueueBytes)
	}
	used := 0
	for i := l.spareR; i != 0; i = l.records[i].next {
		used++
	}
	if used != len(l.records)-1 {
		t.Errorf("%d of %d records are free", used, len(l.records)-1)
	}
}
