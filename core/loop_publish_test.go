// Publishing: order, those who come and go, full sockets, no allocations.

package core

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// subscribers opens connections that subscribe to a topic.
func subscribers(t *testing.T, l *testLoop, n int, topic string) (ids []ConnID, peers []*loopPeer) {
	t.Helper()
	for range n {
		id, p := l.open()
		if err := l.Subscribe(id, topic); err != nil {
			t.Fatal(err)
		}
		ids, peers = append(ids, id), append(peers, p)
	}
	return ids, peers
}

func wantRead(t *testing.T, p *loopPeer, want string) {
	t.Helper()
	if got := strings.Join(p.read(), ","); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What is published between two polls leaves with the flush, in order with all else that is sent to the connection.
func TestLoopPublishKeepsOrder(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
	ids, peers := subscribers(t, l, 3, "a")
	for _, id := range ids[:2] {
		if err := l.Subscribe(id, "b"); err != nil {
			t.Fatal(err)
		}
	}
	send := func(id ConnID, s string) {
		t.Helper()
		if _, err := l.SendText(id, s); err != nil {
			t.Fatal(err)
		}
	}
	send(ids[0], "0")
	mustPublish(t, l, "a", "1", 0)
	mustPublish(t, l, "a", "2", ids[1])
	send(ids[0], "3")
	mustPublish(t, l, "b", "4", 0)
	send(ids[1], "5")
	mustPublish(t, l, "a", "6", ids[0])
	mustPublish(t, l, "a", "7", 0)
	if _, err := l.Broadcast(ids, OpText, []byte("8"), nil); err != nil {
		t.Fatal(err)
	}
	mustPublish(t, l, "a", "9", 0)
	for _, p := range peers {
		wantRead(t, p, "")
	}
	l.once()
	wantRead(t, peers[0], "text 0,text 1,text 2,text 3,text 4,text 7,text 8,text 9")
	wantRead(t, peers[1], "text 1,text 4,text 5,text 6,text 7,text 8,text 9")
	wantRead(t, peers[2], "text 1,text 2,text 6,text 7,text 8,text 9")
	if l.pool.Lent() != 0 {
		t.Errorf("%d bytes lent", l.pool.Lent())
	}
}

// Who subscribes gets what is published afterwards; who unsubscribes or is closed gets what was published before.
func TestLoopPublishToThoseWhoComeAndGo(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
	ids, peers := subscribers(t, l, 4, "a")
	late, pl := l.open()
	mustPublish(t, l, "a", "1", 0)
	if err := l.Subscribe(late, "a"); err != nil {
		t.Fatal(err)
	}
	if err := l.Unsubscribe(ids[0], "a"); err != nil {
		t.Fatal(err)
	}
	if err := l.CloseConn(ids[1], 1000, ""); err != nil {
		t.Fatal(err)
	}
	if err := l.Abort(ids[2]); err != nil {
		t.Fatal(err)
	}
	mustPublish(t, l, "a", "2", 0)
	l.once()
	wantRead(t, peers[0], "text 1")
	wantRead(t, peers[1], "text 1,close 1000 ")
	wantRead(t, peers[3], "text 1,text 2")
	wantRead(t, pl, "text 2")

	// The last subscriber goes while something is pending; the next topic takes its place in the books.
	for _, id := range []ConnID{late, ids[3]} {
		mustPublish(t, l, "a", "3", 0)
		if err := l.Unsubscribe(id, "a"); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Subscribe(late, "other"); err != nil {
		t.Fatal(err)
	}
	mustPublish(t, l, "other", "4", 0)
	l.once()
	wantRead(t, peers[3], "text 1,text 2,text 3,text 3")
	wantRead(t, pl, "text 2,text 3,text 4")
}

// A graceful end tells what was published before it.
func TestLoopPublishBeforeDrain(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
	_, peers := subscribers(t, l, 2, "a")
	mustPublish(t, l, "a", "last words", 0)
	if err := l.Drain(lingerMS * 1_000_000); err != nil {
		t.Fatal(err)
	}
	l.once()
	for _, p := range peers {
		wantRead(t, p, "text last words,close 1001 ")
	}
}

// What was published goes with the last who was to get it, and never to those who come.
func TestLoopPublishToNobodyLeft(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
	ids, _ := subscribers(t, l, 2, "a")
	mustPublish(t, l, "a", "1", 0)
	for _, id := range ids {
		if err := l.Abort(id); err != nil {
			t.Fatal(err)
		}
	}
	if l.pool.Lent() != 0 || len(l.published.frames) != 0 {
		t.Errorf("nobody is left, and %d bytes are lent for %d messages", l.pool.Lent(), len(l.published.frames))
	}
	id, p := l.connect()
	if err := l.Subscribe(id, "b"); err != nil { // in the place of the other
		t.Fatal(err)
	}
	mustPublish(t, l, "b", "2", 0)
	l.settle()
	wantRead(t, p, "text 2")
}

// Publications of every size arrive whole at peers whose sockets take them in pieces, servers' and clients' alike.
func TestLoopPublishIntoFullSockets(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Hub: new(Hub), QueueBytes: 64 << 20})
	_, peers := subscribers(t, l, 3, "a")
	client, pc := l.connectAs(RoleClient)
	l.settle()
	if err := l.Subscribe(client, "a"); err != nil {
		t.Fatal(err)
	}
	peers = append(peers, pc)
	for i := range l.slab.used {
		if c := l.slab.at(uint32(i)); c.fd >= 0 && i%2 == 0 {
			_ = unix.SetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_SNDBUF, 4096)
		}
	}
	var want []string
	for i, size := range []int{0, 1, 3000, 3000, 3000, 60_000, 1, publishMost, 5, 200_000, 10, 10} {
		s := fmt.Sprint(i, strings.Repeat("s", size))
		want = append(want, "text "+s)
		mustPublish(t, l, "a", s, 0)
		if i%4 == 3 {
			l.once()
		}
	}
	for at, p := range peers {
		got := p.await(l, len(want))
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("peer %d: message %d is %.20q, %d bytes, want %.20q, %d", at, i, got[i], len(got[i]), want[i], len(want[i]))
			}
		}
	}
	l.settle()
	if m := l.Metrics(); m.MessagesOut != int64(len(want)*len(peers)) || m.QueueBytes != 0 || l.pool.Lent() != 0 {
		t.Errorf("%d bytes lent, metrics %+v", l.pool.Lent(), m)
	}
}

