// This file polls: flush what was sent, collect what is ready, deliver events. The wait itself may be the caller's, as in the C
// library, which waits before Go is entered.

package core

import (
	"time"

	"libws/core/internal/poller"

	"golang.org/x/sys/unix"
)

// looksMost is how often a poll that does not wait looks for what is ready when no event comes of it: often enough to accept a connection
// and read its request.
const looksMost = 3

// Poll flushes what was sent since the last poll and waits until something happens, timeout has passed or Wake is called. It
// fills events and returns how many there are: 0 after a timeout or a wake-up. A negative timeout waits for ever, 0 not at all.
// What does not fit comes with the next poll. A signal does not end it.
//
// The views of the events of the poll before become invalid. Errors: CodeArgument without room for an event, CodeBusy while
// another thread polls, CodeClosed.
func (l *Loop) Poll(events []LoopEvent, timeout time.Duration) (int, error) {
	return l.SendAndPoll(nil, events, timeout)
}

// SendAndPoll is SendBatch, whose entries may view the events of the poll before, and then Poll. Whether an entry failed stands in it;
// on an error none was sent.
func (l *Loop) SendAndPoll(batch []LoopSend, events []LoopEvent, timeout time.Duration) (int, error) {
	n, wait, err := l.SendAndPollNow(batch, events)
	if !wait {
		return n, err
	}
	var until time.Time
	if timeout > 0 {
		until = time.Now().Add(timeout)
	}
	for looks := 1; ; looks++ {
		ready, err := l.wait(timeout, until)
		if ready == 0 {
			switch {
			case err == unix.EINTR && timeout != 0:
				continue
			case err != nil && err != unix.EINTR:
				l.PollEnd()
				return 0, systemError("Loop.Poll", err)
			}
			return l.pollLast(events)
		}
		n, wait, err := l.PollReady(l.ready[:ready], events)
		switch {
		case !wait:
			return n, err
		case timeout == 0 && looks == looksMost, timeout > 0 && time.Until(until) <= 0: // what makes no event may come without end
			l.PollEnd()
			return 0, nil
		}
	}
}

// wait blocks until descriptors are ready, after spinning when that is asked for.
func (l *Loop) wait(timeout time.Duration, until time.Time) (int, error) {
	ms := -1
	switch {
	case timeout == 0:
		return l.epoll.Ready(l.ready)
	case timeout > 0:
		left := time.Until(until)
		if left <= 0 {
			return l.epoll.Ready(l.ready)
		}
		ms = int(min((left+time.Millisecond-1)/time.Millisecond, 1<<30))
	}
	if spin := l.spinFor; spin > 0 {
		if timeout > 0 {
			spin = min(spin, time.Until(until))
		}
		if n := l.spin(spin); n > 0 {
			return n, nil
		}
		l.spinFor = 0
		return l.wait(timeout, until)
	}
	if ready, _ := l.PollHold(time.Duration(ms) * time.Millisecond); len(ready) > 0 {
		return len(ready), nil
	}
	return l.epoll.Wait(l.ready, ms)
}

// spin probes for a while instead of sleeping: a wake-up of the thread costs more than what it waits for when the peer answers
// within microseconds.
func (l *Loop) spin(d time.Duration) int {
	for start := time.Now(); ; {
		if n, err := l.epoll.Ready(l.ready); n > 0 || err != nil {
			return n
		}
		if time.Since(start) > d {
			return 0
		}
	}
}

// EpollFD returns the loop's epoll descriptor, which PollReady's events come from. Other loops may watch it for reading: from
// then on anything that is left for the loop to do makes it readable, and Poll with timeout 0 does it.
func (l *Loop) EpollFD() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.external = true
	l.asleep = l.asleep || !l.polling.Load()
	if !l.closed {
		l.stir() // for what was left before: work, or a timer that is not set
	}
	return l.epoll.FD()
}

// WaitFD is EpollFD for a caller that does nothing but wait on it between PollNow and PollReady.
func (l *Loop) WaitFD() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.epoll.FD()
}

