// This file keeps time: one deadline per connection in a timer wheel without objects of its own, looked at only when it may have
// passed. Traffic moves no timer; it only makes the next look find a later deadline.

package core

import (
	"encoding/binary"
	"math/bits"
	"time"

	"libws/core/internal/poller"
	"libws/core/protocol"
	"libws/core/wire"
)

// wheel holds connections in two rings of 256 lists: one list per 16 ms for the next four seconds, one per 4 s for what is later.
// Whatever is beyond the second ring is looked at when its end is reached. All operations take constant time.
type wheel struct {
	heads [2][wheelSlots]int32 // slot+1 of the first connection
	some  [2][wheelSlots / 64]uint64
	at    uint32 // the tick up to which lists have been run
	armed bool   // the timer is set
	until uint32 // for this tick

	changed bool // something may be due earlier than the timer is set for
}

const (
	wheelSlots = 256
	fineShift  = 4  // log2 of a list's ticks in the first ring
	farShift   = 12 // and in the second
)

func (w *wheel) init() { *w = wheel{} }

// schedule makes sure that a connection is looked at when its next deadline passes.
func (l *Loop) schedule(slot uint32, c *loopConn) {
	at, ok := l.due(c)
	if !ok || c.wheelLevel != 0 && int32(c.wheelTick-at) <= 0 {
		return
	}
	l.unhang(slot, c)
	l.hang(slot, c, at)
}

func (l *Loop) hang(slot uint32, c *loopConn, at uint32) {
	w := &l.wheel
	w.changed = true
	c.wheelTick = at
	if int32(at-w.at) < 0 {
		at = w.at
	}
	level, index := 0, at>>fineShift
	if (index-w.at>>fineShift)&(1<<(32-fineShift)-1) >= wheelSlots { // ticks wrap, and so do lists
		level, index = 1, min((at>>farShift-w.at>>farShift)&(1<<(32-farShift)-1), wheelSlots-1)+w.at>>farShift
	}
	index %= wheelSlots
	head := &w.heads[level][index]
	c.wheelLevel, c.wheelSlot = uint8(level+1), uint8(index)
	c.wheelPrev, c.wheelNext = 0, *head
	if *head != 0 {
		l.slab.at(uint32(*head - 1)).wheelPrev = int32(slot + 1)
	}
	*head = int32(slot + 1)
	w.some[level][index/64] |= 1 << (index % 64)
}

// unhang takes a connection out of the wheel.
func (l *Loop) unhang(slot uint32, c *loopConn) {
	if c.wheelLevel == 0 {
		return
	}
	w, level, index := &l.wheel, c.wheelLevel-1, c.wheelSlot
	if c.wheelNext != 0 {
		l.slab.at(uint32(c.wheelNext - 1)).wheelPrev = c.wheelPrev
	}
	if c.wheelPrev != 0 {
		l.slab.at(uint32(c.wheelPrev - 1)).wheelNext = c.wheelNext
	} else {
		w.heads[level][index] = c.wheelNext
		if c.wheelNext == 0 {
			w.some[level][index/64] &^= 1 << (index % 64)
		}
	}
	c.wheelLevel, c.wheelNext, c.wheelPrev = 0, 0, 0
}

// runTimers looks at every connection whose list has passed, and at the chores.
func (l *Loop) runTimers() {
	w := &l.wheel
	if l.tick>>fineShift == w.at>>fineShift {
		l.runChores()
		return
	}
	from, far := w.at>>fineShift, w.at>>farShift
	w.at = l.tick
	// Far lists first: their connections move to near ones, or are looked at right away.
	for i := uint32(0); i < min(l.tick>>farShift-far, wheelSlots); i++ {
		l.runList(1, (far+1+i)%wheelSlots)
	}
	for i := uint32(0); i < min(l.tick>>fineShift-from, wheelSlots); i++ {
		l.runList(0, (from+i)%wheelSlots)
	}
	l.runChores()
}

func (l *Loop) runList(level int, index uint32) {
	w := &l.wheel
	next := w.heads[level][index]
	w.heads[level][index] = 0
	w.some[level][index/64] &^= 1 << (index % 64)
	for next != 0 {
		slot := uint32(next - 1)
		c := l.slab.at(slot)
		next = c.wheelNext
		if next != 0 {
			l.slab.at(uint32(next - 1)).wheelPrev = 0
		}
		c.wheelLevel, c.wheelNext, c.wheelPrev = 0, 0, 0
		l.expire(slot, c)
	}
}

// passed tells that a deadline is over.
func (l *Loop) passed(at uint32) bool { return int32(l.tick-at) >= 0 }

