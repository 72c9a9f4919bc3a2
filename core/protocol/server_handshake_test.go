// The server's opening handshake: requests that are accepted and refused, verdicts, answers (RFC 6455 §4.2).

package protocol

import (
	"fmt"
	"strings"
	"testing"
)

// request builds an opening handshake; each edit replaces the line that starts with its name, or adds it, or with an
// empty value removes it.
func request(line string, edits ...string) string {
	lines := []string{"Host: example.com", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: " + sampleKey, "Sec-WebSocket-Version: 13"}
	for _, e := range edits {
		name, value, _ := strings.Cut(e, ":")
		kept := lines[:0:0]
		for _, l := range lines {
			if !strings.HasPrefix(l, name+":") {
				kept = append(kept, l)
			}
		}
		if lines = kept; value != "" {
			for _, v := range strings.Split(value, "|") {
				lines = append(lines, name+":"+v)
			}
		}
	}
	return line + "\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"
}

func serverMachine(cfg *Config) func() *Machine {
	return func() *Machine { m := new(Machine); m.InitServer(cfg); return m }
}

func TestServerRefusesBadRequests(t *testing.T) {
	get := "GET / HTTP/1.1"
	for _, c := range []struct {
		name, in string
		status   int
	}{
		{"POST", request("POST / HTTP/1.1"), 405},
		{"HTTP/1.0", request("GET / HTTP/1.0"), 505},
		{"no Host", request(get, "Host:"), 400},
		{"two Hosts", request(get, "Host: a| b"), 400},
		{"space in the Host", request(get, "Host: a b"), 400},
		{"path in the Host", request(get, "Host: exa/mple"), 400},
		{"two Hosts joined", request(get, "Host: a, b"), 400},
		{"user in the Host", request(get, "Host: user@host"), 400},
		{"port no number", request(get, "Host: host:port"), 400},
		{"port too large", request(get, "Host: h:99999999"), 400},
		{"Host not ASCII", request(get, "Host: \x80\xff"), 400},
		{"markup in the Host", request(get, "Host: <script>"), 400},
		{"half an address", request(get, "Host: [::1"), 400},
		{"bad Host, absolute target", request("GET http://example.com/ HTTP/1.1", "Host: a b"), 400},
		{"no Upgrade", request(get, "Upgrade:"), 426},
		{"wrong Upgrade", request(get, "Upgrade: h2c"), 426},
		{"no Connection", request(get, "Connection:"), 400},
		{"Connection without upgrade", request(get, "Connection: keep-alive"), 400},
		{"no version", request(get, "Sec-WebSocket-Version:"), 426},
		{"version 8", request(get, "Sec-WebSocket-Version: 8"), 426},
		{"version twice", request(get, "Sec-WebSocket-Version: 13| 13"), 426},
		{"no key", request(get, "Sec-WebSocket-Key:"), 400},
		{"key twice", request(get, "Sec-WebSocket-Key: "+sampleKey+"| "+sampleKey), 400},
		{"key not base64", request(get, "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!=="), 400},
		{"key of 15 bytes", request(get, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub24="), 400},
		{"Content-Length", request(get, "Content-Length: 0"), 400},
		{"Transfer-Encoding", request(get, "Transfer-Encoding: chunked"), 400},
		{"two Origins", request(get, "Origin: a| b"), 400},
		{"bad protocol list", request(get, "Sec-WebSocket-Protocol: a b"), 400},
		{"bad extension list", request(get, "Sec-WebSocket-Extensions: a;=1"), 400},
		{"authority target", request("GET example.com HTTP/1.1"), 400},
		{"unknown scheme", request("GET ftp://x/ HTTP/1.1"), 400},
		{"absolute without host", request("GET http:///x HTTP/1.1"), 400},
		{"absolute with port alone", request("GET http://:80/x HTTP/1.1"), 400},
		{"absolute with user", request("GET http://u:p@example.com/ HTTP/1.1"), 400},
		{"absolute with bad host", request("GET http://a,b/ HTTP/1.1"), 400},
		{"obs-fold", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400},
		{"TLS hello", "\x16\x03\x01\x02\x00\x01\x00", 400},
		{"too long", request(get, "X: "+strings.Repeat("x", 9000)), 431},
		{"long target", request("GET /" + strings.Repeat("x", 5000) + " HTTP/1.1"), 414},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := everyCut(t, serverMachine(testConfig(Server)), []byte(c.in), false)
			status := fmt.Sprintf("HTTP/1.1 %d ", c.status)
			if len(got.events) != 1 || got.events[0].Kind != FailedEvent || got.state != Closed || !strings.HasPrefix(got.output, status) {
				t.Fatalf("got %v, want %d", got, c.status)
			}
			if !strings.Contains(got.output, "Connection: close\r\n") || c.status == 426 != strings.Contains(got.output, "Sec-WebSocket-Version: 13\r\n") {
				t.Errorf("answered %q", got.output)
			}
			// RFC 9110 §7.8: who sends Upgrade names it in Connection.
			if strings.Contains(got.output, "\r\nUpgrade: ") != strings.Contains(got.output, "\r\nConnection: Upgrade\r\n") {
				t.Errorf("answered %q", got.output)
			}
		})
	}
}

// RFC 9112 §3.2.2: the host of a target in absolute form takes the place of the Host field.
func TestHostOfTheTargetComesFirst(t *testing.T) {
	for target, want := range map[string]string{
		"/x": "example.com", "http://real.example:81/x": "real.example:81", "ws://[::1]?q": "[::1]", "HTTP://Other.example": "Other.example",
	} {
		m := requested(t, testConfig(Server), request("GET "+target+" HTTP/1.1"))
		if got := m.Request().Host(); got != want {
			t.Errorf("%s asks for host %q, want %q", target, got, want)
		}
		if field, _ := m.Request().Header("Host"); field != "example.com" {
			t.Errorf("the field reads %q", field)
		}
	}
}

// RFC 9110 §9.3.2: an answer to HEAD has no content.
func TestRefusalOfHeadHasNoContent(t *testing.T) {
	got := everyCut(t, serverMachine(testConfig(Server)), []byte(request("HEAD / HTTP/1.1")), false)
	if !strings.HasPrefix(got.output, "HTTP/1.1 405 ") || !strings.HasSuffix(got.output, "\r\n\r\n") {
		t.Errorf("answered %q", got.output)
	}
}

func TestServerAcceptsWhatTheRFCAllows(t *testing.T) {
	for _, c := range []struct{ name, in, path string }{
		{"letter case", strings.NewReplacer("Upgrade:", "uPGRADE:", "websocket", "WebSocket").Replace(request("GET /a HTTP/1.1")), "/a"},
		{"keep-alive, Upgrade", request("GET /a?b HTTP/1.1", "Connection: keep-alive, Upgrade"), "/a"},
		{"absolute target", request("GET http://example.com/p?q HTTP/1.1"), "/p"},
		{"absolute target without path", request("GET ws://example.com HTTP/1.1"), "/"},
		{"extensions are declined", request("GET / HTTP/1.1", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-y"), "/"},
		{"HTTP/1.2", request("GET / HTTP/1.2"), "/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := serverMachine(testConfig(Server))()
			m.Feed([]byte(c.in))
			if ev := m.Next(); ev.Kind != RequestEvent || m.Request().Path() != c.path {
				t.Fatalf("%v, %v", ev.Kind, m.Err())
			}
			if err := m.Accept(AcceptOptions{}); err != nil || strings.Contains(string(m.Output()), "Extensions") {
				t.Errorf("%v: %q", err, m.Output())
			}
		})
	}
}

func requested(t *testing.T, cfg *Config, in string) *Machine {
	t.Helper()
	m := serverMachine(cfg)()
	m.Feed([]byte(in))
	if ev := m.Next(); ev.Kind != RequestEvent {
		t.Fatalf("%v: %v", ev.Kind, m.Err())
	}
	return m
}

func TestVerdictIsCheckedBeforeAnythingIsSent(t *testing.T) {
	m := requested(t, testConfig(Server), request("GET / HTTP/1.1", "Sec-WebSocket-Protocol: chat"))
	for _, a := range []AcceptOptions{
		{Subprotocol: "mqtt"},
		{Header: []HeaderField{{"X-A", "a\r\nX-B: b"}}},
		{Header: []HeaderField{{"X A", "a"}}},
		{Header: []HeaderField{{"Sec-WebSocket-Accept", "x"}}},
		{Header: []HeaderField{{"Connection", "close"}}},
	} {
		if err := m.Accept(a); err == nil || m.HasOutput() || m.State() != Connecting {
			t.Errorf("%+v: %v", a, err)
		}
	}
	for _, r := range []Refusal{{Status: 101}, {Status: 600}, {Status: 404, Header: []HeaderField{{"X", "\n"}}}} {
		if err := m.Refuse(r); err == nil || m.HasOutput() || m.State() != Connecting {
			t.Errorf("%+v: %v", r, err)
		}
	}
	if err := m.Accept(AcceptOptions{Subprotocol: "chat", Header: []HeaderField{{"X-A", "a"}}}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(m.Output()), "\r\nX-A: a\r\n\r\n") || m.Request().Subprotocol() != "chat" {
		t.Errorf("sent %q", m.Output())
	}
	if m.Accept(AcceptOptions{}) != errNoRequest || m.Refuse(Refusal{Status: 404}) != errNoRequest {
		t.Error("a verdict counts once")
	}
	m.Sent(len(m.Output()))
	if m.Next().Kind != Opened {
		t.Error("not opened")
	}
	m.ReleaseOpening()
	if m.Request() != nil || m.Response() != nil {
		t.Error("the request outlives its release")
	}
}

func TestRefusal(t *testing.T) {
	m := requested(t, testConfig(Server), request("GET / HTTP/1.1"))
	if err := m.Refuse(Refusal{Status: 403, Header: []HeaderField{{"X-Why", "origin"}}, Body: []byte("no\n"), KeepAlive: false}); err != nil {
		t.Fatal(err)
	}
	want := "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nX-Why: origin\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n\r\nno\n"
	if got := string(m.Output()); got != want || m.State() != Closed || m.Next().Kind != NeedInput {
		t.Errorf("got %q in %v", got, m.State())
	}
}

// A status brings the fields with it that it needs, whatever the caller adds.
func TestRefusalKeepsTheFieldsOfItsStatus(t *testing.T) {
	for status, want := range map[int][]string{
		405: {"Allow: GET\r\n"},
		426: {"Upgrade: websocket\r\n", "Connection: Upgrade\r\n", "Sec-WebSocket-Version: 13\r\n"},
	} {
		for _, allow := range []string{"", "GET, POST"} {
			m := requested(t, testConfig(Server), request("GET / HTTP/1.1"))
			r := Refusal{Status: status}
			if allow != "" {
				r.Header = []HeaderField{{"Allow", allow}}
			}
			if err := m.Refuse(r); err != nil {
				t.Fatal(err)
			}
			out := string(m.Output())
			for _, field := range want {
				if name, _, _ := strings.Cut(field, ":"); name == "Allow" && allow != "" {
					field = "Allow: " + allow + "\r\n"
				}
				if strings.Count(out, "\r\n"+field) != 1 {
					t.Errorf("%d with Allow %q lacks %q: %q", status, allow, field, out)
				}
			}
			if strings.Count(out, "Allow:") > 1 {
				t.Errorf("%q", out)
			}
		}
	}
}

// RFC 9110 §15.3.5, §15.3.6, §15.4.5: 204, 205 and 304 have no content.
func TestRefusalWithoutContent(t *testing.T) {
	for status, length := range map[int]bool{204: false, 205: true, 304: false} {
		m := requested(t, testConfig(Server), request("GET / HTTP/1.1"))
		if err := m.Refuse(Refusal{Status: status, Body: []byte("body")}); err != nil {
			t.Fatal(err)
		}
		out := string(m.Output())
		if !strings.HasSuffix(out, "\r\n\r\n") || strings.Contains(out, "Content-Type") || strings.Contains(out, "Content-Length: 0\r\n") != length || strings.Contains(out, "Content-Length: 4") {
			t.Errorf("%d: %q", status, out)
		}
	}
}

func TestPlainRequestsAreKeptApart(t *testing.T) {
	cfg := testConfig(Server)
	cfg.PlainHTTP = true
	pipelined := "GET /health HTTP/1.1\r\nHost: a\r\n\r\nHEAD /page HTTP/1.1\r\nHost: a\r\nX-N: 1\r\nX-N: 2\r\nX-N: 3\r\n\r\n" + request("GET /ws HTTP/1.1") + "\x81\x80\x00\x00\x00\x00"
	m := requested(t, cfg, pipelined)
	if p := m.Request().Problem(); p == nil || p.Status != 426 || m.Request().Path() != "/health" {
		t.Fatalf("%v", p)
	}
	if err := m.Accept(AcceptOptions{}); err == nil {
		t.Error("a plain request cannot be upgraded")
	}
	_ = m.Refuse(Refusal{Status: 200, Header: []HeaderField{{"Content-Type", "text/html"}}, Body: []byte("ok"), KeepAlive: true})
	if got := string(m.AppendOutput(nil)); got != "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok" {
		t.Errorf("first answer %q", got)
	}
	if ev := m.Next(); ev.Kind != RequestEvent || m.Request().Method() != "HEAD" || m.Request().Target() != "/page" {
		t.Fatalf("second request: %v", ev.Kind)
	}
	if v, ok := m.Request().Header("x-n"); v != "1, 2, 3" || !ok || len(m.Request().Fields()) != 4 || m.Request().Host() != "a" {
		t.Errorf("repeated fields read as %q", v)
	}
	_ = m.Refuse(Refusal{Status: 200, Body: []byte("ok"), KeepAlive: true})
	if got := string(m.AppendOutput(nil)); !strings.HasSuffix(got, "Content-Length: 2\r\n\r\n") {
		t.Errorf("HEAD is answered without a body: %q", got)
	}
	if ev := m.Next(); ev.Kind != RequestEvent || m.Request().Problem() != nil {
		t.Fatalf("third request: %v", ev.Kind)
	}
	_ = m.Accept(AcceptOptions{})
	if m.Next().Kind != Opened || m.Next().Kind != MessageEvent {
		t.Error("the upgrade behind plain requests")
	}
	// Nothing may follow a body, which is not read, or a request to close.
	for _, in := range []string{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"} {
		m := requested(t, cfg, in)
		_ = m.Refuse(Refusal{Status: 204, KeepAlive: true})
		if out := string(m.Output()); m.State() != Closed || !strings.Contains(out, "Connection: close") || strings.Contains(out, "Content-Length") {
			t.Errorf("%q: %v, %q", in, m.State(), out)
		}
	}
	m = requested(t, cfg, "GET /old HTTP/1.1\r\nHost: a\r\n\r\n")
	_ = m.Refuse(Refusal{Status: 426, KeepAlive: true})
	if out := string(m.Output()); !strings.Contains(out, "Sec-WebSocket-Version: 13") {
		t.Errorf("426 names the version: %q", out)
	}
}

func TestStatusPhrases(t *testing.T) {
	for _, s := range []int{200, 204, 205, 301, 302, 304, 400, 401, 403, 404, 405, 408, 413, 414, 426, 429, 431, 500, 501, 503, 505} {
		if reasonPhrase(s) == "" {
			t.Errorf("%d has no phrase", s)
		}
	}
	if reasonPhrase(299) != "" {
		t.Error("an unknown status has no phrase")
	}
}
