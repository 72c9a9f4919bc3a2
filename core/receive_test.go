// Receiving frames and messages, mixed, over every kind of socket (RFC 6455 §5.4, §5.5).

package core

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

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

// What was read along with a message is pending: the descriptor tells of it no more.
func TestPending(t *testing.T) {
	a, b := socketpair(t)
	server, err := FromServer(a)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Drop()
	client, err := FromClient(b)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Drop()
	if server.Pending() {
		t.Error("something is pending on a fresh connection")
	}
	for _, text := range []string{"one", "two"} {
		if _, err := client.SendText(text); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []bool{true, false} {
		if _, err := server.RecvMessage(); err != nil {
			t.Fatal(err)
		}
		if got := server.Pending(); got != want {
			t.Errorf("after message %d: %v, want %v", i+1, got, want)
		}
	}
	if err := server.ForceClose(); err != nil || !server.Pending() {
		t.Errorf("the end is not pending, %v", err)
	}
}

// A message in which NextReader stopped is for NextReader to go on with; no other call may lose it.
func TestMessageOfNextReaderIsNotLost(t *testing.T) {
	const size = 2 * RecvBuffer
	for _, arrived := range []int{1, 8} { // of the frame, when NextReader stops: part of the header, and all of it
		c, peer := serverAgainst(t)
		frame := append([]byte{0x82, 0xFE, size >> 8, size & 255, 0, 0, 0, 0}, make([]byte, size)...)
		peer.say(frame[:arrived]...)
		ctx, cancel := context.WithCancel(t.Context())
		got := async(func() error { _, _, err := c.NextReader(ctx); return err })
		until(t, "the beginning is read", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.m.InMessage() })
		cancel()
		wantCode(t, await(t, got, "NextReader"), CodeInterrupted)
		peer.say(frame[arrived:]...)
		peer.say(masked(0x81, "second")...)
		for _, recv := range []func(*Conn) (Frame, error){(*Conn).RecvFrame, (*Conn).RecvMessage} {
			_, err := recv(c)
			wantCode(t, err, CodeState)
		}
		_, r, err := c.NextReader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); n != size || err != nil {
			t.Fatal(n, err)
		}
		if f, err := c.RecvMessage(); err != nil || f.PayloadText() != "second" {
			t.Fatal(f, err)
		}
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
