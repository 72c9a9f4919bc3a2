// What a loop counts, and its histogram of round-trip times.

package core

import (
	"math"
	"sort"
	"testing"
	"unsafe"

	"math/rand/v2"
)

// Each value's bucket is within a sixteenth of it, buckets are in order, and every 32-bit number has one.
func TestRTTBuckets(t *testing.T) {
	last := -1
	for v := uint64(0); v <= math.MaxUint32; v += 1 + v/50 {
		b := rttBucket(uint32(v))
		if b < last || b >= len(rttHistogram{}.buckets) {
			t.Fatalf("%d µs: bucket %d after %d", v, b, last)
		}
		last = b
		if got := rttValue(b); math.Abs(float64(got)-float64(v)) > float64(v)/16+1 {
			t.Fatalf("%d µs reads as %d", v, got)
		}
	}
	if b := rttBucket(math.MaxUint32); b >= len(rttHistogram{}.buckets) {
		t.Errorf("bucket %d", b)
	}
}

func TestRTTPercentiles(t *testing.T) {
	var h rttHistogram
	if h.percentile(50) != 0 {
		t.Error("an empty histogram has a median")
	}
	r := rand.New(rand.NewPCG(1, 2))
	var all []int
	for range 10_000 {
		v := int(math.Exp(r.NormFloat64()) * 1000)
		all = append(all, v)
		h.add(uint32(v))
	}
	sort.Ints(all)
	for _, p := range []int64{50, 99} {
		exact := float64(all[len(all)*int(p)/100-1])
		if got := float64(h.percentile(p)); math.Abs(got-exact) > exact/12 {
			t.Errorf("p%d is %v, exactly %v", p, got, exact)
		}
	}
}

func TestLoopMetrics(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	a, p := l.open()
	l.open()
	p.send(OpText, "12345")
	l.until("a message", func() bool { return len(l.of(LoopMessage)) == 1 })
	_, _ = l.SendText(a, "123") // the answer to a lone event leaves at once
	_, _ = l.SendText(a, "4567")
	if m := l.Metrics(); m.QueueBytes != 6 || m.BytesOut != 5 {
		t.Errorf("%d bytes wait, %d are out", m.QueueBytes, m.BytesOut)
	}
	l.settle()
	m := l.Metrics()
	if m.Open != 2 || m.Total != 2 || m.MessagesIn != 1 || m.MessagesOut != 2 || m.BytesIn != 11 || m.BytesOut != 11 || m.QueueBytes != 0 || m.MemoryBytes < receiveBytes {
		t.Errorf("metrics %+v", m)
	}
	p.sendClose(3001, "")
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	if m := l.Metrics(); m.Open != 1 || m.Closes3000 != 1 {
		t.Errorf("metrics %+v", m)
	}
}

// Messages are counted when their last frame is taken, however many frames they have; control frames are no messages (RFC 6455 §5.4,
// §5.5).
func TestLoopMetricsCountMessagesNotFrames(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Pings: true, Hub: new(Hub)})
	a, pa := l.open()
	b, _ := l.open()
	for _, id := range []ConnID{a, b} {
		if err := l.Subscribe(id, "news"); err != nil {
			t.Fatal(err)
		}
	}
	out := func(want int64, after string) {
		t.Helper()
		if n := l.Metrics().MessagesOut; n != want {
			t.Errorf("%d messages out after %s, want %d", n, after, want)
		}
	}
	part := func(op Opcode, final bool) {
		t.Helper()
		if _, err := l.SendFragment(a, op, []byte("part"), final); err != nil {
			t.Fatal(err)
		}
	}
	part(OpPing, true)
	part(OpPong, true)
	out(0, "a ping and a pong")
	part(OpText, false)
	part(OpPing, true)
	part(OpContinuation, false)
	out(0, "the beginning of a message")
	part(OpContinuation, true)
	out(1, "its end")
	part(OpBinary, true)
	out(2, "a message of one part")
	if n, err := l.Publish("news", OpText, []byte("all"), 0); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	_ = l.Flush()
	out(4, "a publication to two")
	pa.send(OpPing, "")
	pa.raw(append(pa.frame(OpText, false, "a"), pa.frame(OpContinuation, true, "b")...))
	l.until("a message", func() bool { return len(l.of(LoopMessage)) == 1 })
	l.settle()
	out(4, "the pong that answers a ping")
	if n := l.Metrics().MessagesIn; n != 1 {
		t.Errorf("%d messages in", n)
	}
	if err := l.CloseConn(a, 1000, ""); err != nil {
		t.Fatal(err)
	}
	l.settle()
	out(4, "a close frame")
}

// The structs that C sees hold nothing but eight-byte words.
func TestLoopStructsAreWords(t *testing.T) {
	for name, size := range map[string][2]uintptr{
		"LoopEvent":   {unsafe.Sizeof(LoopEvent{}), 10},
		"LoopSend":    {unsafe.Sizeof(LoopSend{}), 7},
		"LoopMetrics": {unsafe.Sizeof(LoopMetrics{}), 37},
	} {
		if size[0] != size[1]*8 {
			t.Errorf("%s has %d bytes, want %d words", name, size[0], size[1])
		}
	}
}
