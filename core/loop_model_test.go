// The model test: random operations on a loop and its peers, on socketpairs and an injected clock, against a reference model that
// knows nothing but lists of messages. LIBWS_SEED replays a run, LIBWS_STEPS makes it longer.
package core

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"libws/core/protocol"

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
	taken   []string // messages the loop took, in order
	policy  QueuePolicy
	keys    map[int]int64
	pulled  int // how many of p.got were compared
	matched int // index in taken behind the last that arrived
	reads   bool

	opened, paused, closing, aborted, slow, closed, broke bool
	closeAt                                               time.Duration // when we began to close
	alive                                                 time.Duration // when the peer last wrote
	topics                                                map[string]bool
}

func (m *model) fatalf(format string, args ...any) {
	m.t.Helper()
	m.t.Fatalf("seed %d, step %d: "+format, append([]any{m.seed, m.step}, args...)...)
}

const (
	modelPing  = 20 * time.Second
	modelPong  = 20 * time.Second
	modelClose = 5 * time.Second
	modelLive  = 8 // connections at a time
)

func runModel(t *testing.T, seed uint64, steps int, stats map[string]int) {
	m := &model{
		testLoop: newClockLoop(t, LoopOptions{QueueBytes: 30_000, Poison: true, MessageTimeout: NoTimeout, PingInterval: modelPing, PingTimeout: modelPong, CloseTimeout: modelClose, Hub: new(Hub)}),
		r:        rand.New(rand.NewPCG(seed, 2)), seed: seed, byID: map[ConnID]*modelConn{}, stats: stats,
	}
	for m.step = range steps {
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
	if len(m.conns) < modelLive && m.r.IntN(4) == 0 || len(m.conns) == 0 {
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
	case n < 82:
		m.loopSends(c)
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
	id, p := m.connect()
	c := &modelConn{
		id: id, p: p, name: fmt.Sprint("c", m.made), finishAt: -1, reads: true, alive: m.now,
		policy: QueuePolicy(m.r.IntN(int(queuePolicies))), keys: map[int]int64{}, topics: map[string]bool{},
	}
	if err := m.SetQueue(id, 1+int64(m.r.IntN(12_000)), c.policy); err != nil {
		m.fatalf("queue: %v", err)
	}
	if _, lc, e := m.find("", id); e == nil { // so that sockets are full soon
		_ = unix.SetsockoptInt(int(lc.fd), unix.SOL_SOCKET, unix.SO_SNDBUF, 4096)
	}
	m.conns = append(m.conns, c)
	m.byID[id] = c
}

func (m *model) loopSends(c *modelConn) {
	s := m.message(c)
	key := int64(0)
	if c.policy == QueueConflate {
		key = int64(m.r.IntN(4))
	}
	over := m.ended(c)
	n, err := m.SendKey(c.id, OpText, []byte(s), key)
	switch {
	case m.feed != nil && code(err) == CodeNoMemory:
		m.stats["refused for memory"]++
	case m.outOfMemory(c):
		if err == nil {
			m.fatalf("%s: a message was taken after the end", c.name)
		}
	case !over && m.ended(c):
		m.isSlow(c)
		if code(err) != CodeClosed {
			m.fatalf("%s was closed for reading too slowly, and send says %v", c.name, err)
		}
	case err == nil && n > 0:
		if c.closed || c.closing || c.aborted {
			m.fatalf("%s: a message was taken after the end", c.name)
		}
		m.tookFor(c, s, key)
	case err == nil:
		if c.policy != QueueDropNewest {
			m.fatalf("%s: policy %d dropped a new message", c.name, c.policy)
		}
		m.stats["dropped newest"]++
	default:
		switch code := code(err); {
		case code == CodeClosed && (c.closed || c.closing || c.aborted || c.finished || c.p.fd < 0 || c.broke || m.ended(c)):
		case code == CodeQueueFull && (c.policy == QueueFail || c.dropsOlder()):
			m.stats["refused"]++
		default:
			m.fatalf("%s: send: %v", c.name, err)
		}
	}
}

// isSlow notes that a message found no room and ended the connection, which only two policies do.
func (m *model) isSlow(c *modelConn) {
	if c.policy != QueueClose1008 && c.policy != QueueClose1013 || c.closed || c.closing || c.aborted {
		m.fatalf("%s: policy %d ended it", c.name, c.policy)
	}
	c.slow = true
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

// dropsOlder tells whether messages that were taken may never arrive.
func (c *modelConn) dropsOlder() bool {
	return c.policy == QueueDropOldest || c.policy == QueueConflate
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

// tookFor notes a message that was taken. Under QueueConflate it may stand in the place of an older one with its key.
func (m *model) tookFor(c *modelConn, s string, key int64) {
	_, lc, e := m.find("", c.id)
	if key != 0 && e == nil && lc.queue != 0 {
		// Where it stands decides when it arrives: find the record whose place it took.
		for i := len(c.taken) - 1; i >= c.matched; i-- {
			if c.keys[i] == key && !m.waits(lc, c.taken[i]) && m.waits(lc, s) && m.place(lc, s) < m.lastPlace(lc) {
				c.taken[i] = s
				m.stats["conflated"]++
				return
			}
		}
	}
	c.keys[len(c.taken)] = key
	c.taken = append(c.taken, s)
}

// waits tells whether a message is among those that may still be dropped.
func (m *model) waits(lc *loopConn, s string) bool { return m.place(lc, s) >= 0 }

func (m *model) place(lc *loopConn, s string) int {
	n := 0
	for i := m.queues[lc.queue].first; i != 0; i = m.records[i].next {
		if strings.HasSuffix(string(m.records[i].block), s) {
			return n
		}
		n++
	}
	return -1
}

func (m *model) lastPlace(lc *loopConn) int {
	n := -1
	for i := m.queues[lc.queue].first; i != 0; i = m.records[i].next {
		n++
	}
	return n
}

func (m *model) publishes() {
	topic := "t" + strconv.Itoa(m.r.IntN(3))
	m.made++
	s := fmt.Sprintf("%s/%d", topic, m.made)
	before := map[*modelConn]bool{}
	for _, c := range m.conns {
		if c.topics[topic] && !c.closed && !c.aborted && !m.ended(c) {
			before[c] = true
		}
	}
	if err := m.Flush(); err != nil {
		m.fatalf("flush: %v", err)
	}
	taken := -m.metrics.MessagesOut
	n, err := m.Publish(topic, OpText, []byte(s), 0)
	if err != nil || n > len(before) {
		m.fatalf("publish to %d subscribers: %d, %v", len(before), n, err)
	}
	if err := m.Flush(); err != nil {
		m.fatalf("flush: %v", err)
	}
	// Who took it has nothing waiting, or what waits shows it.
	taken += m.metrics.MessagesOut
	for c := range before {
		if m.ended(c) {
			m.isSlow(c)
			continue
		}
		_, lc, e := m.find("", c.id)
		if e == nil && lc.flags&cBroken == 0 && lc.m.State() == protocol.Open && (lc.queue == 0 || m.inOutput(lc, s)) {
			m.tookFor(c, s, 0)
			taken--
		}
	}
	if taken != 0 {
		m.fatalf("%d takers of a publication are unaccounted for", taken)
	}
}

// inOutput tells whether a message, or the end of it, is the last that waits for room.
func (m *model) inOutput(lc *loopConn, s string) bool {
	q := &m.queues[lc.queue]
	rest := string(q.buf[q.head:])
	return strings.HasSuffix(rest, s) || rest != "" && strings.HasSuffix(s, rest) || m.waits(lc, s)
}

func (m *model) subscribes(c *modelConn) {
	topic := "t" + strconv.Itoa(m.r.IntN(3))
	var err error
	if c.topics[topic] {
		err = m.Unsubscribe(c.id, topic)
	} else {
		err = m.Subscribe(c.id, topic)
	}
	if err != nil {
		if !c.closed && !c.aborted && !m.ended(c) {
			m.fatalf("%s: %v", c.name, err)
		}
		return
	}
	c.topics[topic] = !c.topics[topic]
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
	if s, err := strconv.Atoi(os.Getenv("LIBWS_STEPS")); err == nil {
		steps = s
	}
	stats := map[string]int{}
	if seed, err := strconv.ParseUint(os.Getenv("LIBWS_SEED"), 10, 64); err == nil {
		runModel(t, seed, steps, stats)
	} else {
		for range 6 {
			runModel(t, rand.Uint64(), steps/6, stats)
		}
	}
	t.Logf("%d steps: %v", steps, stats)
	for _, kind := range []string{"open", "message", "close", "drain", "arrived", "refused", "dropped newest", "option", "reset", "end 0", "end 201", "end 200", "end 202", "end 500", "end 501", "refused for memory"} {
		if stats[kind] == 0 && steps >= 100_000 {
			t.Errorf("%q never happened, so it was not tested", kind)
		}
	}
}
