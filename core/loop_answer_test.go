// Answers over plain HTTP that take long to leave: the memory they cost and the time they get (RFC 9112 §9.3).
package core

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// asked opens a connection that has sent these requests.
func asked(t *testing.T, l *testLoop, requests string) *loopPeer {
	t.Helper()
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	p := dialTCP(t, port)
	p.raw([]byte(requests))
	return p
}

// answer answers every request that was told since the last call with a body.
func (l *testLoop) answer(body []byte) {
	l.t.Helper()
	for _, e := range l.of(LoopRequest)[l.requests:] {
		l.requests++
		if err := l.Respond(e.Conn, 200, nil, body); err != nil {
			l.t.Fatal(err)
		}
	}
}

// take reads at most n bytes of what has arrived.
func (p *loopPeer) take(n int) (got []byte) {
	p.t.Helper()
	for b := make([]byte, n); len(got) < n && !p.eof && p.err == nil; {
		m, err := unix.Read(p.fd, b[len(got):])
		switch {
		case err == unix.EAGAIN:
			return got
		case err != nil && err != unix.EINTR:
			p.err = err
		case m == 0:
			p.eof = true
		default:
			got = b[:len(got)+m]
		}
	}
	return got
}

// A client that asks on and on without reading gets no further answer while one waits: the memory is that of one.
func TestLoopPipelinedRequestsWaitForTheReader(t *testing.T) {
	l := newClockLoop(t, LoopOptions{Requests: true})
	const count = 100
	body := make([]byte, 256<<10)
	p := asked(t, l, strings.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", count))
	most := int64(0)
	step := func() {
		l.settle()
		l.answer(body)
		most = max(most, l.Metrics().QueueBytes)
	}
	for told := -1; told < l.requests; {
		told = l.requests
		step()
	}
	if l.requests == count {
		t.Fatal("the socket takes all answers")
	}
	if n := l.epollReady(); n != 0 {
		t.Errorf("a client that does not read keeps the loop awake: %d ready", n)
	}
	l.pass(9 * time.Second) // the time for the next request begins with the end of the answer before it
	var got []byte
	l.until("all answers", func() bool {
		got = append(got, p.take(1<<20)...)
		step()
		return len(got) > count*len(body) && l.requests == count && l.Metrics().QueueBytes == 0
	})
	got = append(got, p.take(len(body))...)
	if n := bytes.Count(got, []byte("HTTP/1.1 200 ")); n != count {
		t.Errorf("%d answers", n)
	}
	if limit := int64(len(body) + 1000); most > limit {
		t.Errorf("%d bytes waited, for an answer of %d", most, len(body))
	}
	l.pass(9 * time.Second)
	if n := len(l.of(LoopClose)); n != 0 {
		t.Errorf("the client was given up: %v", l.last())
	}
	p.raw([]byte(upgradeRequest))
	e, _ := l.nextRequest()
	if err := l.Accept(e.Conn, "", nil); err != nil {
		t.Fatal(err)
	}
	l.until("open", func() bool { return len(l.of(LoopOpen)) == 1 })
}

// Whoever goes while an answer and further requests of its own wait is let go of: nobody keeps the loop awake
// over requests that none can be answered.
func TestLoopClientGoesAmidItsPipelinedRequests(t *testing.T) {
	for name, leave := range map[string]func(*loopPeer){
		"resets": (*loopPeer).reset,
		"closes": (*loopPeer).close, // with bytes that it did not read, which is a reset, too
	} {
		t.Run(name, func(t *testing.T) {
			l := newClockLoop(t, LoopOptions{Requests: true})
			p := asked(t, l, strings.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 50))
			for told := -1; told < l.requests; {
				told = l.requests
				l.settle()
				l.answer(make([]byte, 256<<10))
			}
			if l.requests == 50 {
				t.Fatal("the socket takes all answers")
			}
			leave(p)
			l.until("its end", func() bool { l.answer(nil); return len(l.of(LoopClose)) == 1 })
			if m := l.Metrics(); m.Pending != 0 || m.QueueBytes != 0 {
				t.Errorf("left: %+v", m)
			}
			if n := l.epollReady(); n != 0 {
				t.Errorf("%d ready", n)
			}
		})
	}
}

// longAnswer returns a loop that is to answer a request with this field, and the one who asks.
func longAnswer(t *testing.T, field string) (*testLoop, *loopPeer) {
	t.Helper()
	l := newClockLoop(t, LoopOptions{Requests: true})
	p := asked(t, l, "GET / HTTP/1.1\r\nHost: a\r\n"+field+"\r\n")
	l.nextRequest()
	l.requests--
	return l, p
}

// Whoever keeps reading gets a long answer whole, however slowly, whether the connection goes on after it or not.
func TestLoopLongAnswersReachSlowReaders(t *testing.T) {
	for name, field := range map[string]string{"close": "Connection: close\r\n", "keep-alive": ""} {
		t.Run(name, func(t *testing.T) {
			l, p := longAnswer(t, field)
			body := make([]byte, 32<<20)
			l.answer(body)
			p.head(l, "200")
			got := 0
			for got < len(body) && !p.eof && p.err == nil { // it reads 1 MiB in four seconds
				l.until("more of the answer", func() bool {
					n := len(p.take(1 << 20))
					got += n
					return n > 0 || p.eof || p.err != nil
				})
				l.pass(4 * time.Second)
			}
			if got != len(body) {
				t.Errorf("%d bytes came of an answer of %d; events %v", got, len(body), l.events)
			}
			if name == "close" {
				p.awaitEOF(l)
			}
			p.close()
			l.until("the connection is gone", func() bool { return l.slab.live == 0 })
		})
	}
}

