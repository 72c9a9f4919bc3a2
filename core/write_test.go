// Many senders: frames never interleave, deadlines and contexts end the wait (RFC 6455 §5.4, §6.1).

package core

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
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

// Senders, one of them with contexts that end at any moment, meet those who close: no message is mixed up, and everybody returns.
func TestSixteenSendersMeetClosers(t *testing.T) {
	for name, open := range map[string]func(testing.TB) (client, server *Conn){
		"descriptor": pair,
		"net.Conn": func(t testing.TB) (*Conn, *Conn) {
			a, b := netPair(t, "tcp", "127.0.0.1:0")
			return must(NewConn(a, RoleClient, nil))(t), must(NewConn(b, RoleServer, nil))(t)
		},
		"TLS": func(t testing.TB) (*Conn, *Conn) {
			a, b := tlsPair(t)
			return must(NewConn(a, RoleClient, nil))(t), must(NewConn(b, RoleServer, nil))(t)
		},
	} {
		for closer, end := range map[string]func(*Conn) error{
			"Close": (*Conn).Close, "ForceClose": (*Conn).ForceClose, "Drop": func(c *Conn) error { c.Drop(); return nil },
		} {
			t.Run(name+" "+closer, func(t *testing.T) {
				for range 5 {
					client, server := open(t)
					sendersMeetClosers(t, client, server, end)
				}
			})
		}
	}
}

