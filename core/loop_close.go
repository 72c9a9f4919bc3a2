// This file ends connections: the closing handshake, failures, deadlines, cut-offs, and the LoopClose event that each of them
// comes to exactly once (RFC 6455 §7).

package core

import (
	"libws/core/internal/poller"
	"libws/core/protocol"
	"libws/core/wire"

	"golang.org/x/sys/unix"
)

// lingerMS bounds how long input is discarded behind our close frame. Closing with unread input would reset the connection
// and destroy the frame on its way (RFC 6455 §7.1.1).
const lingerMS = 1000

// CloseConn starts the closing handshake with a code and a reason of at most 123 bytes of UTF-8. LoopClose follows with the peer's
// code, or 1006 and CodeTimeout after OptCloseTimeoutMS. Errors: CodeHandle, CodeClosed, CodeState before the connection is
// open, CodeCloseCode, CodeUTF8, CodeControlSize; nothing has happened then.
func (l *Loop) CloseConn(id ConnID, code CloseCode, reason string) error {
	const op = "Loop.CloseConn"
	if e := l.lock(op); e != nil {
		return e
	}
	defer l.mu.Unlock()
	slot, c, e := l.find(op, id)
	if e != nil {
		return e
	}
	l.catchUp(slot, c)
	if err := c.m.Close(code, reason); err != nil {
		return fromProtocol(op, err)
	}
	l.readClock() // the last poll may be long ago
	l.closing(slot, c)
	return nil
}

// closing waits for the peer's close frame; ours is in the machine's output.
func (l *Loop) closing(slot uint32, c *loopConn) {
	l.mark(slot, c)
	c.stageTick = l.tick + l.more.closeMS
	l.schedule(slot, c)
	if c.flags&cPaused != 0 { // the answer must be read; messages before it are still delivered
		c.flags &^= cPaused
		l.heed(slot, c)
	}
}

// Abort cuts a connection off without a closing handshake. LoopClose follows with 1006 and CodeClosed.
func (l *Loop) Abort(id ConnID) error {
	const op = "Loop.Abort"
	if e := l.lock(op); e != nil {
		return e
	}
	defer l.mu.Unlock()
	slot, c, e := l.find(op, id)
	if e != nil {
		return e
	}
	l.lost(slot, c, CodeClosed)
	return nil
}

// deliverEnd tells what the machine says about the end.
func (l *Loop) deliverEnd(slot uint32, c *loopConn, ev *protocol.Event) {
	cause := ErrorCode(0)
	switch {
	case ev.Kind == protocol.FailedEvent && c.flags&cAnswered != 0 && c.m.Err().Kind == protocol.EndedEarly:
		// a plain HTTP client that has what it wanted
	case ev.Kind == protocol.FailedEvent:
		cause = fromProtocol("", c.m.Err()).Code
	case ev.Kind == protocol.EndEvent && !c.m.CloseReceived():
		cause = CodeAbnormal
	}
	l.conclude(slot, c, ev.Code, cause)
}

// lost ends a connection whose carrier is gone or that has no more time.
func (l *Loop) lost(slot uint32, c *loopConn, cause ErrorCode) {
	c.m.Abandon()
	l.conclude(slot, c, wire.CloseAbnormal, cause)
	l.cut(slot, c)
}

// dismiss ends a connection over a rule of ours: the peer is told why, and is not listened to any more.
func (l *Loop) dismiss(slot uint32, c *loopConn, code CloseCode, cause ErrorCode) {
	if c.m.State() != protocol.Open {
		l.lost(slot, c, cause)
		return
	}
	_ = c.m.Close(code, causeText(cause, code))
	l.conclude(slot, c, code, cause)
	l.end(slot, c)
}

// conclude decides how the end of a connection is told, and tells it when there is room.
func (l *Loop) conclude(slot uint32, c *loopConn, code CloseCode, cause ErrorCode) {
	if c.flags&(cTold|cTellClose) != 0 {
		return
	}
	if c.flags&cYoung != 0 {
		l.grown(c)
		l.metrics.Refused++
	} else {
		l.metrics.Open--
		l.metrics.countClose(code)
	}
	l.unsubscribeAll(c)
	l.dropHeld(slot, c)
	l.dropPostponed(slot, c)
	c.code, c.cause = uint16(code), uint16(cause)
	if c.flags&cKnown == 0 {
		c.flags |= cTold
		return
	}
	c.flags |= cTellClose
	if l.full() || c.flags&cTellOpen != 0 {
		l.heed(slot, c)
		return
	}
	l.tellClose(slot, c)
}

// grown takes a connection out of the count of those that are not open yet.
func (l *Loop) grown(c *loopConn) {
	if c.flags&cYoung != 0 {
		c.flags &^= cYoung
		l.pending--
		l.resumeAccepting()
	}
}

