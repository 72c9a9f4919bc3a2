// Sends that signals cut: nothing is lost or sent twice, and Flush waits for the rest.

package core

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"libws/core/internal/sock"

	"golang.org/x/sys/unix"
)

// What a signal cut goes out whole, before anything else, whatever the caller does next, even nothing.
func TestInterruptedSendLosesNothing(t *testing.T) {
	for _, v := range []struct {
		name  string
		frame int64
		next  func(*Conn) error
	}{
		{"one frame, then a send", 1 << 30, func(c *Conn) error { _, err := c.SendText("after"); return err }},
		{"fragments, then a send", 65536, func(c *Conn) error { _, err := c.SendText("after"); return err }},
		{"one frame, then a receive", 1 << 30, func(c *Conn) error {
			f, err := c.RecvMessage()
			if err == nil && f.PayloadText() != "all came" {
				err = errors.New(f.PayloadText())
			}
			return err
		}},
		{"one frame, then nothing", 1 << 30, func(*Conn) error { return nil }},
		{"one frame, then the end", 1 << 30, (*Conn).Close},
	} {
		for _, role := range []Role{RoleServer, RoleClient} {
			t.Run(v.name+" "+role.String(), func(t *testing.T) { interruptedSend(t, role, v.frame, v.next) })
		}
	}
}

func interruptedSend(t *testing.T, role Role, frame int64, next func(*Conn) error) {
	a, b := tcpPair(t)
	c := must(fromFD("", a, role, defaultSettings()))(t)
	peer := must(fromFD("", b, RoleServer+RoleClient-role, defaultSettings()))(t)
	defer c.Drop()
	defer peer.Drop()
	for o, x := range map[Option]int64{OptInterruptible: 1, OptSendFrameBytes: frame, OptCloseTimeoutMS: 3_600_000} { // the peer may be slow to read
		if err := c.SetOption(o, x); err != nil {
			t.Fatal(err)
		}
	}
	payload := make([]byte, 15<<20)
	for i := range payload {
		payload[i] = byte(i >> 8)
	}
	thread := make(chan int, 1)
	type result struct {
		n   int
		err error
	}
	sent := async(func() result {
		lockThread()
		thread <- unix.Gettid()
		n, err := c.SendBinary(payload)
		return result{n, err}
	})
	id := <-thread
	// A signal of Go's own may be the one that cuts it.
	until(t, "the sender blocks, or is interrupted", func() bool { return len(sent) == 1 || c.gate.held() && blocked("core.(*Conn).writeAll") })
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				_ = unix.Tgkill(unix.Getpid(), id, unix.SIGURG)
			}
		}
	}()
	r := await(t, sent, "the interrupted call") // nobody reads yet: it returns all the same, since the rest is kept
	close(stop)
	<-ended
	if r.err != nil || r.n < len(payload) {
		t.Fatal(r.n, r.err)
	}
	if !c.flushing.Load() {
		t.Fatal("the signal came too late")
	}
	if err := c.SetOption(OptInterruptible, 0); err != nil {
		t.Fatal(err)
	}
	done := async(func() error { return next(c) })
	f, err := peer.RecvMessage()
	if err != nil || !bytes.Equal(f.Payload, payload) {
		t.Fatal(len(f.Payload), err)
	}
	if _, err := peer.SendText("all came"); err != nil {
		t.Fatal(err)
	}
	last := async(func() error { _, err := peer.RecvMessage(); return err }) // which answers the close frame
	if err := await(t, done, "the next call"); err != nil {
		t.Fatal(err)
	}
	c.Drop()
	await(t, last, "the peer")
}

// looking makes a connection whose sending calls come back by themselves, and its peer.
func looking(t *testing.T, role Role, frame int64) (c, peer *Conn) {
	a, b := tcpPair(t)
	c = must(fromFD("", a, role, defaultSettings()))(t)
	peer = must(fromFD("", b, RoleServer+RoleClient-role, defaultSettings()))(t)
	t.Cleanup(c.Drop)
	t.Cleanup(peer.Drop)
	for o, x := range map[Option]int64{OptInterruptible: 2, OptSendFrameBytes: frame} {
		if err := c.SetOption(o, x); err != nil {
			t.Fatal(err)
		}
	}
	return c, peer
}

