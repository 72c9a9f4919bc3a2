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
