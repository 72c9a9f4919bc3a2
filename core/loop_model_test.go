// The model test: random operations on a loop and its peers, on socketpairs and an injected clock, against a reference model that
// knows nothing but lists of messages. LIBWS_SEED replays a run, LIBWS_STEPS makes it longer.
package core

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// model is the reference: for every connection what was sent, what must have arrived, and which ends are possible.
type model struct {
	*testLoop
	r     *rand.Rand
	seed  uint64
	step  int
	conns []*modelConn // those with something left to happen
	byID  map[ConnID]*modelConn
	made  int
	stats map[string]int
	feed  func() // while there is no memory: gives it back

	draining, drained bool
	drainAt           time.Duration // when those that are left are cut off
}

// modelConn is one connection as the model sees it.
type modelConn struct {
	id   ConnID
	p    *loopPeer
	name string

	// From the peer to the loop.
	out       []byte   // encoded, not written yet
	written   int      // bytes written so far
	queued    int      // bytes encoded so far
	messages  []string // in order
	ends      []int    // where each message ends in the stream of bytes
	delivered int      // how many the loop has delivered
	finished  bool     // the peer sends nothing more: close frame, end of stream
	finishAt  int      // the length of the stream then, -1 when it was cut
	frames    bool     // the close frame was part of it

	// From the loop to the peer.
	taken   []modelTaken // messages the loop took, in order
	policy  QueuePolicy
	roomy   bool         // its queue is never full
	part    *modelPart   // the message in parts that is under way
	waiting []modelTaken // published meanwhile
	owes    bool         // something was refused or dropped, and LoopDrain has not come since
	keys    map[int]int64
	pulled  int // how many of p.got were compared
	matched int // index in taken behind the last that arrived
	reads   bool

	opened, paused, closing, aborted, slow, closed, broke bool
	away                                                  bool          // because the loop drains
	deaf                                                  bool          // the peer never reads again
	polite                                                bool          // the peer answers our close frame
	says                                                  string        // code and reason of the peer's close frame
	closeBy                                               time.Duration // until when we wait for the end of what we began to close
	late                                                  lateness      // when this is over
	alive                                                 time.Duration // when the peer last wrote
	topics                                                map[string]bool
}

// modelTaken is a message that was taken. It must arrive, unless its connection ends, or may be dropped by a policy.
type modelTaken struct {
	text string
	must bool
}

func (m *model) fatalf(format string, args ...any) {
	m.t.Helper()
	m.t.Fatalf("seed %d, step %d: "+format, append([]any{m.seed, m.step}, args...)...)
}

const (
	modelPing  = 20 * time.Second
	modelPong  = 20 * time.Second
	modelClose = 5 * time.Second
	modelLive  = 8  // connections at a time
	modelRuns  = 24 // each with an end of its own
)

func runModel(t *testing.T, seed uint64, steps int, stats map[string]int) {
	m := &model{
		testLoop: newClockLoop(t, LoopOptions{QueueBytes: 30_000, Poison: true, MessageTimeout: NoTimeout, PingInterval: modelPing, PingTimeout: modelPong, CloseTimeout: modelClose, Hub: new(Hub)}),
		r:        rand.New(rand.NewPCG(seed, 2)), seed: seed, byID: map[ConnID]*modelConn{}, stats: stats,
	}
	drainFrom := steps
	if m.r.IntN(2) == 0 {
		drainFrom -= min(steps/2, 1+m.r.IntN(400))
	}
	for m.step = range steps {
		if m.step == drainFrom {
			m.drains()
		}
		m.act()
		if m.step%64 == 0 {
			m.audit()
		}
	}
	m.windUp()
}

// act does one random thing.
func (m *model) act() {
	if m.feed != nil && m.r.IntN(20) == 0 {
		m.starves()
	}
	if m.draining && (len(m.conns) == 0 || m.r.IntN(50) == 0) {
		m.letsNobodyIn()
		m.pollOnce()
		return
	}
	if !m.draining && len(m.conns) < modelLive && m.r.IntN(4) == 0 || len(m.conns) == 0 {
		m.connectOne()
		return
	}
	c := m.conns[m.r.IntN(len(m.conns))]
	switch n := m.r.IntN(100); {
	case n < 22:
		m.cap = 1 + m.r.IntN(8)
		m.pollOnce()
	case n < 38:
		m.peerSends(c)
	case n < 52:
		m.peerWrites(c)
	case n < 62:
		m.peerReads(c)
	case n < 77:
		m.loopSends(c)
	case n < 82:
		m.sendsPart(c)
	case n < 85:
		if m.feed == nil {
			m.publishes()
		}
	case n < 87:
		m.subscribes(c)
	case n < 90:
		m.pauses(c)
	case n < 92:
		m.peerPings(c)
	case n < 95:
		m.now += time.Duration(m.r.IntN(3000)) * time.Millisecond
	case n < 96:
		if err := m.Flush(); err != nil {
			m.fatalf("flush: %v", err)
		}
	case n < 97:
		m.setsOption()
	case n < 98:
		c.reads = !c.reads
	case n < 99:
		if m.feed == nil && m.r.IntN(5) == 0 {
			m.starves()
		}
	default:
		if m.r.IntN(2) == 0 {
			m.finishes(c)
		}
	}
}

