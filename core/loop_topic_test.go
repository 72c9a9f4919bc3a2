// Topics and lists of receivers: who gets what, and what is refused.

package core

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"libws/core/wire"

	"golang.org/x/sys/unix"
)

func TestLoopTopics(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
	a, pa := l.open()
	b, pb := l.open()
	c, pc := l.connectAs(RoleClient) // a client masks its own copy
	l.settle()
	for _, id := range []ConnID{a, b, c, a} { // twice is once
		if err := l.Subscribe(id, "news"); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := l.Publish("news", OpText, []byte("1"), 0); n != 3 || err != nil {
		t.Errorf("%d took it, %v", n, err)
	}
	if n, _ := l.Publish("news", OpBinary, []byte("2"), a); n != 2 {
		t.Errorf("%d took it but a", n)
	}
	if n, _ := l.Publish("silence", OpText, []byte("3"), 0); n != 0 {
		t.Errorf("%d took what nobody asked for", n)
	}
	if err := l.Unsubscribe(b, "news"); err != nil {
		t.Fatal(err)
	}
	if err := l.Unsubscribe(b, "news"); err != nil {
		t.Fatal(err)
	}
	if n, _ := l.Publish("news", OpText, []byte("4"), 0); n != 2 {
		t.Errorf("%d took it without b", n)
	}
	l.settle()
	for i, want := range []string{"text 1,text 4", "text 1,binary 2", "text 1,binary 2,text 4"} {
		if got := strings.Join([]*loopPeer{pa, pb, pc}[i].read(), ","); got != want {
			t.Errorf("peer %d got %q, want %q", i, got, want)
		}
	}
	// The end of a connection ends its subscriptions.
	for _, p := range []*loopPeer{pa, pc} {
		p.close()
	}
	l.until("both are gone", func() bool { return len(l.of(LoopClose)) == 2 })
	if len(l.topics.index) != 0 || len(l.hub.members) != 0 {
		t.Errorf("topics are left: %v, %v", l.topics.index, l.hub.members)
	}
}

// Offsets into what is gathered have 31 bits: a message that might not fit is refused before anything is copied.
func TestLoopPublishesAGiBAtMost(t *testing.T) {
	huge, err := unix.Mmap(-1, 0, mostPublishBytes+1, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = unix.Munmap(huge) }()
	if publishMost+mostPublishBytes+wire.MaxHeaderSize > math.MaxInt32 {
		t.Error("a message of the size that is allowed may not fit")
	}
	l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
	ids, peers := subscribers(t, l, 1, "a")
	mustPublish(t, l, "a", "before", 0)
	_, err = l.Publish("a", OpBinary, huge, 0)
	wantCode(t, err, CodeTooLarge)
	_, err = l.Broadcast(ids, OpBinary, huge, nil)
	wantCode(t, err, CodeTooLarge)
	mustPublish(t, l, "a", "after", 0)
	l.once()
	wantRead(t, peers[0], "text before,text after")
}

func TestLoopTopicArguments(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
	id, _ := l.open()
	wantCode(t, l.Subscribe(id, ""), CodeArgument)
	wantCode(t, l.Subscribe(id, strings.Repeat("x", topicBytes+1)), CodeArgument)
	wantCode(t, l.Subscribe(3, "x"), CodeHandle)
	wantCode(t, l.Unsubscribe(3, "x"), CodeHandle)
	_, err := l.Publish("x", OpPing, nil, 0)
	wantCode(t, err, CodeArgument)
	_, err = l.Publish("x", OpText, []byte{0xFF}, 0)
	wantCode(t, err, CodeUTF8)
	_, err = l.Broadcast([]ConnID{id}, OpText, []byte{0xFF}, nil)
	wantCode(t, err, CodeUTF8)
	_, err = l.Broadcast([]ConnID{id, id}, OpText, nil, make([]int64, 1))
	wantCode(t, err, CodeArgument)
}

// Many topics, many members, members that come and go: the books stay right.
func TestLoopTopicChurn(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
	var ids []ConnID
	for range 30 {
		id, _ := l.open()
		ids = append(ids, id)
	}
	in := map[string]map[ConnID]bool{}
	for i := range 5000 {
		id, name := ids[i*7%len(ids)], fmt.Sprint("t", i*i%13)
		if in[name] == nil {
			in[name] = map[ConnID]bool{}
		}
		if i%3 == 0 {
			delete(in[name], id)
			_ = l.Unsubscribe(id, name)
		} else {
			in[name][id] = true
			_ = l.Subscribe(id, name)
		}
	}
	for name, members := range in {
		i, ok := l.topics.index[name]
		if ok != (len(members) > 0) || ok && len(l.topics.list[i].members) != len(members) {
			t.Errorf("%s should have %d members", name, len(members))
		}
	}
}

func TestLoopBroadcast(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	a, pa := l.open()
	b, pb := l.open()
	long := strings.Repeat("z", 100_000)
	results := make([]int64, 3)
	if n, err := l.Broadcast([]ConnID{a, 99, b}, OpText, []byte(long), results); n != 2 || err != nil {
		t.Errorf("%d took it, %v", n, err)
	}
	if results[0] != 100_010 || results[1] != -int64(CodeHandle) || results[2] != 100_010 {
		t.Errorf("results %v", results)
	}
	for _, p := range []*loopPeer{pa, pb} {
		if got := p.await(l, 1); got[0] != "text "+long {
			t.Errorf("got %d bytes", len(got[0]))
		}
	}
	l.settle()
	if l.pool.Lent() != 0 {
		t.Errorf("%d bytes lent", l.pool.Lent())
	}
}

// Topics reach across the loops of a hub, and no further.
func TestLoopTopicsReachAcrossLoops(t *testing.T) {
	hub := new(Hub)
	a, b := newTestLoop(t, LoopOptions{Hub: hub}), newTestLoop(t, LoopOptions{Hub: hub})
	apart := newTestLoop(t, LoopOptions{Hub: new(Hub)})
	var peers []*loopPeer
	for _, l := range []*testLoop{a, b, apart} {
		id, p := l.open()
		if err := l.Subscribe(id, "x"); err != nil {
			t.Fatal(err)
		}
		peers = append(peers, p)
	}
	c, pc := b.connectAs(RoleClient)
	b.settle()
	_ = b.Subscribe(c, "x")
	for i := range 10 {
		if n, err := a.Publish("x", OpText, []byte(fmt.Sprint(i)), 0); n != 1 || err != nil {
			t.Errorf("%d took it here, %v", n, err)
		}
	}
	want := "text 0,text 1,text 2,text 3,text 4,text 5,text 6,text 7,text 8,text 9"
	peers[0].await(a, 10)
	peers[1].await(b, 10) // the other loop was woken
	pc.await(b, 10)
	apart.settle()
	for i, p := range []*loopPeer{peers[0], peers[1], pc} {
		if got := strings.Join(p.read(), ","); got != want {
			t.Errorf("peer %d got %q", i, got)
		}
	}
	if got := peers[2].read(); len(got) != 0 {
		t.Errorf("another hub's loop got %q", got)
	}
	// A loop that is closed gets nothing more, and disturbs nobody.
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := a.Publish("x", OpText, []byte("end"), 0); n != 1 || err != nil {
		t.Errorf("%d took it, %v", n, err)
	}
	if len(hub.members["x"]) != 1 {
		t.Errorf("%d loops follow x", len(hub.members["x"]))
	}
}
