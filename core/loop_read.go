// This file reads: from the socket into the loop's receive buffer or straight into a long message, then through the protocol machine
// into events.

package core

import (
	"libws/core/internal/poller"
	"libws/core/protocol"
	"libws/core/wire"

	"golang.org/x/sys/unix"
)

// loopDirectLeast is how many payload bytes must be outstanding for reading straight into the message: below it one read into the
// receive buffer, which may take in the next frames as well, costs less.
const loopDirectLeast = 16 << 10

// readable reads once from a connection and delivers what comes of it. One read suffices: what it leaves makes epoll report the
// socket again, and a read that was not filled leaves nothing, so it is not probed.
func (l *Loop) readable(slot uint32, c *loopConn) {
	if c.flags&cEnding != 0 {
		l.discard(slot, c)
		return
	}
	if c.flags&(cPaused|cVerdict|cHeld|cTellOpen) != 0 || c.flags&cWatchIn == 0 { // nothing is read while an answer waits, either
		if !c.pausedInVain() {
			l.watch(slot, c)
			return
		}
		c.flags &^= cPaused
	}
	if p := c.m.Direct(loopDirectLeast); p != nil {
		n, errno := poller.Recv(int(c.fd), p)
		if !l.received(slot, c, n, errno) {
			return
		}
		c.m.Filled(n)
		l.pump(slot, c)
		return
	}
	at := l.inAt
	p := l.in[at:min(at+readMost, len(l.in))]
	n, errno := poller.Recv(int(c.fd), p)
	if !l.received(slot, c, n, errno) {
		return
	}
	l.inAt = at + (n+15)&^15
	l.viewed = false
	c.m.Feed(p[:n:n])
	l.pump(slot, c)
	if !l.viewed && l.resume == 0 {
		l.inAt = at // no event looks at these bytes
	}
}

// pausedInVain tells of a paused connection whose peer has gone and left nothing to read: there is only the end to be told.
func (c *loopConn) pausedInVain() bool {
	return c.flags&(cPaused|cHeld|cTellOpen|cEOF) == cPaused && poller.Ended(int(c.fd))
}

// received judges a read; false when there is nothing for the machine to look at.
func (l *Loop) received(slot uint32, c *loopConn, n int, errno poller.Errno) bool {
	switch {
	case n > 0:
		l.metrics.BytesIn += int64(n)
		c.flags |= cHeard
		if c.flags&cLate != 0 {
			l.heard(slot, n)
		}
		return true
	case errno == 0:
		c.flags |= cEOF
		c.m.FeedEOF()
		l.pump(slot, c)
		if c.flags&cUsed != 0 {
			l.watch(slot, c)
		}
	case errno != unix.EAGAIN:
		l.lost(slot, c, CodeAbnormal)
	}
	return false
}

// pump pulls events out of the machine until it needs input or the array is full.
func (l *Loop) pump(slot uint32, c *loopConn) {
	m := &c.m
	if c.flags&cPaused != 0 {
		l.putAside(slot, c) // what needs no input, as that the connection is open, or over, is told all the same
	}
	for {
		if l.full() {
			m.EndPayload() // its block goes back with the next poll, whenever this connection is heard of again
			if m.Pending() {
				l.keepRest(slot, c)
			}
			break
		}
		if op, payload, ok := m.NextMessage(); ok {
			l.deliverMessage(slot, c, op, payload)
			continue
		}
		ev := m.Next()
		if ev.Kind == protocol.NeedInput {
			switch {
			case m.Held():
				l.heed(slot, c) // what came before the end can be answered until the next poll
			case m.Pending():
				l.putAside(slot, c) // a verdict is awaited
			}
			break
		}
		l.deliver(slot, c, &ev)
		if c.flags&(cTold|cTellClose) != 0 {
			break
		}
	}
	l.pumped(slot, c)
}

// keepRest remembers that a connection has more to say than there was room for.
func (l *Loop) keepRest(slot uint32, c *loopConn) {
	if c.m.Buffered() > 0 {
		l.resume = slot + 1 // its input stays in the receive buffer, which nobody else uses until it is through
		return
	}
	l.heed(slot, c)
}

// heldInput is input that waits outside the receive buffer.
type heldInput struct {
	block []byte // of the pool
	used  int    // bytes of it that were fed already
}

// putAside moves input that must wait out of the receive buffer.
func (l *Loop) putAside(slot uint32, c *loopConn) {
	rest := c.m.Unread()
	if len(rest) == 0 {
		return
	}
	if c.flags&cHeld != 0 { // rest is the end of the piece that takeUp fed
		h := l.held[slot]
		h.used -= len(rest)
		l.held[slot] = h
		return
	}
	block := l.pool.Get(len(rest))
	if block == nil {
		l.lost(slot, c, CodeNoMemory)
		return
	}
	l.held[slot] = heldInput{block: wire.Append(block, rest)}
	c.flags |= cHeld
}

// takeUp feeds what was put aside, as much of it as a read may bring; false when the receive buffer has no room for it in this poll.
func (l *Loop) takeUp(slot uint32, c *loopConn) bool {
	if c.flags&cHeld == 0 {
		return true
	}
	h := l.held[slot]
	rest := h.block[h.used:]
	piece := rest[:min(len(rest), readMost)]
	if len(piece) > len(l.in)-l.inAt {
		return false
	}
	n := wire.Copy(l.in[l.inAt:], piece)
	c.m.Feed(l.in[l.inAt : l.inAt+n : l.inAt+n])
	l.inAt += (n + 15) &^ 15
	if n == len(rest) {
		l.dropHeld(slot, c)
		return true
	}
	h.used += n
	l.held[slot] = h
	return true
}