// Publishing allocates nothing, for how many it may be.
func TestLoopPublishAllocatesNothing(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
	_, peers := subscribers(t, l, 10, "a")
	payload := make([]byte, 512)
	events := make([]LoopEvent, 16)
	sink := make([]byte, 256<<10)
	round := func() {
		for range 4 {
			if _, err := l.Publish("a", OpBinary, payload, 0); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := l.Poll(events, 0); err != nil {
			t.Fatal(err)
		}
		for _, p := range peers {
			if n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(p.fd), addressOf(sink), uintptr(len(sink))); errno != 0 || n != 4*516 {
				t.Fatal(n, errno)
			}
		}
	}
	round()
	if n := testing.AllocsPerRun(100, round); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// A subscriber that cannot keep up is judged by its own policy, even when that ends it in the middle of a publication.
func TestLoopPublishToSlowSubscribers(t *testing.T) {
	l := newTestLoop(t, LoopOptions{QueueBytes: 8192, QueuePolicy: QueueClose1008, Hub: new(Hub)})
	var peers []*loopPeer
	for i := range 4 {
		id, p := l.open()
		peers = append(peers, p)
		if i%2 == 0 {
			l.stall(id, 5000)
		}
		if err := l.Subscribe(id, "all"); err != nil {
			t.Fatal(err)
		}
	}
	msg := []byte(strings.Repeat("m", 7000))
	if n, _ := l.Publish("all", OpText, msg, 0); n != 4 {
		t.Errorf("it goes to %d", n)
	}
	l.settle()
	if n := len(l.of(LoopClose)); n != 2 {
		t.Errorf("%d were closed", n)
	}
	for _, i := range []int{1, 3} {
		if got := peers[i].read(); len(got) != 1 || got[0] != "text "+string(msg) {
			t.Errorf("peer %d got %d messages", i, len(got))
		}
	}
}

// A defect that shows while something is published, and that the C library reports, leaves the loop usable.
func TestLoopPublishUnlocksWhenItPanics(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
	id, p := l.open()
	if err := l.Subscribe(id, "a"); err != nil {
		t.Fatal(err)
	}
	list := l.topics.list
	l.topics.list = nil
	func() {
		defer func() {
			if recover() == nil {
				t.Error("it did not panic, so nothing was tested")
			}
		}()
		_, _ = l.Publish("a", OpText, []byte("x"), 0)
	}()
	if !l.mu.TryLock() {
		t.Error("the loop is locked for ever")
	}
	l.mu.Unlock()
	l.topics.list = list
	_, _ = l.SendText(id, "still here")
	p.await(l, 1)
}
