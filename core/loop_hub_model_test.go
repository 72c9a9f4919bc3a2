// The model test of a hub: loops that come, drain and close, publish to each other and to themselves, all on one goroutine, so that it is
// certain who is to get what, and when. LIBWS_SEED replays a run, LIBWS_STEPS makes it longer.
package core

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"libws/core/wire"
)

// hubModel knows nothing but lists of messages: what is published goes to whoever has subscribed at that moment, once and in order.
type hubModel struct {
	t     *testing.T
	r     *rand.Rand
	seed  uint64
	step  int
	hub   *Hub
	loops []*hubLoop
	made  int
	stats map[string]int
}

type hubLoop struct {
	*testLoop
	name  string
	conns []*hubConn

	draining, drained bool
}

// hubConn is a connection of a loop, and the peer that reads it.
type hubConn struct {
	l      *hubLoop
	id     ConnID
	p      *loopPeer
	name   string
	topics map[string]bool

	want    []string // what the peer is to get, in order
	matched int      // how much of it the peer has got
	pulled  int      // how many of p.got were compared
	part    string   // the message in parts that is under way, "" for none
	waiting []string // published meanwhile

	closing bool // by the loop: nothing more is sent
	closed  bool // LoopClose has come, or the loop is closed
	gone    bool // the peer, or what it wrote to
	said    bool // the peer has sent its close frame
}

const (
	hubTopics = 4
	hubConns  = 5 // of a loop at a time
	hubRuns   = 20
)

func (m *hubModel) fatalf(format string, args ...any) {
	m.t.Helper()
	m.t.Fatalf("seed %d, step %d: "+format, append([]any{m.seed, m.step}, args...)...)
}

func runHubModel(t *testing.T, seed uint64, steps int, stats map[string]int) {
	m := &hubModel{t: t, r: rand.New(rand.NewPCG(seed, 3)), seed: seed, hub: new(Hub), stats: stats}
	for m.step = range steps {
		m.act()
		if m.step%16 == 0 {
			m.audit()
		}
	}
	m.windUp()
}

// act does one random thing.
func (m *hubModel) act() {
	if len(m.loops) < 2 || len(m.loops) < 4 && m.r.IntN(300) == 0 {
		m.made++
		l := &hubLoop{name: fmt.Sprint("loop", m.made)}
		l.testLoop = newClockLoop(m.t, LoopOptions{Hub: m.hub, QueueBytes: 1 << 30, Poison: true, PingInterval: NoTimeout, MessageTimeout: NoTimeout})
		m.loops = append(m.loops, l)
		return
	}
	l := m.loops[m.r.IntN(len(m.loops))]
	switch room := len(l.conns) == 0 || len(l.conns) < hubConns && m.r.IntN(10) == 0; {
	case l.drained && m.r.IntN(5) == 0:
		m.closes(l)
		return
	case l.drained:
		m.publishes(l, m.anyone())
		return
	case room && !l.draining:
		m.connects(l)
		return
	case len(l.conns) == 0:
		m.polls(l)
		return
	}
	c := l.conns[m.r.IntN(len(l.conns))]
	switch n := m.r.IntN(1000); {
	case n < 250:
		m.publishes(l, m.anyone())
	case n < 480:
		m.polls(l)
	case n < 640:
		m.reads(c)
	case n < 760:
		m.subscribes(c)
	case n < 820:
		m.sends(c)
	case n < 860:
		m.sendsPart(c)
	case n < 900:
		m.writes(c, c.p.frame(OpText, true, "publish"))
	case n < 930:
		if err := l.Flush(); err != nil {
			m.fatalf("%s: flush: %v", l.name, err)
		}
	case n < 960:
		l.now += time.Duration(m.r.IntN(2000)) * time.Millisecond
	case n < 992:
		m.ends(c)
	case n < 993:
		m.drains(l)
	case n < 994:
		m.closes(l)
	}
}

