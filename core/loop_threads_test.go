// Loops and many threads: sends and closes from everywhere, and no goroutine of the loop's own.

package core

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// readAll is the peer of an open connection: it reads all it gets until the end.
func readAll(t *testing.T, fd int) {
	c, err := FromClient(fd)
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
}

// awaitAnswers reads the answers to HTTP requests, and goes on as a client of WebSocket behind a 101.
func awaitAnswers(t *testing.T, fd int) {
	var head []byte
	for {
		var b [1]byte
		if n, _ := readFull(fd, b[:]); n == 0 {
			_ = unix.Close(fd)
			return
		}
		head = append(head, b[0])
		if bytes.HasPrefix(head, []byte("HTTP/1.1 101")) && bytes.HasSuffix(head, []byte("\r\n\r\n")) {
			readAll(t, fd)
			return
		}
	}
}

// decide answers requests, from a thread of its own.
func decide(l *Loop, requests <-chan ConnID) {
	for id := range requests {
		if r, err := l.Request(id); err == nil && r.Path == "/chat" {
			_ = l.Accept(id, "", nil)
		} else {
			_ = l.Respond(id, 200, nil, []byte("hello"))
		}
	}
}

// Eight threads send, publish, subscribe, pause, close, wake, set options and hand connections over while one polls; two more decide on
// requests; one of the eight drains the loop before the others are done.
func TestLoopThreads(t *testing.T) {
	l, err := NewLoop(&LoopOptions{Hub: new(Hub), Poison: true, QueueBytes: 32 << 10, QueuePolicy: QueueDropOldest, Requests: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const conns, threads = 16, 8
	var ids [conns]atomic.Int64
	var peers sync.WaitGroup
	var draining atomic.Bool
	join := func(take func(fd int) (ConnID, error), peer func(t *testing.T, fd int)) ConnID {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Error(err)
			return 0
		}
		id, err := take(fds[0])
		if err != nil {
			if code(err) != CodeState || !draining.Load() {
				t.Error(err)
			}
			_, _ = unix.Close(fds[0]), unix.Close(fds[1])
			return 0
		}
		peers.Go(func() { peer(t, fds[1]) })
		return id
	}
	adopt := func(i int) {
		id := join(func(fd int) (ConnID, error) { return l.Adopt(fd, RoleServer, nil) }, readAll)
		ids[i].Store(int64(id))
	}
	for i := range conns {
		adopt(i)
	}
	var group sync.WaitGroup
	options := slices.Collect(maps.Keys(loopTable))
	closes, requests := 0, make(chan ConnID, 64)
	var deciders sync.WaitGroup
	for range 2 {
		deciders.Go(func() { decide(l, requests) })
	}
	drained := async(func() error {
		defer close(requests)
		events := make([]LoopEvent, 32)
		for {
			n, err := l.Poll(events, -1)
			if err != nil {
				return err
			}
			for _, e := range events[:n] {
				switch e.Kind {
				case LoopRequest:
					requests <- e.Conn
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
				if th == 0 && i == 1200 {
					draining.Store(true)
					if err := l.Drain(10 * time.Second); err != nil {
						t.Error(err)
					}
				}
				switch r.IntN(14) {
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
				case 7:
					o := options[r.IntN(len(options))]
					v, err := l.Option(o)
					if err == nil {
						err = l.SetOption(o, v)
					}
					if err != nil {
						t.Error(err)
					}
				case 8:
					request := []string{upgradeRequest, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"}[i%2]
					join(func(fd int) (ConnID, error) { return l.AdoptUpgrade(fd, []byte(request)) }, awaitAnswers)
				default:
					_, _ = l.Send(id, OpText, []byte("from a thread"))
				}
			}
		})
	}
	group.Wait()
	if err := await(t, drained, "the end of the last connection"); err != nil {
		t.Fatal(err)
	}
	if m := l.Metrics(); m.Open != 0 {
		t.Errorf("%d connections are left", m.Open)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	deciders.Wait()
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
	// Some that earlier tests have left may be about to end; the connections are still there.
	until(t, "no goroutine is left but those before", func() bool { return runtime.NumGoroutine() <= before })
}
