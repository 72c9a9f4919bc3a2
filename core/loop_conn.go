// This file holds the connections of a loop: a slab of fixed records addressed by slot, ids that name a slot's user for ever.

package core

import (
	"libws/core/internal/poller"
	"libws/core/protocol"
)

// ConnID names a connection of a loop: positive, unique in the process for 16 million lives of its slot, and never the id of
// another connection. It is made of a tag, the loop's number, the slot's generation and the slot.
type ConnID int64

const (
	slotBits  = 22
	genBits   = 24
	loopBits  = 12
	slotMask  = 1<<slotBits - 1
	genMask   = 1<<genBits - 1
	loopMask  = 1<<loopBits - 1
	genShift  = slotBits
	loopShift = slotBits + genBits
	tagShift  = loopShift + loopBits // five bits are left
	connTag   = 0x15                 // makes an id unlike small numbers and other handles
)

// Slot returns a small number that no other open connection of the loop has, good for indexing.
func (id ConnID) Slot() int { return int(id & slotMask) }

// cFlag packs what is true of a connection.
type cFlag uint64

const (
	cUsed       cFlag = 1 << iota // the slot has a connection
	cConnecting                   // the TCP connection is being made
	cYoung                        // not open yet, counted in Loop.pending
	cKnown                        // the user has heard of it: it ends with a LoopClose event
	cTold                         // which was delivered
	cClient                       // our end is the client
	cDirty                        // in Loop.dirty
	cAttention                    // in Loop.attention
	cBlocked                      // the socket is full: the queue waits for room
	cPaused                       // the user paused reading
	cVerdict                      // a request waits for Accept or Respond
	cEnding                       // to be closed once its output is written
	cLinger                       // our direction is shut, input is discarded until its end
	cEOF                          // the peer's end of the stream was seen
	cBroken                       // writing failed: what is sent is dropped
	cTellClose                    // LoopClose is due
	cTellDrain                    // LoopDrain is due
	cOwesDrain                    // LoopDrain is due once the queue has room
	cPinged                       // our ping waits for its pong
	cHeard                        // bytes have come since it was sent
	cInMessage                    // a message has begun and messageTick is set
	cMessageEnd                   // during a read: a message was completed
	cWatchIn                      // epoll watches for input
	cWatchOut                     // epoll watches for room
	cWatchEnd                     // epoll watches for the end of a paused peer's stream, and reports it once
	cHeld                         // input was put aside in Loop.held
	cHasLimit                     // queueLimit and policy are its own
	cTellOpen                     // LoopOpen is due
	cCut                          // descriptor and memory are given back; the slot waits for LoopClose
	cAnswered                     // a plain request was answered
	cPostponed                    // publications wait in Loop.postponed
	cLate                         // its deadline is over, and Loop.late tells what is read before that is judged
)

// cWatch is all that epoll may watch for; one that it watches for anything must be taken out before its descriptor is closed.
const cWatch = cWatchIn | cWatchOut | cWatchEnd

// loopConn is one connection. Deadlines are ticks of a millisecond that wrap; comparing looks at differences.
type loopConn struct {
	m       protocol.Machine
	context uintptr

	fd    int32
	gen   uint32
	flags cFlag
	queue int32 // index into Loop.queues, 0 for none
	subs  int32 // first subscription, 0 for none

	wheelNext   int32 // slot+1 of the neighbours in the timer wheel; wheelNext also links unused slots
	wheelPrev   int32
	wheelTick   uint32 // when the wheel looks at it
	stageTick   uint32 // when the current stage ends: handshake, close or linger; while open when the next ping is due or was sent
	messageTick uint32 // when the current message began
	heardTick   uint32 // when the last message came
	stamp       uint32 // while open when our ping was sent, in microseconds; else how much output was left. Low 32 bits

	queueLimit uint32 // in KiB, with cHasLimit
	cause      uint16 // ErrorCode that the end is told with
	code       uint16 // and the close code
	policy     QueuePolicy
	wheelSlot  uint8 // the list of the wheel that it hangs in
	wheelLevel uint8 // 1 or 2; 0 when it does not
	wrote      uint8 // low bits of Loop.batch when a message was written at once
}

// chunkSlots is such that a chunk fills whole pages of Go's, of 8 KiB: what is left of one would count with every connection.
const chunkSlots = 1024

// slab is the memory of connections: chunks that never move and are never given back.
type slab struct {
	chunks []*[chunkSlots]loopConn
	used   []struct{} // one per slot ever used
	first  uint32     // the generation that slots begin with
	free   int32      // first unused slot+1
	live   int
}

func (s *slab) at(slot uint32) *loopConn { return &s.chunks[slot/chunkSlots][slot%chunkSlots] }

// take returns an unused slot, nil when there are too many.
func (s *slab) take() (uint32, *loopConn) {
	if s.free != 0 {
		slot := uint32(s.free - 1)
		c := s.at(slot)
		s.free = c.wheelNext
		c.wheelNext = 0
		s.live++
		return slot, c
	}
	slot := uint32(len(s.used))
	if slot > slotMask {
		return 0, nil
	}
	if slot%chunkSlots == 0 {
		s.chunks = append(s.chunks, new([chunkSlots]loopConn))
	}
	s.used = append(s.used, struct{}{})
	s.live++
	c := s.at(slot)
	c.gen = s.first
	return slot, c
}

// give takes a slot back. Its ids are stale from now on.
func (s *slab) give(slot uint32, c *loopConn) {
	gen := (c.gen + 1) & genMask
	*c = loopConn{gen: max(gen, 1)}
	c.wheelNext = s.free
	s.free = int32(slot + 1)
	s.live--
}

