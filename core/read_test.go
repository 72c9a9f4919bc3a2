// Reading over real sockets: deadlines lose nothing, peers vanish, violations are told (RFC 6455 §7.1.7).

package core

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

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
	if err := c.SetOption(OptRecvTimeoutMS, NoTimeoutMS); err != nil {
		t.Fatal(err)
	}
	if f, err := c.RecvFrame(); err != nil || f.PayloadText() != "slow" {
		t.Fatal(f, err)
	}
}

func TestReceiveContext(t *testing.T) {
	forEachCarrier(t, func(t *testing.T, c *Conn, peer *rawPeer) {
		for range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			got := async(func() error { _, err := c.Receive(ctx); return err })
			until(t, "the receiver blocks", func() bool { return c.receiver.held() && blocked("core.(*Conn).fill") })
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

func TestSecondReceiverIsBusy(t *testing.T) {
	client, server := pair(t)
	got := async(func() error { _, err := server.RecvFrame(); return err })
	until(t, "the receiver blocks", func() bool { return server.receiver.held() })
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
			within(t, patience/2, "closing", func() { _, err = c.RecvFrame() })
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
	promptly(2*time.Second, closeBehindAViolation)(t)
}

func closeBehindAViolation(t *testing.T) time.Duration {
	c, peer := serverAgainst(t)
	peer.say(0x81, 1, 'x')
	took := timed(func() {
		_, err := c.RecvFrame()
		wantCode(t, err, CodeProtocol)
	})
	if c.State() != StateClosed || c.FD() != -1 {
		t.Fatal(c.State(), c.FD())
	}
	return took
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

// What ends a call ends it also while the peer keeps the socket full of frames that the call passes over.
func TestFloodMovesNoDeadline(t *testing.T) {
	pongs := bytes.Repeat(masked(0x8A, "none asked for this"), 1000)
	receive := func(c *Conn) error { _, err := c.RecvMessage(); return err }
	for name, v := range map[string]struct {
		first   []byte
		options map[Option]int64
		call    func(*Conn) error
		code    ErrorCode
	}{
		"receive timeout": {nil, map[Option]int64{OptRecvTimeoutMS: 30}, receive, CodeTimeout},
		"context": {nil, nil, func(c *Conn) error {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
			defer cancel()
			_, err := c.Receive(ctx)
			return err
		}, CodeTimeout},
		"message timeout": {masked(0x01, "never done"), map[Option]int64{OptMessageTimeoutMS: 30}, receive, CodePeerPolicy},
		"message timeout, frame by frame": {masked(0x01, "never done"), map[Option]int64{OptMessageTimeoutMS: 30}, func(c *Conn) error {
			for {
				if _, err := c.RecvFrame(); err != nil {
					return err
				}
			}
		}, CodePeerPolicy},
		"message timeout, streamed": {masked(0x01, "never done"), map[Option]int64{OptMessageTimeoutMS: 30}, func(c *Conn) error {
			_, r, err := c.NextReader(context.Background())
			if err == nil {
				_, err = io.Copy(io.Discard, r)
			}
			return err
		}, CodePeerPolicy},
		"violation":         {[]byte{0x81, 1, 'x'}, nil, receive, CodeProtocol},
		"peer's close":      {masked(0x88, "\x03\xe8"), nil, receive, 0},
		"Close":             {nil, nil, (*Conn).Close, 0},
		"Close, violations": {nil, nil, func(c *Conn) error { c.stream.(*flood).frames = []byte{0xFF}; return c.Close() }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if v.options == nil {
				v.options = map[Option]int64{}
			}
			v.options[OptCloseTimeoutMS] = 30
			c := flooded(t, v.first, pongs, v.options)
			if err := await(t, async(func() error { return v.call(c) }), "the end of the call"); code(err) != v.code {
				t.Error(err)
			}
			if open := v.code == CodeTimeout; c.IsOpen() != open {
				t.Error(c.State())
			}
		})
	}
}

// A caller that comes late to a message that is whole gets it: the peer was in time.
func TestMessageTimeoutIsThePeers(t *testing.T) {
	c, peer := serverAgainst(t)
	for o, v := range map[Option]int64{OptMessageTimeoutMS: 1000, OptRecvTimeoutMS: 1} {
		if err := c.SetOption(o, v); err != nil {
			t.Fatal(err)
		}
	}
	text := strings.Repeat("z", 2*RecvBuffer)
	peer.say(append([]byte{0x81, 0xFE, 2 * RecvBuffer >> 8, 0, 0, 0, 0, 0}, text[:100]...)...)
	for c.began.IsZero() { // the message has begun
		_, err := c.RecvMessage()
		wantCode(t, err, CodeTimeout)
	}
	peer.say([]byte(text[100:])...)
	until(t, "the rest is here", func() bool {
		n, err := unix.IoctlGetInt(c.FD(), unix.TIOCINQ)
		return err != nil || n == len(text)-100
	})
	c.began = c.began.Add(-time.Hour)
	if f, err := c.RecvMessage(); err != nil || f.PayloadText() != text {
		t.Fatal(len(f.Payload), err)
	}
}

// Each message has a deadline of its own, also when it begins in the same bytes in which the one before ends.
func TestMessageTimeoutIsPerMessage(t *testing.T) {
	err := receiveSlowly(t)
	for try := 1; code(err) == CodePeerPolicy && try < tries; try++ {
		err = receiveSlowly(t)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// receiveSlowly receives messages that take longer in all than one of them may.
func receiveSlowly(t *testing.T) error {
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
			return errors.Join(errors.New("early"), err)
		case <-time.After(150 * time.Millisecond):
		}
		feed(len(frame))
		if err := await(t, got, "the message"); err != nil {
			return err
		}
	}
	return nil
}

func TestInterruptible(t *testing.T) {
	c, peer := serverAgainst(t)
	if err := c.SetOption(OptInterruptible, 1); err != nil {
		t.Fatal(err)
	}
	wantCode(t, signalled(t, "the receiver", func() error { _, err := c.RecvFrame(); return err }), CodeInterrupted)
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
	until(t, "the receiver blocks", func() bool { return c.receiver.held() && blocked("core.(*Conn).fill") })
	for range 100 {
		_ = unix.Tgkill(unix.Getpid(), id, unix.SIGURG)
	}
	peer.say(masked(0x81, "x")...)
	if err := await(t, got, "the frame"); err != nil {
		t.Fatal(err)
	}
}
