// Topics across loops: publications reach every subscriber in order, whatever comes and goes.

package core

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// hubLoops makes loops on one hub, each with one connection that has subscribed to a topic. Their clocks stand still, so no timer makes
// up for a wake-up that was lost.
func hubLoops(t *testing.T, n int, topic string) (loops []*testLoop, ids []ConnID, peers []*loopPeer) {
	t.Helper()
	hub := new(Hub)
	for range n {
		l := newClockLoop(t, LoopOptions{Hub: hub, QueueBytes: 16 << 20, Poison: true})
		id, p := l.open()
		if err := l.Subscribe(id, topic); err != nil {
			t.Fatal(err)
		}
		loops, ids, peers = append(loops, l), append(ids, id), append(peers, p)
	}
	return loops, ids, peers
}

func mustPublish(t *testing.T, l *testLoop, topic, msg string, except ConnID) {
	t.Helper()
	if _, err := l.Publish(topic, OpText, []byte(msg), except); err != nil {
		t.Fatal(err)
	}
}

// A publication comes whole and once to each subscriber of each loop, in the order of its publisher, whatever its length. The
// publisher's memory is its own again when the call returns.
func TestHubPublishesToEveryLoop(t *testing.T) {
	loops, _, peers := hubLoops(t, 3, "all")
	var want []string
	payload := make([]byte, 100_000)
	for i, size := range []int{0, 1, 125, 126, 65_535, 65_536, 100_000, 3} {
		b := payload[:size]
		for at := range b {
			b[at] = byte('a' + i)
		}
		want = append(want, "binary "+string(b))
		if n, err := loops[i%3].Publish("all", OpBinary, b, 0); n != 1 || err != nil {
			t.Fatalf("%d connections of this loop took it, %v", n, err)
		}
		clear(b)
		for at, p := range peers { // publishers take turns, so each is waited for
			if got := p.await(loops[at], i+1); got[i] != want[i] {
				t.Fatalf("peer %d: publication %d of %d bytes came as %d", at, i, size, len(got[i]))
			}
		}
	}
	for at, p := range peers {
		loops[at].settle()
		if n := len(p.read()); n != len(want) {
			t.Errorf("peer %d got %d messages, want %d", at, n, len(want))
		}
	}
}

// The sender that a publication leaves out is left out of it alone: neither its neighbours nor other loops are.
func TestHubPublishesWithoutTheSender(t *testing.T) {
	loops, ids, peers := hubLoops(t, 2, "all")
	id, neighbour := loops[0].open()
	if err := loops[0].Subscribe(id, "all"); err != nil {
		t.Fatal(err)
	}
	mustPublish(t, loops[0], "all", "from a", ids[0])
	mustPublish(t, loops[1], "all", "from b", ids[1])
	mustPublish(t, loops[0], "all", "from nobody", ids[1]) // an id of another loop leaves nobody out
	for i, want := range []string{"text from b,text from nobody", "text from a,text from nobody"} {
		peers[i].await(loops[i], 2)
		loops[i].settle()
		got := peers[i].read()
		slices.Sort(got) // of two publishers, either may be first
		if strings.Join(got, ",") != want {
			t.Errorf("peer %d got %q", i, got)
		}
	}
	if got := neighbour.await(loops[0], 3); len(got) != 3 {
		t.Errorf("the neighbour got %q", got)
	}
}

// A loop without subscribers is left alone: neither a topic that was left, by Unsubscribe or by the end of its last connection, nor
// one that nobody ever asked for wakes it.
func TestHubWakesNobodyForNothing(t *testing.T) {
	loops, ids, peers := hubLoops(t, 2, "x")
	a, b := loops[0], loops[1]
	if err := b.Subscribe(ids[1], "y"); err != nil {
		t.Fatal(err)
	}
	quiet := func(topic, why string) {
		t.Helper()
		b.settle()
		mustPublish(t, a, topic, "for nobody", 0)
		if n := b.epollReady(); n != 0 {
			t.Errorf("%s: the other loop was woken", why)
		}
	}
	mustPublish(t, a, "x", "first", 0)
	if n := b.epollReady(); n == 0 {
		t.Error("a publication did not wake the loop of its subscriber")
	}
	quiet("z", "no such topic")
	if err := b.Unsubscribe(ids[1], "x"); err != nil {
		t.Fatal(err)
	}
	quiet("x", "unsubscribed")
	peers[1].close()
	b.until("the end of the subscriber", func() bool { return len(b.of(LoopClose)) == 1 })
	quiet("y", "the subscriber is gone")
	if got := peers[1].got; len(got) > 1 {
		t.Errorf("the subscriber got %q", got)
	}
	// And back again.
	id, p := b.open()
	if err := b.Subscribe(id, "x"); err != nil {
		t.Fatal(err)
	}
	mustPublish(t, a, "x", "again", 0)
	if got := p.await(b, 1); got[0] != "text again" {
		t.Errorf("got %q", got)
	}
}

