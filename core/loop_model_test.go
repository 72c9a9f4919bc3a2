// The model test: random operations on a loop and its peers, on socketpairs and an injected clock, against a reference model that
// knows nothing but lists of messages. LIBWS_SEED replays a run, LIBWS_STEPS makes it longer.
package core

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
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

	opened, paused, closing, aborted, closed, broke bool
	closeAt                                         time.Duration // when we began to close
	alive                                           time.Duration // when the peer last wrote
	topics                                          map[string]bool
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
		m.publishes()
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
	case n < 98:
		c.reads = !c.reads
	default:
		if m.r.IntN(3) == 0 {
			m.finishes(c)
		}
	}
}

func (m *model) connectOne() {
	m.made++
	id, p := m.connect()
	c := &modelConn{
		id: id, p: p, name: fmt.Sprint("c", m.made), finishAt: -1, reads: true, alive: m.now,
		policy: QueuePolicy(m.r.IntN(4)), keys: map[int]int64{}, topics: map[string]bool{},
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
	if !c.reads || c.p.fd < 0 {
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
		case "close", "ping", "pong":
		default:
			m.fatalf("%s: the peer got %s", c.name, got[c.pulled])
		}
	}
}

// arrived finds a message among those that were taken: in order, and only a policy that drops may leave some out.
func (m *model) arrived(c *modelConn, text string) {
	for i := c.matched; i < len(c.taken); i++ {
		if c.taken[i] == text {
			if i > c.matched && c.policy != QueueDropOldest && c.policy != QueueConflate {
				m.fatalf("%s: %d messages were left out before %.30q", c.name, i-c.matched, text)
			}
			c.matched = i + 1
			m.stats["arrived"]++
			return
		}
	}
	m.fatalf("%s: %.30q arrived, which was not taken or came already", c.name, text)
}

func (m *model) loopSends(c *modelConn) {
	s := m.message(c)
	key := int64(0)
	if c.policy == QueueConflate {
		key = int64(m.r.IntN(4))
	}
	n, err := m.SendKey(c.id, OpText, []byte(s), key)
	switch {
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
		case code == CodeClosed && (c.closed || c.closing || c.aborted || c.finished || c.p.fd < 0 || c.broke):
		case code == CodeQueueFull && c.policy != QueueDropNewest:
			m.stats["refused"]++
		default:
			m.fatalf("%s: send: %v", c.name, err)
		}
	}
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
	before := map[*modelConn]int{}
	subscribers := 0
	for _, c := range m.conns {
		if c.topics[topic] && !c.closed && !c.aborted {
			subscribers++
			before[c] = 1
		}
	}
	n, err := m.Publish(topic, OpText, []byte(s), 0)
	if err != nil || n > subscribers {
		m.fatalf("publish to %d subscribers: %d, %v", subscribers, n, err)
	}
	if n == subscribers {
		for c := range before {
			m.tookFor(c, s, 0)
		}
		return
	}
	// Some did not take it: those whose output shows it did. A later arrival of what nobody took fails.
	for c := range before {
		if _, lc, e := m.find("", c.id); e == nil && lc.queue != 0 && m.inOutput(lc, s) {
			m.tookFor(c, s, 0)
			n--
		}
	}
	if n != 0 {
		m.fatalf("%d takers of a publication are unaccounted for", n)
	}
}

func (m *model) inOutput(lc *loopConn, s string) bool {
	q := &m.queues[lc.queue]
	return strings.HasSuffix(string(q.buf), s) || m.waits(lc, s)
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
		if !c.closed && !c.aborted {
			m.fatalf("%s: %v", c.name, err)
		}
		return
	}
	c.topics[topic] = !c.topics[topic]
}

func (m *model) pauses(c *modelConn) {
	var err error
	if c.paused {
		err = m.Resume(c.id)
	} else {
		err = m.Pause(c.id)
	}
	if err != nil {
		if !c.closed && !c.aborted {
			m.fatalf("%s: pause: %v", c.name, err)
		}
		return
	}
	c.paused = !c.paused && !c.closing && !c.closed
}

