// Standing in line for a gate: signals, ends and deadlines reach those who wait there.

package core

import (
	"context"
	"errors"
	"io"
	"testing"

	"libws/core/internal/sock"

	"golang.org/x/sys/unix"
)

// stalled returns a server's connection on which a sender that no signal ends is stalled, and the peer whose reading lets it go on.
func stalled(t *testing.T) (c *Conn, peer *rawPeer, first <-chan error) {
	t.Helper()
	c, peer = serverAgainst(t)
	ended := make(chan struct{})
	first = async(func() error { defer close(ended); return fillSocket(c) })
	t.Cleanup(func() { c.Drop(); await(t, ended, "the end of the first sender") })
	senderBlocks(t, c, "core.(*Conn).writeAll")
	if err := c.SetOption(OptInterruptible, 1); err != nil {
		t.Fatal(err)
	}
	return c, peer, first
}

// A signal ends the wait of a sender that stands in line, and nothing else.
func TestSignalInLine(t *testing.T) {
	c, peer, first := stalled(t)
	wantCode(t, signalled(t, "the second sender", func() error { _, err := c.SendText("second"); return err }), CodeInterrupted)
	if inLine(c) != 0 {
		t.Error("it still stands in line")
	}
	go io.Copy(io.Discard, peer)
	if err := await(t, first, "the first sender"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SendText("later"); err != nil {
		t.Fatal(err)
	}
}

// Whatever else ends the wait in line does so on a thread as well, also when there is no descriptor to spare for it.
func TestEndsOfTheWaitInLine(t *testing.T) {
	for _, v := range []struct {
		name string
		end  func(t *testing.T, c *Conn, peer *rawPeer, cancel func())
		code ErrorCode
	}{
		{"its turn", func(_ *testing.T, _ *Conn, peer *rawPeer, _ func()) { go io.Copy(io.Discard, peer) }, 0},
		{"its context", func(_ *testing.T, _ *Conn, _ *rawPeer, cancel func()) { cancel() }, CodeInterrupted},
		{"the end", func(_ *testing.T, c *Conn, _ *rawPeer, _ func()) { c.Drop() }, CodeClosed},
	} {
		for _, scarce := range []bool{false, true} {
			name := v.name
			if scarce {
				name += ", no descriptors"
			}
			t.Run(name, func(t *testing.T) {
				c, peer, first := stalled(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var second <-chan error
				stand := func() {
					second = async(func() error {
						for {
							err := c.Send(ctx, OpText, []byte("second"))
							if code(err) != CodeInterrupted || ctx.Err() != nil { // otherwise it was a signal of Go's own
								return err
							}
						}
					})
					until(t, "the second sender waits", func() bool { return inLine(c) == 1 })
				}
				if scarce {
					withoutDescriptors(t, stand)
				} else {
					stand()
				}
				v.end(t, c, peer, cancel)
				wantCode(t, await(t, second, "the second sender"), v.code)
				c.Drop()
				<-first
			})
		}
	}
	t.Run("its time", func(t *testing.T) {
		c, _, _ := stalled(t)
		if err := c.SetOption(OptSendTimeoutMS, 20); err != nil {
			t.Fatal(err)
		}
		_, err := c.SendText("second")
		for code(err) == CodeInterrupted { // by a signal of Go's own
			_, err = c.SendText("second")
		}
		wantCode(t, err, CodeTimeout)
	})
	t.Run("an event", func(t *testing.T) {
		c, _, _ := stalled(t)
		if err := c.SetOption(OptInterruptible, 0); err != nil { // nothing but the event is to end it
			t.Fatal(err)
		}
		stop := must(sock.NewEvent())(t)
		defer stop.Close()
		second := async(func() error {
			_, err := c.send(context.Background(), outgoing{name: "RunEcho", op: OpText, fin: true, until: stop})
			return err
		})
		until(t, "the second sender waits", func() bool { return inLine(c) == 1 })
		stop.Set()
		if err := await(t, second, "the second sender"); !errors.Is(err, ErrInterrupted) {
			t.Fatal(err)
		}
	})
}

// withoutDescriptors runs f while the process can open no file.
func withoutDescriptors(t *testing.T, f func()) {
	t.Helper()
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	low := old
	low.Cur = 3
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Skip(err)
	}
	defer func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &old) }()
	f()
}

// A signal ends the wait of a call that stands in line for another that accepts, and so does its time.
func TestSignalInLineToAccept(t *testing.T) {
	s := listen(t, nil)
	first := async(func() error { _, err := s.Accept(); return err })
	until(t, "the first call waits", func() bool { return blocked("core.(*Server).await") })
	if err := s.SetOption(OptInterruptible, 1); err != nil {
		t.Fatal(err)
	}
	err := signalled(t, "the second call", func() error { _, err := s.Accept(); return err })
	if wantCode(t, err, CodeInterrupted); !errors.Is(err, unix.EINTR) {
		t.Error(err)
	}
	if err := s.SetOption(OptAcceptTimeoutMS, 20); err != nil {
		t.Fatal(err)
	}
	_, err = s.Accept()
	if code(err) != CodeTimeout {
		wantCode(t, err, CodeInterrupted) // Go's own signals end waits, too
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	wantCode(t, await(t, first, "the first call"), CodeClosed)
}
