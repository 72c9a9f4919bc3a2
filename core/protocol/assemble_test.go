// The memory of gathered messages follows what has arrived, not what is announced.

package protocol

import (
	"bytes"
	"encoding/binary"
	"testing"

	"libws/core/wire"
)

// frame encodes one unmasked frame.
func frame(op wire.Opcode, fin bool, payload []byte) []byte {
	return append(wire.AppendHeader(nil, wire.Header{Fin: fin, Opcode: op, Length: int64(len(payload))}), payload...)
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func TestAnnouncedLengthCostsNothing(t *testing.T) {
	cfg := testConfig(Client)
	asked := 0
	cfg.Alloc = func(n int) []byte { asked += n; return make([]byte, 0, n) }
	m := open(cfg)()
	head := append([]byte{0x82, 127}, binary.BigEndian.AppendUint64(nil, 16<<20)...)
	m.Feed(append(head, 1))
	m.Next()
	if asked > trustedBytes {
		t.Errorf("a header that announces 16 MiB made the machine ask for %d bytes", asked)
	}
}

func TestMemoryFollowsWhatHasArrived(t *testing.T) {
	cfg := testConfig(Client)
	held, most := 0, 0
	cfg.Alloc = func(n int) []byte { held += n; most = max(most, held); return make([]byte, 0, n) }
	cfg.Free = func(b []byte) { held -= cap(b) }
	m := open(cfg)()
	total := 0
	piece := pattern(20)
	for i := range 50_000 {
		op := wire.OpContinuation
		if i == 0 {
			op = wire.OpBinary
		}
		m.Feed(frame(op, false, piece))
		if ev := m.Next(); ev.Kind != NeedInput {
			t.Fatal(ev.Kind, m.Err())
		}
		if total += len(piece); held > 2*total+trustedBytes {
			t.Fatalf("%d bytes held for %d received", held, total)
		}
	}
	m.Release()
	if held != 0 {
		t.Errorf("%d bytes are not given back", held)
	}
}

func TestBuffersAreLentUntilTheNextCall(t *testing.T) {
	for name, next := range map[string]func(m *Machine){
		"Next":       func(m *Machine) { m.Next() },
		"EndPayload": func(m *Machine) { m.EndPayload(); m.EndPayload(); m.Next() },
	} {
		cfg := testConfig(Client)
		free := 0
		cfg.Alloc = func(n int) []byte { return make([]byte, 0, n) }
		cfg.Free = func(b []byte) { clear(b[:cap(b)]); free++ }
		m := open(cfg)()
		f := frame(wire.OpBinary, true, []byte("gathered"))
		m.Feed(append([]byte(nil), f[:5]...))
		m.Next()
		m.Feed(append([]byte(nil), f[5:]...))
		ev := m.Next()
		if string(ev.Payload) != "gathered" || free != 0 {
			t.Fatalf("payload %q, %d freed", ev.Payload, free)
		}
		next(m)
		if free != 1 {
			t.Errorf("%d buffers freed after %s", free, name)
		}
	}
}

func TestSmallBufferIsUsedAgain(t *testing.T) {
	m := open(testConfig(Client))()
	f := frame(wire.OpBinary, true, []byte("gathered"))
	feed := make([]byte, len(f))
	if n := testing.AllocsPerRun(100, func() {
		copy(feed, f)
		m.Feed(feed[:5])
		m.Next()
		m.Feed(feed[5:])
		m.Next()
		m.Next()
	}); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}

func TestDirectReading(t *testing.T) {
	payload := pattern(1 << 20)
	for _, frames := range []bool{false, true} {
		cfg := testConfig(Server)
		cfg.Frames = frames
		m := open(cfg)()
		key := fixedMask()
		masked := append([]byte(nil), payload...)
		wire.Mask(masked, key, 0)
		in := append(wire.AppendHeader(nil, wire.Header{Fin: true, Opcode: wire.OpBinary, Masked: true, Key: key, Length: int64(len(payload))}), masked[:1001]...)
		m.Feed(in)
		if ev := m.Next(); ev.Kind != NeedInput {
			t.Fatal(ev.Kind)
		}
		rest := masked[1001:]
		for len(rest) > 0 {
			room := m.Direct(1)
			if len(room) == 0 || len(room) > directBytes {
				t.Fatalf("room for %d bytes with %d to come", len(room), len(rest))
			}
			n := copy(room[:min(len(room), 70_001)], rest)
			m.Filled(n)
			rest = rest[n:]
			ev := m.Next()
			if len(rest) > 0 && ev.Kind != NeedInput {
				t.Fatal(ev.Kind)
			}
			if len(rest) == 0 && !bytes.Equal(ev.Payload, payload) {
				t.Errorf("frames %v: payload differs", frames)
			}
		}
		if m.Direct(1) != nil {
			t.Error("room between frames")
		}
	}
}

func TestDirectReadingFindsBadText(t *testing.T) {
	m := open(testConfig(Client))()
	m.Feed([]byte{0x81, 100, 'a'})
	m.Next()
	if m.Direct(100) != nil {
		t.Error("more room than there is to come")
	}
	room := m.Direct(4)
	m.Filled(copy(room, "ok\xff"))
	if !m.Pending() {
		t.Error("nothing pending")
	}
	if ev := m.Next(); ev.Kind != FailedEvent || ev.Code != wire.CloseInvalidData {
		t.Errorf("got %v %d", ev.Kind, ev.Code)
	}
}

func TestStreaming(t *testing.T) {
	cfg := testConfig(Client)
	cfg.StreamOver = 8
	text := "grüße, welt"
	for name, in := range map[string][]byte{
		"one frame":                  frame(wire.OpText, true, []byte(text)),
		"crossing in a fragment":     append(frame(wire.OpText, false, []byte(text[:4])), frame(wire.OpContinuation, true, []byte(text[4:]))...),
		"empty fragments":            append(append(frame(wire.OpText, false, []byte(text)), frame(wire.OpContinuation, false, nil)...), frame(wire.OpContinuation, true, nil)...),
		"three fragments and a ping": append(append(append(frame(wire.OpText, false, []byte(text[:9])), frame(wire.OpPing, true, nil)...), frame(wire.OpContinuation, false, []byte(text[9:10]))...), frame(wire.OpContinuation, true, []byte(text[10:]))...),
	} {
		t.Run(name, func(t *testing.T) {
			m := open(cfg)()
			var got []byte
			first, last := 0, 0
			for _, b := range append(in, frame(wire.OpBinary, true, []byte("next"))...) {
				m.Feed([]byte{b})
				for ev := m.Next(); ev.Kind != NeedInput; ev = m.Next() {
					switch ev.Kind {
					case FragmentEvent:
						if ev.First != (len(got) == 0) || ev.Opcode != wire.OpText {
							t.Errorf("first %v after %d bytes", ev.First, len(got))
						}
						got = append(got, ev.Payload...)
						if ev.First {
							first++
						}
						if ev.Final {
							last++
						}
					case MessageEvent:
						if string(ev.Payload) != "next" {
							t.Errorf("a short message comes whole, got %q", ev.Payload)
						}
					}
				}
			}
			if string(got) != text || first != 1 || last != 1 {
				t.Errorf("got %q, %d firsts, %d lasts", got, first, last)
			}
		})
	}
}

func TestRetainKeepsTheRest(t *testing.T) {
	m := open(testConfig(Client))()
	in := append(frame(wire.OpText, true, []byte("one")), frame(wire.OpText, true, []byte("two"))...)
	m.Feed(in)
	m.Next()
	m.Retain()
	clear(in)
	if !m.Pending() {
		t.Fatal("nothing pending")
	}
	m.Feed(frame(wire.OpText, true, []byte("three")))
	for _, want := range []string{"two", "three"} {
		if ev := m.Next(); string(ev.Payload) != want {
			t.Errorf("got %v %q, want %q", ev.Kind, ev.Payload, want)
		}
	}
	if m.Next().Kind != NeedInput || m.Pending() || m.InMessage() {
		t.Error("something is left")
	}
}

// A message for which there is no memory fails the connection, and the peer is told 1011 (RFC 6455 §7.4.1); what came before it stands.
func TestNoMemoryForAMessage(t *testing.T) {
	for name, streamOver := range map[string]int64{"whole": 0, "streamed": 1000} {
		for _, grows := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				cfg := testConfig(Client)
				cfg.StreamOver = streamOver
				blocks := 1
				cfg.Alloc = func(n int) []byte {
					if blocks == 0 {
						return nil
					}
					blocks--
					return make([]byte, 0, n)
				}
				cfg.Free = func([]byte) { blocks++ }
				if grows {
					cfg.Grow = func([]byte, int) []byte { return nil }
				}
				m := open(cfg)()
				part := pattern(800)
				m.Feed(frame(wire.OpText, true, []byte("before")))
				if ev := m.Next(); string(ev.Payload) != "before" {
					t.Fatalf("got %v", ev.Kind)
				}
				m.Feed(append(frame(wire.OpBinary, false, part), frame(wire.OpContinuation, true, part)...))
				ev := m.Next()
				if ev.Kind != FailedEvent || ev.Code != wire.CloseUnexpected || m.Err().Kind != Exhausted || m.State() != Closed {
					t.Fatalf("got %v %d, %v, %v", ev.Kind, ev.Code, m.Err(), m.State())
				}
				if out := m.AppendOutput(nil); len(out) < 4 || out[0] != 0x88 {
					t.Errorf("the peer is told %x", out)
				}
				if m.Direct(1) != nil || m.Next().Kind != NeedInput {
					t.Error("it goes on")
				}
				m.Release()
				if blocks != 1 {
					t.Errorf("%d blocks are left", blocks)
				}
			})
		}
	}
}
