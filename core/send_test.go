package core

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestWhatGoesOnTheWire(t *testing.T) {
	for _, v := range []struct {
		name string
		send func(*Conn) (int, error)
		wire []byte
	}{
		{"text", func(c *Conn) (int, error) { return c.SendText("hé") }, []byte{0x81, 3, 'h', 0xC3, 0xA9}},
		{"empty text", func(c *Conn) (int, error) { return c.SendText("") }, []byte{0x81, 0}},
		{"binary", func(c *Conn) (int, error) { return c.SendBinary([]byte{0, 255}) }, []byte{0x82, 2, 0, 255}},
		{"nil binary", func(c *Conn) (int, error) { return c.SendBinary(nil) }, []byte{0x82, 0}},
		{"message", func(c *Conn) (int, error) { return c.SendMessage(OpText, []byte("m")) }, []byte{0x81, 1, 'm'}},
		{"ping", (*Conn).SendPing, []byte{0x89, 0}},
		{"ping payload", func(c *Conn) (int, error) { return c.SendPingPayload([]byte("p")) }, []byte{0x89, 1, 'p'}},
		{"pong", (*Conn).SendPong, []byte{0x8A, 0}},
		{"pong payload", func(c *Conn) (int, error) { return c.SendPongPayload([]byte("p")) }, []byte{0x8A, 1, 'p'}},
		{"fragment", func(c *Conn) (int, error) { return c.SendFragment(OpText, []byte("f"), false) }, []byte{0x01, 1, 'f'}},
		{"close", func(c *Conn) (int, error) { return c.SendClose(CloseGoingAway) }, []byte{0x88, 2, 3, 0xE9}},
		{"close reason", func(c *Conn) (int, error) { return c.SendCloseReason(4000, "ok") }, []byte{0x88, 4, 0x0F, 0xA0, 'o', 'k'}},
		{"close frame without code", func(c *Conn) (int, error) { f := CloseFrame(CloseNoStatus); return c.SendFrame(&f) }, []byte{0x88, 0}},
		{"frame, masked or not", func(c *Conn) (int, error) {
			return c.SendFrame(&Frame{Opcode: OpBinary, Payload: []byte("f"), IsFinal: true, IsMasked: true})
		}, []byte{0x82, 1, 'f'}},
	} {
		t.Run(v.name, func(t *testing.T) {
			c, peer := serverAgainst(t)
			n, err := v.send(c)
			if err != nil || n != len(v.wire) {
				t.Fatal(n, err)
			}
			peer.hear(v.wire...)
		})
	}
}

func TestClientMasksWithAFreshKey(t *testing.T) {
	a, b := tcpPair(t)
	c := must(FromClient(a))(t)
	defer c.Drop()
	peer := newRawPeer(t, b)
	if c.MaskKey() != 0 {
		t.Fatal("a key before the first frame")
	}
	seen := map[uint32]bool{}
	for _, size := range []int{1, 100, 1000, 65536} {
		payload := bytes.Repeat([]byte("m"), size)
		if _, err := c.SendBinary(payload); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(payload, bytes.Repeat([]byte("m"), size)) {
			t.Fatal("the caller's bytes were masked in place")
		}
		head := map[bool]int{true: 2, false: 4}[size < 126]
		if size > 65535 {
			head = 10
		}
		got := make([]byte, head+4+size)
		if _, err := io.ReadFull(peer, got); err != nil {
			t.Fatal(err)
		}
		key := got[head : head+4]
		for i, x := range got[head+4:] {
			if x^key[i%4] != 'm' {
				t.Fatalf("byte %d of %d does not unmask", i, size)
			}
		}
		k := uint32(key[0])<<24 | uint32(key[1])<<16 | uint32(key[2])<<8 | uint32(key[3])
		if c.MaskKey() != k {
			t.Fatalf("MaskKey %x, the wire has %x", c.MaskKey(), k)
		}
		if seen[k] {
			t.Fatal("a key came twice")
		}
		seen[k] = true
	}
}

// RFC 6455 §5.3: keys are not to be predicted; ten thousand are all different.
func TestMasksAreDistinct(t *testing.T) {
	seen := map[[4]byte]bool{}
	repeats := 0
	for range 10_000 {
		key := drawMask()
		if seen[key] {
			repeats++
		}
		seen[key] = true
	}
	if repeats > 1 { // a repeat among 10,000 random 32-bit keys has a chance of 1 in 86; two of 1 in 15,000
		t.Fatal(repeats, "keys came twice")
	}
}

