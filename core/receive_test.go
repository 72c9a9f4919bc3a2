package core

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestEchoOverEveryKindOfSocket(t *testing.T) {
	for _, s := range sockets {
		for _, nonblocking := range []bool{false, true} {
			name := s.name
			if nonblocking {
				name += " nonblocking"
			}
			t.Run(name, func(t *testing.T) {
				a, b := s.pair(t)
				for _, fd := range []int{a, b} {
					if err := unix.SetNonblock(fd, nonblocking); err != nil {
						t.Fatal(err)
					}
				}
				client, server := connect(t, a, b)
				done := async(func() error {
					for {
						f, err := server.RecvMessage()
						if err != nil || f.IsClose() {
							return err
						}
						if _, err := server.SendMessage(f.Opcode, f.Payload); err != nil {
							return err
						}
					}
				})
				for _, size := range []int{0, 1, 125, 126, 500, 4096, 65535, 65536, 65537, 1 << 20} {
					text := strings.Repeat("ä", size/2) + strings.Repeat("x", size%2)
					if _, err := client.SendText(text); err != nil {
						t.Fatal(size, err)
					}
					f, err := client.RecvMessage()
					if err != nil || !f.IsText() || f.PayloadText() != text || !f.IsFinal {
						t.Fatalf("size %d: got opcode %v, %d bytes, %v", size, f.Opcode, len(f.Payload), err)
					}
				}
				if err := client.Close(); err != nil {
					t.Fatal(err)
				}
				if err := await(t, done, "the server's end"); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

func TestRecvFrameShowsFragmentsPingsAndPongs(t *testing.T) {
	c, peer := serverAgainst(t)
	peer.say(masked(0x01, "frag")...) // text, not final
	peer.say(masked(0x89, "hi")...)   // ping
	peer.say(masked(0x8A, "yo")...)   // pong
	peer.say(masked(0x80, "ment")...) // continuation, final
	for _, want := range []Frame{
		{Opcode: OpText, Payload: []byte("frag"), IsMasked: true},
		{Opcode: OpPing, Payload: []byte("hi"), IsFinal: true, IsMasked: true},
		{Opcode: OpPong, Payload: []byte("yo"), IsFinal: true, IsMasked: true},
		{Opcode: OpContinuation, Payload: []byte("ment"), IsFinal: true, IsMasked: true},
	} {
		f, err := c.RecvFrame()
		if err != nil || f.Opcode != want.Opcode || f.IsFinal != want.IsFinal || !f.IsMasked || !bytes.Equal(f.Payload, want.Payload) {
			t.Fatalf("got %+v, %v, want %+v", f, err, want)
		}
	}
	// RFC 6455 §5.5.3: the ping was left for SendPong, which answers with its payload.
	if n, err := c.SendPong(); n != 4 || err != nil {
		t.Fatal(n, err)
	}
	peer.hear(0x8A, 2, 'h', 'i')
	if n, err := c.SendPong(); n != 2 || err != nil { // answered already: an empty one
		t.Fatal(n, err)
	}
	peer.hear(0x8A, 0)
}

func TestRecvMessageAssemblesAndAnswersPings(t *testing.T) {
	c, peer := serverAgainst(t)
	peer.say(masked(0x01, "a")...)
	peer.say(masked(0x89, "hi")...)
	peer.say(masked(0x8A, "")...)
	peer.say(masked(0x00, "b")...)
	peer.say(masked(0x80, "c")...)
	f, err := c.RecvMessage()
	if err != nil || !f.IsText() || f.PayloadText() != "abc" {
		t.Fatal(f, err)
	}
	peer.hear(0x8A, 2, 'h', 'i')
}

func TestFramesAndMessagesMixBetweenMessages(t *testing.T) {
	c, peer := serverAgainst(t)
	for range 3 {
		peer.say(masked(0x81, "one")...)
		peer.say(masked(0x81, "two")...)
		if f, err := c.RecvFrame(); err != nil || f.PayloadText() != "one" {
			t.Fatal(f, err)
		}
		if f, err := c.RecvMessage(); err != nil || f.PayloadText() != "two" {
			t.Fatal(f, err)
		}
	}
	peer.say(masked(0x01, "begun")...)
	if f, err := c.RecvFrame(); err != nil || f.IsFinal {
		t.Fatal(f, err)
	}
	_, err := c.RecvMessage()
	wantCode(t, err, CodeState)
	peer.say(masked(0x80, " and done")...)
	if f, err := c.RecvFrame(); err != nil || !f.IsFinal {
		t.Fatal(f, err)
	}
}

func TestRecvTimeoutLosesNothing(t *testing.T) {
	c, peer := serverAgainst(t)
	if err := c.SetOption(OptRecvTimeoutMS, 20); err != nil {
		t.Fatal(err)
	}
	frame := masked(0x81, "slow")
	for i := range frame {
		_, err := c.RecvFrame()
		wantCode(t, err, CodeTimeout)
		if !errors.Is(err, ErrTimeout) {
			t.Fatal(err)
		}
		peer.say(frame[i])
	}
	if f, err := c.RecvFrame(); err != nil || f.PayloadText() != "slow" {
		t.Fatal(f, err)
	}
}

func TestReceiveContext(t *testing.T) {
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
			for range 3 {
				ctx, cancel := context.WithCancel(t.Context())
				got := async(func() error { _, err := c.Receive(ctx); return err })
				until(t, "the receiver blocks", func() bool { return len(c.receiver) > 0 && blocked("core.(*Conn).fill") })
				cancel()
				err := await(t, got, "the cancelled call")
				wantCode(t, err, CodeInterrupted)
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				ctx, cancel = context.WithTimeout(t.Context(), 10*time.Millisecond)
				_, err = c.Receive(ctx)
				cancel()
				wantCode(t, err, CodeTimeout)
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Fatal(err)
				}
				peer.say(masked(0x82, "still there")...)
				m, err := c.Receive(t.Context())
				if err != nil || m.Text() != "still there" || m.IsText() {
					t.Fatal(m, err)
				}
			}
		})
	}
}

func TestMessages(t *testing.T) {
	client, server := pair(t)
	for _, s := range []string{"a", "b", "c"} {
		if _, err := server.SendText(s); err != nil {
			t.Fatal(err)
		}
	}
	closed := async(server.Close)
	var all string
	for m, err := range client.Messages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all += m.Text()
	}
	if all != "abc" {
		t.Fatal(all)
	}
	if err := await(t, closed, "close"); err != nil {
		t.Fatal(err)
	}
	for _, err := range client.Messages(t.Context()) {
		if !errors.Is(err, ErrClosed) {
			t.Fatal(err)
		}
	}
}

