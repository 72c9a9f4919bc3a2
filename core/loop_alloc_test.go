// The loop allocates nothing per message.

package core

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A message that comes, is echoed and leaves allocates nothing, whatever its size and way.
func TestLoopAllocatesNothingPerMessage(t *testing.T) {
	for _, c := range []struct {
		name   string
		size   int
		pieces int
		o      LoopOptions
	}{
		{"20 B", 20, 1, LoopOptions{}},
		{"4 KiB", 4096, 1, LoopOptions{}},
		{"4 KiB in pieces", 4096, 3, LoopOptions{}},
		{"64 KiB", 64 << 10, 1, LoopOptions{}},
		{"64 KiB in pieces", 64 << 10, 5, LoopOptions{}},
		{"64 KiB streamed", 64 << 10, 5, LoopOptions{StreamOverBytes: 1000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newTestLoop(t, c.o)
			id, p := l.open()
			frame := p.frame(OpBinary, true, strings.Repeat("x", c.size))
			events := make([]LoopEvent, 16)
			sink := make([]byte, 256<<10)
			payload := make([]byte, c.size)
			echo := func() {
				for i := range c.pieces {
					piece := frame[len(frame)*i/c.pieces : len(frame)*(i+1)/c.pieces]
					if n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(p.fd), addressOf(piece), uintptr(len(piece))); errno != 0 || int(n) != len(piece) {
						t.Fatal("the peer cannot write")
					}
					n, err := l.Poll(events, 0)
					if err != nil {
						t.Fatal(err)
					}
					for _, e := range events[:n] {
						if e.Final() {
							if _, err := l.Send(id, OpBinary, payload); err != nil {
								t.Fatal(err)
							}
						}
					}
				}
				for got := 0; got < c.size; {
					if n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(p.fd), addressOf(sink), uintptr(len(sink))); errno == 0 {
						got += int(n)
					}
					if _, err := l.Poll(events, 0); err != nil {
						t.Fatal(err)
					}
				}
			}
			echo()
			if n := testing.AllocsPerRun(200, echo); n > 0 {
				t.Errorf("%v allocations per message", n)
			}
		})
	}
}

// A publication is encoded once and queued for each subscriber without an allocation.
func TestLoopAllocatesNothingPerBroadcast(t *testing.T) {
	l := newTestLoop(t, LoopOptions{Hub: new(Hub)})
	var peers []*loopPeer
	for range 20 {
		id, p := l.open()
		_ = l.Subscribe(id, "x")
		peers = append(peers, p)
	}
	events := make([]LoopEvent, 16)
	sink := make([]byte, 4096)
	payload := make([]byte, 512)
	publish := func() {
		if n, err := l.Publish("x", OpBinary, payload, 0); n != 20 || err != nil {
			t.Fatal(n, err)
		}
		if _, err := l.Poll(events, 0); err != nil {
			t.Fatal(err)
		}
		for _, p := range peers {
			_, _, _ = unix.RawSyscall(unix.SYS_READ, uintptr(p.fd), addressOf(sink), uintptr(len(sink)))
		}
	}
	publish()
	if n := testing.AllocsPerRun(100, publish); n > 0 {
		t.Errorf("%v allocations per publication", n)
	}
}
