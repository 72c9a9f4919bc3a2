// A peer that never pauses keeps no receiving call from signals, deadlines and closing.

package core

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"libws/core/internal/sock"
)

// What ends a call is looked for between the frames of one read, too: answering thousands of pings takes longer than any wait for them.
func TestFloodOfPingsInOneRead(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pongs := 0
	c := flooded(t, nil, bytes.Repeat(masked(0x89, "x"), largestRead), nil)
	c.readBuf = make([]byte, largestRead)
	c.stream.(*flood).tryWrite = func(p []byte) (int, error) {
		if pongs++; pongs == 1000 {
			cancel()
		}
		return len(p), nil
	}
	_, err := c.Receive(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if late := pongs - 1000; late > unseenMost/unseenEvent {
		t.Errorf("%d more pings were answered", late)
	}
}

// Signals end waits. A call that a peer keeps from waiting would hear of none, so it comes back by itself.
func TestFloodLeavesRoomForSignals(t *testing.T) {
	receive := func(c *Conn) error { _, err := c.RecvMessage(); return err }
	for name, v := range map[string]struct {
		frames string
		call   func(*Conn) error
	}{
		"pings":    {string(masked(0x89, "answer this")), receive},
		"pongs":    {string(masked(0x8A, "none asked for this")), receive},
		"a reader": {string(masked(0x89, "answer this")), func(c *Conn) error { _, _, err := c.NextReader(context.Background()); return err }},
		"Close":    {string(masked(0x82, "so much to say")), (*Conn).Close},
	} {
		t.Run(name, func(t *testing.T) {
			c := flooded(t, nil, bytes.Repeat([]byte(v.frames), 1000), map[Option]int64{OptInterruptible: 1, OptCloseTimeoutMS: 60_000})
			wantCode(t, await(t, async(func() error { return v.call(c) }), "the end of the call"), CodeInterrupted)
			if f, err := c.RecvFrame(); c.IsOpen() && (err != nil || !f.Opcode.IsControl()) {
				t.Error(f, err)
			}
		})
	}
}

// Nor does it hear of any while it lingers, so it does not for long.
func TestFloodShortensLingering(t *testing.T) {
	c := flooded(t, []byte{0x81, 1, 'x'}, []byte("and more of it"), map[Option]int64{OptInterruptible: 1, OptCloseTimeoutMS: 3_600_000})
	_, err := c.RecvMessage()
	wantCode(t, err, CodeProtocol)
}

// A call that waits hears of signals, so it goes on for as long as it likes, however much a peer sends in between. Its buffer stays so small
// that it waits between any two looks, wherever the machine stops it for longer than a call may be deaf.
func TestCallThatWaitsIsLeftAlone(t *testing.T) {
	pong, pongs := masked(0x8A, "none asked for this"), 1<<20
	if testing.Short() {
		pongs = 1 << 17
	}
	c := flooded(t, bytes.Repeat(pong, pongs), masked(0x81, "the message"), map[Option]int64{OptInterruptible: 1})
	c.readBuf = make([]byte, len(pong)*(unseenMost-2*unseenRead)/unseenEvent)
	c.stream.(*flood).before = func(w *sock.Wait) {
		w.Signals.Slept += time.Hour
		c.fullReads = 0 // or it would grow
	}
	if f, err := c.RecvMessage(); err != nil || f.PayloadText() != "the message" {
		t.Fatal(f, err)
	}
}