// finishes begins one of the ways to end.
func (m *model) finishes(c *modelConn) {
	switch m.r.IntN(6) {
	case 0:
		if m.Abort(c.id) == nil {
			c.aborted = true
		} else if !c.closed && !c.aborted {
			m.fatalf("%s cannot be aborted", c.name)
		}
	case 1:
		err := m.CloseConn(c.id, 4001, "model")
		switch {
		case err == nil:
			c.closing, c.closeAt, c.paused = true, m.now, false
		case !c.closed && !c.closing && !c.aborted && !c.finished:
			m.fatalf("%s cannot be closed: %v", c.name, err)
		}
	case 2, 3:
		if !c.finished {
			c.out = append(c.out, c.p.frame(OpClose, true, "\x03\xE8end")...)
			c.queued = c.written + len(c.out)
			c.finished, c.frames, c.finishAt = true, true, c.queued
		}
	case 4: // half-close behind what was written
		if !c.finished && c.p.fd >= 0 {
			_ = unix.Shutdown(c.p.fd, unix.SHUT_WR)
			c.finished, c.finishAt, c.out = true, c.written, nil
		}
	case 5: // gone, with whatever it had not read
		if c.p.fd >= 0 {
			m.peerReads(c)
			c.p.close()
			if !c.finished {
				c.finished, c.finishAt = true, c.written
			}
			c.out = nil
		}
	}
}

func (m *model) pollOnce() {
	m.once()
	for _, e := range m.take() {
		c := m.byID[e.Conn]
		if c == nil {
			m.fatalf("%v of an unknown connection", e)
		}
		m.happened(c, e)
	}
}

// happened judges one event.
func (m *model) happened(c *modelConn, e loopTold) {
	m.stats[e.Kind.String()]++
	switch {
	case c.closed:
		m.fatalf("%s: %v after close", c.name, e)
	case !c.opened && e.Kind != LoopOpen:
		m.fatalf("%s: %v before open", c.name, e)
	}
	switch e.Kind {
	case LoopOpen:
		if c.opened {
			m.fatalf("%s opens twice", c.name)
		}
		c.opened = true
	case LoopMessage:
		if c.paused || c.aborted {
			m.fatalf("%s: %v while paused or aborted", c.name, e)
		}
		if c.delivered == len(c.messages) || c.ends[c.delivered] > c.written || e.Payload != c.messages[c.delivered] {
			m.fatalf("%s: %v, which is not message %d", c.name, e, c.delivered)
		}
		c.delivered++
	case LoopDrain:
	case LoopClose:
		c.closed = true
		m.checkEnd(c, e)
	default:
		m.fatalf("%s: %v was not asked for", c.name, e)
	}
}

// whole is how many messages the peer has written in full.
func (c *modelConn) whole() int {
	n := 0
	for n < len(c.ends) && c.ends[n] <= c.written {
		n++
	}
	return n
}

func (m *model) checkEnd(c *modelConn, e loopTold) {
	clean := c.frames && c.written == c.finishAt
	silent := m.now - c.alive
	switch {
	case c.aborted:
		if e.Code != 1006 || e.Error != CodeClosed {
			m.fatalf("%s was aborted, not %v", c.name, e)
		}
	case e.Error == CodeTimeout:
		late := c.closing && m.now-c.closeAt >= modelClose
		if !late && silent < modelPong {
			m.fatalf("%s: timed out %v after it was last heard of", c.name, silent)
		}
	case e.Error == 0:
		if !clean || e.Code != 1000 || e.Payload != "end" {
			m.fatalf("%s: %v without the peer's close frame", c.name, e)
		}
		if c.delivered != len(c.messages) {
			m.fatalf("%s: closed with %d of %d messages delivered", c.name, c.delivered, len(c.messages))
		}
	case e.Error == CodeAbnormal:
		if !c.finished && c.p.fd >= 0 {
			m.fatalf("%s: %v, but the peer is there", c.name, e)
		}
		if c.delivered != c.whole() {
			m.fatalf("%s: lost with %d of %d messages delivered", c.name, c.delivered, c.whole())
		}
	default:
		m.fatalf("%s ends with %v", c.name, e)
	}
	m.stats[fmt.Sprint("end ", e.Error)]++
}