// tellClose delivers LoopClose; there is room.
func (l *Loop) tellClose(slot uint32, c *loopConn) {
	c.flags = c.flags&^cTellClose | cTold
	e := l.emit(LoopClose, slot, c)
	e.Op, e.Code, e.Error, e.Flags = int64(wire.OpClose), int64(c.code), ErrorCode(c.cause), LoopFirst|LoopFinal
	switch err := c.m.Err(); {
	case err != nil && !c.m.Held():
		e.Status = int64(err.Status)
		l.viewText(e, err.Rule)
	case c.cause != 0:
		l.viewText(e, causeText(e.Error, CloseCode(c.code)))
	default:
		l.viewText(e, c.m.CloseReason())
	}
	if c.flags&cCut != 0 {
		l.slab.give(slot, c)
	}
}

// causeText says why this end gave a connection up. It is the reason of the close frame, too.
func causeText(cause ErrorCode, code CloseCode) string {
	switch {
	case cause == CodeTimeout && code == wire.ClosePolicy:
		return "a message took too long"
	case cause == CodeTimeout && code == wire.CloseGoingAway:
		return "idle for too long"
	case cause == CodeTimeout && code == wire.CloseUnexpected:
		return "no pong in time"
	case cause == CodeTimeout:
		return "a deadline passed"
	case cause == CodeQueueFull:
		return "the peer reads too slowly"
	case cause == CodeClosed:
		return "closed by this end"
	case cause == CodeNoMemory:
		return "there is no memory for the connection"
	case cause == CodeResolve:
		return "the host name has no address"
	}
	return "the connection was lost"
}

// end closes a connection once its output is written, as long as the peer takes it in: our close frame must arrive. So input is
// discarded until the peer has finished, too, or the time for it is over.
func (l *Loop) end(slot uint32, c *loopConn) {
	c.flags |= cEnding
	c.flags &^= cInMessage | cPinged
	if l.resume == slot+1 {
		l.resume = 0
	}
	c.stageTick = l.patience()
	l.schedule(slot, c)
	if c.flags&cBlocked != 0 {
		l.watchProgress(c)
	}
	l.mark(slot, c)
}

// written goes on with a connection that is to end, once all its output is with the system.
func (l *Loop) written(slot uint32, c *loopConn) {
	if c.flags&(cEOF|cBroken) != 0 {
		l.cut(slot, c)
		return
	}
	if c.flags&cLinger == 0 {
		c.flags |= cLinger
		poller.ShutdownWrite(int(c.fd))
		l.readClock() // the last poll may be long ago
		c.stageTick = l.inDrain(l.tick + lingerMS)
		l.schedule(slot, c)
	}
	l.watch(slot, c)
}

// discard reads and forgets.
func (l *Loop) discard(slot uint32, c *loopConn) {
	n, errno := poller.Recv(int(c.fd), l.in[l.inAt:])
	switch {
	case n > 0:
		if c.flags&cLate != 0 {
			l.heard(slot, n)
		}
	case errno == unix.EAGAIN:
	case errno == 0 && (c.queue != 0 || c.m.HasOutput()):
		c.flags |= cEOF // the peer has finished, our output has not: the answer to its close frame, for one
		l.watch(slot, c)
	default:
		l.cut(slot, c)
	}
}

// cut gives the descriptor and the memory of a connection back. The slot waits until LoopClose is delivered.
func (l *Loop) cut(slot uint32, c *loopConn) {
	if c.flags&cCut != 0 {
		return
	}
	l.unhang(slot, c)
	l.inTime(slot, c)
	l.dropQueue(c)
	l.dropHeld(slot, c)
	if l.resume == slot+1 {
		l.resume = 0
	}
	c.m.Release()
	if c.fd >= 0 {
		l.shut(c)
	}
	delete(l.dials, slot)
	delete(l.chosen, slot)
	c.flags = c.flags&^cDirty | cEnding | cCut // nothing is left to write
	if c.flags&cTellClose == 0 {
		l.slab.give(slot, c)
	}
	if l.draining {
		l.stir()
	}
}

// attendOne does what is due for a connection beyond readiness; there is room for an event.
func (l *Loop) attendOne(slot uint32, c *loopConn) {
	if c.flags&cTellOpen != 0 {
		c.flags &^= cTellOpen
		l.emit(LoopOpen, slot, c)
	}
	if c.flags&cTellClose != 0 {
		if l.full() {
			l.heed(slot, c)
			return
		}
		l.tellClose(slot, c)
		return
	}
	if c.flags&(cUsed|cEnding|cConnecting) != cUsed {
		return
	}
	if c.flags&cTellDrain != 0 {
		if l.full() {
			l.heed(slot, c)
			return
		}
		c.flags &^= cTellDrain
		l.emit(LoopDrain, slot, c)
	}
	if c.answering() {
		return
	}
	at := l.inAt
	if c.flags&cPaused == 0 && !l.takeUp(slot, c) {
		l.heed(slot, c)
		return
	}
	l.viewed = false
	l.pump(slot, c)
	l.goOnHeld(slot, c)
	if !l.viewed && l.resume == 0 {
		l.inAt = at // no event looks at what was taken up
	}
	if c.flags&cUsed != 0 && c.fd >= 0 {
		l.watch(slot, c)
	}
}