// With OptInterruptible 2 no sending call lasts long, so that a signal that came just before it waited is not overlooked. What is
// cut goes out whole, Flush waits for it, and what could not begin has not begun.
func TestSendsThatLookForSignals(t *testing.T) {
	payload := make([]byte, 15<<20)
	for i := range payload {
		payload[i] = byte(i >> 8)
	}
	for _, frame := range []int64{65536, 1 << 30} {
		for _, role := range []Role{RoleServer, RoleClient} {
			t.Run(fmt.Sprint(frame, role), func(t *testing.T) {
				c, peer := looking(t, role, frame)
				within(t, patience, "the calls", func() {
					n, err := c.SendBinary(payload) // nobody reads, and no signal comes
					if n < len(payload) || code(err) != CodeInterrupted {
						t.Error(n, err)
					}
					if err := c.Flush(); code(err) != CodeInterrupted {
						t.Error(err)
					}
					if n, err := c.SendText("never"); n != 0 || code(err) != CodeInterrupted {
						t.Error(n, err)
					}
				})
				received := async(func() error {
					f, err := peer.RecvMessage()
					if err == nil && !bytes.Equal(f.Payload, payload) {
						err = errors.New("another message came")
					}
					return err
				})
				for {
					err := c.Flush()
					if err == nil {
						break
					}
					wantCode(t, err, CodeInterrupted)
				}
				if err := await(t, received, "the message"); err != nil {
					t.Fatal(err)
				}
				n, err := c.SendText("after")
				for n == 0 && code(err) == CodeInterrupted { // the goroutine that wrote the rest has not let go in time
					n, err = c.SendText("after")
				}
				if n == 0 || err != nil && code(err) != CodeInterrupted {
					t.Fatal(n, err)
				}
				if f, err := peer.RecvMessage(); err != nil || f.PayloadText() != "after" {
					t.Fatal(f, err)
				}
			})
		}
	}
}

// The rest of a message that is not taken in time ends what can be sent, as it would have in the call that began it.
func TestFlushTimeout(t *testing.T) {
	c, _ := looking(t, RoleServer, 1<<30)
	if n, err := c.SendBinary(endless()); n < len(endless()) || code(err) != CodeInterrupted {
		t.Fatal(n, err)
	}
	if err := c.SetOption(OptSendTimeoutMS, 20); err != nil {
		t.Fatal(err)
	}
	wantCode(t, c.Flush(), CodeTimeout)
	if c.IsOpen() {
		t.Fatal("it is still open")
	}
	if got := code(c.Flush()); got != CodeAbnormal && got != CodeTimeout { // the latter while the rest is still being written
		t.Fatal(got)
	}
	c.Drop()
	wantCode(t, c.Flush(), CodeClosed)
}

func TestFlushWithNothingToDo(t *testing.T) {
	forEachCarrier(t, func(t *testing.T, c *Conn, _ *rawPeer) {
		if err := c.Flush(); err != nil {
			t.Fatal(err)
		}
	})
}

// A wait that is cut while an answer goes out between two fragments keeps the answer where it is, and the connection.
func TestAnAnswerBetweenFragmentsIsKept(t *testing.T) {
	a, b := socketpair(t) // takes a small frame whole or not at all
	c := must(fromFD("", a, RoleServer, defaultSettings()))(t)
	defer c.Drop()
	defer func() { _ = unix.Close(b) }()
	ping := append([]byte{0x89, 100}, make([]byte, 100)...)
	if !c.gate.try() {
		t.Fatal("somebody sends")
	}
	full := 0
	for ; ; full++ {
		if n, err := c.stream.TryWrite(ping); err != nil {
			t.Fatal(err)
		} else if n == 0 {
			break
		}
	}
	if _, err := unix.Write(b, masked(0x89, "hi")); err != nil {
		t.Fatal(err)
	}
	received := async(func() error { _, err := c.RecvMessage(); return err })
	until(t, "the ping is seen", c.owed.Load)
	read := func(n int) []byte {
		got := make([]byte, n)
		for at := 0; at < n; {
			k, err := unix.Read(b, got[at:])
			if k <= 0 || err != nil {
				t.Fatal(k, err)
			}
			at += k
		}
		return got
	}
	read(len(ping)) // room for one frame
	s := sending{name: "SendBinary", wait: sock.Wait{Interruptible: true, Look: time.Now()}}
	n, err := c.writeFragments(&s, &outgoing{name: "SendBinary", op: OpBinary, fin: true, payload: bytes.Repeat([]byte{7}, 300)}, 100)
	if n != 3*102 || err != nil || !s.kept {
		t.Fatal(n, err, s.kept)
	}
	c.leaveGate()
	read((full - 1) * len(ping))
	part := bytes.Repeat([]byte{7}, 100)
	want := slices.Concat([]byte{0x02, 100}, part, []byte{0x8A, 2, 'h', 'i'}, []byte{0x00, 100}, part, []byte{0x80, 100}, part)
	if got := read(len(want)); !bytes.Equal(got, want) {
		t.Fatalf("% x", got)
	}
	c.Drop()
	wantCode(t, await(t, received, "the receiver"), CodeClosed)
}

