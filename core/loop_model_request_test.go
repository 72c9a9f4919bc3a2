// The model test of requests: clients ask over adopted sockets and a listener, pipelined and cut anywhere; a loop that decides at random
// answers, upgrades, waits too long or drains.
package core

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// askModel is the reference: what each client has asked, what it was answered, and which ends are possible.
type askModel struct {
	*testLoop
	r       *rand.Rand
	seed    uint64
	step    int
	askers  []*asker
	byID    map[ConnID]*asker
	byName  map[string]*asker
	made    int
	stats   map[string]int
	address string

	draining, drained bool
	drainAt           time.Duration
}

// asker is one client as the model sees it.
type asker struct {
	name  string
	id    ConnID // 0 until the loop has told of a connection of the listener's
	p     *loopPeer
	out   []byte // not written yet
	wrote int    // bytes written, those handed over with the descriptor included

	requests []askedRequest
	messages []string // that follow an upgrade
	ends     []int    // where each of them ends in what the client writes

	told      int  // requests that the loop has told of
	waits     bool // the last of them waits for a decision
	answers   []string
	answered  int    // of them the client has got
	in        []byte // got, and not parsed
	framed    bool   // what comes are frames
	accepted  bool
	delivered int
	sent      []string // by the loop, behind its 101
	arrived   int

	opened, over, gone, closed, garbled bool
	since                               time.Duration // when its time began at the earliest
	latest                              time.Duration // and at the latest
	late                                lateness      // when that is over
}

// askedRequest is one request: what it is told as, and how it may be answered.
type askedRequest struct {
	target string
	code   int64 // 0 for an opening handshake, -1 for one that the loop itself refuses
	head   bool  // the answer has no body
	last   bool  // no other may follow on the connection
	end    int   // where it ends in what the client writes
}

const (
	askTime  = 10 * time.Second
	askers   = 6 // at a time
	askRuns  = 24
	askSteps = 100_000
)

func (m *askModel) fatalf(format string, args ...any) {
	m.t.Helper()
	m.t.Fatalf("seed %d, step %d: "+format, append([]any{m.seed, m.step}, args...)...)
}

func runAskModel(t *testing.T, seed uint64, steps int, stats map[string]int) {
	m := &askModel{
		testLoop: newClockLoop(t, LoopOptions{Requests: true, Poison: true, HandshakeTimeout: askTime, PingInterval: NoTimeout, Hub: new(Hub)}),
		r:        rand.New(rand.NewPCG(seed, 3)), seed: seed, byID: map[ConnID]*asker{}, byName: map[string]*asker{}, stats: stats,
		address: fmt.Sprintf("@libws-model-%d-%d", os.Getpid(), seed),
	}
	if _, err := m.Listen("unix:"+m.address, false); err != nil {
		m.fatalf("listen: %v", err)
	}
	drainFrom := steps - 1 - m.r.IntN(min(steps, 200))
	for m.step = range steps {
		if m.step == drainFrom {
			m.drains()
		}
		m.act()
	}
	m.windUp()
}

// act does one random thing.
func (m *askModel) act() {
	if len(m.askers) == 0 || len(m.askers) < askers && m.r.IntN(6) == 0 {
		if m.draining {
			m.pollOnce()
			return
		}
		m.asks()
		return
	}
	c := m.askers[m.r.IntN(len(m.askers))]
	switch n := m.r.IntN(100); {
	case n < 25:
		m.cap = 1 + m.r.IntN(4)
		m.pollOnce()
	case n < 45:
		m.writes(c, 1+m.r.IntN(len(c.out)+1))
	case n < 60:
		m.reads(c)
	case n < 90:
		if c.waits {
			m.decides(c)
		} else if c.accepted && !c.closed {
			m.sends(c)
		}
	case n < 92:
		m.misuses(c)
	case n < 96:
		m.now += time.Duration(m.r.IntN(1500)) * time.Millisecond
	case n < 97:
		if len(c.out) == 0 && c.p.fd >= 0 && m.r.IntN(2) == 0 {
			_ = unix.Shutdown(c.p.fd, unix.SHUT_WR)
			c.gone = true
		}
	case n < 98:
		if m.r.IntN(3) == 0 {
			m.reads(c)
			c.p.close()
			c.gone = true
		}
	default:
		m.forgets()
	}
}

// asks makes a client with all that it will ask.
func (m *askModel) asks() {
	m.made++
	c := &asker{name: fmt.Sprint("a", m.made), since: m.now, latest: m.now}
	m.script(c)
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if m.r.IntN(3) == 0 {
		_, _ = unix.Close(fds[0]), unix.Close(fds[1])
		fds[1], err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err == nil {
			err = unix.Connect(fds[1], &unix.SockaddrUnix{Name: m.address})
		}
		m.stats["listened"]++
	} else if err == nil {
		n := m.r.IntN(len(c.out)+1) * m.r.IntN(2)
		c.id, err = m.AdoptUpgrade(fds[0], c.out[:n])
		c.out, c.wrote = c.out[n:], n
		m.byID[c.id] = c
	}
	if err != nil {
		m.fatalf("%s cannot connect: %v", c.name, err)
	}
	c.p = &loopPeer{t: m.t, fd: fds[1]}
	c.p.m.Init(peerConfig(RoleClient))
	m.t.Cleanup(c.p.close)
	m.byName[c.name] = c
	m.askers = append(m.askers, c)
}

// script writes down what a client will ask.
func (m *askModel) script(c *asker) {
	p := &loopPeer{}
	p.m.Init(peerConfig(RoleClient))
	for i := range 1 + m.r.IntN(5) {
		q := askedRequest{target: fmt.Sprintf("/%s/%d", c.name, i), code: 426}
		text := "GET " + q.target + " HTTP/1.1\r\nHost: a\r\n"
		switch m.r.IntN(8) {
		case 0:
			q.code, q.head, text = 405, true, strings.Replace(text, "GET", "HEAD", 1)
		case 1:
			q.last, text = true, text+"Connection: close\r\n"
		case 2, 3:
			q.code, q.last = 0, true
			text = strings.TrimSuffix(strings.Replace(upgradeRequest, "/chat?x=1", q.target, 1), "\r\n")
		case 4:
			q.code, q.last, text = -1, true, strings.Replace(text, "Host: a\r\n", "", 1)
		}
		c.out = append(c.out, text+"\r\n"...)
		q.end = len(c.out)
		c.requests = append(c.requests, q)
		if q.code == 0 {
			for i := range m.r.IntN(4) {
				s := fmt.Sprintf("%s message %d", c.name, i)
				c.out = append(c.out, p.frame(OpText, true, s)...)
				c.messages, c.ends = append(c.messages, s), append(c.ends, len(c.out))
			}
		}
		if q.last {
			return
		}
	}
}

func (m *askModel) writes(c *asker, n int) {
	if c.p.fd < 0 || len(c.out) == 0 {
		return
	}
	n, err := unix.SendmsgN(c.p.fd, c.out[:min(n, len(c.out))], nil, nil, unix.MSG_NOSIGNAL)
	switch err {
	case nil:
		c.out, c.wrote = c.out[n:], c.wrote+n
	case unix.EAGAIN:
	default:
		c.out, c.gone = nil, true // the loop has ended it
	}
}

func TestLoopRequestModel(t *testing.T) {
	steps := askSteps
	if testing.Short() {
		steps /= 10
	}
	playModel(t, steps, askSteps, askRuns, runAskModel,
		"listened", "request", "open", "close", "message", "answer 101", "answer 200", "answer 400", "answer 408", "late", "kept", "refused", "misuse", "drained", "arrived")
}
