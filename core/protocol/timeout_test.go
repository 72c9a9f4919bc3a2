// Opening handshakes that take too long: 408 where a request has begun.

package protocol

import (
	"strings"
	"testing"
)

// RFC 9110 §15.5.9: a request that has begun and does not end in time gets 408; silence gets nothing.
func TestTimeOut(t *testing.T) {
	cfg := testConfig(Server)
	cfg.PlainHTTP = true
	begun := func(in string) *Machine {
		m := new(Machine)
		m.InitServer(cfg)
		m.Feed([]byte(in))
		if ev := m.Next(); ev.Kind != NeedInput {
			t.Fatalf("%q: got %v", in, ev.Kind)
		}
		return m
	}
	for _, in := range []string{"G", "GET / HTTP/1.1\r\n", "HEAD / HTTP/1.1\r\nHost: a\r\n"} {
		m := begun(in)
		if !m.RequestBegun() || !m.TimeOut() || m.State() != Closed || m.Err() == nil || m.Err().Status != 408 {
			t.Fatalf("%q: %v, %v", in, m.State(), m.Err())
		}
		if out := string(m.Output()); !strings.HasPrefix(out, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n") {
			t.Errorf("%q: %q", in, out)
		}
		m.Feed([]byte("Host: a\r\n\r\n"))
		if ev := m.Next(); ev.Kind != NeedInput || m.TimeOut() {
			t.Errorf("%q: %v after the answer", in, ev.Kind)
		}
	}
	unanswered := func(name string, m *Machine) {
		t.Helper()
		state := m.State()
		m.Sent(len(m.Output()))
		if m.RequestBegun() || m.TimeOut() || m.State() != state || m.HasOutput() {
			t.Errorf("%s: %v, %q", name, m.State(), m.Output())
		}
	}
	unanswered("silence", begun(""))
	m := requested(t, cfg, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	unanswered("a whole request", m)
	if err := m.Refuse(Refusal{Status: 204, KeepAlive: true}); err != nil {
		t.Fatal(err)
	}
	unanswered("silence after an answer", m)
	m.Feed([]byte("GET"))
	m.Next()
	if !m.TimeOut() {
		t.Error("the next request is not answered")
	}
	open := new(Machine)
	open.Init(testConfig(Server))
	unanswered("an open connection", open)
	client := sampleClient(testConfig(Client))()
	client.Feed([]byte("HTTP/1.1 "))
	client.Next()
	unanswered("a client", client)
}