func (m *hubModel) connects(l *hubLoop) {
	c := &hubConn{l: l, topics: map[string]bool{}}
	m.made++
	c.name = fmt.Sprintf("%s/c%d", l.name, m.made)
	c.id, c.p = l.connectAs([]Role{RoleServer, RoleClient}[m.r.IntN(2)])
	if m.r.IntN(2) == 0 { // so that its socket is full soon
		_ = unix.SetsockoptInt(int(l.slab.at(uint32(c.id.Slot())).fd), unix.SOL_SOCKET, unix.SO_SNDBUF, 4096)
	}
	l.conns = append(l.conns, c)
	for range m.r.IntN(3) {
		m.subscribes(c)
	}
}

func (m *hubModel) topic() string { return "t" + strconv.Itoa(m.r.IntN(hubTopics)) }

func (m *hubModel) message() string {
	m.made++
	return strconv.Itoa(m.made) + strings.Repeat("m", drawnSize(m.r, 90_000))
}

// drawnSize draws how long a message is: short mostly, now and then anything below longest or just what is sent directly.
func drawnSize(r *rand.Rand, longest int) int {
	short := r.IntN(100)
	switch r.IntN(60) {
	case 0:
		return r.IntN(longest)
	case 1:
		return directSend + r.IntN(1000)
	}
	return short
}

// anyone is a connection of any loop, or none, for a publication to leave out.
func (m *hubModel) anyone() ConnID {
	l := m.loops[m.r.IntN(len(m.loops))]
	if len(l.conns) == 0 || m.r.IntN(2) == 0 {
		return 0
	}
	return l.conns[m.r.IntN(len(l.conns))].id
}

// publishes publishes in one loop. Only a connection of that loop is left out.
func (m *hubModel) publishes(l *hubLoop, except ConnID) {
	topic, text := m.topic(), m.message()
	least, most := 0, 0 // those that it goes to, without and with connections that are closing
	for _, other := range m.loops {
		for _, c := range other.conns {
			if !c.topics[topic] || c.ended() || other == l && c.id == except {
				continue
			}
			if other == l {
				most++
			}
			if c.over() {
				continue
			}
			if other == l {
				least++
			} else {
				m.stats["to another loop"]++
			}
			m.takes(c, text)
		}
	}
	n, err := l.Publish(topic, OpText, []byte(text), except)
	if err != nil || n < least || n > most {
		m.fatalf("%s publishes to %d to %d subscribers of its own: %d, %v", l.name, least, most, n, err)
	}
	for _, other := range m.loops {
		if other.hubMember.filled.Load() && other.epollReady() == 0 {
			m.fatalf("%s has messages of other loops, and its descriptor does not tell", other.name)
		}
	}
	m.stats["publication"]++
}

// takes notes what a subscriber is to get.
func (m *hubModel) takes(c *hubConn, text string) {
	if c.part != "" {
		c.waiting = append(c.waiting, text)
		return
	}
	c.want = append(c.want, text)
}

func (m *hubModel) polls(l *hubLoop) {
	l.cap = 1 + m.r.IntN(8)
	l.once()
	var senders []ConnID
	for _, e := range l.take() {
		i := slices.IndexFunc(l.conns, func(c *hubConn) bool { return c.id == e.Conn })
		switch {
		case e.Kind == LoopDrained:
			m.isDrained(l)
		case i < 0 || l.conns[i].closed:
			m.fatalf("%s: %v of nobody", l.name, e)
		case e.Kind == LoopMessage:
			senders = append(senders, e.Conn)
		case e.Kind == LoopClose:
			l.conns[i].closed = true
			if e.Error == CodeQueueFull || e.Error == CodeNoMemory {
				m.fatalf("%s: %v", l.conns[i].name, e)
			}
			m.stats["end"]++
		}
	}
	for _, id := range senders { // whose own end, and that of others, the same poll may have told
		m.publishes(l, []ConnID{0, id}[m.r.IntN(2)])
	}
}

