// The peers of the model test: what they send, how they read, compare and end.
package core

import (
	"fmt"
	"strconv"
	"strings"

	"libws/core/wire"

	"golang.org/x/sys/unix"
)

// message makes a text that no other has.
func (m *model) message(c *modelConn) string {
	m.made++
	size := m.r.IntN(300)
	switch m.r.IntN(20) {
	case 0:
		size = m.r.IntN(70_000)
	case 1:
		size = 0
	}
	return fmt.Sprintf("%s/%d/%s", c.name, m.made, strings.Repeat("m", size))
}

func (m *model) peerSends(c *modelConn) {
	if c.finished || len(c.out) > 300_000 {
		return
	}
	s := m.message(c)
	if m.r.IntN(3) == 0 { // in fragments
		cut := m.r.IntN(len(s))
		c.out = append(append(c.out, c.p.frame(OpText, false, s[:cut])...), c.p.frame(OpContinuation, true, s[cut:])...)
	} else {
		c.out = append(c.out, c.p.frame(OpBinary, true, s)...)
	}
	c.messages = append(c.messages, s)
	c.queued = c.written + len(c.out)
	c.ends = append(c.ends, c.queued)
}

func (m *model) peerPings(c *modelConn) {
	if !c.finished && len(c.out) < 300_000 {
		c.out = append(c.out, c.p.frame(OpPing, true, "ping")...)
		c.queued = c.written + len(c.out)
	}
}

// peerWrites writes some of what the peer has encoded, cut anywhere.
func (m *model) peerWrites(c *modelConn) {
	if len(c.out) == 0 || c.p.fd < 0 {
		return
	}
	n := len(c.out)
	if m.r.IntN(2) == 0 {
		n = 1 + m.r.IntN(n)
	}
	m.peerWrite(c, n)
}

func (m *model) peerWrite(c *modelConn, n int) {
	n, err := unix.SendmsgN(c.p.fd, c.out[:n], nil, nil, unix.MSG_NOSIGNAL)
	if err == unix.EAGAIN {
		return
	}
	if err != nil {
		c.out, c.broke = nil, true
		return
	}
	c.out = c.out[n:]
	c.written += n
	c.alive = m.now
}

// peerReads lets the peer read, answer pings and compare what it got.
func (m *model) peerReads(c *modelConn) {
	if !c.reads || c.deaf || c.p.fd < 0 {
		return
	}
	had := len(c.p.got)
	got := c.p.read()
	for _, s := range got[had:] {
		if payload, ok := strings.CutPrefix(s, "ping "); ok && !c.finished {
			c.out = append(c.out, c.p.frame(OpPong, true, payload)...)
			c.queued = c.written + len(c.out)
		}
	}
	c.p.m.AppendOutput(nil)
	for ; c.pulled < len(got); c.pulled++ {
		op, text, _ := strings.Cut(got[c.pulled], " ")
		switch op {
		case "text", "binary":
			m.arrived(c, text)
		case "close":
			m.closeArrived(c, text)
		case "ping", "pong":
		default:
			m.fatalf("%s: the peer got %s", c.name, got[c.pulled])
		}
	}
}

// arrived finds a message among those that were taken: in order, and only a policy that drops may leave some out.
func (m *model) arrived(c *modelConn, text string) {
	for i := c.matched; i < len(c.taken); i++ {
		if c.taken[i].text == text {
			c.matched = i + 1
			m.stats["arrived"]++
			return
		}
		if c.taken[i].must {
			m.fatalf("%s: %.30q was left out before %.30q", c.name, c.taken[i].text, text)
		}
	}
	m.fatalf("%s: %.30q arrived, which was not taken or came already", c.name, text)
}

// allArrived checks that nothing that was taken is missing.
func (m *model) allArrived(c *modelConn, when string) {
	for _, t := range c.taken[c.matched:] {
		if t.must {
			m.fatalf("%s: %.30q has not arrived %s", c.name, t.text, when)
		}
	}
}

// closeArrived judges the loop's close frame, and may answer it.
func (m *model) closeArrived(c *modelConn, text string) {
	var want bool
	switch text {
	case c.slowClose():
		want = c.slow
	case "4001 model":
		want = c.closing && !c.away
	case "1001 ":
		want = c.away
	case "1000 ": // the answer to the peer's
		want = c.frames && c.written == c.finishAt
	case "1011 no pong in time":
		want = true // the judge looks whether it was so
	case "1011 there is no memory for the message":
		want = m.stats["starved"] > 0
	}
	if !want || c.slow && text != c.slowClose() {
		m.fatalf("%s: the peer got close %q", c.name, text)
	}
	m.allArrived(c, "before the close frame")
	if c.closing && c.polite && !c.finished {
		code, _, _ := strings.Cut(text, " ")
		m.peerCloses(c, code+" answer")
	}
}

// peerCloses makes a close frame the last that the peer sends.
func (m *model) peerCloses(c *modelConn, says string) {
	code, reason, _ := strings.Cut(says, " ")
	n, _ := strconv.Atoi(code)
	c.out = append(c.out, c.p.frame(OpClose, true, string(wire.AppendClosePayload(nil, CloseCode(n), reason)))...)
	c.queued = c.written + len(c.out)
	c.finished, c.frames, c.finishAt, c.says = true, true, c.queued, says
}

// slowClose is the close frame that tells the peer that it reads too slowly.
func (c *modelConn) slowClose() string {
	if c.policy == QueueClose1013 {
		return "1013 the peer reads too slowly"
	}
	return "1008 the peer reads too slowly"
}

// finishes begins one of the ways to end.
func (m *model) finishes(c *modelConn) {
	switch m.r.IntN(7) {
	case 0:
		if m.Abort(c.id) == nil {
			c.aborted = true
		} else if !c.closed && !c.aborted && !m.ended(c) {
			m.fatalf("%s cannot be aborted", c.name)
		}
	case 1:
		err := m.CloseConn(c.id, 4001, "model")
		switch {
		case err == nil:
			c.closing, c.closeBy, c.paused = true, m.now+modelClose, false
		case !c.closed && !c.closing && !c.aborted && !c.finished && !m.ended(c):
			m.fatalf("%s cannot be closed: %v", c.name, err)
		}
	case 2, 3:
		if !c.finished {
			m.peerCloses(c, "1000 end")
		}
	case 4: // half-close behind what was written
		if !c.finished && c.p.fd >= 0 {
			_ = unix.Shutdown(c.p.fd, unix.SHUT_WR)
			c.finished, c.finishAt, c.out = true, c.written, nil
		}
	case 5: // gone, with whatever it had not read
		if c.p.fd >= 0 {
			m.peerReads(c)
			m.goes(c)
		}
	case 6: // gone without a look at what has come: the system resets the connection
		if c.p.fd >= 0 && m.unread(c) {
			m.goes(c)
			m.stats["reset"]++
		}
	}
}

// goes closes the peer's end.
func (m *model) goes(c *modelConn) {
	c.p.close()
	if !c.finished {
		c.finished, c.finishAt = true, c.written
	}
	c.out = nil
}

// unread tells whether something waits for the peer.
func (m *model) unread(c *modelConn) bool {
	n, err := unix.IoctlGetInt(c.p.fd, unix.TIOCINQ)
	if err != nil {
		m.fatalf("%s: %v", c.name, err)
	}
	return n > 0
}
