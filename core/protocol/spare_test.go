// Memory that machines lend each other is given back as it was.

package protocol

import (
	"testing"

	"libws/core/wire"
)

const plainRequest = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// With a Spare, an opening handshake and its answer cost no memory once the first has been through.
func TestSpareRecyclesOpeningHandshakes(t *testing.T) {
	cfg := testConfig(Server)
	cfg.Spare = new(Spare)
	request := []byte(plainRequest)
	out := make([]byte, 0, 1024)
	var m Machine
	open := func() {
		m.InitServer(cfg)
		m.Feed(request)
		if ev := m.Next(); ev.Kind != RequestEvent {
			t.Fatal(ev.Kind)
		}
		if err := m.Accept(AcceptOptions{}); err != nil {
			t.Fatal(err)
		}
		if ev := m.Next(); ev.Kind != Opened {
			t.Fatal(ev.Kind)
		}
		if out = m.AppendOutput(out[:0]); len(out) == 0 || m.HasOutput() {
			t.Fatalf("%q is left of %q", m.Output(), out)
		}
		m.ReleaseOpening()
	}
	if n := testing.AllocsPerRun(100, open); n > 0 {
		t.Errorf("%v allocations per opening handshake, want 0", n)
	}
}

// Output memory that is in use must not be lent twice.
func TestSpareLendsOutputOnce(t *testing.T) {
	cfg := testConfig(Server)
	cfg.Spare = new(Spare)
	var a, b Machine
	a.Init(cfg)
	b.Init(cfg)
	if a.Ping([]byte("first")) != nil || b.Ping([]byte("second")) != nil {
		t.Fatal("cannot ping")
	}
	if got := string(a.AppendOutput(nil)); got != "\x89\x05first" {
		t.Errorf("a sends %q", got)
	}
	_ = a.Ping([]byte("third"))
	if n := b.OutputSize(); n != len("\x89\x06second") {
		t.Errorf("b announces %d bytes", n)
	}
	if got := string(b.AppendOutput(nil)); got != "\x89\x06second" {
		t.Errorf("b sends %q", got)
	}
}

// What Unread takes back and is fed once more gives the same events.
func TestUnreadGivesTheInputBack(t *testing.T) {
	m := open(testConfig(Client))()
	m.Feed(unhex(t, "81 01 61 81 01 62 81 01 63"))
	if ev := m.Next(); string(ev.Payload) != "a" {
		t.Fatalf("got %q", ev.Payload)
	}
	rest := append([]byte(nil), m.Unread()...)
	if len(rest) != 6 || m.Buffered() != 0 || m.Pending() {
		t.Fatalf("%d bytes taken back, %d left", len(rest), m.Buffered())
	}
	if ev := m.Next(); ev.Kind != NeedInput {
		t.Fatalf("got %v without input", ev.Kind)
	}
	m.Feed(rest)
	for _, want := range []string{"b", "c"} {
		if ev := m.Next(); ev.Kind != MessageEvent || string(ev.Payload) != want {
			t.Errorf("got %v %q, want %q", ev.Kind, ev.Payload, want)
		}
	}
}

// A shell that encodes a message once for many asks first: never inside a fragmented message, never in another state than Open.
func TestMaySendMessage(t *testing.T) {
	m := open(testConfig(Server))()
	if err := m.MaySendMessage(); err != nil {
		t.Error(err)
	}
	if _, err := m.AppendFrame(nil, wire.OpText, false, []byte("a")); err != nil {
		t.Fatal(err)
	}
	if err := m.MaySendMessage(); err != errMessageOpen {
		t.Errorf("inside a fragmented message: %v", err)
	}
	if _, err := m.AppendFrame(nil, wire.OpContinuation, true, nil); err != nil {
		t.Fatal(err)
	}
	_ = m.Close(wire.CloseNormal, "")
	if err := m.MaySendMessage(); err != errCloseSent {
		t.Errorf("after the close frame: %v", err)
	}
}
