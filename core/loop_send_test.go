// Sending on a loop: corked, in order, fragments, and peers that are gone (RFC 6455 §6.1).

package core

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Sends between two polls leave in one write, in order.
func TestLoopCorks(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	for i := range 10 {
		if n, err := l.SendText(id, fmt.Sprint(i)); n != 3 || err != nil {
			t.Fatal(n, err)
		}
	}
	if len(p.read()) != 0 {
		t.Error("a message left before the poll")
	}
	writes := l.metrics.BytesOut
	l.once()
	if l.metrics.BytesOut-writes != 30 {
		t.Errorf("%d bytes left", l.metrics.BytesOut-writes)
	}
	if got := strings.Join(p.read(), ","); got != "text 0,text 1,text 2,text 3,text 4,text 5,text 6,text 7,text 8,text 9" {
		t.Errorf("got %s", got)
	}
	_, _ = l.SendText(id, "flushed")
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := p.read(); got[len(got)-1] != "text flushed" {
		t.Errorf("Flush left it behind: %q", got)
	}
}

// Long messages leave at once, behind what was sent before, and what the socket does not take follows.
func TestLoopSendsLongMessagesInOrder(t *testing.T) {
	for _, role := range []Role{RoleServer, RoleClient} {
		l := newTestLoop(t, LoopOptions{QueueBytes: 64 << 20})
		id, p := l.connectAs(role)
		l.settle()
		var want []string
		for i, size := range []int{10, directSend - 1, directSend, 100_000, 5, 3 << 20, 7, 1 << 20, 0} {
			msg := fmt.Sprint(i, strings.Repeat("x", size))
			want = append(want, "binary "+msg)
			if _, err := l.SendBinary(id, []byte(msg)); err != nil {
				t.Fatal(err)
			}
		}
		got := p.await(l, len(want))
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%v: message %d is %.20q (%d bytes), want %.20q (%d)", role, i, got[i], len(got[i]), want[i], len(want[i]))
			}
		}
		l.settle()
		if m := l.Metrics(); m.QueueBytes != 0 || l.pool.Lent() != 0 || m.MessagesOut != int64(len(want)) {
			t.Errorf("%v: %d bytes queued, %d lent, %d messages", role, m.QueueBytes, l.pool.Lent(), m.MessagesOut)
		}
	}
}

func TestLoopSendErrors(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	_, err := l.Send(id, OpText, []byte{0xFF})
	wantCode(t, err, CodeUTF8)
	_, err = l.Send(id, OpText, append(make([]byte, directSend), 0xFF))
	wantCode(t, err, CodeUTF8)
	_, err = l.Send(id, OpContinuation, nil)
	wantCode(t, err, CodeState)
	_, err = l.Send(id, 3, nil)
	wantCode(t, err, CodeArgument)
	_, err = l.SendFragment(id, OpPing, make([]byte, 126), true)
	wantCode(t, err, CodeControlSize)
	_, err = l.SendFragment(id, OpClose, nil, true)
	wantCode(t, err, CodeArgument)
	l.settle()
	if len(p.read()) != 0 || l.metrics.BytesOut != 0 || l.pool.Lent() != 0 {
		t.Errorf("something was sent: %q; %d bytes lent", p.got, l.pool.Lent())
	}
	if err := l.CloseConn(id, 1000, ""); err != nil {
		t.Fatal(err)
	}
	_, err = l.SendText(id, "late")
	wantCode(t, err, CodeClosed)
	wantCode(t, l.CloseConn(id, 1000, ""), CodeClosed)
}

func TestLoopSendsFragments(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	send := func(op Opcode, s string, final bool) error {
		_, err := l.SendFragment(id, op, []byte(s), final)
		return err
	}
	// The euro sign is cut between two fragments, which a message may do and a whole text may not.
	for _, err := range []error{send(OpText, "5 \xE2", false), send(OpPing, "between", true), send(OpContinuation, "\x82\xAC", false)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := l.SendText(id, "inside")
	wantCode(t, err, CodeState)
	if n, _ := l.Broadcast([]ConnID{id}, OpText, []byte("inside"), nil); n != 0 {
		t.Error("a broadcast got into a fragmented message")
	}
	if err := send(OpContinuation, "", true); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(p.await(l, 2), ","); got != "ping between,text 5 €" {
		t.Errorf("got %q", got)
	}
}

// A peer that resets while there is much to write is an end like any other: an error, no signal, nothing lent.
func TestLoopResetWhileWriting(t *testing.T) {
	l := newTestLoop(t, LoopOptions{QueueBytes: 64 << 20})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	p := dialTCP(t, port)
	p.upgrade(l)
	l.until("open", func() bool { return len(l.of(LoopOpen)) == 1 })
	id := l.last().Conn
	for range 40 {
		if _, err := l.SendBinary(id, make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	p.reset()
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	if e := l.last(); e.Code != 1006 || e.Error != CodeAbnormal {
		t.Errorf("got %v", e)
	}
	_, err = l.SendText(id, "x")
	wantCode(t, err, CodeClosed)
	l.settle()
	if l.pool.Lent() != 0 || l.metrics.QueueBytes != 0 || l.slab.live != 0 {
		t.Errorf("%d bytes lent, %d queued, %d connections", l.pool.Lent(), l.metrics.QueueBytes, l.slab.live)
	}
}

// What was sent right before the peer's end is still written to a peer that only finished its own direction.
func TestLoopFlushesToHalfClosedPeer(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, p := l.open()
	_, _ = l.SendText(id, "on its way")
	_ = unix.Shutdown(p.fd, unix.SHUT_WR)
	p.awaitEOF(l)
	if strings.Join(p.got, ",") != "text on its way" {
		t.Errorf("got %q", p.got)
	}
	if e := l.last(); e.Kind != LoopClose || e.Code != 1006 || e.Error != CodeAbnormal {
		t.Errorf("got %v", e)
	}
}