// due returns the earliest deadline of a connection.
func (l *Loop) due(c *loopConn) (at uint32, ok bool) {
	if c.flags&(cYoung|cEnding) != 0 || c.m.State() != protocol.Open {
		return c.stageTick, c.flags&cYoung == 0 || l.more.handshakeMS != 0 || l.draining
	}
	earlier := func(t uint32) {
		if !ok || int32(t-at) < 0 {
			at, ok = t, true
		}
	}
	if l.more.pingMS != 0 {
		earlier(c.stageTick)
	}
	if l.more.messageMS != 0 && c.flags&cInMessage != 0 {
		earlier(c.messageTick + l.more.messageMS)
	}
	if l.more.idleMS != 0 {
		earlier(c.heardTick + l.more.idleMS)
	}
	return at, ok
}

// expire acts on the deadlines of a connection that have passed, and hangs it up again for the others.
func (l *Loop) expire(slot uint32, c *loopConn) {
	at, ok := l.due(c)
	if !ok {
		return
	}
	if !l.passed(at) {
		l.inTime(slot, c)
		l.hang(slot, c, at)
		return
	}
	if l.unheard(slot, c, at) {
		l.hang(slot, c, l.tick+1<<fineShift)
		return
	}
	l.inTime(slot, c)
	switch {
	case c.flags&cEnding != 0:
		if l.drainIsOver() || !l.takesIn(c) {
			l.cut(slot, c)
			return
		}
		c.stageTick = l.patience()
	case !l.draining && c.answering() && l.takesIn(c):
		c.stageTick = l.tick + l.more.handshakeMS
	case c.flags&cConnecting != 0 && c.fd >= 0 && poller.Settled(int(c.fd)): // while this thread was elsewhere
		l.connected(slot, c)
		if c.flags&(cUsed|cCut) != cUsed {
			return
		}
	case c.flags&cConnecting != 0 && l.mayTryNext(slot, c):
		l.giveUpAddress(slot, c)
		return
	case c.m.TimeOut(): // the request has begun: it is answered
		l.conclude(slot, c, wire.CloseAbnormal, CodeTimeout)
		l.end(slot, c)
		return
	case c.flags&cYoung != 0 && c.m.State() == protocol.Open: // it is about to be told open, and its clocks start then
		return
	case c.m.State() != protocol.Open: // the handshake or the peer's close frame did not come
		l.lost(slot, c, CodeTimeout)
		return
	case c.flags&cPaused != 0: // the silence may be ours
		c.stageTick = l.tick + l.more.pingMS
		c.restartClocks(l.tick)
	case l.more.messageMS != 0 && c.flags&cInMessage != 0 && l.passed(c.messageTick+l.more.messageMS):
		l.dismiss(slot, c, wire.ClosePolicy, CodeTimeout)
		return
	case l.more.idleMS != 0 && l.passed(c.heardTick+l.more.idleMS):
		l.dismiss(slot, c, wire.CloseGoingAway, CodeTimeout)
		return
	case c.flags&cPinged == 0:
		l.ping(slot, c)
	case c.flags&cHeard == 0:
		l.dismiss(slot, c, wire.CloseUnexpected, CodeTimeout)
		return
	default: // the pong is stuck behind other bytes, but bytes keep coming
		c.flags &^= cHeard
		c.stageTick = l.tick + l.more.pongMS
	}
	l.schedule(slot, c)
}

// restartClocks forgets how long the peer has been silent.
func (c *loopConn) restartClocks(now uint32) {
	c.messageTick, c.heardTick = now, now
	c.flags |= cHeard
}

// beginOpen starts the clocks of a connection that has just opened.
func (l *Loop) beginOpen(slot uint32, c *loopConn) {
	c.stageTick = l.tick + l.more.pingMS
	l.schedule(slot, c)
}

// rescheduleAll applies deadlines that were set or shortened to the connections that are there.
func (l *Loop) rescheduleAll() {
	l.readClock()
	for i := range l.slab.used {
		c := l.slab.at(uint32(i))
		if c.flags&(cUsed|cYoung|cEnding) != cUsed || c.m.State() != protocol.Open {
			continue
		}
		switch ping, pong := l.tick+l.more.pingMS, l.tick+l.more.pongMS; {
		case c.flags&cPinged == 0 && (int32(c.stageTick-ping) > 0 || l.passed(c.stageTick)):
			c.stageTick = ping
		case c.flags&cPinged != 0 && int32(c.stageTick-pong) > 0:
			c.stageTick = pong
		}
		l.schedule(uint32(i), c)
	}
	l.stir() // the timer must be set
}

// restage moves the deadline of each connection that is in a stage by what the time for it has changed. The deadline of a drain stands.
func (l *Loop) restage(stage State, by uint32) {
	if l.draining {
		return
	}
	l.readClock()
	for i := range l.slab.used {
		if c := l.slab.at(uint32(i)); c.flags&(cUsed|cEnding|cTold|cTellClose) == cUsed && c.m.State() == stage {
			c.stageTick += by
			if d := l.dials[uint32(i)]; d != nil {
				d.until += by
				c.stageTick = l.share(d)
			}
			l.schedule(uint32(i), c)
		}
	}
	l.stir() // the timer must be set
}