func TestMessagesYieldsAnUnwantedEnd(t *testing.T) {
	client, server := pair(t)
	closed := async(func() error { return server.CloseWith(ClosePolicy, "no") })
	var last error
	for _, err := range client.Messages(t.Context()) {
		last = err
	}
	var why *CloseError
	if !errors.As(last, &why) || why.Code != ClosePolicy || why.Reason != "no" || !errors.Is(last, ErrClosed) {
		t.Fatal(last)
	}
	await(t, closed, "close")
}

func TestSecondReceiverIsBusy(t *testing.T) {
	client, server := pair(t)
	got := async(func() error { _, err := server.RecvFrame(); return err })
	until(t, "the receiver blocks", func() bool { return len(server.receiver) > 0 })
	_, err := server.RecvFrame()
	wantCode(t, err, CodeBusy)
	_, err = server.RecvMessage()
	wantCode(t, err, CodeBusy)
	if _, err := client.SendText("x"); err != nil {
		t.Fatal(err)
	}
	if err := await(t, got, "the frame"); err != nil {
		t.Fatal(err)
	}
}

// RFC 6455 §7.1.5: a connection that ends without a close frame has code 1006.
func TestPeerVanishes(t *testing.T) {
	for _, part := range []int{0, 1, 7} {
		c, peer := serverAgainst(t)
		peer.say(masked(0x81, "half")[:part]...)
		peer.Close()
		f, err := c.RecvFrame()
		wantCode(t, err, CodeAbnormal)
		if f.Opcode != NoFrame || c.State() != StateClosed || c.CloseCode() != CloseAbnormal || c.FD() != -1 {
			t.Fatal(f, c.State(), c.CloseCode(), c.FD())
		}
		_, err = c.RecvFrame()
		wantCode(t, err, CodeClosed)
	}
}

func TestPeerResets(t *testing.T) {
	a, b := tcpPair(t)
	c := must(FromServer(a))(t)
	defer c.Drop()
	if _, err := c.SendText("unread"); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptLinger(b, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		t.Fatal(err)
	}
	unix.Close(b)
	_, err := c.RecvFrame()
	wantCode(t, err, CodeAbnormal)
	if !errors.Is(err, unix.ECONNRESET) {
		t.Fatal(err)
	}
	_, err = c.SendText("x")
	wantCode(t, err, CodeClosed)
}

