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

// A batch leaves at once; runs of messages to one connection, and what follows them later in the batch, are gathered.
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
	if got := strings.Join(append(pa.read(), pb.read()...), ","); got != "text 1,text 3,text 2,text 4,text 1" {
		t.Errorf("%q left before a flush", got)
	}
	l.once()
	if got := strings.Join(pa.read(), ","); got != "text 1,text 3,text 5,text 6" {
		t.Errorf("got %q", got)
	}
}