// ping sends the loop's own ping: eight bytes that tell when (RFC 6455 §5.5.2).
func (l *Loop) ping(slot uint32, c *loopConn) {
	now := uint64(l.now / int64(time.Microsecond))
	var stamp [8]byte
	binary.BigEndian.PutUint64(stamp[:], now)
	q := l.queueOf(c)
	if q == nil || !l.grow(q, wire.MaxHeaderSize+len(stamp)) {
		c.stageTick = l.tick + l.more.pingMS // no memory: another time
		return
	}
	before := len(q.buf)
	q.buf, _ = c.m.AppendFrame(q.buf, wire.OpPing, true, stamp[:]) // cannot fail: the connection is open
	l.metrics.QueueBytes += int64(len(q.buf) - before)
	c.stamp = uint32(now)
	c.flags = c.flags&^cHeard | cPinged
	c.stageTick = l.tick + l.more.pongMS
	l.mark(slot, c)
}

// answered takes a pong. It returns the round-trip time in microseconds when the pong answers the latest ping of ours, else -1.
func (l *Loop) answered(slot uint32, c *loopConn, payload []byte) int64 {
	if c.flags&cPinged == 0 || len(payload) != 8 || uint32(binary.BigEndian.Uint64(payload)) != c.stamp {
		return -1
	}
	c.flags &^= cPinged
	if c.m.State() == protocol.Open { // else the deadline of the closing handshake stands
		c.stageTick = l.tick + l.more.pingMS
		l.schedule(slot, c) // the next ping may be due before the pong would have been
	}
	rtt := uint32(l.now/int64(time.Microsecond)) - c.stamp
	l.rtt.add(rtt)
	return int64(rtt)
}

// armTimer sets the timer for the next list that is not empty, unless it is set for an earlier one. It is the last thing a poll
// does, so that the loop's descriptor alone wakes whoever waits for it. When soon is not 0, it is set for that tick at the latest.
func (l *Loop) armTimer(soon uint32) {
	if l.clock != nil {
		return
	}
	l.planChores()
	w := &l.wheel
	if w.armed && !w.changed && (soon == 0 || int32(w.until-soon) <= 0) {
		return
	}
	w.changed = false
	at, ok := w.next()
	if chore := l.choreTick; chore != 0 && (!ok || int32(chore-at) < 0) {
		at, ok = chore, true
	}
	if soon != 0 && (!ok || int32(soon-at) < 0) {
		at, ok = soon, true
	}
	if !ok || w.armed && int32(w.until-at) <= 0 {
		return
	}
	w.armed, w.until = true, at
	l.timer.SetAfter(max(1, int64(int32(at-l.tick))*int64(time.Millisecond)-l.now%int64(time.Millisecond)))
}

// Chores are what is done now and then: listeners are tried again, memory that nobody needs is given back.
const trimEveryMS = 2000

func (l *Loop) planChores() {
	if l.choreTick == 0 && l.pool.Waiting() > 0 {
		l.planChore(trimEveryMS)
	}
}

// planChore makes runChores do its work in ms milliseconds at the latest.
func (l *Loop) planChore(ms uint32) {
	at := max(l.tick+ms, 1)
	if l.choreTick == 0 || int32(at-l.choreTick) < 0 {
		l.choreTick = at
		l.wheel.changed = true
	}
}

func (l *Loop) runChores() {
	if l.choreTick == 0 || !l.passed(l.choreTick) {
		return
	}
	l.choreTick = 0
	l.pool.Trim()
	l.retryAccepting()
}

// next returns when the next list is to be run.
func (w *wheel) next() (at uint32, ok bool) {
	if i, found := after(&w.some[0], w.at>>fineShift%wheelSlots); found {
		at, ok = (w.at>>fineShift+i+1)<<fineShift, true
	}
	if i, found := after(&w.some[1], (w.at>>farShift+1)%wheelSlots); found {
		if far := (w.at>>farShift + 1 + i) << farShift; !ok || int32(far-at) < 0 {
			at, ok = far, true
		}
	}
	return at, ok
}

// after returns how far behind start the first bit is set, wrapping around.
func after(set *[wheelSlots / 64]uint64, start uint32) (distance uint32, found bool) {
	for i := range uint32(wheelSlots/64 + 1) {
		word := (start/64 + i) % (wheelSlots / 64)
		v := set[word]
		if i == 0 {
			v &= ^uint64(0) << (start % 64)
		}
		if i == wheelSlots/64 {
			v &= 1<<(start%64) - 1
		}
		if v != 0 {
			bit := word*64 + uint32(bits.TrailingZeros64(v))
			return (bit - start) % wheelSlots, true
		}
	}
	return 0, false
}
