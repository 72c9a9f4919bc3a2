package core

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Eight threads send, publish, subscribe, pause, close and wake while one polls.
func TestLoopThreads(t *testing.T) {
	l, err := NewLoop(&LoopOptions{Hub: new(Hub), Poison: true, QueueBytes: 32 << 10, QueuePolicy: QueueDropOldest})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const conns, threads = 16, 8
	var ids [conns]atomic.Int64
	var peers sync.WaitGroup
	adopt := func(i int) {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Error(err)
			return
		}
		id, err := l.Adopt(fds[0], RoleServer, nil)
		if err != nil {
			t.Error(err)
			return
		}
		ids[i].Store(int64(id))
		peers.Go(func() { // reads all it gets until the end
			c, err := FromClient(fds[1])
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Drop()
			for {
				if f, err := c.RecvMessage(); err != nil || f.IsClose() {
					return
				}
			}
		})
	}
	for i := range conns {
		adopt(i)
	}
	var group sync.WaitGroup
	closes := 0
	drained := async(func() error {
		events := make([]LoopEvent, 32)
		for {
			n, err := l.Poll(events, -1)
			if err != nil {
				return err
			}
			for _, e := range events[:n] {
				switch e.Kind {
				case LoopClose:
					closes++
				case LoopDrained:
					return nil
				}
			}
		}
	})
	for th := range threads {
		group.Go(func() {
			r := rand.New(rand.NewPCG(uint64(th), 3))
			for i := range 1500 {
				at := r.IntN(conns)
				id := ConnID(ids[at].Load())
				switch r.IntN(12) {
				case 0:
					_ = l.Wake()
				case 1:
					_ = l.Subscribe(id, fmt.Sprint("t", r.IntN(4)))
				case 2:
					_, _ = l.Publish(fmt.Sprint("t", r.IntN(4)), OpText, []byte("published"), 0)
				case 3:
					_, _ = l.Broadcast([]ConnID{id, ConnID(ids[0].Load())}, OpBinary, make([]byte, r.IntN(20_000)), nil)
				case 4:
					_ = l.Pause(id)
					_ = l.Resume(id)
				case 5:
					_ = l.Metrics()
					_, _ = l.PeerAddr(id)
				case 6:
					if i%10 == 0 && (l.CloseConn(id, 1000, "") == nil || l.Abort(id) == nil) && ids[at].CompareAndSwap(int64(id), 0) {
						adopt(at)
					}
				default:
					_, _ = l.Send(id, OpText, []byte("from a thread"))
				}
			}
		})
	}
	group.Wait()
	if err := l.Drain(5 * time.Second); err != nil {
		t.Error(err)
	}
	if err := await(t, drained, "the end of the last connection"); err != nil {
		t.Fatal(err)
	}
	if m := l.Metrics(); m.Open != 0 {
		t.Errorf("%d connections are left", m.Open)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	peers.Wait()
	t.Logf("%d closes", closes)
}

// A thousand threads that close a connection at once: one succeeds.
func TestLoopManyClosersOneSucceeds(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, _ := l.open()
	var ok atomic.Int64
	var group sync.WaitGroup
	all := make(chan struct{})
	for range 1000 {
		group.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			<-all
			if l.CloseConn(id, 1000, "") == nil {
				ok.Add(1)
			}
		})
	}
	close(all)
	group.Wait()
	if ok.Load() != 1 {
		t.Errorf("%d calls closed it", ok.Load())
	}
}

// A loop has no goroutine of its own, however many connections there are.
func TestLoopHasNoGoroutines(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	before := runtime.NumGoroutine()
	for range 100 {
		id, p := l.open()
		p.send(OpText, "x")
		l.settle()
		_, _ = l.SendText(id, "y")
		l.settle()
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}
