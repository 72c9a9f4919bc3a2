// This file sends many messages in one call.
package core

// LoopSend is one entry of SendBatch: seven words, the same in Go and in C. Data is the address of memory that is not the
// garbage collector's.
type LoopSend struct {
	Conn   ConnID
	Op     int64
	Data   uintptr
	Size   int64
	Key    int64     // for QueueConflate, 0 for none
	Result int64     // out: bytes on the wire, 0 when the policy dropped the message, -1 on an error
	Error  ErrorCode // out: 0, or why Result is -1
}

// SendBatch sends many messages in one call. Each entry succeeds or fails alone and says so in Result and Error; the number of
// those that failed is returned.
func (l *Loop) SendBatch(batch []LoopSend) (failed int, err error) {
	const name = "Loop.SendBatch"
	if e := l.lock(name); e != nil {
		return len(batch), e
	}
	defer l.mu.Unlock()
	for i := range batch {
		b := &batch[i]
		// The last of a run of messages to one connection leaves at once; those before it were gathered for it.
		last := i+1 == len(batch) || batch[i+1].Conn != b.Conn
		n, code := l.sendEntry(name, b, last)
		b.Result, b.Error = int64(n), code
		if code != 0 {
			b.Result = -1
			failed++
		}
	}
	return failed, nil
}

func (l *Loop) sendEntry(name string, b *LoopSend, last bool) (int, ErrorCode) {
	if b.Size < 0 || b.Size > 0 && b.Data == 0 || b.Op != int64(OpText) && b.Op != int64(OpBinary) {
		return 0, CodeArgument
	}
	if b.Size > mostSendBytes {
		return 0, CodeTooLarge
	}
	slot, c, e := l.find(name, b.Conn)
	if e != nil {
		return 0, e.Code
	}
	view := LoopEvent{data: b.Data, size: b.Size}
	o := loopMessage{op: Opcode(b.Op), fin: true, payload: view.Payload(), key: b.Key}
	l.catchUp(slot, c)
	n, err := l.sendSoon(slot, c, o, last)
	if err != nil {
		return 0, sendError(name, err).Code
	}
	return n, 0
}
