// Closing from anywhere wakes every blocked call, and one of many closers succeeds.

package core

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// wakeBound is the promise: close wakes every blocked call within 100 ms.
const wakeBound = 100 * time.Millisecond

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
