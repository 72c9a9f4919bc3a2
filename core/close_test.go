package core

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// wakeBound is the promise: close wakes every blocked call within 100 ms.
const wakeBound = 100 * time.Millisecond

func TestCloseHandshake(t *testing.T) {
	for _, s := range sockets {
		t.Run(s.name, func(t *testing.T) {
			a, b := s.pair(t)
			client, server := connect(t, a, b)
			got := async(func() Frame { f, _ := server.RecvFrame(); return f })
			if err := client.CloseWith(4001, "bye"); err != nil {
				t.Fatal(err)
			}
			f := await(t, got, "the close frame")
			if f.CloseCode() != 4001 || f.CloseReason() != "bye" {
				t.Fatal(f)
			}
			for _, c := range []*Conn{client, server} {
				if c.State() != StateClosed || c.IsOpen() || c.FD() != -1 || c.CloseCode() != 4001 {
					t.Fatal(c.State(), c.FD(), c.CloseCode())
				}
			}
			if server.CloseReason() != "bye" {
				t.Fatal(server.CloseReason())
			}
		})
	}
}

// RFC 6455 §7.1.2: the close frame is answered with the peer's code by the receiving call itself.
func TestRecvFrameAnswersClose(t *testing.T) {
	c, peer := serverAgainst(t)
	peer.say(masked(0x88, "\x0b\xb8bye")...) // 3000
	got := async(func() Frame { f, err := c.RecvFrame(); _ = err; return f })
	peer.hear(0x88, 2, 0x0B, 0xB8)
	if rest := peer.hearEnd(); len(rest) > 0 { // RFC 6455 §7.1.1: the server closes first
		t.Fatalf("% x", rest)
	}
	peer.Close()
	f := await(t, got, "the close frame")
	if f.Opcode != OpClose || f.CloseCode() != 3000 || f.CloseReason() != "bye" || c.State() != StateClosed {
		t.Fatal(f, c.State())
	}
	_, err := c.RecvFrame()
	wantCode(t, err, CodeClosed)
	var why *CloseError
	if !errors.As(err, &why) || why.Code != 3000 || why.Reason != "bye" {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil { // the first call by this end is fine
		t.Fatal(err)
	}
	wantCode(t, c.Close(), CodeClosed)
}

func TestBothCloseAtOnce(t *testing.T) {
	for range 20 {
		client, server := pair(t)
		other := async(server.Close)
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		if err := await(t, other, "the other close"); err != nil {
			t.Fatal(err)
		}
		if client.CloseCode() != CloseNormal || server.CloseCode() != CloseNormal {
			t.Fatal(client.CloseCode(), server.CloseCode())
		}
	}
}

// A carrier whose directions cannot end apart is closed by the server once both close frames are exchanged (RFC 6455 §7.1.1), not
// when the time for the closing handshake is over.
func TestCloseHandshakeOverAPipe(t *testing.T) {
	for _, first := range []Role{RoleServer, RoleClient} {
		a, b := net.Pipe()
		long := &Options{CloseTimeout: time.Hour}
		server, client := must(NewConn(a, RoleServer, long))(t), must(NewConn(b, RoleClient, long))(t)
		closer, other := server, client
		if first == RoleClient {
			closer, other = client, server
		}
		got := async(func() Frame { f, _ := other.RecvMessage(); return f })
		closed := async(closer.Close)
		if f := await(t, got, "the close frame"); f.CloseCode() != CloseNormal {
			t.Error(f)
		}
		if err := await(t, closed, "Close"); err != nil {
			t.Error(err)
		}
		if closer.CloseCode() != CloseNormal || other.CloseCode() != CloseNormal {
			t.Error(closer.CloseCode(), other.CloseCode())
		}
	}
}

func TestCloseWaitsForTheAnswerInBoundedTime(t *testing.T) { promptly(time.Second, closeUnanswered)(t) }

func closeUnanswered(t *testing.T) time.Duration {
	c, peer := serverAgainst(t)
	if err := c.SetOption(OptCloseTimeoutMS, 100); err != nil {
		t.Fatal(err)
	}
	took := timed(func() {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	})
	peer.hear(0x88, 2, 3, 0xE8)
	peer.hearEnd()
	if c.CloseCode() != CloseAbnormal {
		t.Fatal(c.CloseCode())
	}
	return took
}

// What the peer still sends is discarded, and no reset destroys our close frame.
func TestCloseDrains(t *testing.T) {
	c, peer := serverAgainst(t)
	for range 100 {
		peer.say(masked(0x82, strings.Repeat("z", 100))...)
	}
	closed := async(c.Close)
	peer.hear(0x88, 2, 3, 0xE8)
	for range 100 {
		peer.say(masked(0x82, strings.Repeat("z", 100))...)
	}
	peer.say(masked(0x88, "\x03\xe8")...)
	peer.hearEnd()
	peer.Close()
	if err := await(t, closed, "Close"); err != nil {
		t.Fatal(err)
	}
	if c.CloseCode() != CloseNormal {
		t.Fatal(c.CloseCode())
	}
}

func TestForceCloseSendsNothing(t *testing.T) { promptly(wakeBound, forceCloseSendsNothing)(t) }

func forceCloseSendsNothing(t *testing.T) time.Duration {
	c, peer := serverAgainst(t)
	took := timed(func() {
		if err := c.ForceClose(); err != nil {
			t.Fatal(err)
		}
	})
	if b := peer.hearEnd(); len(b) > 0 {
		t.Fatalf("% x", b)
	}
	wantCode(t, c.ForceClose(), CodeClosed)
	wantCode(t, c.Close(), CodeClosed)
	c.Drop() // no mistake
	_, err := c.SendText("x")
	wantCode(t, err, CodeClosed)
	_, err = c.RecvFrame()
	wantCode(t, err, CodeClosed)
	if c.State() != StateClosed || c.FD() != -1 {
		t.Fatal(c.State(), c.FD())
	}
	return took
}

func TestCloseArguments(t *testing.T) {
	c, peer := serverAgainst(t)
	wantCode(t, c.CloseWith(1005, ""), CodeCloseCode)
	wantCode(t, c.CloseWith(1000, strings.Repeat("r", 124)), CodeControlSize)
	wantCode(t, c.CloseWith(1000, "\xff"), CodeUTF8)
	if !c.IsOpen() {
		t.Fatal("a refused close has closed")
	}
	go c.CloseWith(1000, strings.Repeat("r", 123))
	peer.hear(append([]byte{0x88, 125, 3, 0xE8}, strings.Repeat("r", 123)...)...)
}

// Of two calls at once one closes the connection, and says so, also when the second overtakes the first.
func TestForceCloseTwiceAtOnce(t *testing.T) {
	for range 200 {
		c, _ := serverAgainst(t)
		c.mu.Lock()
		first := async(c.ForceClose)
		<-c.closing // it is about to finish
		c.mu.Unlock()
		second := c.ForceClose()
		if err := await(t, first, "the first call"); (err == nil) == (second == nil) {
			t.Fatalf("%v and %v", err, second)
		}
	}
}

// Close and ForceClose wake whoever is blocked, on every kind of carrier.
func TestCloseWakesBlockedCalls(t *testing.T) {
	type waiting struct {
		name  string
		where string
		holds func(*Conn) *gate
		call  func(*Conn) error
	}
	calls := []waiting{
		{"receiver", "core.(*Conn).fill", func(c *Conn) *gate { return &c.receiver }, func(c *Conn) error { _, err := c.RecvFrame(); return err }},
		{"receiver on a full socket", "core.(*Conn).fill", func(c *Conn) *gate { return &c.receiver }, func(c *Conn) error { brim(c); _, err := c.RecvFrame(); return err }},
		{"sender", "core.(*Conn).writeAll", func(c *Conn) *gate { return &c.gate }, fillSocket},
	}
	closers := []struct {
		name string
		call func(*Conn) error
	}{{"Close", (*Conn).Close}, {"ForceClose", (*Conn).ForceClose}}
	carriers := []string{"socketpair", "tcp", "unix", "tcp nonblocking", "net.Conn"}
	for _, carrier := range carriers {
		for _, b := range calls {
			for _, closer := range closers {
				t.Run(carrier+" "+b.name+" "+closer.name, promptly(wakeBound, func(t *testing.T) time.Duration {
					c := carried(t, carrier)
					if err := c.SetOption(OptCloseTimeoutMS, 60_000); err != nil { // that is for the peer, not for them
						t.Fatal(err)
					}
					got := async(func() error { return b.call(c) })
					until(t, "the call blocks", func() bool { return b.holds(c).held() && blocked(b.where) })
					took := timed(func() {
						closed := async(func() error { return closer.call(c) })
						wantCode(t, await(t, got, "the blocked call"), CodeClosed)
						if err := await(t, closed, "the close"); err != nil {
							t.Fatal(err)
						}
					})
					if c.State() != StateClosed {
						t.Fatal(c.State())
					}
					return took
				}))
			}
		}
	}
}

// brim leaves no room in the socket of a connection whose peer does not read.
func brim(c *Conn) {
	for n, err := 1, error(nil); n > 0 && err == nil; {
		n, err = c.stream.TryWrite(make([]byte, 4096))
	}
}

// carried returns a server on the named kind of carrier, whose peer is silent.
func carried(t *testing.T, carrier string) *Conn {
	t.Helper()
	if carrier == "net.Conn" {
		a, b := netPair(t, "tcp", "127.0.0.1:0")
		t.Cleanup(func() { b.Close() })
		c := must(NewConn(a, RoleServer, nil))(t)
		t.Cleanup(c.Drop)
		return c
	}
	make := map[string]func(testing.TB) (int, int){"socketpair": socketpair, "tcp": tcpPair, "unix": unixPair, "tcp nonblocking": tcpPair}[carrier]
	a, b := make(t)
	t.Cleanup(func() { unix.Close(b) })
	if carrier == "tcp nonblocking" {
		if err := unix.SetNonblock(a, true); err != nil {
			t.Fatal(err)
		}
	}
	c := must(FromServer(a))(t)
	t.Cleanup(c.Drop)
	return c
}

// A sender that waits for another that is stalled is woken as well.
func TestCloseWakesSendersInLine(t *testing.T) { promptly(wakeBound, closeWakesSendersInLine)(t) }

func closeWakesSendersInLine(t *testing.T) time.Duration {
	c := carried(t, "tcp")
	first := async(func() error { return fillSocket(c) })
	senderBlocks(t, c, "sock.(*FD).write(")
	var line []<-chan error
	for range 8 {
		line = append(line, async(func() error { _, err := c.SendText("next"); return err }))
	}
	return timed(func() {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		wantCode(t, await(t, first, "the first"), CodeClosed)
		for _, l := range line {
			wantCode(t, await(t, l, "a waiting sender"), CodeClosed)
		}
	})
}

func TestManyClosersOneSucceeds(t *testing.T) {
	client, server := pair(t)
	go server.RecvFrame()
	var ok atomic.Int32
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() {
			var err error
			if i%2 == 0 {
				err = client.Close()
			} else {
				err = client.CloseWith(CloseGoingAway, "")
			}
			if err == nil {
				ok.Add(1)
			} else if !errors.Is(err, ErrClosed) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if ok.Load() != 1 {
		t.Fatal(ok.Load(), "closes succeeded")
	}
}

// A descriptor number is given back only when no call is inside it, so that a blocked call never finds itself in another
// file.
func TestNumberIsNotReusedUnderABlockedCall(t *testing.T) {
	for range 200 {
		client, server := pair(t)
		fd := server.FD()
		got := async(func() error { _, err := server.RecvFrame(); return err })
		server.ForceClose()
		// Whoever gets the number now must not be read by the call above.
		a, b := socketpair(t)
		if _, err := unix.Write(b, masked(0x81, "stolen")); err != nil {
			t.Fatal(err)
		}
		wantCode(t, await(t, got, "the receiver"), CodeClosed)
		stolen := make([]byte, 64)
		if n, err := unix.Read(a, stolen); n != 12 || err != nil {
			t.Fatal("someone read from descriptor", a, "of late", fd, n, err)
		}
		unix.Close(a)
		unix.Close(b)
		client.Drop()
	}
}

// countFDs counts the descriptors of the process.
func countFDs(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestThousandCyclesLeakNothing(t *testing.T) {
	cycle := func(i int) {
		a, b := socketpair(t)
		client, server := must(FromClient(a))(t), must(FromServer(b))(t) // nothing here may keep them
		done := async(func() error { _, err := server.RecvFrame(); return err })
		var err error
		switch i % 4 {
		case 0:
			err = client.Close()
		case 1:
			err = client.ForceClose()
		case 2:
			client.Drop()
		case 3:
			_, err = client.SendBinary([]byte("x"))
			client.Drop()
		}
		if err != nil {
			t.Fatal(err)
		}
		<-done
		server.Drop()
	}
	for i := range 100 { // what is made once and kept
		cycle(i)
	}
	fds, routines, memory := countFDs(t), runtime.NumGoroutine(), heapInUse()
	for i := range 1000 {
		cycle(i)
	}
	until(t, "every goroutine ends", func() bool { return runtime.NumGoroutine() <= routines })
	if now := countFDs(t); now > fds {
		t.Fatalf("%d descriptors before, %d after", fds, now)
	}
	if now := heapInUse(); now > memory+1<<20 { // a connection is over 4 KiB
		t.Fatalf("%d bytes of memory before, %d after", memory, now)
	}
}

// heapInUse tells how many bytes are reachable.
func heapInUse() uint64 {
	runtime.GC()
	runtime.GC() // the first one moves the pools' memory to where the second frees it
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A Close that a signal interrupts has lost nothing: the next call goes on waiting.
func TestInterruptedCloseGoesOn(t *testing.T) {
	c, peer := serverAgainst(t)
	for o, v := range map[Option]int64{OptInterruptible: 1, OptCloseTimeoutMS: 20_000} {
		if err := c.SetOption(o, v); err != nil {
			t.Fatal(err)
		}
	}
	within(t, 5*time.Second, "the interrupted Close", func() {
		wantCode(t, signalled(t, "Close", c.Close), CodeInterrupted)
	})
	peer.hear(0x88, 2, 3, 0xE8)
	if c.State() != StateClosing || c.FD() < 0 {
		t.Fatal(c.State(), c.FD())
	}
	if err := c.SetOption(OptInterruptible, 0); err != nil {
		t.Fatal(err)
	}
	again := async(func() error { return c.Close() })
	peer.say(0x88, 0x82, 0, 0, 0, 0, 3, 0xE8)
	if _, err := io.ReadAll(peer); err != nil {
		t.Fatal(err)
	}
	_ = peer.Close()
	within(t, 5*time.Second, "the second Close", func() {
		if err := await(t, again, "Close"); err != nil {
			t.Error(err)
		}
	})
	wantCode(t, c.Close(), CodeClosed)
	if c.State() != StateClosed || c.FD() != -1 || c.CloseCode() != CloseNormal {
		t.Fatal(c.State(), c.FD(), c.CloseCode())
	}
}

// A call that has ended the connection and lingers for its peer hears signals as well; the peer has a moment for our close frame.
func TestInterruptedLingering(t *testing.T) {
	for name, v := range map[string]struct {
		sent []byte
		code ErrorCode
	}{"violation": {[]byte{0x81, 1, 'x'}, CodeProtocol}, "close": {masked(0x88, "\x03\xe8"), 0}} {
		t.Run(name, func(t *testing.T) {
			c, peer := serverAgainst(t)
			for o, v := range map[Option]int64{OptInterruptible: 1, OptCloseTimeoutMS: 3_600_000} {
				if err := c.SetOption(o, v); err != nil {
					t.Fatal(err)
				}
			}
			peer.say(v.sent...) // and the peer stays
			err := signalled(t, "RecvFrame", func() error {
				for {
					if _, err := c.RecvFrame(); code(err) != CodeInterrupted {
						return err
					}
				}
			})
			if code(err) != v.code || c.State() != StateClosed || c.FD() != -1 {
				t.Error(err, c.State(), c.FD())
			}
			if b := peer.hearEnd(); len(b) < 4 || b[0] != 0x88 {
				t.Errorf("% x", b)
			}
		})
	}
}

// The payload of a received frame stays as it is while another goroutine closes the connection; the race detector watches.
func TestCloseLeavesTheLastPayloadAlone(t *testing.T) {
	for _, size := range []int{10, 5000} {
		c, peer := serverAgainst(t)
		text := strings.Repeat("a", size)
		sender, err := NewConn(peerConn{peer}, RoleClient, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sender.SendText(text); err != nil {
			t.Fatal(err)
		}
		f, err := c.RecvMessage()
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			if _, err := sender.SendText(strings.Repeat("b", size)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := sender.SendClose(CloseNormal); err != nil {
			t.Fatal(err)
		}
		closed := async(c.Close)
		for range 100 {
			if f.PayloadText() != text {
				t.Fatal("the payload changed")
			}
			runtime.Gosched()
		}
		peer.hear(0x88, 2, 3, 0xE8)
		peer.Close()
		if err := await(t, closed, "Close"); err != nil {
			t.Fatal(err)
		}
		if f.PayloadText() != text {
			t.Fatal("the payload changed")
		}
	}
}

// peerConn makes a net.Conn of a raw peer.
type peerConn struct{ *rawPeer }

func (peerConn) LocalAddr() net.Addr  { return nil }
func (peerConn) RemoteAddr() net.Addr { return nil }