func TestViolationIsToldToThePeerDespiteUnreadData(t *testing.T) {
	for _, v := range []struct {
		name  string
		bytes []byte
		code  ErrorCode
		close CloseCode
	}{
		{"unmasked", []byte{0x81, 1, 'x'}, CodeProtocol, 1002},
		{"reserved bit", masked(0xC1, "x"), CodeProtocol, 1002},
		{"bad UTF-8", masked(0x81, "\xff"), CodePeerUTF8, 1007},
		{"too large", []byte{0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0}, CodePeerTooLarge, 1009},
		{"2^63-1", []byte{0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0}, CodePeerTooLarge, 1009},
	} {
		t.Run(v.name, func(t *testing.T) {
			c, peer := serverAgainst(t)
			unread := bytes.Repeat(masked(0x82, strings.Repeat("z", 100)), 500)
			peer.say(append(v.bytes, unread...)...)
			heard := async(func() []byte {
				b := peer.hearEnd()
				peer.Close()
				return b
			})
			var err error
			within(t, 2*time.Second, "closing", func() { _, err = c.RecvFrame() })
			wantCode(t, err, v.code)
			var e *Error
			if !errors.As(err, &e) || e.CloseCode != v.close {
				t.Fatal(err)
			}
			b := await(t, heard, "the close frame")
			if len(b) < 4 || b[0] != 0x88 || CloseCode(b[2])<<8|CloseCode(b[3]) != v.close {
				t.Fatalf("% x", b)
			}
			_, err = c.RecvFrame()
			wantCode(t, err, CodeClosed)
		})
	}
}

func TestViolationWithAPeerThatStaysIsClosedInTime(t *testing.T) {
	c, peer := serverAgainst(t)
	peer.say(0x81, 1, 'x')
	within(t, 2*time.Second, "closing", func() {
		_, err := c.RecvFrame()
		wantCode(t, err, CodeProtocol)
	})
	if c.State() != StateClosed || c.FD() != -1 {
		t.Fatal(c.State(), c.FD())
	}
}

func TestMessageTimeout(t *testing.T) {
	c, peer := serverAgainst(t)
	if err := c.SetOption(OptMessageTimeoutMS, 100); err != nil {
		t.Fatal(err)
	}
	peer.say(masked(0x01, "never done")...)
	stop := make(chan struct{})
	fed := make(chan struct{})
	go func() { // pongs and more fragments do not extend it
		defer close(fed)
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				if _, err := peer.Write(masked(0x8A, "")); err != nil {
					return
				}
			}
		}
	}()
	heard := async(func() []byte { b := peer.hearEnd(); return b })
	_, err := c.RecvMessage()
	close(stop)
	<-fed
	wantCode(t, err, CodePeerPolicy)
	if b := await(t, heard, "the close frame"); len(b) < 4 || b[0] != 0x88 || CloseCode(b[2])<<8|CloseCode(b[3]) != ClosePolicy {
		t.Fatalf("% x", b)
	}
}

// Each message has a deadline of its own, also when it begins in the same bytes in which the one before ends.
func TestMessageTimeoutIsPerMessage(t *testing.T) {
	c, peer := serverAgainst(t)
	if err := c.SetOption(OptMessageTimeoutMS, 1000); err != nil {
		t.Fatal(err)
	}
	frame := masked(0x81, "abcdefgh")
	at := 0
	feed := func(n int) {
		for range n {
			peer.say(frame[at%len(frame)])
			at++
		}
	}
	feed(7) // never at the end of a message, and slower in all than one message may be
	for range 8 {
		got := async(func() error { _, err := c.RecvMessage(); return err })
		select {
		case err := <-got:
			t.Fatal("early", err)
		case <-time.After(150 * time.Millisecond):
		}
		feed(len(frame))
		if err := await(t, got, "the message"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestInterruptible(t *testing.T) {
	c, peer := serverAgainst(t)
	if err := c.SetOption(OptInterruptible, 1); err != nil {
		t.Fatal(err)
	}
	type result struct {
		f   Frame
		err error
	}
	tid := make(chan int, 1)
	got := async(func() result {
		lockThread()
		tid <- unix.Gettid()
		f, err := c.RecvFrame()
		return result{f, err}
	})
	id := <-tid
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				_ = unix.Tgkill(unix.Getpid(), id, unix.SIGURG)
			}
		}
	}()
	r := await(t, got, "the interruption")
	close(stop)
	wantCode(t, r.err, CodeInterrupted)
	peer.say(masked(0x81, "kept")...)
	for {
		f, err := c.RecvFrame()
		if errors.Is(err, ErrInterrupted) {
			continue
		}
		if err != nil || f.PayloadText() != "kept" {
			t.Fatal(f, err)
		}
		return
	}
}

func TestSignalsAreIgnoredByDefault(t *testing.T) {
	c, peer := serverAgainst(t)
	tid := make(chan int, 1)
	got := async(func() error {
		lockThread()
		tid <- unix.Gettid()
		_, err := c.RecvFrame()
		return err
	})
	id := <-tid
	until(t, "the receiver blocks", func() bool { return blocked("core.(*Conn).fill") })
	for range 100 {
		_ = unix.Tgkill(unix.Getpid(), id, unix.SIGURG)
	}
	peer.say(masked(0x81, "x")...)
	if err := await(t, got, "the frame"); err != nil {
		t.Fatal(err)
	}
}
