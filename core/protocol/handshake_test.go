// The client's opening handshake, and what both roles share: memory, ends and time (RFC 6455 §4.1).

package protocol

import (
	"strings"
	"testing"
)

const sampleKey = "dGhlIHNhbXBsZSBub25jZQ=="

// RFC 6455 §1.3 shows this response to the sample nonce.
func sampleClient(cfg *Config) func() *Machine {
	return func() *Machine {
		m := new(Machine)
		req := ClientRequest{Host: "server.example.com", Target: "/chat", Origin: "http://example.com", Subprotocols: []string{"chat", "superchat"}, Header: []HeaderField{{"X-A", "b"}}}
		copy(req.Key[:], "the sample nonce")
		if err := m.InitClient(cfg, req); err != nil {
			panic(err)
		}
		return m
	}
}

func response(edits ...string) string {
	s := request("HTTP/1.1 101 Switching Protocols", append([]string{"Host:", "Sec-WebSocket-Key:", "Sec-WebSocket-Version:", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}, edits...)...)
	return s
}

func TestClientHandshake(t *testing.T) {
	want := "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: " + sampleKey + "\r\nSec-WebSocket-Version: 13\r\nOrigin: http://example.com\r\n" +
		"Sec-WebSocket-Protocol: chat, superchat\r\nX-A: b\r\n\r\n"
	if got := string(sampleClient(testConfig(Client))().Output()); got != want {
		t.Errorf("request %q, want %q", got, want)
	}
	in := "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + response("Sec-WebSocket-Protocol: superchat") + "\x81\x02hi"
	got := everyCut(t, sampleClient(testConfig(Client)), []byte(in), false)
	if len(got.events) != 2 || got.events[0].Kind != Opened || got.events[1].Payload != "hi" || got.state != Open {
		t.Fatalf("got %v", got)
	}
	m := sampleClient(testConfig(Client))()
	if m.Response() != nil || m.Request() != nil {
		t.Error("a response before it came")
	}
	m.Feed([]byte(in))
	m.Next()
	r := m.Response()
	if v, ok := r.Header("upgrade"); r.Status() != 101 || r.Subprotocol() != "superchat" || v != "websocket" || !ok || len(r.Fields()) != 4 {
		t.Errorf("response read as %d %q %q", r.Status(), r.Subprotocol(), v)
	}
}

