// Frame headers that break the RFC, limits that pass exactly, floods of fragments (RFC 6455 §5.2, §5.4, §5.5).

package protocol

import (
	"strings"
	"testing"

	"libws/core/wire"
)

// failsWith feeds input to a machine of the given role and expects it to fail with code, telling the peer so. What follows, a ping
// and a message without fault, must change nothing (RFC 6455 §7.1.7).
func failsWith(t *testing.T, cfg *Config, input []byte, code wire.CloseCode) {
	t.Helper()
	got := everyCut(t, open(cfg), input, false)
	last := got.events[len(got.events)-1]
	if last.Kind != FailedEvent || last.Code != code || got.state != Closed {
		t.Fatalf("got %v, want failure with %d", got, code)
	}
	h, n, _ := wire.ParseHeader([]byte(got.output))
	body := []byte(got.output)[n:]
	wire.Mask(body, h.Key, 0)
	if sent, _, err := wire.ParseClosePayload(body); h.Opcode != wire.OpClose || sent != code || err != nil {
		t.Errorf("the peer was told %x", got.output)
	}
	follows := "89 00 81 01 41"
	if cfg.Role == Server {
		follows = "89 80 00000000 81 81 00000000 41"
	}
	if after := everyCut(t, open(cfg), append(input, unhex(t, follows)...), false); after.String() != got.String() {
		t.Errorf("with more behind the violation:\n got %v\nwant %v", after, got)
	}
}

func TestFramingViolations(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		role      Role
		code      wire.CloseCode
	}{
		{"§5.1 unmasked to a server", "81 00", Server, 1002},
		{"§5.1 masked to a client", "81 80 00000000", Client, 1002},
		{"§5.2 RSV1", "c1 00", Client, 1002},
		{"§5.2 RSV2", "a1 00", Client, 1002},
		{"§5.2 RSV3", "91 00", Client, 1002},
		{"§5.2 opcode 3", "83 00", Client, 1002},
		{"§5.2 opcode 7", "87 00", Client, 1002},
		{"§5.2 opcode 11", "8b 00", Client, 1002},
		{"§5.2 opcode 15", "8f 80 00000000", Server, 1002},
		{"§5.2 16-bit length not minimal", "82 7e 007d", Client, 1002},
		{"§5.2 64-bit length not minimal", "82 7f 000000000000ffff", Client, 1002},
		{"§5.2 top bit of the length", "82 7f 8000000000000000", Client, 1002},
		{"§5.4 lone continuation", "80 00", Client, 1002},
		{"§5.4 text inside a message", "01 00 81 00", Client, 1002},
		{"§5.4 binary inside a message", "02 00 02 00", Client, 1002},
		{"§5.5 fragmented ping", "09 00", Client, 1002},
		{"§5.5 fragmented close", "08 00", Client, 1002},
		{"§5.5 ping of 126 bytes", "89 7e 007e", Client, 1002},
		{"§10.4 2^40 bytes", "82 7f 0000010000000000", Client, 1009},
		{"§10.4 2^63-1 bytes", "82 7f 7fffffffffffffff", Client, 1009},
		{"§8.1 FF", "81 01 ff", Client, 1007},
		{"§8.1 surrogate", "81 03 eda080", Client, 1007},
		{"§8.1 overlong", "81 02 c0af", Client, 1007},
		{"§8.1 above U+10FFFF", "81 04 f4908080", Client, 1007},
		{"§8.1 truncated", "81 02 e282", Client, 1007},
		{"§8.1 truncated over fragments", "01 01 e2 80 01 82", Client, 1007},
		{"§8.1 bad byte in an unfinished frame", "81 7e 1000 41 ff", Client, 1007},
		{"§5.5.1 close with one byte", "88 01 03", Client, 1002},
		{"§7.4 code 1005", "88 02 03ed", Client, 1002},
		{"§7.4 code 999", "88 02 03e7", Client, 1002},
		{"§7.4 code 5000", "88 02 1388", Client, 1002},
		{"§5.5.1 reason not UTF-8", "88 03 03e8 ff", Client, 1007},
	} {
		t.Run(c.name, func(t *testing.T) { failsWith(t, testConfig(c.role), unhex(t, c.hex), c.code) })
	}
}