func (m *hubModel) subscribes(c *hubConn) {
	topic := m.topic()
	leaves := m.r.IntN(3) == 0 // also what it has not subscribed to, which changes nothing
	do := c.l.Subscribe
	if leaves {
		do = c.l.Unsubscribe
	}
	if err := do(c.id, topic); err != nil {
		if !c.ended() {
			m.fatalf("%s: %v", c.name, err)
		}
		return
	}
	c.topics[topic] = !leaves
}

// sends sends something to one connection alone: it keeps its place among the publications.
func (m *hubModel) sends(c *hubConn) {
	text := m.message()
	_, err := c.l.SendText(c.id, text)
	switch {
	case err == nil && !c.over() && c.part == "":
		m.takes(c, text)
	case err == nil || !c.over() && !c.gone && c.part == "":
		m.fatalf("%s: send: %v", c.name, err)
	}
}

// sendsPart begins or ends a message in parts; publications wait behind it.
func (m *hubModel) sendsPart(c *hubConn) {
	if c.over() || c.gone {
		return
	}
	if c.part == "" {
		c.part = m.message()
		if _, err := c.l.SendFragment(c.id, OpText, []byte(c.part), false); err != nil {
			m.fatalf("%s: part: %v", c.name, err)
		}
		return
	}
	if _, err := c.l.SendFragment(c.id, OpContinuation, []byte("end"), true); err != nil {
		m.fatalf("%s: last part: %v", c.name, err)
	}
	c.want = append(append(c.want, c.part+"end"), c.waiting...)
	c.part, c.waiting = "", nil
	m.stats["in parts"]++
}

// writes lets a peer write, if it still may.
func (m *hubModel) writes(c *hubConn, b []byte) {
	if c.gone || c.said {
		return
	}
	if n, err := unix.SendmsgN(c.p.fd, b, nil, nil, unix.MSG_NOSIGNAL); n != len(b) || err != nil {
		m.goes(c)
	}
}

func (m *hubModel) says(c *hubConn) {
	m.writes(c, c.p.frame(OpClose, true, string(wire.AppendClosePayload(nil, CloseNormal, ""))))
	c.said = true
}

func (m *hubModel) goes(c *hubConn) {
	c.p.close()
	c.gone = true
}

// ends begins the end of a connection.
func (m *hubModel) ends(c *hubConn) {
	switch m.r.IntN(4) {
	case 0:
		if err := c.l.CloseConn(c.id, CloseNormal, ""); err == nil {
			c.closing = true
		} else if !c.over() && !c.gone {
			m.fatalf("%s cannot be closed: %v", c.name, err)
		}
	case 1:
		m.says(c)
	case 2:
		_ = c.l.Abort(c.id)
	case 3:
		m.goes(c)
	}
}

func (m *hubModel) drains(l *hubLoop) {
	if err := l.Drain(time.Duration(1+m.r.IntN(5000)) * time.Millisecond); err != nil {
		m.fatalf("%s: %v", l.name, err)
	}
	l.draining = true
	for _, c := range l.conns {
		c.closing = true
	}
}

// closes closes a loop in the middle of everything. Its peers get some of what they were to get, and the others all of it.
func (m *hubModel) closes(l *hubLoop) {
	if err := l.Close(); err != nil {
		m.fatalf("%s: %v", l.name, err)
	}
	m.loops = slices.DeleteFunc(m.loops, func(other *hubLoop) bool { return other == l })
	for _, c := range l.conns {
		c.closed = true
		m.reads(c)
		c.p.close()
	}
	if _, err := l.Publish("t0", OpText, nil, 0); code(err) != CodeClosed || l.pool.Lent() != 0 {
		m.fatalf("%s is closed: publish says %v, %d bytes are lent", l.name, err, l.pool.Lent())
	}
	m.stats["closed loop"]++
}

func TestHubModel(t *testing.T) {
	steps := 60_000
	if testing.Short() {
		steps = 10_000
	}
	playModel(t, steps, 50_000, hubRuns, runHubModel,
		"publication", "to another loop", "arrived", "in parts", "end", "drained", "closed loop")
}
