// Reading: messages of every size, in parts, pings, floods and limits.

package core

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Messages of every size class arrive whole: in one read, over many, straight into their own memory.
func TestLoopMessageSizes(t *testing.T) {
	l := newTestLoop(t, LoopOptions{MaxFrameBytes: 8 << 20, MaxMessageBytes: 8 << 20, Poison: true})
	_, p := l.open()
	for _, size := range []int{0, 1, 125, 126, 4096, 65535, 65536, 131072, 200_000, 300_000, 1 << 20, 5<<20 + 3} {
		text := bytes.Repeat([]byte("abcdefghij"), size/10+1)[:size]
		frame := p.frame(OpBinary, true, string(text))
		l.take()
		for len(frame) > 0 {
			n := min(len(frame), 100_000)
			p.raw(frame[:n])
			frame = frame[n:]
			l.settle()
		}
		l.until("the message", func() bool { return len(l.events) > 0 })
		if e := l.last(); len(l.events) != 1 || e.Kind != LoopMessage || e.Payload != string(text) {
			t.Fatalf("%d bytes: %d events, the last %v", size, len(l.events), e)
		}
	}
	if lent := l.pool.Lent(); lent > 8<<20 {
		t.Errorf("%d bytes stay lent", lent)
	}
	l.once()
	if lent := l.pool.Lent(); lent != 0 {
		t.Errorf("%d bytes stay lent after the next poll", lent)
	}
}

// Views live until the next poll, whether there was room for more events or not; with OptPoison using them later shows. Nothing of
// them is kept then.
func TestLoopPoison(t *testing.T) {
	for _, room := range []int{2, 4} {
		l := newTestLoop(t, LoopOptions{Poison: true})
		_, p := l.open()
		p.raw(append(p.frame(OpText, true, "short"), p.frame(OpText, false, "be")...))
		p.raw(p.frame(OpContinuation, true, "gun"))
		events := make([]LoopEvent, room)
		n, err := l.Poll(events, -1)
		if err != nil || n != 2 || string(events[0].Payload()) != "short" || string(events[1].Payload()) != "begun" {
			t.Fatalf("room for %d: %d %v", room, n, err)
		}
		l.once()
		for i, was := range []string{"short", "begun"} {
			if b := events[i].Payload(); string(b) == was || b[0] == was[0] {
				t.Errorf("room for %d: the view still holds %q", room, b)
			}
		}
		if lent := l.pool.Lent(); lent != 0 {
			t.Errorf("room for %d: %d bytes stay lent", room, lent)
		}
	}
}

// Messages over the threshold come in parts, and the others whole.
func TestLoopStreams(t *testing.T) {
	l := newTestLoop(t, LoopOptions{StreamOverBytes: 1000, MaxMessageBytes: 1 << 20})
	_, p := l.open()
	p.send(OpText, "whole")
	long := strings.Repeat("0123456789", 20_000)
	frame := p.frame(OpBinary, true, long)
	for len(frame) > 0 {
		n := min(len(frame), 30_000)
		p.raw(frame[:n])
		frame = frame[n:]
		l.settle()
	}
	// Three fragments of 600 bytes: the second passes the threshold.
	for i, part := range []string{strings.Repeat("a", 600), strings.Repeat("b", 600), strings.Repeat("c", 600)} {
		op := OpContinuation
		if i == 0 {
			op = OpText
		}
		p.raw(p.frame(op, i == 2, part))
		l.settle()
	}
	p.send(OpText, "again")
	l.settle()
	var have []string
	var text strings.Builder
	for _, e := range l.events {
		switch e.Kind {
		case LoopMessage:
			have = append(have, e.Payload)
		case LoopFragment:
			if e.Flags&LoopFirst != 0 {
				text.Reset()
			}
			text.WriteString(e.Payload)
			if e.Flags&LoopFinal != 0 {
				have = append(have, fmt.Sprint(e.Op, " ", text.Len()))
				if s := text.String(); s != long && s != strings.Repeat("a", 600)+strings.Repeat("b", 600)+strings.Repeat("c", 600) {
					t.Errorf("parts join to %.40q…", s)
				}
			}
		}
	}
	if strings.Join(have, ",") != "whole,2 200000,1 1800,again" {
		t.Errorf("got %q", have)
	}
}

// What was read before a descriptor was handed over may be longer than the receive buffer.
func TestLoopAdoptsLongInput(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Poison: true})
	ours, theirs := socketpair(t)
	p := &loopPeer{t: t, fd: theirs}
	p.m.Init(peerConfig(RoleClient))
	t.Cleanup(p.close)
	const count = 700
	var input []byte
	for i := range count {
		input = append(input, p.frame(OpBinary, true, fmt.Sprintf("%03d%997s", i, ""))...)
	}
	if len(input) < receiveBytes+readMost {
		t.Fatal("the input is too short")
	}
	if _, err := l.Adopt(ours, RoleServer, input); err != nil {
		t.Fatal(err)
	}
	l.until("all messages", func() bool { return len(l.of(LoopMessage)) == count })
	for i, e := range l.of(LoopMessage) {
		if e.Payload[:3] != fmt.Sprintf("%03d", i) {
			t.Fatalf("message %d is %v", i, e)
		}
	}
	l.settle()
	if l.pool.Lent() != 0 {
		t.Errorf("%d bytes are lent", l.pool.Lent())
	}
}

