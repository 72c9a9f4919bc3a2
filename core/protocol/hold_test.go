// What ends a connection waits until the messages before it could be answered.

package protocol

import (
	"strings"
	"testing"

	"libws/core/wire"
)

// pull gathers what comes until nothing more does.
func pull(m *Machine) string {
	var s []string
	for ev := m.Next(); ev.Kind != NeedInput; ev = m.Next() {
		s = append(s, ev.Kind.String())
	}
	return strings.Join(s, " ")
}

// RFC 6455 §5.5.1 lets the answer to a close frame wait for a message under way; a violation behind a message waits as well.
func TestEndWaitsForTheAnswersOfItsBatch(t *testing.T) {
	for _, c := range []struct{ name, in, end string }{
		{"close", "81 01 61 81 01 62 88 02 03e8 81 01 63", "close"},
		{"close behind fragments", "01 01 61 80 01 62 88 02 03e8", "close"},
		{"reserved opcode", "81 01 61 83 00", "failed"},
		{"bad length", "82 01 61 82 7e 0001", "failed"},
		{"bad text", "81 01 61 81 01 ff", "failed"},
		{"bad text in a long frame", "81 01 61 81 7e 0100 ff", "failed"},
		{"bad close", "81 01 61 88 01 03", "failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := testConfig(Client)
			batch := uint8(255)
			cfg.Batch = &batch
			m := open(cfg)()
			m.Feed(unhex(t, c.in))
			if got := pull(m); !strings.HasPrefix(got, "message") || strings.Contains(got, c.end) {
				t.Fatalf("first batch: %s", got)
			}
			if !m.Held() || !m.Pending() || m.State() != Open || m.HasOutput() || m.Direct(1) != nil {
				t.Errorf("held %v, pending %v, %v", m.Held(), m.Pending(), m.State())
			}
			if _, err := m.AppendFrame(nil, wire.OpText, true, []byte("answer")); err != nil {
				t.Errorf("the answer: %v", err)
			}
			m.Feed(unhex(t, "81 01 64"))
			if got := pull(m); got != "" {
				t.Errorf("still in the first batch: %s", got)
			}
			batch = 1
			if got := pull(m); got != c.end || m.State() != Closed || m.Held() || m.Pending() {
				t.Errorf("second batch: %q in %v", got, m.State())
			}
			if !m.HasOutput() || !m.CloseSent() {
				t.Error("the peer is not told")
			}
		})
	}
}

func TestEndOfInputWaitsForTheAnswersOfItsBatch(t *testing.T) {
	cfg := testConfig(Client)
	batch := uint8(7)
	cfg.Batch = &batch
	m := open(cfg)()
	m.Feed(unhex(t, "81 01 61"))
	m.FeedEOF()
	if got := pull(m); got != "message" || !m.Held() || !m.Pending() {
		t.Errorf("first batch: %q", got)
	}
	batch++
	if got := pull(m); got != "end" || m.Held() {
		t.Errorf("second batch: %q", got)
	}
}

func TestEndWithoutMessagesDoesNotWait(t *testing.T) {
	cfg := testConfig(Client)
	batch := uint8(1)
	cfg.Batch = &batch
	m := open(cfg)()
	m.Feed(unhex(t, "89 00 88 02 03e8"))
	if got := pull(m); got != "ping close" || m.State() != Closed {
		t.Errorf("%q in %v", got, m.State())
	}
}
