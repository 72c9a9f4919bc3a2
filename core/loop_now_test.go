// Answers that are written at once, and the sockets that do not take them.

package core

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The answer to a lone event leaves at once, further ones with the next flush.
func TestLoopAnswersALoneEventAtOnce(t *testing.T) {
	for _, role := range []Role{RoleServer, RoleClient} {
		l := newTestLoop(t, LoopOptions{})
		id, p := l.connectAs(role)
		l.settle()
		for round := range 300 { // more than the stamp that tells polls apart has values
			p.send(OpText, "?")
			l.until("a message", func() bool { return len(l.of(LoopMessage)) == round+1 })
			for _, s := range []string{"first", "second", "third"} {
				if _, err := l.SendText(id, s); err != nil {
					t.Fatal(err)
				}
			}
			if got := p.read(); len(got) != 3*round+1 || got[3*round] != "text first" {
				t.Fatalf("%v, round %d: %d messages came before a flush", role, round, len(got))
			}
			l.once()
			if got := p.read(); strings.Join(got[3*round:], ",") != "text first,text second,text third" {
				t.Fatalf("%v, round %d: got %q", role, round, got[3*round:])
			}
		}
	}
}

// What the socket does not take at once waits like anything else, and is not overtaken.
func TestLoopAnswersIntoAFullSocket(t *testing.T) {
	l := newTestLoop(t, LoopOptions{QueueBytes: 64 << 20})
	id, p := l.open()
	_, c, e := l.find("", id)
	if e != nil {
		t.Fatal(e)
	}
	if err := unix.SetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_SNDBUF, 4096); err != nil {
		t.Fatal(err)
	}
	var want []string
	for round := range 20 {
		p.send(OpText, "?")
		l.until("a message", func() bool { return len(l.of(LoopMessage)) == round+1 })
		s := strings.Repeat(string(rune('a'+round%26)), directSend-1)
		want = append(want, "text "+s)
		if n, err := l.SendText(id, s); n <= len(s) || err != nil {
			t.Fatal(n, err)
		}
	}
	if c.flags&cBlocked == 0 || l.Metrics().QueueBytes == 0 {
		t.Fatal("the socket took everything, so nothing was tested")
	}
	got := p.await(l, len(want))
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("message %d is %.20q, want %.20q", i, got[i], want[i])
		}
	}
	if m := l.Metrics(); m.QueueBytes != 0 || m.MessagesOut != int64(len(want)) {
		t.Errorf("metrics %+v", m)
	}
	l.until("nothing asks for attention", func() bool { return l.epollReady() == 0 })
}

// What is gathered behind a message keeps to the bound of the queue, whatever room its block has: it is written when there is no more.
func TestLoopGathersWithinTheBound(t *testing.T) {
	const bound = 1 << 10
	l := newTestLoop(t, LoopOptions{QueueBytes: bound})
	id, p := l.open()
	for range 100 {
		if _, err := l.SendText(id, strings.Repeat("m", 70)); err != nil {
			t.Fatal(err)
		}
		if n := l.queued(id); n > bound {
			t.Fatalf("%d bytes are queued", n)
		}
	}
	p.await(l, 100)
}

// A peer that is gone makes the send fail, and its end is told as ever.
func TestLoopAnswersAPeerThatIsGone(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	p.send(OpText, "?")
	l.until("a message", func() bool { return len(l.of(LoopMessage)) == 1 })
	p.close()
	_, err := l.SendText(id, "anybody there?")
	wantCode(t, err, CodeClosed)
	_, err = l.SendText(id, "anybody there?")
	wantCode(t, err, CodeClosed)
	l.until("the end", func() bool { return len(l.of(LoopClose)) == 1 })
}
