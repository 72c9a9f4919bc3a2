// The model test of clients: a loop asks servers over connected sockets, as many as it may at a time. They agree, refuse, talk nonsense,
// keep silent or go, cut anywhere; what each connection is charged for until then, and what it is told, is judged.
package core

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"libws/core/protocol"
	"libws/core/wire"

	"golang.org/x/sys/unix"
)

// dialModel is the reference: what each server was asked and has answered, and which ends are possible.
type dialModel struct {
	*testLoop
	r     *rand.Rand
	seed  uint64
	step  int
	asked []*dialled // those whose end was not told
	byID  map[ConnID]*dialled
	made  int
	stats map[string]int
	want  LoopMetrics   // of it what the model counts
	limit time.Duration // of opening handshakes, as the option says

	limited           time.Duration // when that was set
	draining, drained bool
	drainAt           time.Duration
}

// dialled is one connection, and the server that it asks.
type dialled struct {
	name    string
	id      ConnID
	p       *loopPeer
	asks    bool // for a subprotocol
	answer  string
	agreed  string // the subprotocol
	whole   int    // where the answer ends in what the server writes
	out     []byte
	written int

	messages  []string
	ends      []int
	delivered int
	sent      []string
	arrived   int
	pulled    int
	close     int // where the server's close frame ends, 0 for none

	since, limit                   time.Duration // when it was dialled, and how long it may take
	opened, gone, aborted, closing bool
	behind                         bool // the answer, or the end of it, came when its time was over
	closeBy                        time.Duration
	late                           lateness
}

const (
	dialMost  = 6 // connections at a time
	dialRuns  = 16
	dialClose = 5 * time.Second
)

func (m *dialModel) fatalf(format string, args ...any) {
	m.t.Helper()
	m.t.Fatalf("seed %d, step %d: "+format, append([]any{m.seed, m.step}, args...)...)
}

func runDialModel(t *testing.T, seed uint64, steps int, stats map[string]int) {
	m := &dialModel{r: rand.New(rand.NewPCG(seed, 5)), seed: seed, byID: map[ConnID]*dialled{}, stats: stats, limit: 10 * time.Second}
	m.testLoop = newClockLoop(t, LoopOptions{MaxConnections: dialMost, Poison: true, HandshakeTimeout: m.limit, CloseTimeout: dialClose, PingInterval: NoTimeout, Hub: new(Hub)})
	drainFrom := steps - 1 - m.r.IntN(min(steps, 100))
	for m.step = range steps {
		if m.step == drainFrom {
			m.drains()
		}
		m.act()
		if m.step%8 == 0 {
			m.audit()
		}
	}
	m.windUp()
}

// act does one random thing.
func (m *dialModel) act() {
	if len(m.asked) == 0 || m.r.IntN(8) == 0 {
		m.dials()
		return
	}
	c := m.asked[m.r.IntN(len(m.asked))]
	switch n := m.r.IntN(100); {
	case n < 25:
		m.cap = 1 + m.r.IntN(4)
		m.pollOnce()
	case n < 45:
		m.reads(c)
	case n < 65:
		m.writes(c, 1+m.r.IntN(len(c.out)+1))
	case n < 75:
		m.sends(c)
	case n < 80:
		m.misuses(c)
	case n < 90:
		m.now += time.Duration(m.r.IntN(1500)) * time.Millisecond
	case n < 92:
		m.setsLimit()
	case n < 98:
		m.ends(c)
	default:
		if err := m.Flush(); err != nil {
			m.fatalf("flush: %v", err)
		}
	}
}

