package core

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

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
	forEachCarrier(t, func(t *testing.T, c *Conn, _ *rawPeer) {
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
