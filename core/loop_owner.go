// This file tells which loop a connection's id belongs to, and what kind of connection it names, for those who hold only the id.

package core

import "sync"

// loopNumbers gives out the numbers of loops, which are part of their connections' ids.
var loopNumbers struct {
	sync.Mutex
	used  [loopMask + 1]bool
	lives [loopMask + 1]uint32 // the latest generation in ids of earlier loops with the number
	last  int
}

// takeLoopNumber returns a number that no open loop has, and the first generation of its slots: ids of an earlier loop with the
// number stay stale. ok is false when there are 4,096 open loops.
func takeLoopNumber() (number uint64, generation uint32, ok bool) {
	n := &loopNumbers
	n.Lock()
	defer n.Unlock()
	for range n.used {
		n.last = (n.last + 1) & loopMask
		if !n.used[n.last] {
			n.used[n.last] = true
			return uint64(n.last), max(1, (n.lives[n.last]+1)&genMask), true
		}
	}
	return 0, 0, false
}

// giveLoopNumber takes a number back; latest is the latest generation in ids that were given out with it.
func giveLoopNumber(number uint64, latest uint32) {
	loopNumbers.Lock()
	defer loopNumbers.Unlock()
	loopNumbers.used[number] = false
	loopNumbers.lives[number] = latest
}

// latest returns the latest generation of any slot.
func (s *slab) latest() uint32 {
	gen := s.first - 1
	for slot := range s.used {
		gen = max(gen, s.at(uint32(slot)).gen)
	}
	return gen
}

// Number returns a number that no other open loop has. It is part of the ids of the loop's connections.
func (l *Loop) Number() int { return int(l.number) }

// LoopNumber returns the Number of the loop that made the id; ok is false when it is no id of a loop's connection.
func (id ConnID) LoopNumber() (number int, ok bool) {
	return int(id>>loopShift) & loopMask, uint64(id)>>tagShift == connTag
}

// Role returns this end's role on a connection. Errors: CodeHandle, CodeClosed.
func (l *Loop) Role(id ConnID) (Role, error) {
	const op = "Loop.Role"
	if e := l.lock(op); e != nil {
		return 0, e
	}
	defer l.mu.Unlock()
	_, c, e := l.find(op, id)
	if e != nil {
		return 0, e
	}
	if c.flags&cClient != 0 {
		return RoleClient, nil
	}
	return RoleServer, nil
}

// Subprotocol returns what the opening handshake of a connection agreed on, "" for none, before it is over, and where it was done
// elsewhere. Errors: CodeHandle, CodeClosed.
func (l *Loop) Subprotocol(id ConnID) (string, error) {
	const op = "Loop.Subprotocol"
	if e := l.lock(op); e != nil {
		return "", e
	}
	defer l.mu.Unlock()
	slot, _, e := l.find(op, id)
	if e != nil {
		return "", e
	}
	return l.chosen[slot], nil
}

// ConnState returns the state of a connection, StateClosed for one that is over. Error: CodeHandle for an id that was never given out.
func (l *Loop) ConnState(id ConnID) (State, error) {
	const op = "Loop.ConnState"
	if e := l.lock(op); e != nil {
		return StateClosed, nil
	}
	defer l.mu.Unlock()
	_, c, e := l.find(op, id)
	switch {
	case e == nil:
		return c.m.State(), nil
	case e.Code == CodeHandle:
		return 0, e
	}
	return StateClosed, nil
}

// SetConnOption changes OptQueueBytes or OptQueuePolicy of one connection. Errors: CodeHandle, CodeClosed, CodeOption.
func (l *Loop) SetConnOption(id ConnID, o Option, v int64) error {
	const op = "Loop.SetConnOption"
	if e := l.lock(op); e != nil {
		return e
	}
	defer l.mu.Unlock()
	_, c, e := l.find(op, id)
	if e != nil {
		return e
	}
	if e := checkConnOption(op, o); e != nil {
		return e
	}
	if e := checkLoopOption(op, o, v); e != nil {
		return e
	}
	if o == OptQueueBytes {
		l.setQueue(c, v, l.policyOf(c))
	} else {
		l.setQueue(c, int64(l.limitOf(c)), QueuePolicy(v))
	}
	return nil
}

// ConnOption returns OptQueueBytes or OptQueuePolicy of one connection.
func (l *Loop) ConnOption(id ConnID, o Option) (int64, error) {
	const op = "Loop.ConnOption"
	bytes, policy, err := l.queueRules(op, id)
	if err != nil {
		return 0, err
	}
	if e := checkConnOption(op, o); e != nil {
		return 0, e
	}
	if o == OptQueueBytes {
		return bytes, nil
	}
	return int64(policy), nil
}

func checkConnOption(op string, o Option) *Error {
	if o != OptQueueBytes && o != OptQueuePolicy {
		return newError(CodeOption, op, "a connection of a loop has only the options QUEUE_BYTES and QUEUE_POLICY; set others on the loop")
	}
	return nil
}

func (l *Loop) queueRules(op string, id ConnID) (int64, QueuePolicy, error) {
	if e := l.lock(op); e != nil {
		return 0, 0, e
	}
	defer l.mu.Unlock()
	_, c, e := l.find(op, id)
	if e != nil {
		return 0, 0, e
	}
	return int64(l.limitOf(c)), l.policyOf(c), nil
}
