// Sending over real sockets: what goes on the wire, and what is refused before (RFC 6455 §6.1).

package core

import (
	"context"
	"errors"
	"strings"
	"testing"
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
		{"close frame without code", func(c *Conn) (int, error) { f := NewFrame(OpClose, nil); return c.SendFrame(&f) }, []byte{0x88, 0}},
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
		{"close frame 1005", func(c *Conn) (int, error) { f := CloseFrame(CloseNoStatus); return c.SendFrame(&f) }, CodeCloseCode},
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
