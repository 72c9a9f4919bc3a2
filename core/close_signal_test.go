// Signals while a connection closes: the close goes on where it was.

package core

import (
	"io"
	"testing"
	"time"
)

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

// A call that ends the connection hears signals also while a sender that is stalled keeps it from writing.
func TestSignalBehindAStalledSender(t *testing.T) {
	t.Run("receiver", func(t *testing.T) {
		c, peer, first := stalled(t)
		if err := c.SetOption(OptCloseTimeoutMS, 3_600_000); err != nil {
			t.Fatal(err)
		}
		peer.say(masked(0x88, "\x03\xe8")...)
		if err := signalled(t, "RecvFrame", func() error {
			for {
				if _, err := c.RecvFrame(); code(err) != CodeInterrupted {
					return err
				}
			}
		}); err != nil || c.FD() != -1 {
			t.Error(err, c.FD())
		}
		wantCode(t, await(t, first, "the sender"), CodeClosed)
	})
	t.Run("closer", func(t *testing.T) {
		c, _ := looking(t, RoleServer, 65536)
		_, err := c.SendBinary(make([]byte, 15<<20))
		wantCode(t, err, CodeInterrupted)
		for o, v := range map[Option]int64{OptInterruptible: 1, OptCloseTimeoutMS: 3_600_000} {
			if err := c.SetOption(o, v); err != nil {
				t.Fatal(err)
			}
		}
		wantCode(t, signalled(t, "Close", c.Close), CodeInterrupted)
		if err := c.ForceClose(); err != nil && code(err) != CodeClosed {
			t.Error(err)
		}
	})
}
