// Callbacks over a loop.

package core

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// runLog notes every call of a handler, and answers messages.
type runLog struct {
	calls chan string
}

func (h *runLog) note(format string, args ...any) { h.calls <- fmt.Sprintf(format, args...) }

func (h *runLog) OnOpen(_ *Loop, c ConnID) { h.note("open") }

func (h *runLog) OnMessage(l *Loop, c ConnID, op Opcode, payload []byte) {
	h.note("message %v %s", op, payload)
	_, _ = l.Send(c, op, payload)
}

func (h *runLog) OnClose(_ *Loop, _ ConnID, code CloseCode, reason string, err error) {
	h.note("close %d %q %v", code, reason, errors.Is(err, ErrTimeout) || err != nil)
}

// runLogAll implements every handler there is.
type runLogAll struct{ runLog }

func (h *runLogAll) OnRequest(l *Loop, c ConnID, r *Request) {
	h.note("request %s", r.Path)
	if r.Path == "/no" {
		_ = l.Respond(c, 404, nil, nil)
		return
	}
	_ = l.Accept(c, "", nil)
}

func (h *runLogAll) OnDrain(l *Loop, c ConnID) { h.note("drain") }

func (h *runLogAll) OnFragment(_ *Loop, _ ConnID, op Opcode, part []byte, first, final bool) {
	if first {
		h.note("first part of %v", op)
	}
	if final {
		h.note("last part")
	}
}

func (h *runLogAll) OnPing(_ *Loop, _ ConnID, payload []byte) { h.note("ping %s", payload) }

func (h *runLogAll) OnPong(_ *Loop, _ ConnID, payload []byte, rtt time.Duration) {
	h.note("pong %s %v", payload, rtt < 0)
}

// want receives calls until all of these came, in this order; parts in between are skipped.
func (h *runLog) want(t *testing.T, calls ...string) {
	t.Helper()
	for _, want := range calls {
		if got := await(t, h.calls, want); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// startRun runs a loop with a listener on a goroutine.
func startRun(t *testing.T, o LoopOptions, h LoopHandler) (*Loop, int, <-chan error) {
	t.Helper()
	l, err := NewLoop(&o)
	if err != nil {
		t.Fatal(err)
	}
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	return l, port, async(func() error { return l.Run(h) })
}

func TestLoopRunCallsHandlers(t *testing.T) {
	h := &runLogAll{runLog{make(chan string, 1000)}}
	l, port, done := startRun(t, LoopOptions{Requests: true, Pings: true, Pongs: true, StreamOverBytes: 1000}, h)
	url := fmt.Sprintf("ws://127.0.0.1:%d", port)
	_, err := Dial(t.Context(), url+"/no", nil)
	wantCode(t, err, CodeRefused)
	h.want(t, "request /no")
	if got := await(t, h.calls, "the end of the refused one"); !strings.HasPrefix(got, "close 1006") {
		t.Errorf("got %q", got)
	}
	c := must(Dial(t.Context(), url+"/yes", nil))(t)
	defer c.Drop()
	h.want(t, "request /yes", "open")
	_ = must(c.SendText("hello"))(t)
	h.want(t, "message text hello")
	if f := must(c.RecvMessage())(t); string(f.Payload) != "hello" {
		t.Errorf("echoed %q", f.Payload)
	}
	_ = must(c.SendPing())(t)
	_ = must(c.SendPong())(t)
	h.want(t, "ping ", "pong  true")
	_ = must(c.SendBinary(make([]byte, 5000)))(t)
	h.want(t, "first part of binary", "last part")
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	h.want(t, `close 1000 "" false`)
	if err := l.Stop(); err != nil {
		t.Error(err)
	}
	if err := await(t, done, "Run"); err != nil {
		t.Errorf("Run returned %v after Stop", err)
	}
	// It may run again, and ends with the drain.
	done = async(func() error { return l.Run(h) })
	if err := l.Drain(time.Second); err != nil {
		t.Error(err)
	}
	if err := await(t, done, "Run"); err != nil {
		t.Errorf("Run returned %v after Drain", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := l.Run(h); err != nil {
		t.Errorf("Run of a closed loop returned %v", err)
	}
	wantCode(t, l.Stop(), CodeClosed)
}

// A handler without OnRequest on a loop with OptRequests accepts what can be, and refuses the rest.
func TestLoopRunWithoutRequestHandler(t *testing.T) {
	h := &runLog{make(chan string, 100)}
	l, port, done := startRun(t, LoopOptions{Requests: true, Pings: true, Pongs: true}, h)
	p := dialTCP(t, port)
	p.raw([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	nonblockingHead := async(func() string {
		var b [512]byte
		for {
			if n, _ := readFull(p.fd, b[:12]); n == 12 {
				return string(b[:12])
			}
		}
	})
	if got := await(t, nonblockingHead, "the response"); got != "HTTP/1.1 426" {
		t.Errorf("got %q", got)
	}
	c := must(Dial(t.Context(), fmt.Sprintf("ws://127.0.0.1:%d/", port), nil))(t)
	defer c.Drop()
	_ = must(c.SendPing())(t) // nobody wants to hear of it
	_ = must(c.SendText("x"))(t)
	h.want(t, "open", "message text x")
	_ = c.ForceClose()
	if got := await(t, h.calls, "close"); !strings.HasPrefix(got, "close 1006") || !strings.HasSuffix(got, "true") {
		t.Errorf("got %q", got)
	}
	_ = l.Stop()
	if err := await(t, done, "Run"); err != nil {
		t.Error(err)
	}
	_ = l.Close()
}

// Messages that a handler sends within a batch leave together, and OnDrain follows a full queue.
func TestLoopRunDrains(t *testing.T) {
	h := &runLogAll{runLog{make(chan string, 1000)}}
	l, err := NewLoop(&LoopOptions{QueueBytes: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	tl := &testLoop{Loop: l, t: t, cap: 64}
	id, p := tl.open()
	tl.stall(id, 10_000)
	for {
		if _, err := l.SendBinary(id, make([]byte, 10_000)); err != nil {
			wantCode(t, err, CodeQueueFull)
			break
		}
	}
	done := async(func() error { return l.Run(h) })
	nonblock(t, p.fd)
	for len(h.calls) == 0 {
		p.read()
	}
	h.want(t, "drain")
	_ = l.Stop()
	if err := await(t, done, "Run"); err != nil {
		t.Error(err)
	}
}