// PollNow is the first half of a poll, for callers that wait themselves. It does what can be done without waiting and returns the
// events; or wait is true, and the caller waits for WaitFD and then calls PollReady with what epoll_wait reported, or PollEnd when
// nothing came. Until then the poll is under way and other polls are refused with CodeBusy.
func (l *Loop) PollNow(events []LoopEvent) (n int, wait bool, err error) {
	return l.SendAndPollNow(nil, events)
}

// SendAndPollNow is SendBatch and then PollNow; on an error nothing was sent.
func (l *Loop) SendAndPollNow(batch []LoopSend, events []LoopEvent) (n int, wait bool, err error) {
	const op = "Loop.Poll"
	if len(events) == 0 {
		return 0, false, argumentError(op, "events must have room for at least one")
	}
	if !l.polling.CompareAndSwap(false, true) {
		return 0, false, newError(CodeBusy, op, "another thread polls this loop")
	}
	if e := l.lock(op); e != nil {
		l.polling.Store(false)
		return 0, false, e
	}
	defer l.mu.Unlock()
	l.sendAll(op, batch)
	l.begin(events)
	l.flushDirty()
	looks := l.readyAt < l.readyEnd || !l.quiet
	if l.readyAt == l.readyEnd && looks {
		l.probe()
		l.quiet = l.readyAt == l.readyEnd
	}
	l.work()
	if looks {
		l.lookedAround()
	}
	return l.finish()
}

// PollReady is the second half: it takes what epoll_wait reported for WaitFD and returns events, or wait is true once more, since
// nothing of it concerns the caller. What fills less than an array of 512 counts as all that was ready.
func (l *Loop) PollReady(ready []unix.EpollEvent, events []LoopEvent) (n int, wait bool, err error) {
	if e := l.lock("Loop.Poll"); e != nil {
		l.polling.Store(false)
		return 0, false, e
	}
	defer l.mu.Unlock()
	l.begin(events)
	l.quiet = len(ready) < 4
	// What is not reached now must outlive the caller's array.
	l.reported(copy(l.ready, ready))
	l.flushDirty()
	l.work()
	l.lookedAround()
	return l.finish()
}

// PollEnd ends a poll that waited in vain.
func (l *Loop) PollEnd() {
	l.mu.Lock()
	l.asleep = l.external
	l.mu.Unlock()
	l.polling.Store(false)
}

// pollLast ends a poll that waited in vain, looking once more at what needs no descriptor.
func (l *Loop) pollLast(events []LoopEvent) (int, error) {
	n, wait, err := l.PollReady(nil, events)
	if wait {
		l.PollEnd()
	}
	return n, err
}

func (l *Loop) probe() {
	n, _ := l.epoll.Ready(l.ready)
	l.reported(n)
}

// begin makes the loop ready to deliver: the views of the last poll are over.
func (l *Loop) begin(events []LoopEvent) {
	l.asleep = false
	l.readClock()
	l.events, l.count = events, 0
	if l.batch++; l.batch == 0 {
		l.batch = 1
	}
	l.woken = false
	if len(l.opened) > 0 {
		l.releaseOpenings()
	}
	if l.more.poison {
		l.poison()
	}
	l.giveViewsBack()
	if l.resume == 0 {
		l.inAt = 0
	}
}

// giveViewsBack ends the life of the blocks that events viewed.
func (l *Loop) giveViewsBack() {
	for _, b := range l.later {
		l.pool.Put(b)
	}
	l.later, l.kept = l.later[:0], nil
}

// poison overwrites what the last poll's events viewed, so that using them late shows.
func (l *Loop) poison() {
	for _, b := range l.later {
		b = b[:cap(b)]
		for i := range b {
			b[i] = 0xDB
		}
	}
	if l.resume == 0 {
		for i := range l.in[:l.inAt] {
			l.in[i] = 0xDB
		}
	}
}

