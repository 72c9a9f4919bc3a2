// Loops without memory: whatever is asked for then fails on its own, and the loop goes on.
package core

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// starve takes all memory from a loop's pool that it has or could get, and returns how to give it back.
func (l *testLoop) starve() (feed func()) {
	var taken [][]byte
	l.pool.Most = 1
	for n := 1 << 8; n <= 1<<26; n *= 2 {
		for b := l.pool.Get(n); b != nil; b = l.pool.Get(n) {
			taken = append(taken, b)
		}
	}
	return func() {
		l.pool.Most = 0
		for _, b := range taken {
			l.pool.Put(b)
		}
	}
}

// What cannot be kept is refused with an error, and nothing has happened.
func TestLoopCallsWithoutMemory(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
	id, p := l.open()
	other, q := l.open()
	if err := l.Subscribe(other, "news"); err != nil {
		t.Fatal(err)
	}
	before := l.Metrics()
	feed := l.starve()
	_, err := l.SendFragment(id, OpText, []byte("a"), false) // is gathered
	wantCode(t, err, CodeNoMemory)
	_, err = l.Publish("news", OpText, []byte("news"), 0)
	wantCode(t, err, CodeNoMemory)
	_, err = l.Broadcast([]ConnID{id, other}, OpText, []byte("all"), nil)
	wantCode(t, err, CodeNoMemory)
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Adopt(fds[0], RoleServer, []byte("input"))
	wantCode(t, err, CodeNoMemory)
	_, err = l.AdoptUpgrade(fds[0], []byte("GET"))
	wantCode(t, err, CodeNoMemory)
	if _, err := l.SendBinary(id, make([]byte, 2*directSend)); err != nil { // needs none: the socket takes it
		t.Error(err)
	}
	if _, err := l.Adopt(fds[0], RoleServer, nil); err != nil {
		t.Error("the descriptor stayed watched:", err)
	}
	unix.Close(fds[1])
	after := l.Metrics()
	if after.Total != before.Total+1 || after.Pending != 0 || after.MessagesOut != 1 || after.QueueBytes != 0 || after.RefusedFull != 1 {
		t.Errorf("%+v, then %+v", before, after)
	}
	feed()
	l.take()
	l.until("the other end goes", func() bool { return len(l.of(LoopClose)) == 1 })
	if _, err := l.SendText(id, "again"); err != nil {
		t.Error(err)
	}
	if _, err := l.Publish("news", OpText, []byte("news"), 0); err != nil {
		t.Error(err)
	}
	if got := p.await(l, 2); got[1] != "text again" {
		t.Errorf("got %q", got)
	}
	if got := q.await(l, 1); got[0] != "text news" {
		t.Errorf("got %q", got)
	}
}

// A message that finds no memory ends its connection with 1011, and one whose rest cannot be kept cuts it off; others go on.
func TestLoopConnectionsWithoutMemory(t *testing.T) {
	for name, run := range map[string]func(t *testing.T, l *testLoop, id ConnID, p *loopPeer){
		"a long message": func(t *testing.T, l *testLoop, id ConnID, p *loopPeer) {
			p.raw(p.frame(OpBinary, true, strings.Repeat("x", 100_000))[:50_000])
			l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
		},
		"fragments": func(t *testing.T, l *testLoop, id ConnID, p *loopPeer) {
			p.raw(p.frame(OpText, false, "x"))
			l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
		},
		"a pong": func(t *testing.T, l *testLoop, id ConnID, p *loopPeer) {
			p.send(OpPing, "?")
			l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
		},
		"the rest of a message": func(t *testing.T, l *testLoop, id ConnID, p *loopPeer) {
			_, err := l.SendBinary(id, make([]byte, 8<<20))
			wantCode(t, err, CodeNoMemory)
		},
		"the rest of what is written at once": func(t *testing.T, l *testLoop, id ConnID, p *loopPeer) {
			l.eager.Store(true)
			for {
				l.once()
				l.eager.Store(true)
				if _, err := l.SendBinary(id, make([]byte, directSend-1)); err != nil {
					wantCode(t, err, CodeClosed)
					return
				}
			}
		},
		"input of a paused connection": func(t *testing.T, l *testLoop, id ConnID, p *loopPeer) {
			l.cap = 1
			p.raw([]byte(strings.Repeat(string(p.frame(OpText, true, "a message")), 100)))
			l.once()
			_ = l.Pause(id)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
			id, p := l.open()
			other, q := l.open()
			lent := l.pool.Lent()
			feed := l.starve()
			run(t, l, id, p)
			l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
			if e := l.last(); e.Conn != id || e.Error != CodeNoMemory || e.Code != 1006 && e.Code != 1011 || !strings.Contains(e.Payload, "memory") {
				t.Errorf("got %v", e)
			}
			q.send(OpText, "still here")
			l.take()
			l.until("a message", func() bool { return len(l.of(LoopMessage)) == 1 })
			l.eager.Store(true)
			if _, err := l.SendText(other, "so am I"); err != nil {
				t.Error(err)
			}
			feed()
			wantRead(t, q, "text so am I")
			l.settle()
			if m := l.Metrics(); m.Open != 1 || m.QueueBytes != 0 || l.pool.Lent() != lent {
				t.Errorf("%d open, %d queued, %d lent", m.Open, m.QueueBytes, l.pool.Lent())
			}
		})
	}
}