func sendersMeetClosers(t *testing.T, client, server *Conn, end func(*Conn) error) {
	t.Helper()
	defer client.Drop()
	defer server.Drop()
	var came atomic.Int32
	received := async(func() error {
		for {
			f, err := server.RecvMessage()
			if err != nil || f.Opcode == OpClose {
				return err
			}
			if !bytes.Equal(f.Payload, bytes.Repeat(f.Payload[:1], len(f.Payload))) {
				return errors.New("messages are mixed up")
			}
			came.Add(1)
		}
	})
	pongs := async(func() error { _, err := client.RecvMessage(); return err })
	var senders sync.WaitGroup
	for s := range 16 {
		senders.Go(func() {
			for i := 0; ; i++ {
				var err error
				payload := bytes.Repeat([]byte{byte('a' + s)}, 1+(i*997)%3000)
				switch {
				case i%5 == 0:
					_, err = client.SendPingPayload(payload[:1])
				case s == 0:
					ctx, cancel := context.WithCancel(context.Background())
					go cancel()
					err = client.Send(ctx, OpBinary, payload)
				default:
					_, err = client.SendBinary(payload)
				}
				if s == 0 && errors.Is(err, ErrInterrupted) {
					continue
				}
				if err != nil {
					if c := code(err); c != CodeClosed && c != CodeAbnormal { // a cancelled context may have cut a frame
						t.Error(err)
					}
					return
				}
			}
		})
	}
	until(t, "messages come", func() bool { return came.Load() > 50 || client.State() != StateOpen })
	var closers sync.WaitGroup
	for range 4 {
		closers.Go(func() {
			if err := end(client); err != nil && !errors.Is(err, ErrClosed) {
				t.Error(err)
			}
		})
	}
	closers.Wait()
	senders.Wait()
	if c := code(await(t, received, "the receiver")); c != 0 && c != CodeAbnormal {
		t.Error("the receiver got code", c)
	}
	await(t, pongs, "the other receiver")
	if client.State() != StateClosed {
		t.Error(client.State())
	}
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

// The context of a sender that waits in line ends nothing but that sender's wait. On TLS a write that is cut is the end.
func TestContextOfASenderInLine(t *testing.T) {
	a, b := tlsPair(t)
	defer b.Close()
	c := must(NewConn(a, RoleClient, nil))(t)
	defer c.Drop()
	first := async(func() error { return fillSocket(c) })
	senderBlocks(t, c, "core.(*Conn).writeAll")
	ctx, cancel := context.WithCancel(t.Context())
	second := async(func() error { return c.Send(ctx, OpText, []byte("x")) })
	until(t, "the second waits", func() bool { return inLine(c) == 1 })
	cancel()
	wantCode(t, await(t, second, "the second sender"), CodeInterrupted)
	go io.Copy(io.Discard, b)
	if err := await(t, first, "the first sender"); err != nil {
		t.Fatal(err)
	}
}

// A wake-up that is late for its own call does not meet the next sender's write.
func TestContextThatEndsWithItsSend(t *testing.T) {
	woken, writes := make(chan struct{}), make(chan struct{}, 2)
	ctx, cancel := context.WithCancel(t.Context())
	s := &scripted{}
	begun := make(chan struct{})
	s.wakeWrite = func() { close(begun); <-woken }
	s.write = func(bufs [][]byte) (int64, error) {
		writes <- struct{}{}
		if len(writes) == 1 { // the context ends too late to stop this write
			cancel()
			<-begun
		}
		return s.keep(bufs)
	}
	c := scriptedServer(s, defaultSettings())
	first := async(func() error { return c.Send(ctx, OpText, []byte("first")) })
	<-begun
	second := async(func() error { _, err := c.SendText("second"); return err })
	until(t, "the second sender is there", func() bool { return inLine(c) == 1 || len(writes) == 2 })
	if len(writes) == 2 {
		t.Fatal("the second sender writes, and the first one's wake-up is under way")
	}
	close(woken)
	for _, sent := range []<-chan error{first, second} {
		if err := await(t, sent, "a sender"); err != nil {
			t.Fatal(err)
		}
	}
}

// A send that is over before its first byte is out has not happened: the same call can be made again, whatever it sends.
func TestTimeoutBeforeTheFirstByteCostsNothing(t *testing.T) {
	fragment := func(op Opcode, data string, final bool) func(*Conn) error {
		return func(c *Conn) error { _, err := c.SendFragment(op, []byte(data), final); return err }
	}
	nothing := func(*Conn) error { return nil }
	for _, v := range []struct {
		name                string
		before, send, after func(*Conn) error // only send finds no room
		want                string            // what the peer receives
	}{
		{"ping", nothing, func(c *Conn) error { _, err := c.SendPingPayload([]byte("p")); return err }, nothing, "ping p;"},
		{"answer", nothing, func(c *Conn) error { _, err := c.SendPong(); return err }, nothing, "pong hi;"},
		{"message", nothing, func(c *Conn) error { _, err := c.SendText("x"); return err }, nothing, "text x;"},
		{"long message", nothing, func(c *Conn) error { _, err := c.SendText(strings.Repeat("é", 50_000)); return err }, nothing,
			"text of 65536...;continuation of 34464;"},
		{"first fragment", nothing, fragment(OpText, "\xe2", false), fragment(OpContinuation, "\x82\xac", true),
			"text \xe2...;continuation \x82\xac;"},
		{"next fragment", fragment(OpText, "\xe2", false), fragment(OpContinuation, "\x82", false), fragment(OpContinuation, "\xac", true),
			"text \xe2...;continuation \x82...;continuation \xac;"},
	} {
		for _, role := range []Role{RoleServer, RoleClient} {
			t.Run(v.name+" "+role.String(), func(t *testing.T) {
				a, b := socketpair(t)
				c := must(fromFD("", a, role, defaultSettings()))(t)
				peer := must(fromFD("", b, RoleServer+RoleClient-role, defaultSettings()))(t)
				defer c.Drop()
				defer peer.Drop()
				if _, err := peer.SendPingPayload([]byte("hi")); err != nil {
					t.Fatal(err)
				}
				if f, err := c.RecvFrame(); err != nil || f.Opcode != OpPing {
					t.Fatal(f, err)
				}
				if err := v.before(c); err != nil {
					t.Fatal(err)
				}
				fill(t, c)
				if err := c.SetOption(OptSendTimeoutMS, 20); err != nil {
					t.Fatal(err)
				}
				wantCode(t, v.send(c), CodeTimeout)
				if err := c.SetOption(OptSendTimeoutMS, NoTimeoutMS); err != nil {
					t.Fatal(err)
				}
				got := async(func() string { return heardUntilPong(peer, "end") })
				for _, send := range []func(*Conn) error{v.send, v.after} {
					if err := send(c); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := c.SendPongPayload([]byte("end")); err != nil {
					t.Fatal(err)
				}
				if g := await(t, got, "the frames"); g != v.want {
					t.Errorf("the peer got %q", g)
				}
			})
		}
	}
}

// heardUntilPong lists the frames that come before the pong with this payload, those of fill left out.
func heardUntilPong(c *Conn, payload string) string {
	var all strings.Builder
	for {
		f, err := c.RecvFrame()
		text := f.PayloadText()
		switch {
		case err != nil:
			return all.String() + err.Error()
		case f.Opcode == OpPong && text == payload:
			return all.String()
		case f.Opcode == OpPing && len(f.Payload) == 100:
			continue
		case len(text) > 100:
			text = fmt.Sprintf("of %d", len(text))
		}
		if !f.IsFinal {
			text += "..."
		}
		fmt.Fprintf(&all, "%v %s;", f.Opcode, text)
	}
}
