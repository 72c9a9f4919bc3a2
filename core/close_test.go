// The closing handshake over real sockets, whoever begins, and its bounds (RFC 6455 §5.5.1, §7.1).

package core

import (
	"errors"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

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