// What was published while a connection had not subscribed, or not yet, need not come; what comes is in order, whole and once. The
// last publication after the last Subscribe does come.
func TestHubSubscribersComeAndGoAmidPublications(t *testing.T) {
	loops, ids, peers := hubLoops(t, 2, "x")
	a, b := loops[0], loops[1]
	const most = 3000
	var stop atomic.Bool
	published := async(func() error {
		for i := range most {
			if stop.Load() {
				return nil
			}
			if _, err := a.Loop.Publish("x", OpText, []byte(strconv.Itoa(i)), ids[0]); err != nil {
				return err
			}
		}
		return nil
	})
	for range 200 {
		if err := b.Unsubscribe(ids[1], "x"); err != nil {
			t.Fatal(err)
		}
		b.once()
		peers[1].read()
		if err := b.Subscribe(ids[1], "x"); err != nil {
			t.Fatal(err)
		}
		b.once()
		peers[1].read()
	}
	stop.Store(true)
	if err := await(t, published, "the end of the publications"); err != nil {
		t.Fatal(err)
	}
	mustPublish(t, a, "x", strconv.Itoa(most), 0)
	b.until("the last publication", func() bool {
		got := peers[1].read()
		return len(got) > 0 && got[len(got)-1] == fmt.Sprint("text ", most)
	})
	last := -1
	for _, msg := range peers[1].got {
		n, err := strconv.Atoi(strings.TrimPrefix(msg, "text "))
		if err != nil || n <= last {
			t.Fatalf("%q came behind %d", msg, last)
		}
		last = n
	}
}

// A loop may be closed while others publish to it: they go on, and the subscribers of the others miss nothing.
func TestHubLoopClosesAmidPublications(t *testing.T) {
	for range 20 {
		loops, _, peers := hubLoops(t, 3, "x")
		const each = 50
		var group sync.WaitGroup
		started := make(chan struct{})
		var once sync.Once
		for _, l := range loops[:2] {
			group.Go(func() {
				for i := range each {
					if _, err := l.Loop.Publish("x", OpText, []byte("news"), 0); err != nil {
						t.Error(err)
					}
					if i == each/5 {
						once.Do(func() { close(started) })
					}
				}
			})
		}
		<-started
		if err := loops[2].Close(); err != nil {
			t.Fatal(err)
		}
		group.Wait()
		for i, p := range peers[:2] {
			if n := len(p.await(loops[i], 2*each)); n != 2*each {
				t.Errorf("peer %d got %d messages, want %d", i, n, 2*each)
			}
		}
		if peers[2].read(); !peers[2].eof && peers[2].err == nil {
			t.Error("the peer of the closed loop sees no end")
		}
		mustPublish(t, loops[0], "x", "after the end", 0)
		peers[1].await(loops[1], 2*each+1)
	}
}

// Loops on threads of their own that publish to each other all at once.
func TestHubLoopsPublishToEachOther(t *testing.T) {
	loops, _, peers := hubLoops(t, 4, "all")
	const each = 300
	var polling, publishing sync.WaitGroup
	for _, l := range loops {
		polling.Go(func() {
			if err := l.Run(nobody{}); err != nil {
				t.Error(err)
			}
		})
		publishing.Go(func() {
			for range each {
				if n, err := l.Loop.Publish("all", OpBinary, bytes.Repeat([]byte("m"), 100), 0); n != 1 || err != nil {
					t.Error(n, err)
				}
			}
		})
	}
	publishing.Wait()
	for i, p := range peers {
		until(t, fmt.Sprintf("peer %d has everything", i), func() bool { return len(p.read()) == each*len(loops) })
	}
	for _, l := range loops {
		if err := l.Stop(); err != nil {
			t.Error(err)
		}
	}
	polling.Wait()
}

// nobody handles nothing.
type nobody struct{}

func (nobody) OnOpen(*Loop, ConnID)                            {}
func (nobody) OnMessage(*Loop, ConnID, Opcode, []byte)         {}
func (nobody) OnClose(*Loop, ConnID, CloseCode, string, error) {}

