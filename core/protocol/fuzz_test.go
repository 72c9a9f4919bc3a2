// Fuzz targets of the machine: no panic, limits held, and chunking changes nothing.

package protocol

import (
	"math/rand"
	"strings"
	"testing"

	"libws/core/wire"
)

// fuzzConfig has limits small enough for a fuzzer to reach.
func fuzzConfig(role Role, mode byte) *Config {
	cfg := testConfig(role)
	cfg.Limits.MaxFrame, cfg.Limits.MaxMessage = 300, 500
	cfg.Limits.FragmentGrace, cfg.Limits.FragmentMinAverage = 8, 4
	cfg.Limits.Head = wire.HeadLimits{MaxBytes: 600, MaxFields: 12, MaxTarget: 80}
	cfg.Frames = mode&1 != 0
	cfg.ManualPong = mode&2 != 0
	cfg.PlainHTTP = mode&4 != 0
	if mode&8 != 0 {
		cfg.StreamOver = 40
	}
	return cfg
}

// shell is a way of driving a machine. The zero value feeds everything at once.
type shell struct {
	cuts   []byte // sizes of the reads, less one; what is left comes at once
	scale  int    // of cuts
	least  int    // Direct is asked for memory for at least this much; 0: never
	retain bool   // all reads use one buffer, and it is given up after each event
	batch  *uint8 // Config.Batch: each read is a batch
}

// drive lets a shell feed input, accept every upgrade and answer every plain request.
func (s shell) drive(t *testing.T, m *Machine, cfg *Config, input []byte) outcome {
	var o outcome
	size := 0
	var fed []byte
	pull := func() {
		for ev := m.Next(); ev.Kind != NeedInput; ev = m.Next() {
			if ev.Kind == RequestEvent {
				if m.Request().Problem() != nil {
					_ = m.Refuse(Refusal{Status: 404, KeepAlive: true})
				} else {
					_ = m.Accept(AcceptOptions{})
				}
			}
			if n := int64(len(ev.Payload)); n > cfg.Limits.MaxMessage {
				t.Fatalf("%v of %d bytes", ev.Kind, n)
			}
			tl := told{ev.Kind, ev.Opcode, ev.Final, ev.Code, string(ev.Payload)}
			if last := len(o.events) - 1; ev.Kind == FragmentEvent && !ev.First {
				// A control frame may stand between the parts, so the first part is not always the last event.
				for o.events[last].Kind != FragmentEvent {
					last--
				}
				o.events[last].Payload += tl.Payload
				o.events[last].Final = tl.Final
				if size += len(tl.Payload); int64(size) > cfg.Limits.MaxMessage {
					t.Fatalf("streamed %d bytes", size)
				}
			} else {
				size = len(tl.Payload)
				o.events = append(o.events, tl)
			}
			o.output = string(m.AppendOutput([]byte(o.output)))
			if s.retain {
				m.Retain()
				fill(fed)
			}
		}
		o.output = string(m.AppendOutput([]byte(o.output)))
		if fill(fed); s.batch != nil {
			*s.batch++
		}
	}
	var buffer [16 << 10]byte
	for cuts := s.cuts; len(input) > 0; {
		n := len(input)
		if len(cuts) > 0 {
			n = min(n, (int(cuts[0])+1)*max(1, s.scale))
			cuts = cuts[1:]
		}
		if room := m.Direct(max(1, s.least)); s.least > 0 && room != nil {
			n = copy(room, input[:n])
			m.Filled(n)
		} else {
			fed = append([]byte(nil), input[:n]...)
			if s.retain && n <= len(buffer) {
				fed = append(buffer[:0], input[:n]...)
			}
			m.Feed(fed)
		}
		input = input[n:]
		pull()
	}
	m.FeedEOF()
	for pull(); m.Pending(); {
		pull()
	}
	o.end(m)
	if limit := int(cfg.Limits.MaxMessage); cap(m.buf) > max(4096, 4*limit) {
		t.Fatalf("%d bytes gathered under a limit of %d", cap(m.buf), limit)
	}
	return o
}

// fill overwrites memory that is the shell's again.
func fill(b []byte) {
	for i := range b {
		b[i] = '!'
	}
}

