package core

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"libws/core/internal/sock"

	"golang.org/x/sys/unix"
)

// A receiver that must answer a ping never waits for a stalled sender; the pong goes out before the sender lets go.
func TestPongWhileASenderIsStalled(t *testing.T) {
	c, peer := serverAgainst(t)
	const size = 8 << 20
	if err := c.SetOption(OptSendFrameBytes, size); err != nil {
		t.Fatal(err)
	}
	sent := async(func() error { _, err := c.SendBinary(make([]byte, size)); return err })
	senderBlocks(t, c, "sock.(*FD).write(")
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
	senderBlocks(t, c, "core.(*Conn).writeAll")
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

// fill sends pings until the socket, one of a socketpair, has no room left for a byte: it takes a small frame whole or not at all.
func fill(t *testing.T, c *Conn) {
	t.Helper()
	if err := c.SetOption(OptSendTimeoutMS, 20); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := c.SendPingPayload(make([]byte, 100)); errors.Is(err, ErrTimeout) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := c.SetOption(OptSendTimeoutMS, NoTimeoutMS); err != nil {
		t.Fatal(err)
	}
}

// hearPong reads whatever comes until the pong does.
func (p *rawPeer) hearPong(payload string) {
	p.t.Helper()
	want := append([]byte{0x8A, byte(len(payload))}, payload...)
	var all []byte
	for buf := make([]byte, 1<<16); !bytes.HasSuffix(all, want); {
		n, err := p.Read(buf)
		if all = append(all, buf[:n]...); err != nil {
			p.t.Fatalf("no pong (%v) in %d bytes", err, len(all))
		}
	}
}

// A sender that a pong was left to returns when its own time is over, and the pong goes out once there is room.
func TestPongOutlastsTheSender(t *testing.T) {
	for _, v := range []struct {
		name string
		code ErrorCode
		send func(*Conn, context.Context) error
	}{
		{"context", CodeInterrupted, func(c *Conn, ctx context.Context) error { return c.Send(ctx, OpBinary, make([]byte, 100)) }},
		{"timeout", CodeTimeout, func(c *Conn, _ context.Context) error {
			if err := c.SetOption(OptSendTimeoutMS, 300); err != nil {
				return err
			}
			_, err := c.SendBinary(make([]byte, 100))
			return err
		}},
	} {
		t.Run(v.name, func(t *testing.T) {
			a, b := socketpair(t)
			c, peer := must(FromServer(a))(t), newRawPeer(t, b)
			defer c.Drop()
			fill(t, c)
			ctx, cancel := context.WithCancel(t.Context())
			sent := async(func() error { return v.send(c, ctx) })
			senderBlocks(t, c, "sock.(*FD).write(")
			got := async(func() error { _, err := c.RecvMessage(); return err })
			peer.say(masked(0x89, "hi")...)
			until(t, "the pong is left to it", c.owed.Load)
			cancel()
			wantCode(t, await(t, sent, "the sender"), v.code)
			peer.hearPong("hi")
			if _, err := c.SendText("x"); err != nil {
				t.Fatal(err)
			}
			c.Drop()
			wantCode(t, await(t, got, "the receiver"), CodeClosed)
		})
	}
}

// A pong that waits for a peer which does not read holds nobody up when the connection is closed.
func TestCloseWakesTheReceiverBehindAPong(t *testing.T) {
	for name, stuck := range map[string]func(t *testing.T) (*Conn, <-chan error){
		"descriptor": func(t *testing.T) (*Conn, <-chan error) {
			a, b := socketpair(t)
			c, peer := must(FromServer(a))(t), newRawPeer(t, b)
			fill(t, c)
			ctx, cancel := context.WithCancel(t.Context())
			sent := async(func() error { return c.Send(ctx, OpBinary, make([]byte, 100)) })
			senderBlocks(t, c, "sock.(*FD).write(")
			got := async(func() error { _, err := c.RecvMessage(); return err })
			peer.say(masked(0x89, "hi")...)
			until(t, "the pong is left to it", c.owed.Load)
			cancel()
			wantCode(t, await(t, sent, "the sender"), CodeInterrupted)
			return c, got
		},
		"net.Conn": func(t *testing.T) (*Conn, <-chan error) {
			s := &scripted{}
			s.write = func([][]byte) (int64, error) { <-s.ended; return 0, sock.ErrClosed }
			c := scriptedServer(s, defaultSettings())
			c.m.Feed(masked(0x89, "hi"))
			return c, async(func() error { _, err := c.RecvMessage(); return err })
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, got := stuck(t)
			defer c.Drop()
			if err := c.SetOption(OptCloseTimeoutMS, 60_000); err != nil {
				t.Fatal(err)
			}
			until(t, "the pong is stuck", func() bool { return c.flushing.Load() && c.gate.held() && c.receiver.held() })
			within(t, 10*time.Second, "waking", func() {
				go c.Close()
				wantCode(t, await(t, got, "the receiver"), CodeClosed)
			})
		})
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

// panicking is a foreign net.Conn whose next writes panic.
type panicking struct {
	net.Conn
	times atomic.Int32
}

func (p *panicking) Write(b []byte) (int, error) {
	if p.times.Add(-1) >= 0 {
		n, _ := p.Conn.Write(b[:1])
		panic(n)
	}
	return p.Conn.Write(b)
}

// A panic of a foreign net.Conn stops the sending, since nobody knows what is out, and blocks nobody: not behind a pong, which no call
// of the program's writes, nor behind a call that the program takes the panic from.
func TestForeignPanic(t *testing.T) {
	a, b := netPair(t, "tcp", "127.0.0.1:0")
	defer b.Close()
	carrier := &panicking{Conn: a}
	c := must(NewConn(carrier, RoleServer, nil))(t)
	defer c.Drop()
	carrier.times.Store(1)
	if _, err := b.Write(append(masked(0x89, "x"), masked(0x81, "hello")...)); err != nil {
		t.Fatal(err)
	}
	if f, err := c.RecvMessage(); err != nil || f.PayloadText() != "hello" {
		t.Fatal(f, err)
	}
	until(t, "the goroutine that writes the pong ends", func() bool { return carrier.times.Load() < 1 && !c.flushing.Load() })
	_, err := c.SendText("x")
	wantCode(t, err, CodeAbnormal)

	a, b = netPair(t, "tcp", "127.0.0.1:0")
	defer b.Close()
	carrier = &panicking{Conn: a}
	c = must(NewConn(carrier, RoleServer, nil))(t)
	defer c.Drop()
	carrier.times.Store(1)
	caught := func() (got any) {
		defer func() { got = recover() }()
		_, _ = c.SendText("x")
		return nil
	}()
	if caught != 1 {
		t.Fatal("the panic is the caller's, it got", caught)
	}
	_, err = c.SendText("y")
	wantCode(t, err, CodeAbnormal)
	if _, err := b.Write(masked(0x81, "still heard")); err != nil {
		t.Fatal(err)
	}
	if f, err := c.RecvMessage(); err != nil || f.PayloadText() != "still heard" {
		t.Fatal(f, err)
	}
}