func TestClientRefusesBadResponses(t *testing.T) {
	for _, c := range []struct {
		name, in string
		kind     Kind
		status   int
	}{
		{"404", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", Refused, 404},
		{"redirect", "HTTP/1.1 302 Found\r\nLocation: ws://x/\r\n\r\n", Refused, 302},
		{"HTTP/1.0", strings.Replace(response(), "HTTP/1.1", "HTTP/1.0", 1), HandshakeViolation, 101},
		{"wrong accept", response("Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA="), HandshakeViolation, 101},
		{"accept twice", response("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=| s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), HandshakeViolation, 101},
		{"no accept", response("Sec-WebSocket-Accept:"), HandshakeViolation, 101},
		{"no Upgrade", response("Upgrade:"), HandshakeViolation, 101},
		{"wrong Upgrade", response("Upgrade: websocket2"), HandshakeViolation, 101},
		{"no Connection", response("Connection: close"), HandshakeViolation, 101},
		{"extension", response("Sec-WebSocket-Extensions: permessage-deflate"), HandshakeViolation, 101},
		{"unoffered subprotocol", response("Sec-WebSocket-Protocol: mqtt"), HandshakeViolation, 101},
		{"two subprotocols", response("Sec-WebSocket-Protocol: chat| chat"), HandshakeViolation, 101},
		{"endless hints", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 9), HandshakeViolation, 100},
		{"endless head", "HTTP/1.1 101 OK\r\nX: " + strings.Repeat("x", 9000), HandshakeViolation, 431},
		{"not HTTP", "SSH-2.0-OpenSSH\r\n", HandshakeViolation, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := everyCut(t, sampleClient(testConfig(Client)), []byte(c.in), false)
			if len(got.events) != 1 || got.events[0].Kind != FailedEvent || got.state != Closed {
				t.Fatalf("got %v", got)
			}
			m := sampleClient(testConfig(Client))()
			m.Feed([]byte(c.in))
			m.Next()
			if e := m.Err(); e.Kind != c.kind || c.kind == Refused && e.Status != c.status {
				t.Errorf("kind %d status %d: %v", e.Kind, e.Status, e)
			}
		})
	}
}

func TestClientRequestIsCheckedBeforeAnythingIsSent(t *testing.T) {
	good := ClientRequest{Host: "a", Target: "/"}
	for name, edit := range map[string]func(*ClientRequest){
		"no host":           func(q *ClientRequest) { q.Host = "" },
		"host with space":   func(q *ClientRequest) { q.Host = "a b" },
		"CR LF in host":     func(q *ClientRequest) { q.Host = "a\r\nX: y" },
		"CR LF in target":   func(q *ClientRequest) { q.Target = "/\r\nX: y" },
		"relative target":   func(q *ClientRequest) { q.Target = "chat" },
		"fragment":          func(q *ClientRequest) { q.Target = "/#a" },
		"CR LF in origin":   func(q *ClientRequest) { q.Origin = "a\r\n" },
		"bad subprotocol":   func(q *ClientRequest) { q.Subprotocols = []string{"a b"} },
		"subprotocol twice": func(q *ClientRequest) { q.Subprotocols = []string{"a", "a"} },
		"CR LF in header":   func(q *ClientRequest) { q.Header = []HeaderField{{"A", "b\nc"}} },
		"name with CR LF":   func(q *ClientRequest) { q.Header = []HeaderField{{"A\r\n" + strings.Repeat("x", 50), "b"}} },
		"header of our own": func(q *ClientRequest) { q.Header = []HeaderField{{"sec-websocket-key", "b"}} },
		"header Host":       func(q *ClientRequest) { q.Header = []HeaderField{{"Host", "b"}} },
	} {
		q := good
		edit(&q)
		m := new(Machine)
		err := m.InitClient(testConfig(Client), q)
		if e, ok := err.(*Error); !ok || !e.Kind.Misuse() || m.HasOutput() || m.State() != Closed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEndInsideTheHandshake(t *testing.T) {
	got := everyCut(t, serverMachine(testConfig(Server)), []byte("GET / HT"), true)
	if len(got.events) != 2 || got.events[0].Kind != FailedEvent || got.events[1].Kind != EndEvent || got.output != "" {
		t.Errorf("got %v", got)
	}
	m := serverMachine(testConfig(Server))()
	m.FeedEOF()
	m.Next()
	if m.Err() != errEndedEarly || !strings.Contains(m.Err().Error(), "ended inside") {
		t.Errorf("got %v", m.Err())
	}
	// A client may close its half after the request and still read the verdict.
	m = requested(t, testConfig(Server), request("GET / HTTP/1.1"))
	m.FeedEOF()
	if m.Next().Kind != NeedInput {
		t.Error("the end came before the verdict")
	}
	_ = m.Refuse(Refusal{Status: 503})
	if m.Next().Kind != EndEvent || m.HasOutput() == false {
		t.Error("the verdict is lost")
	}
}

func TestSpareRecyclesHandshakes(t *testing.T) {
	cfg := testConfig(Server)
	cfg.Spare = new(Spare)
	for range 3 {
		m := requested(t, cfg, request("GET /spare HTTP/1.1"))
		if m.Request().Path() != "/spare" {
			t.Errorf("path %q", m.Request().Path())
		}
		_ = m.Accept(AcceptOptions{})
		m.Release()
		if len(cfg.Spare.free) != 1 {
			t.Fatalf("%d spare openings", len(cfg.Spare.free))
		}
	}
}

func TestOneByteASecondIsLinear(t *testing.T) {
	in := request("GET / HTTP/1.1", "X: "+strings.Repeat("x", 7000))
	m := serverMachine(testConfig(Server))()
	for i := range len(in) - 1 {
		m.Feed([]byte{in[i]})
		if ev := m.Next(); ev.Kind != NeedInput {
			t.Fatalf("byte %d: %v", i, ev.Kind)
		}
	}
	m.Feed([]byte{'\n'})
	if m.Next().Kind != RequestEvent {
		t.Error("no request")
	}
}