// Long input behind a request waits for the verdict, then for a user who pauses, and loses nothing.
func TestLoopAdoptsLongInputBehindARequest(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Requests: true})
	l.cap = 16
	ours, theirs := socketpair(t)
	p := &loopPeer{t: t, fd: theirs}
	p.m.Init(peerConfig(RoleClient))
	t.Cleanup(p.close)
	const count = 700
	input := []byte(upgradeRequest)
	for range count {
		input = append(input, p.frame(OpBinary, true, strings.Repeat("x", 1000))...)
	}
	id, err := l.AdoptUpgrade(ours, input)
	if err != nil {
		t.Fatal(err)
	}
	l.nextRequest()
	if l.settle(); !l.idle() {
		t.Error("what waits for the verdict keeps the loop busy")
	}
	if err := l.Accept(id, "", nil); err != nil {
		t.Fatal(err)
	}
	l.until("open", func() bool { return len(l.of(LoopOpen)) == 1 })
	for told := len(l.of(LoopMessage)); told < count; told = len(l.of(LoopMessage)) {
		if err := l.Pause(id); err != nil {
			t.Fatal(err)
		}
		l.settle()
		if now := len(l.of(LoopMessage)); now != told {
			t.Fatalf("%d messages while paused", now-told)
		}
		if err := l.Resume(id); err != nil {
			t.Fatal(err)
		}
		l.until("more messages", func() bool { return len(l.of(LoopMessage)) > told })
	}
	if n := len(l.of(LoopMessage)); n != count {
		t.Errorf("%d messages", n)
	}
}

// Pings are answered by the loop, told when asked for, and bounded when the peer does not read.
func TestLoopPings(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Pings: true, Pongs: true})
	_, p := l.open()
	p.raw(append(p.frame(OpPing, true, "1"), p.frame(OpPong, true, "2")...))
	if got := p.await(l, 1); got[0] != "pong 1" {
		t.Errorf("answered %q", got)
	}
	wantEvents(t, l.take(), "ping 1", "pong 2")
	quiet := newTestLoop(t, LoopOptions{})
	_, p = quiet.open()
	p.send(OpPing, "1")
	p.await(quiet, 1)
	wantEvents(t, quiet.take())
}

// A peer that pings without end and never reads costs bounded memory; one that reads gets its answers.
func TestLoopPingFlood(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	burst := bytes.Repeat(p.frame(OpPing, true, strings.Repeat("p", 125)), 500)
	for sent := 0; sent < 1_000_000/50; sent += 500 {
		p.raw(burst)
		l.settle()
	}
	_, c, err := l.find("", id)
	if err != nil {
		t.Fatal(err)
	}
	if n := c.m.OutputSize() + int(l.metrics.QueueBytes); n > 160<<10 {
		t.Errorf("%d bytes of pongs wait", n)
	}
	if l.metrics.QueueBytes > 160<<10 {
		t.Errorf("%d bytes wait in the queue", l.metrics.QueueBytes)
	}
	l.until("the answers", func() bool { p.read(); return l.Metrics().QueueBytes == 0 })
	p.send(OpPing, "last")
	l.until("the last pong", func() bool { r := p.read(); return r[len(r)-1] == "pong last" })
}

// What breaks a rule fails the connection with its code, and the peer is told.
func TestLoopFailsViolators(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes string
		code  int64
		error ErrorCode
	}{
		{"unmasked", "\x81\x01a", 1002, CodeProtocol},
		{"reserved bit", "\xC1\x81\x00\x00\x00\x00a", 1002, CodeProtocol},
		{"UTF-8", "\x81\x81\x00\x00\x00\x00\xFF", 1007, CodePeerUTF8},
		{"too large", "\x82\xFF\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", 1009, CodePeerTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newTestLoop(t, LoopOptions{})
			_, p := l.open()
			p.raw([]byte(c.bytes))
			l.until("close", func() bool { return len(l.events) == 1 })
			if e := l.last(); e.Kind != LoopClose || e.Code != c.code || e.Error != c.error || e.Payload == "" {
				t.Errorf("got %v", e)
			}
			p.awaitEOF(l)
			if !strings.HasPrefix(p.got[0], fmt.Sprint("close ", c.code)) {
				t.Errorf("the peer is told %q", p.got)
			}
		})
	}
}

// A message of many fragments takes no more memory than the buffer that it ends in, at no moment: the buffer grows with its pages.
func TestLoopFragmentsGrowInPlace(t *testing.T) {
	const size = 17 << 20 // just beyond a power of two, where doubling costs most
	l := newTestLoop(t, LoopOptions{MaxMessageBytes: size})
	_, p := l.open()
	part := strings.Repeat("0123456789abcdef", 256)
	first, next := p.frame(OpBinary, false, part), bytes.Repeat(p.frame(OpContinuation, false, part), 16)
	p.raw(first)
	most := int64(0)
	for sent := len(part); sent < size-len(part); sent += 16 * len(part) {
		rest := min(16*len(part), size-len(part)-sent)
		p.raw(next[:rest/len(part)*(len(next)/16)])
		l.until("it is read", func() bool {
			most = max(most, l.pool.Mapped())
			n, err := unix.IoctlGetInt(int(l.slab.at(0).fd), unix.TIOCINQ)
			return n == 0 && err == nil
		})
	}
	p.raw(p.frame(OpContinuation, true, part))
	l.until("the message", func() bool { return len(l.events) > 0 })
	if e := l.last(); e.Payload != strings.Repeat(part, size/len(part)) {
		t.Errorf("got %v", e)
	}
	t.Logf("%.1f MiB mapped for a message of %d", float64(most)/(1<<20), size>>20)
	if most > 32<<20+1<<20 {
		t.Errorf("%d bytes mapped for a message of %d", most, size)
	}
}