func (m *model) connectOne() {
	m.made++
	c := &modelConn{
		name: fmt.Sprint("c", m.made), finishAt: -1, reads: true, alive: m.now,
		policy: QueuePolicy(m.r.IntN(int(queuePolicies))), keys: map[int]int64{}, topics: map[string]bool{},
		roomy: m.r.IntN(3) == 0, polite: m.r.IntN(4) > 0,
	}
	c.id, c.p = m.connectBehind(RoleServer, func(p *loopPeer) []byte {
		c.p = p
		return m.readBefore(c)
	})
	room := 1 + int64(m.r.IntN(12_000))
	if c.roomy {
		room = 1 << 30
	}
	if err := m.SetQueue(c.id, room, c.policy); err != nil {
		m.fatalf("queue: %v", err)
	}
	if _, lc, e := m.find("", c.id); e == nil { // so that sockets are full soon, or take long messages in one piece now and then
		_ = unix.SetsockoptInt(int(lc.fd), unix.SOL_SOCKET, unix.SO_SNDBUF, []int{4096, 4096, 20_000}[m.r.IntN(3)])
	}
	m.conns = append(m.conns, c)
	m.byID[c.id] = c
}

// readBefore is what a connection that is handed over has sent already: most often nothing, or too much to be looked at in one piece.
func (m *model) readBefore(c *modelConn) (input []byte) {
	if m.feed != nil || m.r.IntN(12) > 0 {
		return nil
	}
	for range m.r.IntN(400) {
		m.peerSends(c)
	}
	input, c.out = c.out, nil
	c.written = len(input)
	m.stats["read before"]++
	return input
}

// starves takes all memory that the loop has or could get, or gives it back.
func (m *model) starves() {
	if m.feed == nil {
		m.feed = m.testLoop.starve()
		m.stats["starved"]++
		return
	}
	m.feed()
	m.feed = nil
}

// outOfMemory tells of an end for want of memory that waits to be told.
func (m *model) outOfMemory(c *modelConn) bool {
	return m.ended(c) && ErrorCode(m.slab.at(uint32(c.id.Slot())).cause) == CodeNoMemory
}

// setsOption gives an option the value that it has: nothing may come of it.
func (m *model) setsOption() {
	all := slices.Sorted(maps.Keys(loopTable))
	o := all[m.r.IntN(len(all))]
	v, err := m.Option(o)
	if err == nil {
		err = m.SetOption(o, v)
	}
	if err != nil {
		m.fatalf("option %d: %v", o, err)
	}
	m.stats["option"]++
}

// ended tells whether the LoopClose of a connection waits for room in the array; the model hears of the end with it.
func (m *model) ended(c *modelConn) bool {
	return m.slab.at(uint32(c.id.Slot())).flags&cTellClose != 0
}

func (m *model) pauses(c *modelConn) {
	var err error
	if c.paused {
		err = m.Resume(c.id)
	} else {
		err = m.Pause(c.id)
	}
	if err != nil {
		if !c.closed && !c.aborted && !m.ended(c) {
			m.fatalf("%s: pause: %v", c.name, err)
		}
		return
	}
	c.paused = !c.paused && !c.closing && !c.closed
}

func TestLoopModel(t *testing.T) {
	steps := 120_000
	if testing.Short() {
		steps = 10_000
	}
	playModel(t, steps, 100_000, modelRuns, runModel,
		"open", "message", "close", "drain", "arrived", "refused", "dropped newest", "option", "reset", "end 0", "end 201", "end 200", "end 202", "end 500", "end 501", "refused for memory", "part", "postponed", "drained", "away", "nobody in", "refused part", "last words", "read before", "deaf")
}
