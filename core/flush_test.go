// Pongs and close frames that leave behind a stalled sender, and within their bounds (RFC 6455 §5.5).

package core

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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
	t.Run("context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c, peer := clogged(t)
		sent := async(func() error { return c.Send(ctx, OpBinary, make([]byte, 100)) })
		senderBlocks(t, c, "sock.(*FD).write(")
		got := leavePong(t, c, peer)
		cancel()
		wantCode(t, await(t, sent, "the sender"), CodeInterrupted)
		pongComes(t, c, peer, got)
	})
	t.Run("timeout", func(t *testing.T) {
		for limit := int64(300); ; limit *= 2 { // until it is long enough for this machine
			c, peer := clogged(t)
			if err := c.SetOption(OptSendTimeoutMS, limit); err != nil {
				t.Fatal(err)
			}
			sent := async(func() error { _, err := c.SendBinary(make([]byte, 100)); return err })
			until(t, "the sender blocks", func() bool { return len(sent) == 1 || c.gate.held() && blocked("sock.(*FD).write(") })
			if len(sent) == 1 {
				continue
			}
			got := leavePong(t, c, peer)
			if len(sent) == 1 {
				continue
			}
			wantCode(t, await(t, sent, "the sender"), CodeTimeout)
			if err := c.SetOption(OptSendTimeoutMS, NoTimeoutMS); err != nil {
				t.Fatal(err)
			}
			pongComes(t, c, peer, got)
			return
		}
	})
}

// clogged returns a server's connection whose socket has no room left, and its peer.
func clogged(t *testing.T) (*Conn, *rawPeer) {
	t.Helper()
	a, b := socketpair(t)
	c, peer := must(FromServer(a))(t), newRawPeer(t, b)
	t.Cleanup(c.Drop)
	fill(t, c)
	return c, peer
}

// leavePong makes a receiver leave a pong to whoever has the turn, and returns what ends it.
func leavePong(t *testing.T, c *Conn, peer *rawPeer) (got <-chan error) {
	t.Helper()
	got = async(func() error { _, err := c.RecvMessage(); return err })
	peer.say(masked(0x89, "hi")...)
	until(t, "the pong is left to it", c.owed.Load)
	return got
}

// pongComes reads until the pong does, and ends the receiver.
func pongComes(t *testing.T, c *Conn, peer *rawPeer, got <-chan error) {
	t.Helper()
	peer.hearPong("hi")
	if _, err := c.SendText("x"); err != nil {
		t.Fatal(err)
	}
	c.Drop()
	wantCode(t, await(t, got, "the receiver"), CodeClosed)
}

// A pong that waits for a peer which does not read holds nobody up when the connection is closed.
func TestCloseWakesTheReceiverBehindAPong(t *testing.T) {
	for name, stuck := range map[string]func(t *testing.T) (*Conn, <-chan error){
		"descriptor": func(t *testing.T) (*Conn, <-chan error) {
			c, peer := clogged(t)
			ctx, cancel := context.WithCancel(t.Context())
			sent := async(func() error { return c.Send(ctx, OpBinary, make([]byte, 100)) })
			senderBlocks(t, c, "sock.(*FD).write(")
			got := leavePong(t, c, peer)
			cancel()
			wantCode(t, await(t, sent, "the sender"), CodeInterrupted)
			until(t, "the pong is stuck", func() bool { return c.flushing.Load() && c.gate.held() })
			return c, got
		},
		"net.Conn": func(t *testing.T) (*Conn, <-chan error) {
			s, stuck := &scripted{}, make(chan struct{}, 8)
			s.write = func([][]byte) (int64, error) { stuck <- struct{}{}; <-s.ended; return 0, sock.ErrClosed }
			c := scriptedServer(s, defaultSettings())
			c.m.Feed(masked(0x89, "hi"))
			got := async(func() error { _, err := c.RecvMessage(); return err })
			await(t, stuck, "the pong")
			return c, got
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, got := stuck(t)
			defer c.Drop()
			if err := c.SetOption(OptCloseTimeoutMS, 60_000); err != nil {
				t.Fatal(err)
			}
			until(t, "the receiver is in", c.receiver.held)
			within(t, 10*time.Second, "waking", func() {
				go c.Close()
				wantCode(t, await(t, got, "the receiver"), CodeClosed)
			})
		})
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

// replying is a stream on which a peer sends another ping, and the receiver queues its pong, whenever something is written.
type replying struct {
	sock.Stream
	c      *Conn
	quiet  atomic.Bool
	writes atomic.Int32
}

func (r *replying) ping() {
	if r.quiet.Load() {
		return
	}
	r.writes.Add(1)
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	r.c.m.Feed(masked(0x89, "again"))
	r.c.m.Next()
	r.c.owed.Store(true)
}

func (r *replying) Write(bufs [][]byte, w sock.Wait) (int64, error) {
	defer r.ping()
	return r.Stream.Write(bufs, w)
}

func (r *replying) TryWrite(p []byte) (int, error) {
	defer r.ping()
	return r.Stream.TryWrite(p)
}

// A peer that pings without end, and reads, keeps nobody at writing pongs: each call writes some for the receiver and leaves the rest to
// those who come later, or to a goroutine.
func TestSendersWriteSomePongsOnly(t *testing.T) {
	for name, call := range map[string]func(*Conn) error{
		"SendText": func(c *Conn) error { _, err := c.SendText("mine"); return err },
		"Flush":    (*Conn).Flush,
		"fragments": func(c *Conn) error {
			_ = c.SetOption(OptSendFrameBytes, 1)
			_, err := c.SendText("mine")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := flooded(t, nil, []byte{0}, nil)
			r := &replying{Stream: c.stream, c: c}
			c.stream = r
			t.Cleanup(func() { r.quiet.Store(true) })
			r.ping()
			if err := await(t, async(func() error { return call(c) }), "the end of the call"); err != nil {
				t.Error(err)
			}
			if err := await(t, async(func() error { return call(c) }), "the end of another call"); err != nil {
				t.Error(err)
			}
			r.quiet.Store(true)
			until(t, "all pongs are out", func() bool {
				c.mu.Lock()
				defer c.mu.Unlock()
				return !c.m.HasOutput()
			})
		})
	}
}
