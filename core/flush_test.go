package core

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"libws/core/internal/sock"
)

// A receiver that must answer a ping never waits for a stalled sender; the pong goes out before the sender lets go.
func TestPongWhileASenderIsStalled(t *testing.T) {
	c, peer := serverAgainst(t)
	const size = 8 << 20
	if err := c.SetOption(OptSendFrameBytes, size); err != nil {
		t.Fatal(err)
	}
	sent := async(func() error { _, err := c.SendBinary(make([]byte, size)); return err })
	until(t, "the sender blocks", func() bool { return blocked("sock.(*FD).write(") })
	peer.say(masked(0x89, "hi")...)
	peer.say(masked(0x81, "after")...)
	if f, err := c.RecvMessage(); err != nil || f.PayloadText() != "after" {
		t.Fatal(f, err)
	}
	head := make([]byte, 10+size)
	if _, err := io.ReadFull(peer, head); err != nil || head[0] != 0x82 {
		t.Fatal(err)
	}
	peer.hear(0x8A, 2, 'h', 'i')
	if err := await(t, sent, "the sender"); err != nil {
		t.Fatal(err)
	}
}

// A million pings whose pongs nobody reads cost bounded memory, and the receiver goes on.
func TestPongsAreBounded(t *testing.T) {
	forEachCarrier(t, func(t *testing.T, c *Conn, peer *rawPeer) {
		const pings = 200_000
		go func() {
			batch := bytes.Repeat(masked(0x89, strings.Repeat("p", 100)), 1000)
			for range pings / 1000 {
				if _, err := peer.Write(batch); err != nil {
					return
				}
			}
			_, _ = peer.Write(masked(0x89, "latest"))
			_, _ = peer.Write(masked(0x81, "done"))
		}()
		f, err := c.RecvMessage()
		if err != nil || f.PayloadText() != "done" {
			t.Fatal(f, err)
		}
		c.mu.Lock()
		waiting := len(c.m.Output())
		c.mu.Unlock()
		if waiting > 8192 {
			t.Fatal(waiting, "bytes of pongs wait")
		}
	})
}

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
	for o, x := range map[Option]int64{OptInterruptible: 1, OptSendFrameBytes: frame} {
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
	until(t, "the sender blocks", func() bool { return blocked("core.(*Conn).writeAll") })
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
	if err := await(t, done, "the next call"); err != nil {
		t.Fatal(err)
	}
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
				within(t, 10*time.Second, "the calls", func() {
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
				if n, err := c.SendText("after"); n == 0 || err != nil {
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
	wantCode(t, c.Flush(), CodeTimeout)
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
	c.leaveGate(&s)
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