// audit compares the loop's books with what is there.
func (m *model) audit() {
	open, bytes := 0, 0
	for _, c := range m.conns {
		if !c.closed && !c.aborted {
			_, lc, e := m.find("", c.id)
			if e != nil {
				continue // its end waits to be told
			}
			open++
			if lc.queue != 0 {
				bytes += m.queues[lc.queue].size()
			}
		}
	}
	lingering := 0
	for i := range m.slab.used {
		lc := m.slab.at(uint32(i))
		if lc.flags&cUsed != 0 && lc.flags&(cTold|cTellClose) != 0 && lc.queue != 0 {
			lingering += m.queues[lc.queue].size()
		}
	}
	metrics := m.Metrics()
	if int(metrics.Open) != open || int(metrics.QueueBytes) != bytes+lingering {
		m.fatalf("metrics say %d open and %d bytes, there are %d and %d+%d", metrics.Open, metrics.QueueBytes, open, bytes, lingering)
	}
	// Connections that are over and have nothing to say any more leave the model.
	kept := m.conns[:0]
	for _, c := range m.conns {
		if c.closed && (c.p.fd < 0 || m.r.IntN(4) == 0) {
			c.reads = true
			m.peerReads(c)
			c.p.close()
			delete(m.byID, c.id)
			continue
		}
		if !c.reads && m.r.IntN(30) == 0 {
			c.reads = true
		}
		kept = append(kept, c)
	}
	m.conns = kept
}

// windUp lets everything come to its end and checks that nothing is left.
func (m *model) windUp() {
	m.cap = 8
	for round := 0; round < 2000; round++ {
		busy := false
		for _, c := range m.conns {
			if c.paused {
				m.pauses(c)
			}
			c.reads = true
			m.peerReads(c)
			if len(c.out) > 0 && c.p.fd >= 0 {
				m.peerWrite(c, len(c.out))
				busy = true
			}
		}
		m.pollOnce()
		if !busy && round > 200 {
			break
		}
	}
	for _, c := range m.conns {
		if !c.closed && !c.finished && !c.closing && !c.aborted {
			if c.delivered != len(c.messages) {
				m.fatalf("%s: %d of %d messages were delivered in the end", c.name, c.delivered, len(c.messages))
			}
			exact := c.policy == QueueFail || c.policy == QueueDropNewest
			if exact && c.matched != len(c.taken) {
				m.fatalf("%s: %d of %d messages arrived in the end", c.name, c.matched, len(c.taken))
			}
		}
		c.p.close()
		if !c.finished {
			c.finished, c.finishAt = true, c.written
		}
	}
	for range 200 {
		m.now += time.Second
		m.pollOnce()
	}
	metrics := m.Metrics()
	if m.slab.live != 0 || m.pool.Lent() != 0 || metrics.QueueBytes != 0 || metrics.Open != 0 || len(m.held) != 0 || len(m.keyed) != 0 || len(m.topics.index) != 0 {
		m.fatalf("left: %d connections, %d bytes lent, %d queued, %d open, %d held, %d keyed, %d topics",
			m.slab.live, m.pool.Lent(), metrics.QueueBytes, metrics.Open, len(m.held), len(m.keyed), len(m.topics.index))
	}
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
	for _, kind := range []string{"open", "message", "close", "drain", "arrived", "refused", "dropped newest", "end 0", "end 201", "end 200", "end 202"} {
		if stats[kind] == 0 && steps >= 100_000 {
			t.Errorf("%q never happened, so it was not tested", kind)
		}
	}
}
