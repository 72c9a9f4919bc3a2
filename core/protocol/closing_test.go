// The machine's ways to end a connection (RFC 6455 §5.5.1, §7).

package protocol

import (
	"bytes"
	"strings"
	"testing"

	"libws/core/wire"
)

func TestPeersCloseIsAnsweredWithItsCode(t *testing.T) {
	for _, c := range []struct {
		name, in, out string
		code          wire.CloseCode
	}{
		{"empty", "88 00", "88 80 37fa213d", wire.CloseNoStatus},
		{"1000", "88 02 03e8", "88 82 37fa213d 3412", 1000},
		{"4999 with reason", "88 04 1387 6f6b", "88 82 37fa213d 247d", 4999},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := everyCut(t, open(testConfig(Client)), append(unhex(t, c.in), unhex(t, "81 01 41")...), true)
			if got.output != string(unhex(t, c.out)) || got.state != Closed {
				t.Errorf("got %v, want output %s", got, c.out)
			}
			if len(got.events) != 2 || got.events[0].Kind != CloseEvent || got.events[0].Code != c.code || got.events[1].Code != c.code {
				t.Errorf("data after close is ignored, then a clean end: %v", got)
			}
		})
	}
}

func TestEveryCodeOfRFC6455Section7_4(t *testing.T) {
	for code := 0; code <= 5001; code++ {
		ok := code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 || code >= 3000 && code <= 4999
		m := open(testConfig(Client))()
		m.Feed([]byte{0x88, 2, byte(code >> 8), byte(code)})
		if ev := m.Next(); (ev.Kind == CloseEvent) != ok {
			t.Fatalf("receiving %d: %v", code, ev.Kind)
		}
		m = open(testConfig(Client))()
		if err := m.Close(wire.CloseCode(code), ""); (err == nil) != ok {
			t.Fatalf("sending %d: %v", code, err)
		}
	}
}

func TestOurCloseIsFollowedByThePeers(t *testing.T) {
	m := open(testConfig(Server))()
	if err := m.Close(wire.CloseGoingAway, "bye"); err != nil || m.State() != Closing || !m.CloseSent() {
		t.Fatalf("%v in %v", err, m.State())
	}
	if out := m.Output(); !bytes.Equal(out, unhex(t, "88 05 03e9 627965")) {
		t.Errorf("our close frame is %x", out)
	}
	if _, err := m.AppendFrame(nil, wire.OpText, true, []byte("x")); err != errCloseSent {
		t.Errorf("data after our close: %v", err)
	}
	if err := m.Close(wire.CloseNormal, ""); err != errCloseSent {
		t.Errorf("second close: %v", err)
	}
	// A message may still come, and a ping is still answered (RFC 6455 §5.5.2), until the peer's close.
	m.Sent(len(m.Output()))
	m.Feed(unhex(t, "81 81 00000000 41 89 80 00000000 88 82 00000000 03e9"))
	var kinds []string
	for ev := m.Next(); ev.Kind != NeedInput; ev = m.Next() {
		kinds = append(kinds, ev.Kind.String())
	}
	if strings.Join(kinds, " ") != "message ping close" || m.State() != Closed || m.CloseCode() != 1001 || !m.CloseReceived() {
		t.Errorf("got %v in %v, code %d", kinds, m.State(), m.CloseCode())
	}
	if out := m.Output(); string(out) != "\x8a\x00" {
		t.Errorf("after the peer's close %x is left to write", out)
	}
	if _, err := m.AppendFrame(nil, wire.OpText, true, nil); err != errClosed {
		t.Errorf("data after both closes: %v", err)
	}
}

func TestCloseArguments(t *testing.T) {
	for _, c := range []struct {
		code   wire.CloseCode
		reason string
		want   error
	}{
		{1000, strings.Repeat("r", 123), nil},
		{1000, strings.Repeat("r", 124), errCloseReasonLong},
		{1000, "\xff", errCloseReasonUTF8},
		{1006, "", errCloseCode},
		{0, "", errCloseCode},
	} {
		m := open(testConfig(Server))()
		if err := m.Close(c.code, c.reason); err != c.want {
			t.Errorf("Close(%d, %d bytes): %v, want %v", c.code, len(c.reason), err, c.want)
		}
		if c.want != nil && (m.State() != Open || m.HasOutput()) {
			t.Errorf("Close(%d): a refused call has changed something", c.code)
		}
	}
}