func TestLongMessagesAreSentAsFragments(t *testing.T) {
	for _, send := range []struct {
		name string
		call func(*Conn, []byte) (int, error)
	}{
		{"SendBinary", (*Conn).SendBinary},
		{"SendFrame", func(c *Conn, b []byte) (int, error) { f := BinaryFrame(b); return c.SendFrame(&f) }},
	} {
		t.Run(send.name, func(t *testing.T) {
			client, server := pair(t)
			payload := bytes.Repeat([]byte("0123456789"), 20_000) // three fragments and a bit
			sent := async(func() int { n, _ := send.call(client, payload); return n })
			var got []byte
			var ops []Opcode
			for {
				f, err := server.RecvFrame()
				if err != nil {
					t.Fatal(err)
				}
				if len(f.Payload) > MaxFrameSize {
					t.Fatal("a frame of", len(f.Payload))
				}
				got = append(got, f.Payload...)
				ops = append(ops, f.Opcode)
				if f.IsFinal {
					break
				}
			}
			if !bytes.Equal(got, payload) || fmt.Sprint(ops) != "[binary continuation continuation continuation]" {
				t.Fatal(len(got), ops)
			}
			if n := await(t, sent, "the sender"); n < len(payload)+4*6 {
				t.Fatal(n)
			}
		})
	}
}

func TestRefusedBeforeAnythingIsSent(t *testing.T) {
	long := make([]byte, 126)
	late := strings.Repeat("a", 100_000) + "\xff"
	for _, v := range []struct {
		name string
		send func(*Conn) (int, error)
		code ErrorCode
	}{
		{"no frame", func(c *Conn) (int, error) { return c.SendFrame(nil) }, CodeArgument},
		{"reserved opcode", func(c *Conn) (int, error) { f := NewFrame(3, nil); return c.SendFrame(&f) }, CodeArgument},
		{"NoFrame", func(c *Conn) (int, error) { f := noFrame(); return c.SendFrame(&f) }, CodeArgument},
		{"text", func(c *Conn) (int, error) { return c.SendText("\xff") }, CodeUTF8},
		{"cut text", func(c *Conn) (int, error) { return c.SendText("\xc3") }, CodeUTF8},
		{"bad byte in a late fragment", func(c *Conn) (int, error) { return c.SendText(late) }, CodeUTF8},
		{"long ping", func(c *Conn) (int, error) { return c.SendPingPayload(long) }, CodeControlSize},
		{"long pong", func(c *Conn) (int, error) { return c.SendPongPayload(long) }, CodeControlSize},
		{"fragmented ping", func(c *Conn) (int, error) { return c.SendFrame(&Frame{Opcode: OpPing}) }, CodeState},
		{"lone continuation", func(c *Conn) (int, error) { return c.SendFragment(OpContinuation, nil, true) }, CodeState},
		{"control fragment", func(c *Conn) (int, error) { return c.SendFragment(OpPing, nil, true) }, CodeArgument},
		{"control message", func(c *Conn) (int, error) { return c.SendMessage(OpClose, nil) }, CodeArgument},
		{"close 0", func(c *Conn) (int, error) { return c.SendClose(0) }, CodeCloseCode},
		{"close 1005", func(c *Conn) (int, error) { return c.SendClose(CloseNoStatus) }, CodeCloseCode},
		{"close 1006", func(c *Conn) (int, error) { return c.SendClose(CloseAbnormal) }, CodeCloseCode},
		{"close 5000", func(c *Conn) (int, error) { return c.SendClose(5000) }, CodeCloseCode},
		{"close frame 1006", func(c *Conn) (int, error) { f := CloseFrame(1006); return c.SendFrame(&f) }, CodeCloseCode},
		{"one byte of close", func(c *Conn) (int, error) { f := NewFrame(OpClose, long[:1]); return c.SendFrame(&f) }, CodeArgument},
		{"long reason", func(c *Conn) (int, error) { return c.SendCloseReason(1000, strings.Repeat("r", 124)) }, CodeControlSize},
		{"reason", func(c *Conn) (int, error) { return c.SendCloseReason(1000, "\xff") }, CodeUTF8},
		{"done context", func(c *Conn) (int, error) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return 0, c.Send(ctx, OpText, nil)
		}, CodeInterrupted},
		{"ping by Send", func(c *Conn) (int, error) { return 0, c.Send(context.Background(), OpPing, nil) }, CodeArgument},
	} {
		t.Run(v.name, func(t *testing.T) {
			c, peer := serverAgainst(t)
			n, err := v.send(c)
			wantCode(t, err, v.code)
			if n != 0 {
				t.Fatal(n)
			}
			if _, err := c.SendText("first"); err != nil { // the connection is as it was
				t.Fatal(err)
			}
			peer.hear(0x81, 5, 'f', 'i', 'r', 's', 't')
		})
	}
}

