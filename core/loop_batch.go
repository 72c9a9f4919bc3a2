// This file sends many messages in one call.

package core

import (
	"cmp"
	"math"

	"libws/core/wire"
)

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
	return l.sendAll(name, batch), nil
}

// sendAll sends a batch, each run of messages to one connection together.
func (l *Loop) sendAll(name string, batch []LoopSend) (failed int) {
	for len(batch) > 0 {
		n := 1
		for n < len(batch) && batch[n].Conn == batch[0].Conn {
			n++
		}
		failed += l.sendRun(name, batch[:n])
		batch = batch[n:]
	}
	return failed
}

// sendRun sends what a batch has for one connection in a row, and returns how many entries failed.
func (l *Loop) sendRun(name string, run []LoopSend) (failed int) {
	if slot, c, e := l.find(name, run[0].Conn); e == nil {
		l.catchUp(slot, c)
		if size := runSize(run); size <= len(l.scratch) && size <= l.limitOf(c) && l.mayWrite(c) {
			return l.writeRun(slot, c, run)
		}
	}
	for i := range run {
		n, code := l.sendEntry(name, &run[i])
		if code != 0 {
			run[i].fail(code)
			failed++
			continue
		}
		run[i].Result, run[i].Error = int64(n), 0
	}
	return failed
}

func (l *Loop) sendEntry(name string, b *LoopSend) (int, ErrorCode) {
	if code := b.check(); code != 0 {
		return 0, code
	}
	slot, c, e := l.find(name, b.Conn) // each time: the entry before may have ended the connection
	if e != nil {
		return 0, e.Code
	}
	o := b.message()
	n, err := l.send(slot, c, &o)
	if err != nil {
		return 0, sendError(name, err).Code
	}
	return n, 0
}

// writeRun encodes a run into memory that is hot and writes it at once. What the socket does not take becomes the connection's output.
func (l *Loop) writeRun(slot uint32, c *loopConn, run []LoopSend) (failed int) {
	out := l.scratch[:0]
	for i := range run {
		b := &run[i]
		code := b.check()
		if code == 0 {
			o := b.message()
			before := len(out)
			var err error
			if out, err = l.encode(c, out, &o); err == nil {
				b.Result, b.Error = int64(len(out)-before), 0
				continue
			}
			code = sendError("", err).Code
		}
		b.fail(code)
		failed++
	}
	if !l.writeNow(slot, c, out) {
		for i := range run {
			run[i].fail(cmp.Or(run[i].Error, CodeClosed))
		}
		return len(run)
	}
	l.metrics.MessagesOut += int64(len(run) - failed)
	return failed
}

// runSize returns how many bytes a run takes on the wire at most, and more than any memory has when a length is absurd.
func runSize(run []LoopSend) (size int) {
	for i := range run {
		if uint64(run[i].Size) >= directSend {
			return math.MaxInt
		}
		size += int(run[i].Size) + wire.MaxHeaderSize
	}
	return size
}

// check tells what is wrong with an entry, whatever its connection; 0 for nothing.
func (b *LoopSend) check() ErrorCode {
	switch {
	case b.Size < 0 || b.Size > 0 && b.Data == 0 || b.Op != int64(OpText) && b.Op != int64(OpBinary):
		return CodeArgument
	case b.Size > mostSendBytes:
		return CodeTooLarge
	}
	return 0
}

func (b *LoopSend) message() loopMessage {
	view := LoopEvent{data: b.Data, size: b.Size}
	return loopMessage{op: Opcode(b.Op), fin: true, payload: view.Payload(), key: b.Key}
}

func (b *LoopSend) fail(code ErrorCode) { b.Result, b.Error = -1, code }