// work delivers events until there are no more, the array is full, or enough bytes are received.
func (l *Loop) work() {
	l.runTimers()
	if l.resume != 0 {
		l.goOn()
		if l.count == 0 {
			l.inAt = 0 // nothing came of it, so nothing looks at it
		}
	}
	if len(l.attention) > 0 {
		l.attend()
	}
	for l.readyAt < l.readyEnd && !l.stuffed() {
		e := &l.ready[l.readyAt]
		l.readyAt++
		l.dispatch(poller.Token(e), e.Events)
	}
	l.tellDrained()
}

// stuffed tells that this poll delivers what it has: reading on could lose an event or push views out of the cache. A poll that has nothing
// to deliver never is: it goes through all that is ready before it waits, since the wait takes the array, and some reports come once only.
func (l *Loop) stuffed() bool { return l.full() || l.resume != 0 || l.inAt > batchBytes }

// finish ends a poll that has something to say, and lets another one wait.
func (l *Loop) finish() (int, bool, error) {
	n := l.count
	l.events, l.count = nil, 0
	l.eager.Store(n == 1)
	if n == 0 || l.external {
		l.flushDirty()
	}
	l.armTimer(0)
	if n == 0 && !l.woken {
		l.asleep = true
		l.spinFor = l.more.spin
		if !l.idle() {
			l.stir() // what came up after its turn is taken up at once
		}
		return 0, true, nil
	}
	l.asleep = l.external
	if l.external && !l.idle() {
		l.stir()
	}
	l.polling.Store(false)
	return n, false, nil
}

// idle tells that nothing is left to do but to wait for descriptors.
func (l *Loop) idle() bool {
	return l.readyAt == l.readyEnd && l.resume == 0 && len(l.attention) == 0 && len(l.dirty) == 0 && !l.owesDrained()
}

// dispatch serves one ready descriptor.
func (l *Loop) dispatch(token uint64, events uint32) {
	switch {
	case token == tokenWake:
		l.woken = l.wake.Clear() || l.woken
		l.rung = false
		if l.hubMember.filled.Load() { // since the loop was locked: the wake-up that tells of it may be the one just cleared
			l.takeHubMessages()
		}
		return
	case token == tokenTimer:
		l.wheel.armed = false
		l.timer.SetAfter(0)
		return
	case token&^0xFFFFFFFF == tokenListener:
		l.acceptFrom(int(uint32(token)))
		return
	}
	slot, c := l.lookup(token)
	if c == nil {
		return
	}
	if c.flags&cConnecting != 0 {
		if poller.Settled(int(c.fd)) { // the report may be of the address before, which was given up since
			l.connected(slot, c)
		}
		return
	}
	if events&poller.Out != 0 && c.flags&cBlocked != 0 {
		l.writable(slot, c)
		if c.flags&(cUsed|cCut) != cUsed {
			return
		}
	}
	if events&(poller.In|poller.End|poller.Hangup|poller.Failed) != 0 {
		l.readable(slot, c)
	}
}

// goOn pulls the rest out of the input that the last poll had no room for.
func (l *Loop) goOn() {
	slot := l.resume - 1
	l.resume = 0
	c := l.slab.at(slot)
	if c.answering() {
		l.putAside(slot, c)
		return
	}
	l.pump(slot, c)
	l.goOnHeld(slot, c)
}

// attend looks after connections that have something to tell or to go on with.
func (l *Loop) attend() {
	list := l.attention
	l.attention = l.attended[:0]
	l.attended = list
	for i, slot := range list {
		if l.stuffed() {
			l.attention = append(l.attention, list[i:]...)
			return
		}
		if c := l.slab.at(slot); c.flags&cAttention != 0 {
			c.flags &^= cAttention
			l.attendOne(slot, c)
		}
	}
}

// Wake makes the current poll, or else the next one, return at once. Any thread may call it; a signal handler may write the
// eight bytes of the number 1 to WakeFD instead.
func (l *Loop) Wake() error {
	if e := l.lock("Loop.Wake"); e != nil {
		return e
	}
	l.wake.Set(poller.Asked)
	l.mu.Unlock()
	return nil
}

// WakeFD returns the descriptor behind Wake, -1 when the loop is closed.
func (l *Loop) WakeFD() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wake.FD()
}