func TestEndOfInput(t *testing.T) {
	got := everyCut(t, open(testConfig(Client)), unhex(t, "81 05 4865"), true)
	if last := got.events[len(got.events)-1]; last.Kind != EndEvent || last.Code != wire.CloseAbnormal || got.state != Closed {
		t.Errorf("half a frame, then the end: %v", got)
	}
	m := open(testConfig(Client))()
	m.FeedEOF()
	if !m.Pending() || m.Next().Kind != EndEvent || m.Next().Kind != NeedInput || m.Pending() {
		t.Error("the end is told once")
	}
	if m.CloseCode() != wire.CloseAbnormal || m.CloseReason() != "" || m.Err() != nil {
		t.Errorf("code %d, reason %q, err %v", m.CloseCode(), m.CloseReason(), m.Err())
	}
}

func TestAbandonDropsEverything(t *testing.T) {
	m := open(testConfig(Client))()
	m.Feed(unhex(t, "89 00"))
	m.Next()
	m.Abandon()
	if m.State() != Closed || m.HasOutput() || len(m.Output()) != 0 || m.Next().Kind != NeedInput {
		t.Errorf("state %v, output %x", m.State(), m.Output())
	}
	m.Release()
}

func TestFailureNamesItsRule(t *testing.T) {
	m := open(testConfig(Server))()
	m.Feed([]byte{0x81, 0})
	m.Next()
	err := m.Err()
	if err != errUnmasked || err.Kind.Misuse() || !strings.Contains(err.Error(), "§5.1") || !strings.Contains(err.Error(), "1002") {
		t.Errorf("got %v", err)
	}
	// The rule is the reason that the peer reads, so it has to fit.
	for _, e := range []*Error{errRSV, errReservedOpcode, errNotMinimal, errTopBit, errUnmasked, errMasked, errPeerFragmented, errPeerControl,
		errLoneContinue, errInterleaved, errFrameTooLarge, errTooLarge, errFragmentFlood, errPeerUTF8, errCloseOneByte, errPeerCode, errPeerReason} {
		if len(e.Rule) > 123 || !wire.ValidUTF8String(e.Rule) {
			t.Errorf("%q does not fit a close reason", e.Rule)
		}
	}
}

func TestTransitionTable(t *testing.T) {
	m := open(testConfig(Server))()
	if m.move(stepOpened) || m.State() != Open {
		t.Error("an open connection cannot be opened")
	}
	for s := Connecting; s <= Closed; s++ {
		if transitions[s][stepFailed] != Closed || transitions[s][stepEnded] != Closed {
			t.Errorf("%v: failing or ending must close", s)
		}
	}
	if State(9).String() != "UNKNOWN" || Open.String() != "OPEN" || EventKind(99).String() != "unknown" || Client.String() != "client" || Server.String() != "server" {
		t.Error("names")
	}
}

// RFC 6455 §5.5.3 lets us answer only the latest ping; a peer that never reads must not make us hoard pongs.
func TestUnreadPongsAreBounded(t *testing.T) {
	m := open(testConfig(Client))()
	ping := unhex(t, "89 7d "+strings.Repeat("61", 125))
	for i := range 10_000 {
		ping[2] = byte(i)
		m.Feed(append([]byte(nil), ping...))
		if ev := m.Next(); ev.Kind != PingEvent {
			t.Fatal(ev.Kind)
		}
	}
	if n := len(m.Output()); n > pongBacklog+200 {
		t.Errorf("%d bytes of pongs wait", n)
	}
	m.Sent(len(m.Output()))
	h, n, _ := wire.ParseHeader(m.Output())
	body := m.Output()[n:]
	wire.Mask(body, h.Key, 0)
	if last := 9_999; body[0] != byte(last&0xff) {
		t.Errorf("the pending pong answers ping %d, not the latest", body[0])
	}
	m.Sent(len(m.Output()))
	if m.HasOutput() {
		t.Error("output is left")
	}
	m.Feed(append([]byte(nil), ping...))
	m.Next()
	if got := m.AppendOutput([]byte("x")); len(got) != 1+2+4+125 || m.HasOutput() {
		t.Errorf("AppendOutput moved %d bytes", len(got))
	}
}
