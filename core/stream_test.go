// Messages as streams: bounded memory, and nothing else in between (RFC 6455 §5.4).

package core

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"
)

func TestStreaming(t *testing.T) {
	client, server := pair(t)
	for _, size := range []int{0, 1, 4096, 4097, 65536, 65537, 1_000_003} {
		text := strings.Repeat("aé", size/3) + strings.Repeat("x", size%3)
		sent := async(func() error {
			w, err := client.NextWriter(t.Context(), OpText)
			if err != nil {
				return err
			}
			for b := []byte(text); len(b) > 0; { // cut anywhere, inside code points too
				n := min(len(b), 9973)
				if _, err := w.Write(b[:n]); err != nil {
					return err
				}
				b = b[n:]
			}
			if err := w.Close(); err != nil {
				return err
			}
			if _, err := w.Write([]byte("x")); code(err) != CodeState {
				return errors.New("a finished writer takes more")
			}
			return w.Close()
		})
		op, r, err := server.NextReader(t.Context())
		if err != nil || op != OpText {
			t.Fatal(op, err)
		}
		got, err := io.ReadAll(iotest.HalfReader(r))
		if err != nil || string(got) != text {
			t.Fatal(size, len(got), err)
		}
		if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Fatal(n, err)
		}
		if err := await(t, sent, "the writer"); err != nil {
			t.Fatal(err)
		}
	}
}