// A close frame that the peer has no room for when the time is over is not lost: the peer gets it behind what it has not read.
func TestCloseFrameOutlastsTheSendTimeout(t *testing.T) {
	a, b := socketpair(t) // takes a small frame whole or not at all
	c := must(fromFD("", a, RoleServer, defaultSettings()))(t)
	peer := must(fromFD("", b, RoleClient, defaultSettings()))(t)
	defer c.Drop()
	defer peer.Drop()
	if err := c.SetOption(OptSendTimeoutMS, 20); err != nil {
		t.Fatal(err)
	}
	sent := 0
	for ; ; sent++ {
		if _, err := c.SendPingPayload(make([]byte, 100)); errors.Is(err, ErrTimeout) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.SendClose(CloseNormal); err != nil {
		t.Fatal(err)
	}
	for range sent {
		if f, err := peer.RecvFrame(); err != nil || f.Opcode != OpPing {
			t.Fatal(f.Opcode, err)
		}
	}
	if f, err := peer.RecvFrame(); err != nil || f.CloseCode() != CloseNormal {
		t.Fatal(f.Opcode, err)
	}
}

// A ping is answered between the fragments of a long message. A signal in that moment ends the wait and costs nothing: the rest of
// the pong and of the message goes out behind the caller's back.
func TestSignalBetweenFragments(t *testing.T) {
	const size = 1000
	for cut := range len("\x8a\x02hi") { // bytes of the pong that are out
		s := &scripted{}
		set := defaultSettings()
		set[OptInterruptible], set[OptSendFrameBytes] = 1, 400
		c := scriptedServer(s, set)
		t.Cleanup(c.Drop)
		writes := 0
		s.write = func(bufs [][]byte) (int64, error) {
			switch writes++; writes {
			case 1: // the first fragment, while the receiver gets a ping
				c.mu.Lock()
				c.m.Feed(masked(0x89, "hi"))
				c.m.Next()
				c.mu.Unlock()
				c.answer()
			case 2:
				n, _ := s.keep([][]byte{bufs[0][:cut]})
				return n, sock.ErrInterrupted
			}
			return s.keep(bufs)
		}
		if n, err := c.SendBinary(bytes.Repeat([]byte{1}, size)); err != nil || n < size {
			t.Fatal(cut, n, err)
		}
		if _, err := c.SendText("x"); err != nil {
			t.Fatal(cut, err)
		}
		one := strings.Repeat("\x01", 400)
		want := "\x02\x7e\x01\x90" + one + "\x8a\x02hi" + "\x00\x7e\x01\x90" + one + "\x80\x7e\x00\xc8" + one[:200] + "\x81\x01x"
		if said := s.said(); said != want {
			t.Fatalf("after %d bytes of the pong: %q", cut, said)
		}
	}
}

// What is cut is taken: who writes a message piece by piece, or learns of no size, must not send it again.
func TestCutPiecesAreNotSentTwice(t *testing.T) {
	payload := make([]byte, 15<<20)
	for i := range payload {
		payload[i] = byte(i >> 8)
	}
	for name, send := range map[string]func(c *Conn, stalled func()) error{
		"NextWriter": func(c *Conn, stalled func()) error {
			w := must(c.NextWriter(t.Context(), OpBinary))(t)
			again := func(err error) bool {
				if code(err) == CodeInterrupted {
					stalled()
				}
				return code(err) == CodeInterrupted
			}
			for rest := payload; len(rest) > 0; {
				n, err := w.Write(rest)
				if rest = rest[n:]; err != nil && !again(err) {
					return err
				}
			}
			err := w.Close()
			for again(err) {
				err = w.Close()
			}
			return err
		},
		"Send": func(c *Conn, stalled func()) error {
			err := c.Send(t.Context(), OpBinary, payload)
			stalled()
			return err
		},
	} {
		for _, role := range []Role{RoleServer, RoleClient} {
			t.Run(fmt.Sprint(name, role), func(t *testing.T) {
				c, peer := looking(t, role, 65536)
				stalled := make(chan struct{})
				sent := async(func() error { return send(c, sync.OnceFunc(func() { close(stalled) })) })
				await(t, stalled, "an interruption")
				f, err := peer.RecvMessage()
				if err != nil || !bytes.Equal(f.Payload, payload) {
					t.Error(len(f.Payload), err)
				}
				if err := await(t, sent, "the sender"); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
