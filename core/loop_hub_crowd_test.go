// The model test of a hub whose loops have a goroutine each: they publish, come, drain and close at the same time. What may happen is
// known only in parts there, and every part is asked for: no loss, nothing twice, nothing behind an unsubscribe that returned, what is
// done once a call has returned comes behind, and what is counted adds up.
package core

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// span is when a call was made: two readings of one clock for all goroutines, so that of calls that do not overlap the order is known.
type span struct{ begin, end int64 }

const never = 1 << 62

// crowd is the loops of one hub, a goroutine each.
type crowd struct {
	t     *testing.T
	hub   *Hub
	clock atomic.Int64
	loops []*crowdLoop
	stop  atomic.Bool // the test has failed: nobody waits for anything
}

// during makes a call and returns when that was.
func (m *crowd) during(call func()) span {
	s := span{begin: m.clock.Add(1)}
	call()
	s.end = m.clock.Add(1)
	return s
}

// crowdLoop is what one goroutine does: a loop at a time, and its connections. Nobody else touches it before the goroutine ends.
type crowdLoop struct {
	*Loop
	m     *crowd
	r     *rand.Rand
	name  string
	made  int
	said  map[string]saying // by text
	conns []*crowdConn      // that are open
	past  []*crowdConn      // of all its loops
	lives int               // loops it has had
	since int               // where in past the connections of the current one begin

	events  []LoopEvent
	heard   int // answers of peers to tokens
	asked   int // messages of peers that asked for a publication
	opened  int
	ended   int
	drained bool
}

// saying is one message: a publication, or sent to one connection.
type saying struct {
	span
	topic  string
	except *crowdConn
	to     *crowdConn
}

// crowdConn is one connection, and what became of its subscriptions.
type crowdConn struct {
	id     ConnID
	name   string
	role   Role
	topics map[string][]*crowdStay
	done   <-chan struct{} // the peer has seen the end
	got    []string        // what it got until then
	fail   error
}

// crowdStay is from when to when a connection subscribed to something.
type crowdStay struct{ from, to span }

const (
	crowdLoops  = 3
	crowdConns  = 4 // of a loop at a time
	crowdTopics = 3
	crowdRounds = 60 // of the token
)

// fail ends the test for all goroutines.
func (l *crowdLoop) fail(format string, args ...any) bool {
	l.m.t.Errorf(l.name+": "+format, args...)
	l.m.stop.Store(true)
	return false
}

// plays is the goroutine's work: random steps, and a last life in which nothing but publications of others wakes it.
func (l *crowdLoop) plays(steps int, all *sync.WaitGroup) bool {
	ok := l.begins()
	for i := 0; ok && i < steps; i++ {
		ok = l.acts()
	}
	var keeper *crowdConn
	if ok {
		ok = l.connects()
	}
	if ok {
		keeper = l.conns[len(l.conns)-1]
		ok = l.joins(keeper, "token")
	}
	all.Done()
	if all.Wait(); l.m.stop.Load() || !ok {
		return false
	}
	return l.passesTokens() && l.endsLife()
}

// begins makes the next loop.
func (l *crowdLoop) begins() bool {
	var err error
	l.Loop, err = NewLoop(&LoopOptions{Hub: l.m.hub, QueueBytes: 1 << 30, PingInterval: NoTimeout, CloseTimeout: time.Minute, Poison: true})
	if err != nil {
		return l.fail("%v", err)
	}
	l.lives++
	l.since, l.opened, l.ended, l.asked, l.drained = len(l.past), 0, 0, 0, false
	return l.connects()
}

// acts does one random thing.
func (l *crowdLoop) acts() bool {
	if len(l.conns) == 0 || len(l.conns) < crowdConns && l.r.IntN(10) == 0 {
		return l.connects()
	}
	c := l.conns[l.r.IntN(len(l.conns))]
	topic := fmt.Sprint("t", l.r.IntN(crowdTopics))
	switch n := l.r.IntN(1000); {
	case n < 350:
		return l.publishes(topic)
	case n < 650:
		return l.polls(time.Duration(l.r.IntN(2)*l.r.IntN(200)) * time.Microsecond)
	case n < 760:
		return l.joins(c, topic)
	case n < 860:
		return l.leaves(c, topic)
	case n < 940:
		return l.sends(c)
	case n < 970:
		if err := l.Flush(); err != nil {
			return l.fail("flush: %v", err)
		}
	case n < 995:
		return l.closesOne()
	default:
		return l.endsLife() && l.begins()
	}
	return true
}

func (l *crowdLoop) connects() bool {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return l.fail("%v", err)
	}
	l.made++
	c := &crowdConn{name: fmt.Sprintf("%s/c%d", l.name, l.made), role: []Role{RoleServer, RoleClient}[l.r.IntN(2)], topics: map[string][]*crowdStay{}}
	if l.r.IntN(2) == 0 { // so that its socket is full soon
		_ = unix.SetsockoptInt(fds[0], unix.SOL_SOCKET, unix.SO_SNDBUF, 4096)
	}
	if c.id, err = l.Adopt(fds[0], c.role, nil); err != nil {
		return l.fail("adopt: %v", err)
	}
	done := make(chan struct{})
	c.done = done
	go func() {
		defer close(done)
		c.peer(fds[1])
	}()
	l.conns, l.past = append(l.conns, c), append(l.past, c)
	for i := range crowdTopics {
		if l.r.IntN(2) == 0 && !l.joins(c, fmt.Sprint("t", i)) {
			return false
		}
	}
	return true
}