// A loop that nobody polls keeps a bounded number of publications, says how many were lost, and goes on afterwards.
func TestHubBoundsWhatWaitsForALoop(t *testing.T) {
	loops, ids, peers := hubLoops(t, 2, "all")
	if err := loops[0].Unsubscribe(ids[0], "all"); err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("x", 1<<20)
	const sent = inboxMost>>20 + 10
	for range sent {
		mustPublish(t, loops[0], "all", big, 0)
	}
	lost := loops[1].Metrics().RefusedFull
	if lost < 10 || lost > 11 {
		t.Errorf("%d publications were refused", lost)
	}
	loops[1].settle()
	for loops[1].Metrics().QueueBytes > 0 {
		peers[1].read()
		loops[1].once()
	}
	mustPublish(t, loops[0], "all", "after", 0)
	loops[1].settle()
	if got := peers[1].read(); got[len(got)-1] != "text after" {
		t.Errorf("the last message has %d bytes", len(got[len(got)-1]))
	}
}

// A publication is for those who have subscribed when it is made, in every loop: what is done to a subscriber of another loop once Publish
// has returned comes behind it, although that loop has not been polled since.
func TestHubPublicationsComeBeforeWhatFollows(t *testing.T) {
	for name, c := range map[string]struct {
		then func(l *testLoop, id ConnID) error
		want string
	}{
		"a message":     {func(l *testLoop, id ConnID) error { _, err := l.SendText(id, "next"); return err }, "text news,text next"},
		"a publication": {func(l *testLoop, id ConnID) error { _, err := l.Publish("x", OpText, []byte("next"), 0); return err }, "text news,text next"},
		"a message in part": {func(l *testLoop, id ConnID) error {
			_, err := l.SendFragment(id, OpText, []byte("next"), false)
			return err
		}, "text news"},
		"no subscription": {func(l *testLoop, id ConnID) error { return l.Unsubscribe(id, "x") }, "text news"},
		"a closing":       {func(l *testLoop, id ConnID) error { return l.CloseConn(id, 4000, "") }, "text news,close 4000 "},
		"a drain":         {func(l *testLoop, id ConnID) error { return l.Drain(1e9) }, "text news,close 1001 "},
	} {
		t.Run(name, func(t *testing.T) {
			loops, ids, peers := hubLoops(t, 2, "x")
			mustPublish(t, loops[0], "x", "news", 0)
			if err := c.then(loops[1], ids[1]); err != nil {
				t.Fatal(err)
			}
			loops[1].settle()
			if got := strings.Join(peers[1].read(), ","); got != c.want {
				t.Errorf("the subscriber got %q, want %q", got, c.want)
			}
		})
	}
	t.Run("a subscription", func(t *testing.T) {
		loops, _, _ := hubLoops(t, 2, "x")
		id, late := loops[1].open()
		mustPublish(t, loops[0], "x", "news", 0)
		if err := loops[1].Subscribe(id, "x"); err != nil {
			t.Fatal(err)
		}
		loops[1].settle()
		if got := late.read(); len(got) > 0 {
			t.Errorf("who subscribed afterwards got %q", got)
		}
	})
}

// Nobody can subscribe in a loop that has begun to close: its hub would keep it for ever.
func TestHubForgetsALoopThatCloses(t *testing.T) {
	loops, ids, _ := hubLoops(t, 1, "x")
	l := loops[0]
	l.hub.mu.Lock()
	closed := async(l.Close)
	until(t, "the loop leaves", func() bool {
		l.hubMember.mu.Lock()
		defer l.hubMember.mu.Unlock()
		return l.hubMember.gone
	})
	subscribed := async(func() error { return l.Subscribe(ids[0], "y") })
	until(t, "the subscription, or the closing, waits for the hub", func() bool {
		free := l.mu.TryLock()
		if free {
			l.mu.Unlock()
		}
		return !free
	})
	l.hub.mu.Unlock()
	if err := await(t, closed, "the end of the loop"); err != nil {
		t.Error(err)
	}
	_ = await(t, subscribed, "the end of the subscription")
	if len(l.hub.members) > 0 {
		t.Errorf("the hub keeps %d topics of a closed loop", len(l.hub.members))
	}
}

// What another loop publishes while this one is about to clear its wake-up is taken with it: nothing else tells of it.
func TestHubPublishesAmidAWakeUp(t *testing.T) {
	hub := new(Hub)
	from, to := newTestLoop(t, LoopOptions{Hub: hub}), newTestLoop(t, LoopOptions{Hub: hub, PingInterval: NoTimeout})
	id, p := to.open()
	if err := to.Subscribe(id, "a"); err != nil {
		t.Fatal(err)
	}
	to.mu.Lock() // as a poll that has looked into its box already
	mustPublish(t, from, "a", "news", 0)
	to.dispatch(tokenWake, 0)
	to.mu.Unlock()
	if to.hubMember.filled.Load() && to.epollReady() == 0 {
		t.Error("its box is not empty, and its descriptor does not tell")
	}
	to.settle()
	wantRead(t, p, "text news")
}