// goOnHeld lets the next poll take up the next piece of what was put aside.
func (l *Loop) goOnHeld(slot uint32, c *loopConn) {
	if c.flags&(cUsed|cHeld|cPaused|cVerdict) == cUsed|cHeld && !c.answering() {
		l.heed(slot, c)
	}
}

func (l *Loop) dropHeld(slot uint32, c *loopConn) {
	if c.flags&cHeld != 0 {
		c.flags &^= cHeld
		l.pool.Put(l.held[slot].block)
		delete(l.held, slot)
	}
}

// pumped settles what a pump has left: output, the deadline of a message, the end.
func (l *Loop) pumped(slot uint32, c *loopConn) {
	if c.flags&(cUsed|cCut) != cUsed {
		return
	}
	if c.m.HasOutput() {
		if c.flags&cBlocked == 0 && !l.takeOutput(slot, c) { // handshake and pongs leave before what the events will be answered with
			return
		}
		l.mark(slot, c)
	}
	if c.m.State() == protocol.Closed && c.flags&cEnding == 0 && (c.flags&(cTold|cTellClose) != 0 || !c.m.Pending()) {
		l.end(slot, c)
		return
	}
	inMessage := c.m.InMessage()
	switch {
	case !inMessage:
		c.flags &^= cInMessage | cMessageEnd
	case c.flags&cInMessage == 0 || c.flags&cMessageEnd != 0:
		// The clock of a message starts with its first byte; nothing that comes in between starts it anew.
		c.flags = c.flags&^cMessageEnd | cInMessage
		c.messageTick = l.tick
		l.schedule(slot, c)
	}
}

// deliver turns an event of the machine into one of the loop.
func (l *Loop) deliver(slot uint32, c *loopConn, ev *protocol.Event) {
	switch ev.Kind {
	case protocol.MessageEvent:
		l.deliverMessage(slot, c, ev.Opcode, ev.Payload)
	case protocol.FragmentEvent:
		l.deliverFragment(slot, c, ev)
	case protocol.Opened:
		l.deliverOpen(slot, c)
	case protocol.RequestEvent:
		l.requested(slot, c)
	case protocol.PingEvent:
		if l.more.pings {
			e := l.emit(LoopPing, slot, c)
			e.Op, e.Flags = int64(ev.Opcode), LoopFirst|LoopFinal
			l.viewCopy(e, ev.Payload)
		}
	case protocol.PongEvent:
		l.deliverPong(slot, c, ev.Payload)
	case protocol.CloseEvent, protocol.FailedEvent, protocol.EndEvent:
		l.deliverEnd(slot, c, ev)
	}
}

func (l *Loop) deliverMessage(slot uint32, c *loopConn, op Opcode, payload []byte) {
	e := l.emit(LoopMessage, slot, c)
	e.Op, e.Flags = int64(op), LoopFirst|LoopFinal
	l.payload(e, payload)
	l.metrics.MessagesIn++
	c.flags |= cMessageEnd
	c.heardTick = l.tick
}

func (l *Loop) deliverFragment(slot uint32, c *loopConn, ev *protocol.Event) {
	e := l.emit(LoopFragment, slot, c)
	e.Op = int64(ev.Opcode)
	if ev.First {
		e.Flags |= LoopFirst
	}
	if ev.Final {
		e.Flags |= LoopFinal
		l.metrics.MessagesIn++
		c.flags |= cMessageEnd
	}
	c.heardTick = l.tick
	l.payload(e, ev.Payload)
}

// payload makes b, which lies in the receive buffer or in a block of the pool, the payload of e.
func (l *Loop) payload(e *LoopEvent, b []byte) {
	l.viewed = true
	e.view(b)
}

func (l *Loop) deliverPong(slot uint32, c *loopConn, payload []byte) {
	rtt := l.answered(slot, c, payload)
	if l.more.pongs {
		e := l.emit(LoopPong, slot, c)
		e.Op, e.Flags, e.Status = 10, LoopFirst|LoopFinal, rtt
		l.viewCopy(e, payload)
	}
}

// deliverOpen tells that the opening handshake is done. What is known of it stays readable until the next poll.
func (l *Loop) deliverOpen(slot uint32, c *loopConn) {
	l.grown(c)
	c.flags |= cKnown
	l.metrics.Open++
	c.heardTick = l.tick
	e := l.emit(LoopOpen, slot, c)
	subprotocol := ""
	if r := c.m.Request(); r != nil {
		subprotocol = r.Subprotocol()
	} else if r := c.m.Response(); r != nil {
		subprotocol = r.Subprotocol()
	}
	if subprotocol != "" {
		if l.chosen == nil {
			l.chosen = map[uint32]string{}
		}
		l.chosen[slot] = subprotocol
		l.viewText(e, subprotocol)
	}
	l.opened = append(l.opened, slot)
	switch {
	case c.m.State() != protocol.Open: // the user has closed it already, and its deadline stands
		l.schedule(slot, c)
	case l.draining:
		l.sendAway(slot, c)
	default:
		l.beginOpen(slot, c)
	}
}

// releaseOpenings gives back the memory of opening handshakes that were delivered with the last poll.
func (l *Loop) releaseOpenings() {
	for _, slot := range l.opened {
		if c := l.slab.at(slot); c.flags&cUsed != 0 {
			c.m.ReleaseOpening()
		}
	}
	l.opened = l.opened[:0]
}
