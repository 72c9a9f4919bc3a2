// The machine on the examples of RFC 6455 §5.7, whole, byte by byte and cut at every place.

package protocol

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"libws/core/wire"
)

// told is an event with its payload copied, for comparing.
type told struct {
	Kind    EventKind
	Opcode  wire.Opcode
	Final   bool
	Code    wire.CloseCode
	Payload string
}

func (t told) String() string {
	p := t.Payload
	if len(p) > 24 {
		p = fmt.Sprintf("%s…(%d)", p[:24], len(p))
	}
	return fmt.Sprintf("%v op=%d fin=%v code=%d %q", t.Kind, t.Opcode, t.Final, t.Code, p)
}

// outcome is all that an input leads to: the events and the bytes that were answered.
type outcome struct {
	events []told
	output string
	state  State
	rule   string // that the peer broke
	reason string // of its close frame
}

// end notes what is left to ask when all is over.
func (o *outcome) end(m *Machine) {
	o.state, o.reason = m.State(), m.CloseReason()
	if err := m.Err(); err != nil {
		o.rule = err.Error()
	}
}

func (o outcome) String() string {
	var s []string
	for _, e := range o.events {
		s = append(s, e.String())
	}
	return fmt.Sprintf("[%s] output %x state %v rule %q reason %q", strings.Join(s, "; "), o.output, o.state, o.rule, o.reason)
}

// fixedMask makes a client's output predictable.
func fixedMask() [4]byte { return [4]byte{0x37, 0xfa, 0x21, 0x3d} }

func testConfig(role Role) *Config {
	return &Config{Role: role, Limits: DefaultLimits(), Mask: fixedMask}
}

// run feeds input in the given pieces and gathers what comes of it. Parts of streamed messages are joined, since where
// they are cut depends on the pieces.
func run(m *Machine, pieces [][]byte, eof bool) outcome {
	var o outcome
	pull := func() {
		for {
			ev := m.Next()
			if ev.Kind == NeedInput {
				break
			}
			t := told{ev.Kind, ev.Opcode, ev.Final, ev.Code, string(ev.Payload)}
			if last := len(o.events) - 1; ev.Kind == FragmentEvent && !ev.First {
				o.events[last].Payload += t.Payload
				o.events[last].Final = t.Final
			} else {
				o.events = append(o.events, t)
			}
			o.output += string(m.Output())
			m.Sent(len(m.Output()))
		}
		o.output += string(m.Output())
		m.Sent(len(m.Output()))
	}
	for _, p := range pieces {
		m.Feed(append([]byte(nil), p...))
		pull()
	}
	if eof {
		m.FeedEOF()
		pull()
	}
	o.end(m)
	return o
}

// everyCut runs input whole, byte by byte and cut at every place, on machines that start makes, and fails unless all agree.
func everyCut(t *testing.T, start func() *Machine, input []byte, eof bool) outcome {
	t.Helper()
	whole := run(start(), [][]byte{input}, eof)
	compare := func(how string, pieces [][]byte) {
		if got := run(start(), pieces, eof); got.String() != whole.String() {
			t.Errorf("%s:\n got %v\nwant %v", how, got, whole)
		}
	}
	var bytewise [][]byte
	for i := range input {
		bytewise = append(bytewise, input[i:i+1])
	}
	compare("byte by byte", bytewise)
	if len(input) <= 4096 {
		for i := 1; i < len(input); i++ {
			compare(fmt.Sprintf("cut at %d", i), [][]byte{input[:i], input[i:]})
		}
	}
	return whole
}

func open(cfg *Config) func() *Machine {
	return func() *Machine { m := new(Machine); m.Init(cfg); return m }
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// RFC 6455 §5.7 gives these frames as examples.
func TestRFC6455Section5_7Examples(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		role      Role // of the receiver
		want      told
	}{
		{"unmasked text", "81 05 48656c6c6f", Client, told{MessageEvent, wire.OpText, true, 0, "Hello"}},
		{"masked text", "81 85 37fa213d 7f9f4d5158", Server, told{MessageEvent, wire.OpText, true, 0, "Hello"}},
		{"fragmented text", "01 03 48656c 80 02 6c6f", Client, told{MessageEvent, wire.OpText, true, 0, "Hello"}},
		{"ping", "89 05 48656c6c6f", Client, told{PingEvent, wire.OpPing, true, 0, "Hello"}},
		{"pong", "8a 85 37fa213d 7f9f4d5158", Server, told{PongEvent, wire.OpPong, true, 0, "Hello"}},
		{"256 bytes", "82 7e 0100" + strings.Repeat("aa", 256), Client, told{MessageEvent, wire.OpBinary, true, 0, strings.Repeat("\xaa", 256)}},
		{"64 KiB", "82 7f 0000000000010000" + strings.Repeat("bb", 65536), Client, told{MessageEvent, wire.OpBinary, true, 0, strings.Repeat("\xbb", 65536)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := everyCut(t, open(testConfig(c.role)), unhex(t, c.hex), false)
			if len(got.events) != 1 || got.events[0] != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestPingIsAnsweredInKind(t *testing.T) {
	got := everyCut(t, open(testConfig(Client)), unhex(t, "89 05 48656c6c6f"), false)
	if want := unhex(t, "8a 85 37fa213d 7f9f4d5158"); !bytes.Equal([]byte(got.output), want) {
		t.Errorf("answered %x, want %x", got.output, want)
	}
}

// A chat as RFC 6455 §1.3 shows it: request, 101, frames behind the request in the same segment.
func TestServerHandshakeThenFrames(t *testing.T) {
	request := "GET /chat?x=1 HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n" +
		"Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n"
	input := append([]byte(request), unhex(t, "81 85 37fa213d 7f9f4d5158")...)
	m := new(Machine)
	m.InitServer(testConfig(Server))
	m.Feed(input)
	if ev := m.Next(); ev.Kind != RequestEvent {
		t.Fatalf("got %v, want a request", ev.Kind)
	}
	r := m.Request()
	if r.Path() != "/chat" || r.Query() != "x=1" || r.Origin() != "http://example.com" || len(r.Subprotocols()) != 2 {
		t.Errorf("request read as %q %q %q %q", r.Path(), r.Query(), r.Origin(), r.Subprotocols())
	}
	if ev := m.Next(); ev.Kind != NeedInput {
		t.Fatalf("got %v before the verdict", ev.Kind)
	}
	if err := m.Accept(AcceptOptions{Subprotocol: "chat"}); err != nil {
		t.Fatal(err)
	}
	want := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
	if got := string(m.Output()); got != want {
		t.Errorf("response %q, want %q", got, want)
	}
	if ev := m.Next(); ev.Kind != Opened || m.State() != Open {
		t.Fatalf("got %v in %v, want opened", ev.Kind, m.State())
	}
	if ev := m.Next(); ev.Kind != MessageEvent || string(ev.Payload) != "Hello" {
		t.Fatalf("got %v %q", ev.Kind, ev.Payload)
	}
}