// id names the current user of a slot.
func (l *Loop) id(slot uint32, c *loopConn) ConnID {
	return ConnID(connTag<<tagShift | l.number<<loopShift | uint64(c.gen)<<genShift | uint64(slot))
}

// find returns the connection that an id names. Ids of connections that are over are CodeClosed, others that are not ours
// CodeHandle.
func (l *Loop) find(op string, id ConnID) (uint32, *loopConn, *Error) {
	slot := uint32(id & slotMask)
	gen := uint32(id>>genShift) & genMask
	if uint64(id)>>loopShift != connTag<<loopBits|l.number || int(slot) >= len(l.slab.used) {
		return 0, nil, newError(CodeHandle, op, "the id names no connection of this loop")
	}
	c := l.slab.at(slot)
	if c.gen == gen && c.flags&cUsed != 0 {
		if c.flags&(cTold|cTellClose) != 0 {
			return 0, nil, newError(CodeClosed, op, "the connection is closed")
		}
		return slot, c, nil
	}
	if gen == 0 || gen > c.gen {
		return 0, nil, newError(CodeHandle, op, "the id names no connection of this loop")
	}
	return 0, nil, newError(CodeClosed, op, "the connection is closed")
}

// lookup is find by epoll token, for readiness that may be older than the connection.
func (l *Loop) lookup(token uint64) (uint32, *loopConn) {
	slot := uint32(token & slotMask)
	if int(slot) >= len(l.slab.used) {
		return 0, nil
	}
	c := l.slab.at(slot)
	if c.flags&cUsed == 0 || c.gen != uint32(token>>genShift)&genMask {
		return 0, nil
	}
	return slot, c
}

// enter makes a connection of a descriptor.
func (l *Loop) enter(fd int, flags cFlag) (uint32, *loopConn) {
	slot, c := l.slab.take()
	if c == nil {
		return 0, nil
	}
	c.fd, c.flags = int32(fd), flags|cUsed
	c.heardTick = l.tick
	l.metrics.Total++
	if flags&cYoung != 0 {
		l.pending++
	}
	return slot, c
}

// admit enters a connection on a descriptor of the caller's, or on -1 while its name is looked up. On an error the descriptor stays
// the caller's: one that the loop has already must not become a second connection.
func (l *Loop) admit(op string, fd int, flags cFlag) (uint32, *loopConn, error) {
	slot, c := l.enter(fd, flags)
	if c == nil {
		return 0, nil, newError(CodeTooMany, op, "the loop has no room for another connection")
	}
	if fd < 0 {
		return slot, c, nil
	}
	if err := l.watchNew(op, fd, uint64(l.id(slot, c))); err != nil {
		l.withdraw(slot, c)
		return 0, nil, err
	}
	c.flags |= cWatchIn
	return slot, c, nil
}

// withdraw undoes enter for a descriptor that stays the caller's.
func (l *Loop) withdraw(slot uint32, c *loopConn) {
	l.metrics.Total--
	if c.flags&cYoung != 0 {
		l.pending--
	}
	l.slab.give(slot, c)
}

// watch makes epoll watch a connection for what it needs now. Nothing at all is watched of one that neither reads nor waits for
// room, since epoll reports hangups of every socket it knows, again and again; but of one that is paused, and may be so for long, one
// report of the end is asked for.
func (l *Loop) watch(slot uint32, c *loopConn) {
	want := cFlag(0)
	if c.flags&(cEOF|cConnecting) == 0 && (c.flags&cEnding != 0 || c.flags&(cPaused|cVerdict) == 0 && !c.answering()) {
		want |= cWatchIn
	}
	if c.flags&(cBlocked|cConnecting) != 0 {
		want |= cWatchOut
	}
	if want == 0 && c.flags&(cPaused|cEOF) == cPaused {
		want = cWatchEnd
	}
	have := c.flags & cWatch
	if want == have || c.fd < 0 {
		return
	}
	c.flags = c.flags&^cWatch | want
	var events uint32
	if want&cWatchIn != 0 {
		events |= poller.In
	}
	if want&cWatchOut != 0 {
		events |= poller.Out
	}
	if want&cWatchEnd != 0 {
		events |= poller.End | poller.Once
	}
	switch {
	case have == 0:
		_ = l.epoll.Add(int(c.fd), events, uint64(l.id(slot, c)))
	case want == 0:
		l.epoll.Remove(int(c.fd))
	default:
		_ = l.epoll.Modify(int(c.fd), events, uint64(l.id(slot, c)))
	}
}

// shut closes the descriptor of a connection. Closing alone ends epoll's watch only where no other process or descriptor shares the
// socket, and nobody could end it later.
func (l *Loop) shut(c *loopConn) {
	if c.flags&cWatch != 0 {
		c.flags &^= cWatch
		l.epoll.Remove(int(c.fd))
	}
	poller.Close(int(c.fd))
	c.fd = -1
}

// heed puts a connection on the list of those that the next poll looks at first.
func (l *Loop) heed(slot uint32, c *loopConn) {
	if c.flags&cAttention == 0 {
		c.flags |= cAttention
		l.attention = append(l.attention, slot)
		l.stir()
	}
}

// mark puts a connection on the list of those with output to flush.
func (l *Loop) mark(slot uint32, c *loopConn) {
	if c.flags&cDirty == 0 {
		c.flags |= cDirty
		l.dirty = append(l.dirty, slot)
		l.stir()
	}
}