func TestLimitExactlyPasses(t *testing.T) {
	cfg := testConfig(Client)
	cfg.Limits.MaxMessage, cfg.Limits.MaxFrame = 10, 8
	got := everyCut(t, open(cfg), unhex(t, "82 08 0102030405060708 02 05 0102030405 80 05 0607080900"), false)
	if len(got.events) != 2 || got.events[1].Kind != MessageEvent || len(got.events[1].Payload) != 10 {
		t.Fatalf("at the limit: %v", got)
	}
	failsWith(t, cfg, unhex(t, "82 09"), wire.CloseTooLarge)
	failsWith(t, cfg, unhex(t, "02 05 0102030405 80 06"), wire.CloseTooLarge)
}

func TestFragmentFlood(t *testing.T) {
	empty := unhex(t, strings.Repeat("00 00", 4000))
	input := append(unhex(t, "02 00"), empty...)
	m := open(testConfig(Client))()
	got := run(m, [][]byte{input}, false)
	if got.events[0].Kind != FailedEvent || got.events[0].Code != wire.ClosePolicy {
		t.Errorf("empty fragments: %v", got)
	}
	// 65,536 fragments of 64 bytes are a message like any other.
	one := "00 40 " + strings.Repeat("61", 64)
	many := append(unhex(t, "02 40 "+strings.Repeat("61", 64)), unhex(t, strings.Repeat(one, 65534))...)
	many = append(many, unhex(t, "80 40 "+strings.Repeat("61", 64))...)
	got = run(open(testConfig(Client))(), [][]byte{many}, false)
	if len(got.events) != 1 || len(got.events[0].Payload) != 65536*64 {
		t.Errorf("fragments of 64 bytes: %d events", len(got.events))
	}
}

func TestPingBetweenFragmentsIsAnsweredFirst(t *testing.T) {
	got := everyCut(t, open(testConfig(Client)), unhex(t, "01 02 6865 89 01 21 80 03 6c6c6f"), false)
	if len(got.events) != 2 || got.events[0].Kind != PingEvent || got.events[1].Payload != "hello" {
		t.Errorf("got %v", got)
	}
}

func TestFrameModeShowsEachFrame(t *testing.T) {
	cfg := testConfig(Client)
	cfg.Frames = true
	got := everyCut(t, open(cfg), unhex(t, "01 02 6865 89 01 21 8a 00 80 03 6c6c6f 82 00 88 02 03e8"), false)
	want := []told{
		{FrameEvent, wire.OpText, false, 0, "he"},
		{FrameEvent, wire.OpPing, true, 0, "!"},
		{FrameEvent, wire.OpPong, true, 0, ""},
		{FrameEvent, wire.OpContinuation, true, 0, "llo"},
		{FrameEvent, wire.OpBinary, true, 0, ""},
		{CloseEvent, wire.OpClose, true, 1000, "\x03\xe8"},
	}
	if len(got.events) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i := range want {
		if got.events[i] != want[i] {
			t.Errorf("event %d is %v, want %v", i, got.events[i], want[i])
		}
	}
	failsWith(t, cfg, unhex(t, "01 01 e2 80 01 28"), wire.CloseInvalidData)
}

func TestSwitchingModesOnlyBetweenMessages(t *testing.T) {
	m := open(testConfig(Client))()
	m.Feed(unhex(t, "01 02 6865"))
	m.Next()
	if err := m.SetFrames(true); err != errModeInMessage {
		t.Errorf("inside a message: %v", err)
	}
	m.Feed(unhex(t, "80 00"))
	if ev := m.Next(); ev.Kind != MessageEvent || string(ev.Payload) != "he" {
		t.Errorf("got %v", ev)
	}
	if err := m.SetFrames(true); err != nil || !m.Frames() {
		t.Errorf("between messages: %v", err)
	}
}
