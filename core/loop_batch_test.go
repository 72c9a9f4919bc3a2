// Batches of messages: each one succeeds or fails alone, and they leave together.

package core

import (
	"strings"
	"testing"

	"libws/core/internal/offheap"
)

// Every entry of a batch stands for itself and says what became of it.
func TestLoopSendBatch(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	a, pa := l.open()
	b, pb := l.open()
	gone, p := l.open()
	p.close()
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	data := offheap.Map(4096)
	defer offheap.Unmap(data)
	copy(data, "hello\xFF")
	at := addressOf(data)
	batch := []LoopSend{
		{Conn: a, Op: 1, Data: at, Size: 5},
		{Conn: b, Op: 2, Data: at, Size: 6},
		{Conn: gone, Op: 1, Data: at, Size: 5},
		{Conn: 12345, Op: 1, Data: at, Size: 5},
		{Conn: a, Op: 1, Data: at, Size: 6},
		{Conn: a, Op: 1, Data: at, Size: -1},
		{Conn: a, Op: 1, Data: 0, Size: 1},
		{Conn: a, Op: 9, Data: at, Size: 1},
		{Conn: a, Op: 2},
	}
	failed, err := l.SendBatch(batch)
	if failed != 6 || err != nil {
		t.Errorf("%d failed, %v", failed, err)
	}
	want := []ErrorCode{0, 0, CodeClosed, CodeHandle, CodeUTF8, CodeArgument, CodeArgument, CodeArgument, 0}
	size := []int64{7, 8, -1, -1, -1, -1, -1, -1, 2}
	for i, e := range batch {
		if e.Error != want[i] || e.Result != size[i] {
			t.Errorf("entry %d: %d, error %d; want %d, %d", i, e.Result, e.Error, size[i], want[i])
		}
	}
	l.settle()
	if got := strings.Join(append(pa.read(), pb.read()...), ","); got != "text hello,binary ,binary hello\xFF" {
		t.Errorf("got %q", got)
	}
}

// A batch leaves at once, runs of messages to one connection together; what follows them later in the batch is gathered.
func TestLoopSendBatchLeavesAtOnce(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	a, pa := l.open()
	b, pb := l.open()
	data := offheap.Map(4096)
	defer offheap.Unmap(data)
	copy(data, "123456")
	at := addressOf(data)
	one := func(id ConnID, i int) LoopSend {
		return LoopSend{Conn: id, Op: 1, Data: at + uintptr(i), Size: 1}
	}
	if failed, err := l.SendBatch([]LoopSend{one(a, 0), one(b, 1), one(a, 2), one(b, 3)}); failed != 0 || err != nil {
		t.Fatal(failed, err)
	}
	if got := strings.Join(append(pa.read(), pb.read()...), ","); got != "text 1,text 2" {
		t.Errorf("%q left before a flush", got)
	}
	l.once()
	if got := strings.Join(append(pa.read(), pb.read()...), ","); got != "text 1,text 3,text 2,text 4" {
		t.Errorf("got %q", got)
	}
	if failed, err := l.SendBatch([]LoopSend{one(a, 4), one(a, 5), one(b, 0)}); failed != 0 || err != nil {
		t.Fatal(failed, err)
	}
	if got := strings.Join(append(pa.read(), pb.read()...), ","); got != "text 1,text 3,text 5,text 6,text 2,text 4,text 1" {
		t.Errorf("%q left before a flush", got)
	}
	l.once()
	if got := strings.Join(pa.read(), ","); got != "text 1,text 3,text 5,text 6" {
		t.Errorf("got %q", got)
	}
}

// A run whose entries fail for reasons of their own sends the others, in order, and tells which failed.
func TestLoopSendBatchRunWithFailures(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	a, p := l.open()
	data := offheap.Map(4096)
	defer offheap.Unmap(data)
	copy(data, "hello\xFF")
	at := addressOf(data)
	run := []LoopSend{
		{Conn: a, Op: 1, Data: at, Size: 5},
		{Conn: a, Op: 1, Data: at, Size: 6},
		{Conn: a, Op: 2, Data: at, Size: 6},
		{Conn: a, Op: 3, Data: at, Size: 1},
		{Conn: a, Op: 1, Data: at + 1, Size: 4},
	}
	if failed, err := l.SendBatch(run); failed != 2 || err != nil {
		t.Errorf("%d failed, %v", failed, err)
	}
	for i, want := range []ErrorCode{0, CodeUTF8, 0, CodeArgument, 0} {
		if run[i].Error != want || (run[i].Result < 0) != (want != 0) {
			t.Errorf("entry %d: %d, error %d, want %d", i, run[i].Result, run[i].Error, want)
		}
	}
	if got := strings.Join(p.read(), ","); got != "text hello,binary hello\xFF,text ello" {
		t.Errorf("got %q", got)
	}
	if m := l.Metrics(); m.MessagesOut != 3 || m.BytesOut < 7+8+6 {
		t.Errorf("%d messages, %d bytes out", m.MessagesOut, m.BytesOut)
	}
}

// Runs that the short way has no room for, or that may not be taken whole, go the long way: nothing is lost, the bound holds.
func TestLoopSendBatchLongRuns(t *testing.T) {
	data := offheap.Map(1 << 20)
	defer offheap.Unmap(data)
	at := addressOf(data)
	for _, size := range []int64{100, directSend - 1, directSend, 200 << 10} {
		l := newTestLoop(t, LoopOptions{QueueBytes: 8 << 20})
		a, p := l.open()
		run := make([]LoopSend, 300)
		if size > 1000 {
			run = run[:9]
		}
		for i := range run {
			run[i] = LoopSend{Conn: a, Op: 2, Data: at + uintptr(i), Size: size}
		}
		if failed, err := l.SendBatch(run); failed != 0 || err != nil {
			t.Fatalf("%d bytes: %d failed, %v", size, failed, err)
		}
		l.until("all of them", func() bool { return len(p.read()) == len(run) })
	}
	l := newTestLoop(t, LoopOptions{QueueBytes: 1000})
	a, p := l.open()
	run := make([]LoopSend, 12)
	for i := range run {
		run[i] = LoopSend{Conn: a, Op: 2, Data: at, Size: 100}
	}
	failed, err := l.SendBatch(run)
	if err != nil {
		t.Fatal(err)
	}
	l.settle()
	if got := len(p.read()); got != len(run)-failed {
		t.Errorf("%d arrived, %d failed of %d", got, failed, len(run))
	}
}

// What a run finds out about a lost connection is told of each of its entries.
func TestLoopSendBatchRunToALostPeer(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	a, p := l.open()
	p.close()
	data := offheap.Map(4096)
	defer offheap.Unmap(data)
	run := []LoopSend{{Conn: a, Op: 2, Data: addressOf(data), Size: 9}, {Conn: a, Op: 3}, {Conn: a, Op: 2}}
	if failed, err := l.SendBatch(run); failed != 3 || err != nil {
		t.Errorf("%d failed, %v", failed, err)
	}
	for i, want := range []ErrorCode{CodeClosed, CodeArgument, CodeClosed} {
		if run[i].Error != want || run[i].Result != -1 {
			t.Errorf("entry %d: %d, error %d, want %d", i, run[i].Result, run[i].Error, want)
		}
	}
	if m := l.Metrics(); m.MessagesOut != 0 || m.QueueBytes != 0 {
		t.Errorf("%+v", m)
	}
}
