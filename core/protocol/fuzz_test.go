package protocol

import (
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

// drive feeds input in pieces whose sizes come from cuts, accepts every upgrade and answers every plain request.
func drive(t *testing.T, m *Machine, cfg *Config, input []byte, cuts []byte) outcome {
	var o outcome
	size := 0
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
		}
		o.output = string(m.AppendOutput([]byte(o.output)))
	}
	for len(input) > 0 {
		n := len(input)
		if len(cuts) > 0 {
			n = min(n, int(cuts[0])+1)
			cuts = cuts[1:]
		}
		m.Feed(append([]byte(nil), input[:n]...))
		input = input[n:]
		pull()
	}
	m.FeedEOF()
	pull()
	o.state = m.State()
	if cap(m.buf) > 4096 {
		t.Fatalf("%d bytes gathered under a limit of %d", cap(m.buf), cfg.Limits.MaxMessage)
	}
	return o
}

// FuzzMachine: no input makes a machine panic, exceed its limits, or behave differently when it comes in other pieces.
func FuzzMachine(f *testing.F) {
	f.Add([]byte("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), []byte{0, 1, 2}, byte(0))
	f.Add([]byte("\x01\x03Hel\x89\x00\x80\x02lo\x88\x02\x03\xe8"), []byte{0, 0, 0}, byte(16))
	f.Add([]byte(request("GET / HTTP/1.1")+"\x81\x80\x00\x00\x00\x00"), []byte{9, 1}, byte(32))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"+request("GET / HTTP/1.1")), []byte{9, 1}, byte(36))
	f.Add([]byte(response()+"\x81\x02hi"), []byte{3}, byte(48))
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
		whole := drive(t, start(), cfg, input, nil)
		pieces := drive(t, start(), cfg, input, cuts)
		if whole.String() != pieces.String() {
			t.Fatalf("cut with %v:\n got %v\nwant %v", cuts, pieces, whole)
		}
	})
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