// An opening handshake that cannot be answered is over, and so is an answer.
func TestLoopHandshakesWithoutMemory(t *testing.T) {
	for name, answer := range map[string]func(l *testLoop, id ConnID) error{
		"accept":  func(l *testLoop, id ConnID) error { return l.Accept(id, "", nil) },
		"respond": func(l *testLoop, id ConnID) error { return l.Respond(id, 404, nil, make([]byte, 100_000)) },
		"refuse":  func(l *testLoop, id ConnID) error { return l.Refuse(id, 404, nil, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			l, port := requestLoop(t)
			p := dialTCP(t, port)
			p.raw([]byte(upgradeRequest))
			e, _ := l.nextRequest()
			feed := l.starve()
			wantCode(t, answer(l, e.Conn), CodeNoMemory)
			l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
			if e := l.last(); e.Error != CodeNoMemory {
				t.Errorf("got %v", e)
			}
			p.awaitEOF(l)
			feed()
			if m := l.Metrics(); m.Open != 0 || m.Pending != 0 || m.QueueBytes != 0 || l.slab.live != 0 {
				t.Errorf("%+v", m)
			}
		})
	}
}

// hungryVariable makes the test program a process whose address space is bounded, and so the memory of its loop.
const hungryVariable = "LIBWS_TEST_HUNGRY"

// hungry runs serveHungry when the variable says so.
func hungry() bool {
	if os.Getenv(hungryVariable) == "" {
		return false
	}
	if err := serveHungry(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	return true
}

// spareAddresses is what the bound leaves besides the loop's blocks of messages, which double: nothing else takes it.
const spareAddresses = 3 << 20

// stockUp leaves the Go runtime memory of its own, since it ends the process where the system refuses it some.
func stockUp() {
	spans := make([][]byte, 2000)
	for i := range spans {
		spans[i] = make([]byte, 8<<10) // each of them takes a span
	}
	runtime.KeepAlive(spans)
	runtime.GC()
	debug.SetGCPercent(-1)
}

// serveHungry serves peers that send messages of 8 MiB, none of which ends, until the system has no memory for the next block; then the
// loop must have given up a connection, say so, refuse a new loop when there is none for that, and serve another.
func serveHungry() error {
	l, err := NewLoop(&LoopOptions{MaxMessageBytes: 64 << 20, MaxFrameBytes: 64 << 20})
	if err != nil {
		return err
	}
	type end struct {
		fd int
		id ConnID
	}
	pair := func() (e end, err error) {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return e, err
		}
		id, err := l.Adopt(fds[0], RoleClient, nil)
		return end{fd: fds[1], id: id}, err
	}
	var peers []end
	for range 33 {
		p, err := pair()
		if err != nil {
			return err
		}
		peers = append(peers, p)
	}
	witness := peers[32]
	stockUp()
	if err := boundAddressSpace(48<<20 + spareAddresses); err != nil {
		return err
	}
	events := make([]LoopEvent, 64)
	message := append([]byte{0x82, 127, 0, 0, 0, 0, 0x00, 0x80, 0, 0}, make([]byte, 64<<10)...)
	failed, echoed := 0, 0
	poll := func() error {
		n, err := l.Poll(events, 0)
		for _, e := range events[:n] {
			switch e.Kind {
			case LoopClose:
				failed++
				if e.Error != CodeNoMemory {
					return fmt.Errorf("%v %d %s", e.Kind, e.Error, e.Payload())
				}
			case LoopMessage:
				echoed++
			}
		}
		return err
	}
	for i := range peers[:32] {
		for sent := 0; sent < 7<<20 && failed == 0; {
			b := message
			if sent > 0 {
				b = message[10:]
			}
			n, err := unix.SendmsgN(peers[i].fd, b, nil, nil, unix.MSG_NOSIGNAL)
			if err == nil {
				sent += n
			}
			if err := poll(); err != nil {
				return err
			}
		}
	}
	if failed != 1 {
		return fmt.Errorf("%d connections ended for want of memory", failed)
	}
	if err := boundAddressSpace(receiveBytes - uint64(os.Getpagesize())); err != nil {
		return err
	}
	if other, err := NewLoop(nil); other != nil || !errors.Is(err, ErrNoMemory) {
		return fmt.Errorf("NewLoop: %w", err)
	}
	if err := boundAddressSpace(spareAddresses); err != nil {
		return err
	}
	if other, err := NewLoop(nil); err != nil {
		return fmt.Errorf("NewLoop: %w", err)
	} else if err := other.Close(); err != nil {
		return err
	}
	if _, err := unix.Write(witness.fd, []byte{0x81, 2, 'h', 'i'}); err != nil {
		return err
	}
	for until := time.Now().Add(20 * time.Second); echoed == 0; {
		if err := poll(); err != nil || time.Now().After(until) {
			return fmt.Errorf("the witness is not served: %w", err)
		}
	}
	return nil
}

// boundAddressSpace lets the process map n bytes more.
func boundAddressSpace(n uint64) error {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	var pages uint64
	if _, err := fmt.Sscan(string(statm), &pages); err != nil {
		return err
	}
	return unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: pages*uint64(os.Getpagesize()) + n, Max: unix.RLIM_INFINITY})
}

// A process whose address space is used up goes on serving: connections fail, and calls.
func TestHungryProcess(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), hungryVariable+"=1")
	cmd.WaitDelay = time.Second
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	t.Logf("%s", said)
}