func TestMessageInsideFragmentsIsRefused(t *testing.T) {
	c, peer := serverAgainst(t)
	if _, err := c.SendFragment(OpText, []byte("\xc3"), false); err != nil { // a code point may be split
		t.Fatal(err)
	}
	_, err := c.SendText("x")
	wantCode(t, err, CodeState)
	if _, err = c.SendPing(); err != nil { // RFC 6455 §5.4: control frames may come between
		t.Fatal(err)
	}
	if _, err = c.SendFragment(OpContinuation, []byte("\xa9"), true); err != nil {
		t.Fatal(err)
	}
	peer.hear(0x01, 1, 0xC3, 0x89, 0, 0x80, 1, 0xA9)
}

// RFC 6455 §5.5.1: nothing may be sent after a close frame.
func TestSendAfterClose(t *testing.T) {
	client, server := pair(t)
	if _, err := client.SendClose(CloseNormal); err != nil {
		t.Fatal(err)
	}
	if client.State() != StateClosing || client.IsOpen() {
		t.Fatal(client.State())
	}
	_, err := client.SendText("x")
	wantCode(t, err, CodeClosed)
	if f, err := server.RecvFrame(); err != nil || f.CloseCode() != CloseNormal {
		t.Fatal(f, err)
	}
	_, err = server.SendText("x")
	wantCode(t, err, CodeClosed)
	if !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	if f, err := client.RecvFrame(); err != nil || f.CloseCode() != CloseNormal {
		t.Fatal(f, err)
	}
}

func TestSixteenSendersNeverInterleave(t *testing.T) {
	client, server := pair(t)
	const senders, each = 16, 60
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := range each {
				payload := bytes.Repeat([]byte{byte('a' + s)}, 1+(i*997)%70_000)
				var err error
				if i%7 == 0 {
					_, err = client.SendPingPayload(payload[:1])
				} else {
					_, err = client.SendBinary(payload)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	received := async(func() error {
		for messages := 0; messages < senders*(each-9); {
			f, err := server.RecvMessage()
			if err != nil {
				return err
			}
			if len(f.Payload) == 0 || !bytes.Equal(f.Payload, bytes.Repeat(f.Payload[:1], len(f.Payload))) {
				return errors.New("messages are mixed up")
			}
			messages++
		}
		return nil
	})
	pongs := async(func() error { // the client reads, so that pongs do not fill the socket
		_, err := client.RecvMessage()
		return err
	})
	wg.Wait()
	if err := await(t, received, "the messages"); err != nil {
		t.Fatal(err)
	}
	client.Drop()
	wantCode(t, await(t, pongs, "the receiver"), CodeClosed)
}

// fillSocket sends one frame that no socket buffers hold, so that a silent peer stalls it, and reports what ended the call.
func fillSocket(c *Conn) error {
	if err := c.SetOption(OptSendFrameBytes, 1<<30); err != nil {
		return err
	}
	_, err := c.SendBinary(endless())
	return err
}

var endless = sync.OnceValue(func() []byte { return make([]byte, 64<<20) })

func TestSendTimeout(t *testing.T) {
	client, _ := pair(t)
	if err := client.SetOption(OptSendTimeoutMS, 50); err != nil {
		t.Fatal(err)
	}
	err := fillSocket(client)
	wantCode(t, err, CodeTimeout)
	_, err = client.SendText("x") // inside a frame or before one: either way nothing garbled follows
	if c := code(err); c != CodeTimeout && c != CodeAbnormal {
		t.Fatal(err)
	}
}

func TestSendContext(t *testing.T) {
	for _, kind := range []string{"descriptor", "net.Conn"} {
		t.Run(kind, func(t *testing.T) {
			a, b := netPair(t, "tcp", "127.0.0.1:0")
			defer b.Close()
			var c *Conn
			if kind == "descriptor" {
				c = must(FromServer(detach(t, a)))(t)
			} else {
				c = must(NewConn(a, RoleServer, nil))(t)
			}
			defer c.Drop()
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			var err error
			for err == nil {
				err = c.Send(ctx, OpBinary, make([]byte, 1<<20))
			}
			wantCode(t, err, CodeTimeout)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
		})
	}
}

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
	for _, kind := range []string{"descriptor", "net.Conn"} {
		t.Run(kind, func(t *testing.T) {
			a, b := netPair(t, "tcp", "127.0.0.1:0")
			var c *Conn
			if kind == "descriptor" {
				c = must(FromServer(detach(t, a)))(t)
			} else {
				c = must(NewConn(a, RoleServer, nil))(t)
			}
			defer c.Drop()
			peer := newRawPeer(t, detach(t, b))
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
}

// What a signal cut goes out whole, before anything else: with the next sending call, or while someone receives.
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
	if !c.owed.Load() || len(c.carry) == 0 {
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
