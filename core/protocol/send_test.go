// What may be sent, what is refused with nothing sent, and how it looks on the wire (RFC 6455 §5, §6.1).

package protocol

import (
	"bytes"
	"strings"
	"testing"

	"libws/core/wire"
)

func TestServerSendsUnmaskedClientMasked(t *testing.T) {
	for _, c := range []struct {
		role Role
		want string
	}{{Server, "81 05 48656c6c6f"}, {Client, "81 85 37fa213d 7f9f4d5158"}} {
		m := open(testConfig(c.role))()
		payload := []byte("Hello")
		got, err := m.AppendFrame([]byte("x"), wire.OpText, true, payload)
		if err != nil || !bytes.Equal(got[1:], unhex(t, c.want)) || string(payload) != "Hello" {
			t.Errorf("%v sent %x, %v", c.role, got, err)
		}
		if c.role == Client && m.LastMask() != fixedMask() || m.Role() != c.role {
			t.Errorf("last mask %x", m.LastMask())
		}
	}
}

func TestSendingMisuse(t *testing.T) {
	type call struct {
		op  wire.Opcode
		fin bool
		p   string
	}
	for _, c := range []struct {
		name   string
		before []call
		do     call
		want   error
	}{
		{"reserved opcode", nil, call{3, true, ""}, errOpcode},
		{"opcode out of range", nil, call{17, true, ""}, errOpcode},
		{"long ping", nil, call{wire.OpPing, true, strings.Repeat("p", 126)}, errControlLong},
		{"fragmented ping", nil, call{wire.OpPing, false, ""}, errControlFragment},
		{"lone continuation", nil, call{wire.OpContinuation, true, ""}, errNothingToGoOn},
		{"text inside a message", []call{{wire.OpText, false, "a"}}, call{wire.OpText, true, "b"}, errMessageOpen},
		{"bad text", nil, call{wire.OpText, true, "\xff"}, errTextUTF8},
		{"text ends inside a code point", []call{{wire.OpText, false, "\xe2"}}, call{wire.OpContinuation, true, "\x82"}, errTextUTF8},
		{"close with one byte", nil, call{wire.OpClose, true, "\x03"}, errCloseBody},
		{"close with 1005", nil, call{wire.OpClose, true, "\x03\xed"}, errCloseCode},
		{"close reason", nil, call{wire.OpClose, true, "\x03\xe8\xff"}, errCloseReasonUTF8},
		{"after close", []call{{wire.OpClose, true, ""}}, call{wire.OpText, true, ""}, errCloseSent},
		{"fragments fine", []call{{wire.OpText, false, "\xe2"}, {wire.OpPing, true, ""}, {wire.OpContinuation, false, "\x82"}}, call{wire.OpContinuation, true, "\xac"}, nil},
		{"binary is not checked", nil, call{wire.OpBinary, true, "\xff"}, nil},
		{"close with reason", nil, call{wire.OpClose, true, "\x03\xe8ok"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := open(testConfig(Server))()
			for _, b := range c.before {
				if _, err := m.AppendFrame(nil, b.op, b.fin, []byte(b.p)); err != nil {
					t.Fatal(err)
				}
			}
			state := m.State()
			for range 2 { // asking changes nothing
				if err := m.MaySend(c.do.op, c.do.fin, []byte(c.do.p)); err != c.want {
					t.Errorf("MaySend answered %v", err)
				}
			}
			got, err := m.AppendFrame(nil, c.do.op, c.do.fin, []byte(c.do.p))
			if err != c.want {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err != nil && (len(got) > 0 || m.State() != state) {
				t.Error("a refused call has changed something")
			}
		})
	}
}

// A text fragment that was refused leaves the message as it was, so a right one can follow.
func TestRefusedFragmentCanBeRepeated(t *testing.T) {
	m := open(testConfig(Server))()
	steps := []struct {
		op  wire.Opcode
		fin bool
		p   string
		ok  bool
	}{{wire.OpText, false, "\xe2", true}, {wire.OpContinuation, false, "x", false}, {wire.OpContinuation, true, "\x82\xac", true}, {wire.OpText, true, "next", true}}
	for i, s := range steps {
		if _, err := m.AppendFrame(nil, s.op, s.fin, []byte(s.p)); (err == nil) != s.ok {
			t.Errorf("step %d: %v", i, err)
		}
	}
}

// A frame of which no byte was written can be taken back: what follows is as if it had never been asked for.
func TestFrameIsTakenBack(t *testing.T) {
	cfg := testConfig(Server)
	cfg.Frames = true
	m := open(cfg)()
	m.Feed(unhex(t, "89 82 00000000 6869"))
	m.Next()
	for i, s := range []struct {
		op  wire.Opcode
		fin bool
		p   string
	}{
		{wire.OpText, false, "\xe2"}, {wire.OpContinuation, false, "\x82"}, {wire.OpPong, true, "hi"}, {wire.OpContinuation, true, "\xac"},
		{wire.OpBinary, false, "b"}, {wire.OpContinuation, true, "\xff"}, {wire.OpText, true, "next"},
	} {
		before := m.Sending()
		held := string(m.HeldPing())
		first, err := m.AppendFrame(nil, s.op, s.fin, []byte(s.p))
		if err != nil {
			t.Fatal(i, err)
		}
		m.TakeBack(before)
		if got := string(m.HeldPing()); got != held {
			t.Errorf("step %d: the unanswered ping is %q, it was %q", i, got, held)
		}
		again, err := m.AppendFrame(nil, s.op, s.fin, []byte(s.p))
		if err != nil || !bytes.Equal(again, first) {
			t.Errorf("step %d: %x, then %x (%v)", i, first, again, err)
		}
	}
	if m.HeldPing() != nil {
		t.Error("the ping was answered")
	}
}

// A ping that comes before a pong is taken back is the one to answer then.
func TestTakenBackPongAnswersTheLatestPing(t *testing.T) {
	cfg := testConfig(Client)
	cfg.Frames = true
	m := open(cfg)()
	m.Feed(unhex(t, "89 01 61"))
	m.Next()
	before := m.Sending()
	if _, err := m.AppendFrame(nil, wire.OpPong, true, m.HeldPing()); err != nil {
		t.Fatal(err)
	}
	m.Feed(unhex(t, "89 01 62"))
	m.Next()
	m.TakeBack(before)
	if string(m.HeldPing()) != "b" {
		t.Errorf("held %q", m.HeldPing())
	}
}

func TestLongMessageGoesOutInFragments(t *testing.T) {
	cfg := testConfig(Client)
	cfg.Limits.SendFrame = 10
	text := strings.Repeat("é", 13)
	m := open(cfg)()
	got, err := m.AppendMessage(nil, wire.OpText, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	back := everyCut(t, open(testConfig(Server)), got, false)
	if len(back.events) != 1 || back.events[0].Payload != text {
		t.Errorf("came back as %v", back)
	}
	frames := testConfig(Server)
	frames.Frames = true
	if n := len(run(open(frames)(), [][]byte{got}, false).events); n != 3 {
		t.Errorf("26 bytes at 10 a frame made %d frames", n)
	}
	for _, c := range []struct {
		op   wire.Opcode
		p    string
		want error
	}{{wire.OpText, strings.Repeat("\xff", 20), errTextUTF8}, {wire.OpContinuation, strings.Repeat("x", 20), errOpcode}, {wire.OpPing, strings.Repeat("x", 20), nil}} {
		if _, err := m.AppendMessage(nil, c.op, []byte(c.p)); err != c.want {
			t.Errorf("opcode %d: %v, want %v", c.op, err, c.want)
		}
	}
	_ = m.Close(wire.CloseNormal, "")
	if _, err := m.AppendMessage(nil, wire.OpBinary, make([]byte, 20)); err != errCloseSent {
		t.Errorf("after close: %v", err)
	}
}

func TestPongAnswersTheLatestPing(t *testing.T) {
	cfg := testConfig(Client)
	cfg.ManualPong = true
	m := open(cfg)()
	m.Feed(unhex(t, "89 01 61 89 01 62"))
	m.Next()
	m.Next()
	if string(m.HeldPing()) != "b" || m.HasOutput() {
		t.Fatalf("held %q, output %x", m.HeldPing(), m.Output())
	}
	_ = m.Pong()
	_ = m.Pong()
	if want := unhex(t, "8a 81 37fa213d 55 8a 80 37fa213d"); !bytes.Equal(m.Output(), want) {
		t.Errorf("sent %x, want %x", m.Output(), want)
	}
	m.Sent(3)
	m.Sent(len(m.Output()))
	if err := m.Ping(make([]byte, 126)); err != errControlLong || m.HasOutput() {
		t.Errorf("long ping: %v", err)
	}
	if m.Ping([]byte("p")) != nil || m.PongPayload([]byte("q")) != nil || len(m.Output()) != 14 {
		t.Errorf("output %x", m.Output())
	}
}

func TestNothingIsSentBeforeTheHandshake(t *testing.T) {
	server := new(Machine)
	server.InitServer(testConfig(Server))
	for name, m := range map[string]*Machine{"server": server, "client": sampleClient(testConfig(Client))()} {
		before := string(m.Output()) // of a client, its request
		if _, err := m.AppendFrame(nil, wire.OpText, true, nil); err != errNotOpenYet {
			t.Errorf("%s: data: %v", name, err)
		}
		if err := m.Close(wire.CloseNormal, ""); err != errNotOpenYet {
			t.Errorf("%s: close: %v", name, err)
		}
		if after := string(m.Output()); after != before {
			t.Errorf("%s: %q became %q", name, before, after)
		}
	}
}

func TestNoAllocationPerFrame(t *testing.T) {
	m := open(testConfig(Server))()
	in := unhex(t, "81 85 37fa213d 7f9f4d5158")
	feed := make([]byte, len(in))
	out := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(1000, func() {
		copy(feed, in)
		m.Feed(feed)
		ev := m.Next()
		out, _ = m.AppendFrame(out[:0], ev.Opcode, true, ev.Payload)
		m.Next()
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