// peer is the other end: it reads until the close frame, tells of tokens, and now and then asks for a publication.
func (c *crowdConn) peer(fd int) {
	from := FromClient
	if c.role == RoleClient {
		from = FromServer
	}
	p, err := from(fd)
	if err != nil {
		c.fail = err
		return
	}
	defer p.Drop()
	for {
		f, err := p.RecvMessage()
		if err != nil || f.IsClose() {
			if c.fail = err; err == nil && f.CloseCode() != 1000 && f.CloseCode() != 1001 {
				c.fail = fmt.Errorf("close frame with %d", f.CloseCode())
			}
			return
		}
		text := string(f.Payload)
		c.got = append(c.got, text)
		answer := ""
		switch {
		case strings.HasPrefix(text, "token"):
			answer = "heard"
		case len(c.got)%16 == 0:
			answer = "publish"
		}
		if answer != "" {
			_, _ = p.SendText(answer) // the loop may be past hearing it
		}
	}
}

func (l *crowdLoop) text() string {
	l.made++
	return fmt.Sprintf("%s/%d/%s", l.name, l.made, strings.Repeat("m", drawnSize(l.r, 50_000)))
}

func (l *crowdLoop) publishes(topic string) bool {
	text, s := l.text(), saying{topic: topic}
	if topic == "token" {
		text = "token" + text
	}
	except := ConnID(0)
	if len(l.conns) > 0 && l.r.IntN(3) == 0 && topic != "token" {
		s.except = l.conns[l.r.IntN(len(l.conns))]
		except = s.except.id
	}
	goesTo := 0
	for _, c := range l.conns {
		if c != s.except && c.stays(topic) {
			goesTo++
		}
	}
	var n int
	var err error
	s.span = l.m.during(func() { n, err = l.Publish(topic, OpText, []byte(text), except) })
	if err != nil || n < goesTo { // connections that are closing may be subscribed still
		return l.fail("publish to %d connections of this loop: %d, %v", goesTo, n, err)
	}
	l.said[text] = s
	return true
}

func (l *crowdLoop) sends(c *crowdConn) bool {
	text, s := l.text(), saying{to: c}
	var err error
	if s.span = l.m.during(func() { _, err = l.SendText(c.id, text) }); err != nil {
		return l.fail("send to %s: %v", c.name, err)
	}
	l.said[text] = s
	return true
}

// stays tells whether a connection subscribes to a topic now.
func (c *crowdConn) stays(topic string) bool {
	all := c.topics[topic]
	return len(all) > 0 && all[len(all)-1].to.end == never
}

func (l *crowdLoop) joins(c *crowdConn, topic string) bool {
	var err error
	s := l.m.during(func() { err = l.Subscribe(c.id, topic) })
	if err != nil {
		return l.fail("subscribe %s: %v", c.name, err)
	}
	if !c.stays(topic) {
		c.topics[topic] = append(c.topics[topic], &crowdStay{from: s, to: span{never, never}})
	}
	return true
}

func (l *crowdLoop) leaves(c *crowdConn, topic string) bool {
	var err error
	s := l.m.during(func() { err = l.Unsubscribe(c.id, topic) })
	if err != nil {
		return l.fail("unsubscribe %s: %v", c.name, err)
	}
	c.left(topic, s)
	return true
}

func (c *crowdConn) left(topic string, s span) {
	if c.stays(topic) {
		c.topics[topic][len(c.topics[topic])-1].to = s
	}
}

// closesOne closes a connection: all that was published before arrives, and nothing of what is published then.
func (l *crowdLoop) closesOne() bool {
	i := l.r.IntN(len(l.conns))
	c := l.conns[i]
	var err error
	s := l.m.during(func() { err = l.CloseConn(c.id, CloseNormal, "") })
	if err != nil {
		return l.fail("close %s: %v", c.name, err)
	}
	l.conns = append(l.conns[:i], l.conns[i+1:]...)
	c.leftAll(s)
	return true
}

func (c *crowdConn) leftAll(s span) {
	for topic := range c.topics {
		c.left(topic, s)
	}
}

func (l *crowdLoop) polls(timeout time.Duration) bool {
	n, err := l.Poll(l.events, timeout)
	if err != nil {
		return l.fail("poll: %v", err)
	}
	asks := 0
	for _, e := range l.events[:n] {
		switch e.Kind {
		case LoopOpen:
			l.opened++
		case LoopMessage:
			l.asked++
			if string(e.Payload()) == "heard" {
				l.heard++
			} else {
				asks++
			}
		case LoopClose:
			if l.ended++; e.Error != 0 {
				return l.fail("%v: %v %d", e.Conn, e.Error, e.Code)
			}
		case LoopDrained:
			l.drained = true
		default:
			return l.fail("%v was not asked for", e.Kind)
		}
	}
	for range asks {
		if !l.publishes(fmt.Sprint("t", l.r.IntN(crowdTopics))) {
			return false
		}
	}
	return true
}

// passesTokens lets a token go round: who has none sleeps until the publication of another wakes his loop.
func (l *crowdLoop) passesTokens() bool {
	me := 0
	for l.m.loops[me] != l {
		me++
	}
	for round := range crowdRounds {
		if !l.hears(round) || round%crowdLoops == me && !l.publishes("token") {
			return false
		}
	}
	return l.hears(crowdRounds)
}

// hears sleeps until a number of tokens have come.
func (l *crowdLoop) hears(tokens int) bool {
	return l.pollsUntil(func() bool { return l.heard >= tokens })
}

// pollsUntil polls until something has come. A poll that nobody wakes takes longer than the test may.
func (l *crowdLoop) pollsUntil(come func() bool) bool {
	for !come() {
		if l.m.stop.Load() || !l.polls(2*patience) {
			return false
		}
	}
	return true
}