// A message of any length is read in bounded memory.
func TestNextReaderIsBounded(t *testing.T) {
	client, server := pair(t)
	const size = 64 << 20
	if err := server.SetOption(OptMaxMessageBytes, size); err != nil {
		t.Fatal(err)
	}
	chunk := bytes.Repeat([]byte("z"), 60_000)
	go func() {
		w, err := client.NextWriter(context.Background(), OpBinary)
		for left := size; err == nil && left > 0; left -= min(left, len(chunk)) {
			_, err = w.Write(chunk[:min(left, len(chunk))])
		}
		if err == nil {
			_ = w.Close()
		}
	}()
	_, r, err := server.NextReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, err := io.Copy(io.Discard, r)
	runtime.ReadMemStats(&after)
	if n != size || err != nil {
		t.Fatal(n, err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > size/2 { // under the race detector pools forget
		t.Errorf("%d bytes were allocated to read %d", grown, size)
	}
}

func TestNextReaderDiscardsWhatIsLeft(t *testing.T) {
	client, server := pair(t)
	go func() {
		_, _ = client.SendBinary(make([]byte, 200_000))
		_, _ = client.SendText("next")
		_, _ = client.SendText("last")
	}()
	_, r, err := server.NextReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	for _, recv := range []func(*Conn) (Frame, error){(*Conn).RecvFrame, (*Conn).RecvMessage} {
		_, err := recv(server)
		wantCode(t, err, CodeState)
	}
	op, r, err := server.NextReader(t.Context())
	if err != nil || op != OpText {
		t.Fatal(op, err)
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != "next" {
		t.Fatal(string(b), err)
	}
	if f, err := server.RecvMessage(); err != nil || f.PayloadText() != "last" {
		t.Fatal(f, err)
	}
}

func TestNextReaderMeetsTheEnd(t *testing.T) {
	c, peer := serverAgainst(t)
	peer.say(masked(0x02, "begun")...)
	peer.say(masked(0x89, "p")...)
	peer.say(masked(0x88, "\x03\xe9bye")...)
	go func() { peer.hearEnd(); peer.Close() }()
	_, _, err := c.NextReader(t.Context())
	var why *CloseError
	if !errors.As(err, &why) || why.Code != CloseGoingAway || code(err) != CodeClosed {
		t.Fatal(err)
	}
	_, _, err = c.NextReader(t.Context())
	wantCode(t, err, CodeClosed)
}

func TestReadTimeoutLosesNothing(t *testing.T) {
	c, peer := serverAgainst(t)
	long := append([]byte{0x82, 0xFE, 0x20, 0x00, 0, 0, 0, 0}, bytes.Repeat([]byte("y"), 0x2000)...)
	peer.say(long[:5000]...)
	_, r, err := c.NextReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 4000)); err != nil {
		t.Fatal(err)
	}
	if err := c.SetOption(OptRecvTimeoutMS, 20); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(r)
	wantCode(t, err, CodeTimeout)
	if err := c.SetOption(OptRecvTimeoutMS, NoTimeoutMS); err != nil {
		t.Fatal(err)
	}
	peer.say(long[5000:]...)
	more, err := io.ReadAll(r)
	if err != nil || 4000+len(rest)+len(more) != 0x2000 {
		t.Fatal(len(rest), len(more), err)
	}
}

func TestNextWriterKeepsOtherMessagesOut(t *testing.T) {
	client, server := pair(t)
	if err := client.SetOption(OptSendFrameBytes, 4); err != nil {
		t.Fatal(err)
	}
	_, err := client.NextWriter(t.Context(), OpPing)
	wantCode(t, err, CodeArgument)
	w, err := client.NextWriter(t.Context(), OpBinary)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "123456789"); err != nil {
		t.Fatal(err)
	}
	_, err = client.SendText("between")
	wantCode(t, err, CodeState)
	if _, err := client.SendPing(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if f, err := server.RecvMessage(); err != nil || f.PayloadText() != "123456789" || !f.IsBinary() {
		t.Fatal(f, err)
	}
	client.Drop()
	_, err = client.NextWriter(t.Context(), OpText)
	wantCode(t, err, CodeClosed)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := server.Receive(ctx); code(err) != CodeAbnormal {
		t.Fatal(err)
	}
}

// A Write or Close that found no room in time, or that a signal ended, can be made again: no byte is lost and none comes twice.
func TestNextWriterIsResumed(t *testing.T) {
	a, b := socketpair(t)
	c, peer := must(FromServer(a))(t), must(FromClient(b))(t)
	defer c.Drop()
	defer peer.Drop()
	if err := c.SetOption(OptSendFrameBytes, 4); err != nil {
		t.Fatal(err)
	}
	w := must(c.NextWriter(t.Context(), OpText))(t)
	limit := func(ms int64) {
		t.Helper()
		if err := c.SetOption(OptSendTimeoutMS, ms); err != nil {
			t.Fatal(err)
		}
	}
	fill(t, c)
	limit(20)
	text := "0123456789"
	n, err := io.WriteString(w, text)
	wantCode(t, err, CodeTimeout)
	got := async(func() string { return heardUntilPong(peer, "room") })
	limit(NoTimeoutMS)
	if _, err := c.SendPongPayload([]byte("room")); err != nil {
		t.Fatal(err)
	}
	if g := await(t, got, "what came so far"); g != "" {
		t.Fatal(g)
	}
	if m, err := io.WriteString(w, text[n:]); err != nil || n+m != len(text) {
		t.Fatal(n, m, err)
	}
	fill(t, c)
	limit(20)
	wantCode(t, w.Close(), CodeTimeout)
	got = async(func() string { return heardUntilPong(peer, "end") })
	limit(NoTimeoutMS)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SendPongPayload([]byte("end")); err != nil {
		t.Fatal(err)
	}
	if g := await(t, got, "the message"); g != "text 0123...;continuation 4567...;continuation 89;" {
		t.Fatal(g)
	}
}

// A message whose context ends in its middle can never be finished. Others must not wait for that: they are told that nothing can be
// sent any more, and what comes is still received.
func TestNextWriterThatGaveUp(t *testing.T) {
	for _, begun := range []bool{false, true} {
		client, server := pair(t)
		ctx, cancel := context.WithCancel(t.Context())
		w := must(client.NextWriter(ctx, OpText))(t)
		if begun {
			go server.RecvMessage()
			if _, err := w.Write(make([]byte, 100<<10)); err != nil {
				t.Fatal(err)
			}
		}
		cancel()
		wantCode(t, w.Close(), CodeInterrupted)
		wantCode(t, w.Close(), CodeInterrupted)
		_, err := client.SendText("x")
		if !begun { // nothing of it was sent
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		wantCode(t, err, CodeAbnormal)
		if client.IsOpen() {
			t.Error("the connection is open, and no message can be sent")
		}
		if _, err := server.SendText("still heard"); err != nil {
			t.Fatal(err)
		}
		if f, err := client.RecvMessage(); err != nil || f.PayloadText() != "still heard" {
			t.Fatal(f, err)
		}
	}
}

// Any goroutine may call anything: while one reads a message, another cannot take or discard it, and is told so.
func TestSecondReaderIsBusy(t *testing.T) {
	client, server := pair(t)
	if _, err := client.SendFragment(OpBinary, make([]byte, 2*RecvBuffer), false); err != nil {
		t.Fatal(err)
	}
	_, r, err := server.NextReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sent := async(func() error {
		for range 1000 {
			if _, err := client.SendFragment(OpContinuation, make([]byte, RecvBuffer), false); err != nil {
				return err
			}
		}
		_, err := client.SendFragment(OpContinuation, nil, true)
		return err
	})
	var seen atomic.Bool
	over, cancel := context.WithCancel(t.Context())
	cancel()
	read := async(func() error {
		defer seen.Store(true)
		for buf := make([]byte, 100); ; {
			if _, err := r.Read(buf); err != nil && code(err) != CodeBusy {
				return err
			}
		}
	})
	for !seen.Load() {
		_, _, err := server.NextReader(over) // discards what has arrived
		if code(err) != CodeBusy && code(err) != CodeInterrupted {
			t.Fatal(err)
		}
	}
	if err := await(t, read, "the reader"); err != io.EOF {
		t.Fatal(err)
	}
	if err := await(t, sent, "the sender"); err != nil {
		t.Fatal(err)
	}
}