// The time of the reader begins when there is something to read: a host that does not poll for long, and so does not write, takes none of
// it.
func TestLoopLongAnswersAfterALongPause(t *testing.T) {
	for name, field := range map[string]string{"close": "Connection: close\r\n", "keep-alive": ""} {
		t.Run(name, func(t *testing.T) {
			l, p := longAnswer(t, field)
			body := make([]byte, 32<<20)
			l.answer(body)
			l.now += time.Minute
			p.head(l, "200")
			got := 0
			l.until("the answer", func() bool {
				got += len(p.take(1 << 20))
				return got == len(body) || p.eof || p.err != nil
			})
			if got != len(body) {
				t.Errorf("%d bytes came of an answer of %d; events %v", got, len(body), l.events)
			}
		})
	}
}

// One that has stopped reading is waited for as long as for anything else, and then given up.
func TestLoopLongAnswersWaitForNoOne(t *testing.T) {
	for name, c := range map[string]struct {
		field string
		waits time.Duration
		cause ErrorCode
	}{
		"close":      {"Connection: close\r\n", 5 * time.Second, 0},
		"keep-alive": {"", 10 * time.Second, CodeTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			l, p := longAnswer(t, c.field)
			l.answer(make([]byte, 32<<20))
			l.settle()
			p.take(4 << 20)
			l.settle() // what the systems move between them is over
			l.pass(c.waits + clockTick)
			if l.slab.live != 1 {
				t.Fatalf("given up while it was reading: %v", l.events)
			}
			l.pass(c.waits - clockTick)
			if l.slab.live != 1 {
				t.Fatalf("given up too early: %v", l.events)
			}
			l.pass(3 * clockTick)
			for range 3 { // unless the systems moved something late
				l.pass(c.waits)
			}
			if l.slab.live != 0 {
				t.Error("it is waited for without end")
			}
			if e := l.last(); e.Kind != LoopClose || e.Error != c.cause {
				t.Errorf("got %v", e)
			}
		})
	}
}

// What was sent before the end of a connection reaches a peer that keeps reading, the close frame included.
func TestLoopLongOutputBeforeTheEnd(t *testing.T) {
	l := newClockLoop(t, LoopOptions{QueueBytes: 32 << 20, PingInterval: NoTimeout})
	id, p := l.tcpPair()
	if _, err := l.SendBinary(id, make([]byte, 24<<20)); err != nil {
		t.Fatal(err)
	}
	p.send(3, "breaks a rule")
	l.until("close", func() bool { return len(l.of(LoopClose)) == 1 })
	for !p.eof && p.err == nil {
		l.until("more of the output", func() bool {
			got := p.take(1 << 20)
			p.m.Feed(got)
			p.pull()
			return len(got) > 0 || p.eof || p.err != nil
		})
		l.pass(4 * time.Second)
	}
	if len(p.got) != 2 || !strings.HasPrefix(p.got[1], "close 1002") {
		t.Errorf("%d things arrived: %.40q", len(p.got), p.got)
	}
}

// A client that was accepted when the time of its handshake was over already is open like any other: what is due is no ping.
func TestLoopAcceptsLate(t *testing.T) {
	l := newClockLoop(t, LoopOptions{Requests: true, PingInterval: NoTimeout})
	p := asked(t, l, upgradeRequest)
	e, _ := l.nextRequest()
	l.now += 10*time.Second + clockTick
	if err := l.Accept(e.Conn, "", nil); err != nil {
		t.Fatal(err)
	}
	l.settle()
	if _, err := l.SendText(e.Conn, "hello"); err != nil {
		t.Fatal(err)
	}
	p.head(l, "101")
	p.await(l, 1)
	l.pass(time.Hour)
	if got := p.read(); len(got) != 1 || got[0] != "text hello" {
		t.Errorf("it got %q", got)
	}
}

// A client that had an answer over plain HTTP before it was accepted is open like any other: its round trips are measured while its socket
// is full, too.
func TestLoopAcceptsBehindAnAnswer(t *testing.T) {
	l := newClockLoop(t, LoopOptions{Requests: true})
	p := asked(t, l, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	e, _ := l.nextRequest()
	if err := l.Respond(e.Conn, 204, nil, nil); err != nil {
		t.Fatal(err)
	}
	p.head(l, "204")
	p.raw([]byte(upgradeRequest))
	l.nextRequest()
	if err := l.Accept(e.Conn, "", nil); err != nil {
		t.Fatal(err)
	}
	p.head(l, "101")
	l.pass(20*time.Second + clockTick)
	ping := p.await(l, 1)[0]
	l.stall(e.Conn, directSend-1)
	p.send(OpPong, strings.TrimPrefix(ping, "ping "))
	p.landed()
	l.settle()
	if n := l.Metrics().Pings; n != 1 {
		t.Errorf("%d round trips are counted", n)
	}
}