// FuzzMachine: no input makes a machine panic, exceed its limits, or behave differently when it comes in other pieces or its shell works
// in another way.
func FuzzMachine(f *testing.F) {
	f.Add([]byte("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), []byte{0, 1, 2}, byte(0))
	f.Add([]byte("\x01\x03Hel\x89\x00\x80\x02lo\x88\x02\x03\xe8"), []byte{0, 0, 0}, byte(16))
	f.Add([]byte(request("GET / HTTP/1.1")+"\x81\x80\x00\x00\x00\x00"), []byte{9, 1}, byte(32))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"+request("GET / HTTP/1.1")), []byte{9, 1}, byte(36))
	f.Add([]byte(response()+"\x81\x02hi"), []byte{3}, byte(48))
	f.Add([]byte("\x01\x7e\x00\x80"+strings.Repeat("a", 128)+"\x80\x03\xe2\x82\xac\x88\x05\x03\xe8bye"), []byte{9, 30, 1}, byte(80))
	f.Add([]byte("\x81\x01a\x81\x01b\x83\x00"), []byte{4}, byte(16+128))
	f.Add([]byte("\x81\x01a\x82\x7e\x00\xff"+strings.Repeat("b", 255)+"\x88\x02\x03\xe9"), []byte{1, 7, 90}, byte(16+64+128))
	f.Fuzz(func(t *testing.T, input, cuts []byte, mode byte) {
		role, handshake := Server, mode&32 != 0
		if mode&16 != 0 {
			role = Client
		}
		cfg := fuzzConfig(role, mode)
		start := open(cfg)
		if handshake && role == Server {
			start = serverMachine(cfg)
		} else if handshake {
			start = sampleClient(cfg)
		}
		whole := shell{}.drive(t, start(), cfg, input)
		parts := shell{cuts: cuts}
		if mode&64 != 0 {
			parts.least, parts.retain = 1, true
		}
		if mode&128 != 0 {
			batch := uint8(250)
			parts.batch, cfg.Batch = &batch, &batch
		}
		pieces := parts.drive(t, start(), cfg, input)
		if whole.String() != pieces.String() {
			t.Fatalf("cut with %v:\n got %v\nwant %v", cuts, pieces, whole)
		}
	})
}

// Random traffic of long frames leads to the same, read straight into place and fed.
func TestDirectEqualsFeed(t *testing.T) {
	for seed := range int64(2000) {
		r := rand.New(rand.NewSource(seed))
		role := Role(1 + r.Intn(2))
		cfg := fuzzConfig(role, byte(r.Intn(16))&^4)
		cfg.Limits.MaxFrame, cfg.Limits.MaxMessage = 20_000, 40_000
		if cfg.StreamOver > 0 {
			cfg.StreamOver = 3000
		}
		input := traffic(r, role)
		cuts := make([]byte, 1+r.Intn(40))
		r.Read(cuts)
		whole := shell{}.drive(t, open(cfg)(), cfg, input)
		direct := shell{cuts: cuts, scale: 16, least: 2048, retain: r.Intn(2) > 0}.drive(t, open(cfg)(), cfg, input)
		if whole.String() != direct.String() {
			t.Fatalf("seed %d:\n got %v\nwant %v", seed, direct, whole)
		}
	}
}

// traffic encodes frames to a machine of the given role, most of them in order, some with bad text, and perhaps cut.
func traffic(r *rand.Rand, role Role) (all []byte) {
	inside := false
	for range 1 + r.Intn(8) {
		op, fin := []wire.Opcode{0, 1, 2, 3, 8, 9, 10}[r.Intn(7)], r.Intn(3) > 0
		if r.Intn(4) > 0 {
			if op = wire.Opcode(1 + r.Intn(2)); inside {
				op = wire.OpContinuation
			}
			inside = !fin
		}
		p := []byte(strings.Repeat("a", []int{0, 1, 125, 126, 2047, 2048, 4000, 9000, 19_999, 20_001}[r.Intn(10)]))
		if n := len(p); n > 3 && r.Intn(3) == 0 {
			copy(p[r.Intn(n-1):], []string{"\xff", "ä", "€", "\xf0\x9f\x98\x80", "\xed\xa0\x80"}[r.Intn(5)])
		}
		h := wire.Header{Fin: fin, Opcode: op, Masked: role == Server, Key: [4]byte{byte(r.Int()), 2, 3, byte(r.Int())}, Length: int64(len(p))}
		if all = wire.AppendHeader(all, h); h.Masked {
			wire.Mask(p, h.Key, 0)
		}
		all = append(all, p...)
	}
	if r.Intn(3) == 0 {
		all = all[:r.Intn(len(all)+1)]
	}
	return all
}

// FuzzRoundTrip: what one machine sends, the other receives.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("hello"), true, uint16(3))
	f.Fuzz(func(t *testing.T, payload []byte, text bool, fragment uint16) {
		client := testConfig(Client)
		client.Limits.SendFrame = int64(fragment) + 1
		op := wire.OpBinary
		if text && wire.ValidUTF8(payload) {
			op = wire.OpText
		}
		server := testConfig(Server)
		server.Limits.FragmentMinAverage = 0
		sent, err := open(client)().AppendMessage(nil, op, payload)
		if err != nil {
			t.Fatal(err)
		}
		m := open(server)()
		m.Feed(sent)
		if ev := m.Next(); ev.Kind != MessageEvent || ev.Opcode != op || string(ev.Payload) != string(payload) {
			t.Fatalf("sent %q, received %v %q", payload, ev.Kind, ev.Payload)
		}
	})
}
