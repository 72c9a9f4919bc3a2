// This file tells which loop a connection's id belongs to, and what kind of connection it names, for those who hold only the id.
package core

// Number returns a number that no other open loop has, unless there are more than 4,096 of them. It is part of the ids of the
// loop's connections.
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
	bytes, policy, err := l.queueRules(op, id)
	if err != nil {
		return err
	}
	if e := checkConnOption(op, o); e != nil {
		return e
	}
	if e := checkLoopOption(op, o, v); e != nil {
		return e
	}
	if o == OptQueueBytes {
		bytes = v
	} else {
		policy = QueuePolicy(v)
	}
	return l.SetQueue(id, bytes, policy)
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