func (m *dialModel) dials() {
	if m.draining {
		m.pollOnce()
		return
	}
	m.made++
	c := &dialled{name: fmt.Sprint("d", m.made), asks: m.r.IntN(2) == 0, since: m.now, limit: m.limit}
	o := &DialOptions{}
	if c.asks {
		o.Subprotocols = []string{"a", "b"}
	}
	ours, theirs := socketpair(m.t)
	_ = unix.SetNonblock(theirs, true)
	c.p = &loopPeer{t: m.t, fd: theirs}
	c.p.m.InitServer(peerConfig(RoleServer))
	m.t.Cleanup(c.p.close)
	room := m.slab.live < dialMost
	id, err := m.DialFD(ours, "ws://example/"+c.name, o)
	if !room {
		if code(err) != CodeTooMany || unix.Close(ours) != nil {
			m.fatalf("one more than there may be: %v", err)
		}
		c.p.close()
		m.stats["too many"]++
		return
	}
	if err != nil {
		m.fatalf("%s: %v", c.name, err)
	}
	c.id = id
	m.byID[id] = c
	m.asked = append(m.asked, c)
	m.want.Total++
}

// decides writes down what a server answers, and what it says behind that.
func (m *dialModel) decides(c *dialled) {
	c.answer = []string{"agrees", "agrees", "agrees", "refuses", "garbage", "silent"}[m.r.IntN(6)]
	switch c.answer {
	case "agrees":
		if c.asks {
			c.agreed = []string{"", "a", "b"}[m.r.IntN(3)]
		}
		if err := c.p.m.Accept(protocol.AcceptOptions{Subprotocol: c.agreed}); err != nil {
			m.fatalf("%s: %v", c.name, err)
		}
		c.out = c.p.m.AppendOutput(nil)
		c.whole = len(c.out)
		for i := range m.r.IntN(4) {
			s := fmt.Sprintf("%s message %d", c.name, i)
			c.out = append(c.out, c.p.frame(OpText, true, s)...)
			c.messages, c.ends = append(c.messages, s), append(c.ends, len(c.out))
		}
	case "refuses":
		c.out = []byte("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
		c.whole = len(c.out)
	case "garbage":
		c.out = []byte("SSH-2.0-OpenSSH_9.6\r\n\r\n")
		c.whole = len(c.out)
	}
}

func (m *dialModel) writes(c *dialled, n int) {
	if c.p.fd < 0 || len(c.out) == 0 {
		return
	}
	n, err := unix.SendmsgN(c.p.fd, c.out[:min(n, len(c.out))], nil, nil, unix.MSG_NOSIGNAL)
	switch err {
	case nil:
		if c.written < c.whole && m.now >= m.latest(c) {
			c.behind = true
		}
		c.out, c.written = c.out[n:], c.written+n
	case unix.EAGAIN:
	default:
		c.out, c.gone = nil, true // the loop has ended it
	}
}

// reads lets a server read: the request first, then what the loop sends.
func (m *dialModel) reads(c *dialled) {
	if c.p.fd < 0 {
		return
	}
	got := c.p.read()
	for ; c.pulled < len(got); c.pulled++ {
		switch s := got[c.pulled]; {
		case c.answer == "" && c.pulled == 0:
			m.decides(c)
		case s == protocol.Opened.String() && c.answer == "agrees":
		case c.arrived < len(c.sent) && s == "text "+c.sent[c.arrived]:
			c.arrived++
			m.stats["arrived"]++
		case c.closing && s == "close 4001 model" || m.draining && s == "close 1001 " || c.close > 0 && s == "close 1000 ":
			if c.arrived != len(c.sent) {
				m.fatalf("%s got %d of %d messages before the close frame", c.name, c.arrived, len(c.sent))
			}
			if c.close == 0 && m.r.IntN(4) > 0 {
				m.says(c, 1000)
			}
		case c.p.eof || c.gone || c.answer == "refuses" || c.answer == "garbage": // whatever its own machine makes of that
		default:
			m.fatalf("%s, which %s, got %q", c.name, c.answer, s)
		}
	}
}

func (m *dialModel) says(c *dialled, code CloseCode) {
	if c.gone || c.close > 0 {
		return
	}
	c.out = append(c.out, c.p.frame(OpClose, true, string(wire.AppendClosePayload(nil, code, "")))...)
	c.close = c.written + len(c.out)
}

func (m *dialModel) sends(c *dialled) {
	m.made++
	s := fmt.Sprintf("%s/%d", c.name, m.made)
	over := m.ended(c)
	switch _, err := m.SendText(c.id, s); {
	case err == nil && !over && !c.aborted && !c.closing && m.State(c.id) == StateOpen:
		c.sent = append(c.sent, s)
		m.want.MessagesOut++
	case code(err) == CodeState && !c.opened && c.written < c.whole:
		m.stats["too early"]++
	case code(err) == CodeState && !c.opened && c.answer != "agrees":
	case code(err) == CodeState && !c.opened && !m.seen(c):
	case code(err) == CodeClosed && (over || c.aborted || c.closing || c.gone || c.close > 0 || m.draining):
	default:
		m.fatalf("%s: send: %v; %+v", c.name, err, *c)
	}
}

// seen tells that the loop has read a whole answer, though it has not told yet.
func (m *dialModel) seen(c *dialled) bool {
	return m.slab.at(uint32(c.id.Slot())).m.State() != protocol.Connecting
}

// ended tells whether the LoopClose of a connection waits for room in the array.
func (m *dialModel) ended(c *dialled) bool {
	_, _, e := m.find("", c.id)
	return e != nil
}

// misuses does what may not be done with a connection that has no answer yet, and nothing comes of it.
func (m *dialModel) misuses(c *dialled) {
	if c.opened || m.ended(c) || m.seen(c) {
		return
	}
	for _, err := range []error{m.Pause(c.id), m.Resume(c.id), m.CloseConn(c.id, 1000, ""), m.Accept(c.id, "", nil), m.Respond(c.id, 200, nil, nil)} {
		if code(err) != CodeState {
			m.fatalf("%s waits for its answer: %v", c.name, err)
		}
	}
	if name, err := m.Subprotocol(c.id); name != "" || err != nil {
		m.fatalf("%s has no answer, and subprotocol %q, %v", c.name, name, err)
	}
	m.stats["misuse"]++
}

// setsLimit changes the time for opening handshakes, for those under way as well.
func (m *dialModel) setsLimit() {
	m.limit = time.Duration(5+m.r.IntN(10)) * time.Second
	if err := m.SetOption(OptHandshakeTimeoutMS, m.limit.Milliseconds()); err != nil {
		m.fatalf("limit: %v", err)
	}
	if m.draining { // and its deadline stands
		return
	}
	m.limited = m.now
	for _, c := range m.asked {
		if !m.ended(c) {
			c.limit, c.late = m.limit, 0
		}
	}
	m.stats["limit"]++
}

// ends begins one of the ways to end.
func (m *dialModel) ends(c *dialled) {
	switch m.r.IntN(5) {
	case 0:
		if err := m.Abort(c.id); err == nil {
			c.aborted = true
		}
	case 1:
		if c.opened && m.CloseConn(c.id, 4001, "model") == nil {
			c.closing, c.closeBy, c.late = true, m.now+dialClose, 0
		}
	case 2:
		if c.answer == "agrees" {
			m.says(c, 1000)
		}
	case 3:
		m.reads(c)
		c.p.close()
		c.gone, c.out = true, nil
	case 4:
		if c.p.fd >= 0 {
			_ = unix.Shutdown(c.p.fd, unix.SHUT_WR)
			c.gone, c.out = true, nil
		}
	}
}

func (m *dialModel) drains() {
	timeout := time.Duration(1+m.r.IntN(8000)) * time.Millisecond
	if err := m.Drain(timeout); err != nil {
		m.fatalf("drain: %v", err)
	}
	m.draining, m.drainAt = true, m.now+timeout
}

func TestLoopDialModel(t *testing.T) {
	const steps = 60_000
	n := steps
	if testing.Short() {
		n /= 10
	}
	playModel(t, n, steps, dialRuns, runDialModel, "open", "message", "close", "arrived", "too many", "too early", "misuse", "limit", "drained",
		"agrees", "refuses", "garbage", "silent", "subprotocol", "end 0", "end 200", "end 201", "end 202", "end 400", "end 401")
}
