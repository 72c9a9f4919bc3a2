// How connections come into a loop: listeners, inherited descriptors, adopted ones, and their bounds.

package core

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestLoopListenArguments(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	for _, bad := range []string{"", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536", "example.com:80", "unix:", "unix:" + string(make([]byte, 200))} {
		_, err := l.Listen(bad, false)
		wantCode(t, err, CodeArgument)
	}
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil || port == 0 {
		t.Fatal(port, err)
	}
	_, err = l.Listen(fmt.Sprint("127.0.0.1:", port), false)
	wantCode(t, err, CodeSystem)
	wantCode(t, l.ListenFD(-1), CodeArgument)
	wantCode(t, l.ListenFD(l.WakeFD()), CodeArgument)
}

func TestLoopListensEverywhere(t *testing.T) {
	dir := t.TempDir()
	for _, address := range []string{"127.0.0.1:0", "[::1]:0", ":0", "0.0.0.0:0", "localhost:0", "unix:" + filepath.Join(dir, "s"), "unix:@libws-test-" + filepath.Base(dir)} {
		t.Run(address, func(t *testing.T) {
			l := newTestLoop(t, LoopOptions{})
			port, err := l.Listen(address, false)
			if err != nil {
				if address == "[::1]:0" {
					t.Skip("no IPv6 here")
				}
				t.Fatal(err)
			}
			network, to := "tcp", fmt.Sprint("127.0.0.1:", port)
			switch {
			case address == "[::1]:0":
				to = fmt.Sprint("[::1]:", port)
			case port == 0:
				network, to = "unix", address[5:]
			}
			c, err := net.Dial(network, to)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_, _ = c.Write([]byte(upgradeRequest))
			l.until("open", func() bool { return len(l.of(LoopOpen)) == 1 })
		})
	}
	// The file of a Unix socket goes with its listener, is replaced when nobody listens on it, and is left alone otherwise.
	path := filepath.Join(dir, "s")
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket file is left")
	}
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	l := newTestLoop(t, LoopOptions{})
	_, err = l.Listen("unix:"+path, false)
	wantCode(t, err, CodeSystem)
	_ = left.Close()
	if _, err := l.Listen("unix:"+path, false); err != nil {
		t.Errorf("a deserted socket file is in the way: %v", err)
	}
	plain := filepath.Join(dir, "file")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = l.Listen("unix:"+plain, false)
	wantCode(t, err, CodeSystem)
	if _, err := os.Stat(plain); err != nil {
		t.Error("a file that is no socket was removed")
	}
}

func TestLoopListenFD(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, l.ListenFD(fd), CodeArgument) // does not listen yet
	if err := unix.Close(fd); err != nil {
		t.Error(err)
	}
	fd, port := listeningFD(t)
	if err := l.ListenFD(fd); err != nil {
		t.Fatal(err)
	}
	dialTCP(t, port).upgrade(l)
}

// A listener that the loop refuses stays the caller's, and one that it has already goes on serving.
func TestLoopListenFDRefusedStaysOpen(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	ours, port := listeningFD(t)
	if err := l.ListenFD(ours); err != nil {
		t.Fatal(err)
	}
	wantCode(t, l.ListenFD(ours), CodeArgument)
	if l.Port() != port {
		t.Errorf("the loop tells port %d, not %d", l.Port(), port)
	}
	dialTCP(t, port).upgrade(l)
	if err := l.Drain(time.Second); err != nil {
		t.Fatal(err)
	}
	theirs, _ := listeningFD(t)
	wantCode(t, l.ListenFD(theirs), CodeState)
	if err := unix.Close(theirs); err != nil {
		t.Errorf("the refused descriptor: %v", err)
	}
}

// A draining loop opens nothing: neither a port nor a socket file.
func TestLoopListensNoMoreWhileDraining(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	if err := l.Drain(time.Second); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s")
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	_ = left.Close()
	_, err = l.Listen("unix:"+path, false)
	wantCode(t, err, CodeState)
	if _, err := os.Stat(path); err != nil {
		t.Error("the socket file is gone:", err)
	}
}

// listeningFD opens a TCP listener as one that is inherited.
func listeningFD(t *testing.T) (fd, port int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 5); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fd, sa.(*unix.SockaddrInet4).Port
}

// Several loops share a port.
func TestLoopReusePort(t *testing.T) {
	a, b := newTestLoop(t, LoopOptions{}), newTestLoop(t, LoopOptions{})
	port, err := a.Listen("127.0.0.1:0", true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Listen(fmt.Sprint("127.0.0.1:", port), true); err != nil {
		t.Fatal(err)
	}
	for range 64 {
		dialTCP(t, port)
	}
	a.until("both accept", func() bool { b.once(); return a.pending+b.pending == 64 })
	if a.pending == 0 || b.pending == 0 {
		t.Errorf("%d and %d connections", a.pending, b.pending)
	}
}

// Out of descriptors the loop sleeps instead of spinning, serves those it has, and goes on once there are descriptors again.
func TestLoopOutOfDescriptors(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	first := dialTCP(t, port)
	first.upgrade(l)
	waiting := dialTCP(t, port)
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	low := unix.Rlimit{Cur: 1, Max: limit.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	restore := func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &limit) }
	defer restore()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, after unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_THREAD, &before)
	start, polls := time.Now(), 0
	for time.Since(start) < 500*time.Millisecond {
		l.poll(100 * time.Millisecond)
		polls++
	}
	_ = unix.Getrusage(unix.RUSAGE_THREAD, &after)
	cpu := time.Duration(after.Utime.Nano() - before.Utime.Nano() + after.Stime.Nano() - before.Stime.Nano())
	share := float64(cpu) / float64(time.Since(start))
	t.Logf("%.1f%% of a processor, %d failed accepts", share*100, l.metrics.AcceptsFailed)
	if share > 0.1 {
		t.Errorf("%.0f%% of a processor while nothing could be accepted", share*100)
	}
	if l.metrics.AcceptsFailed == 0 {
		t.Error("no accept failed, so nothing was tested")
	}
	if l.metrics.AcceptsFailed > 15 || polls > 60 {
		t.Errorf("%d accepts failed and %d polls in half a second", l.metrics.AcceptsFailed, polls)
	}
	first.send(OpText, "still served")
	l.until("a message", func() bool { return len(l.of(LoopMessage)) == 1 })
	restore()
	waiting.upgrade(l)
}

// A flood of connections that never ask is capped, old ones give way, and a proper client gets in.
func TestLoopHalfHandshakesAreCapped(t *testing.T) {
	l := newClockLoop(t, LoopOptions{MaxPending: 50})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	var flood []*loopPeer
	for range 200 {
		flood = append(flood, dialTCP(t, port))
		l.once()
	}
	l.settle()
	if l.pending != 50 {
		t.Errorf("%d handshakes are under way", l.pending)
	}
	p := dialTCP(t, port)
	p.raw([]byte(upgradeRequest))
	p.landed()
	for range 20 { // two seconds: the flood's oldest give way, a hundred in a second
		l.pass(youngMS / 10 * time.Millisecond)
		l.settle()
	}
	for range 40 {
		l.pass(acceptRetryMS * time.Millisecond)
		l.pass(youngMS * time.Millisecond)
	}
	l.until("the client is in", func() bool { return len(l.of(LoopOpen)) == 1 })
	if l.pending > 50 {
		t.Errorf("%d handshakes are under way", l.pending)
	}
	for _, f := range flood {
		f.close()
	}
	l.until("the flood is over", func() bool { return l.pending == 0 })
}

// Nobody is given up for a client that does not come: a handshake that takes its time keeps its place while it is the last that fits.
func TestLoopSlowHandshakeStaysWhileNobodyWaits(t *testing.T) {
	l := newClockLoop(t, LoopOptions{MaxPending: 2})
	slow, port := l.dialled()
	l.pass(youngMS * time.Millisecond)
	last := dialTCP(t, port)
	l.until("the last one is accepted", func() bool { return l.pending == 2 || l.Metrics().Refused > 0 })
	l.settle()
	if l.pending != 2 {
		t.Fatalf("%d handshakes are under way", l.pending)
	}
	for range 10 {
		l.pass(acceptRetryMS * time.Millisecond)
	}
	if n := l.epollReady(); n != 0 || l.pending != 2 {
		t.Errorf("%d ready, %d handshakes are under way", n, l.pending)
	}
	dialTCP(t, port) // now one has to go
	l.until("the slow one is given up", func() bool { return l.Metrics().Refused == 1 })
	slow.read()
	if slow.awaitEOF(l); l.pending != 2 {
		t.Errorf("%d handshakes are under way", l.pending)
	}
	last.upgrade(l)
}

// Whoever waits for room is let in as soon as there is some, however little there can be.
func TestLoopAcceptsOnceThereIsRoom(t *testing.T) {
	for _, room := range []int64{1, 2, 5} {
		l := newClockLoop(t, LoopOptions{MaxPending: room})
		port, err := l.Listen("127.0.0.1:0", false)
		if err != nil {
			t.Fatal(err)
		}
		var peers []*loopPeer
		for range room {
			peers = append(peers, dialTCP(t, port))
		}
		l.until("there is no room", func() bool { return l.pending == int(room) })
		late := dialTCP(t, port)
		l.settle()
		for _, p := range peers {
			p.upgrade(l)
		}
		late.upgrade(l) // and time stands still
	}
}

// A client that asks one thing after the other is young again with each answer. It does not shield those behind it that say nothing.
func TestLoopHalfHandshakesBehindAKeepAliveClient(t *testing.T) {
	l := newClockLoop(t, LoopOptions{MaxPending: 3, Requests: true})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	asking := dialTCP(t, port)
	ask := func() {
		asking.raw([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
		e, _ := l.nextRequest()
		if err := l.Respond(e.Conn, 204, nil, nil); err != nil {
			t.Fatal(err)
		}
		asking.head(l, "204")
	}
	ask()
	dialTCP(t, port)
	dialTCP(t, port)
	l.until("the silent ones are accepted", func() bool { return l.pending == 3 })
	l.pass(youngMS * time.Millisecond)
	ask()
	proper := dialTCP(t, port)
	proper.raw([]byte(upgradeRequest))
	proper.landed()
	for range 5 {
		l.pass(acceptRetryMS * time.Millisecond)
	}
	if n := len(l.of(LoopRequest)); n != 3 {
		t.Fatalf("%d requests are told", n)
	}
	if e, _ := l.nextRequest(); e.Code != 0 {
		t.Errorf("got %v", e)
	}
	ask() // it is still served itself
}

func TestLoopMaxConnections(t *testing.T) {
	l := newTestLoop(t, LoopOptions{MaxConnections: 2})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	a, b := dialTCP(t, port), dialTCP(t, port)
	a.upgrade(l)
	b.upgrade(l)
	c := dialTCP(t, port)
	l.until("the third is refused", func() bool { c.read(); return c.eof || c.err != nil })
	_, err = l.Dial("ws://127.0.0.1:1/", nil)
	wantCode(t, err, CodeTooMany)
	a.close()
	l.until("one goes", func() bool { return l.slab.live == 1 })
	dialTCP(t, port).upgrade(l)
}
