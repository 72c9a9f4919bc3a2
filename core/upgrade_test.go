// Upgrading requests of net/http: early frames are kept, bad requests answered.

package core

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"libws/core/protocol"
)

var acceptNothing = protocol.AcceptOptions{}

// serveHTTP runs an echo behind net/http and hands out what Upgrade answered.
func serveHTTP(t *testing.T, o *UpgradeOptions) (address string, results <-chan error) {
	t.Helper()
	ch := make(chan error, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Upgrade(w, r, o)
		ch <- err
		if err != nil {
			return
		}
		defer c.Drop()
		for m, err := range c.Messages(r.Context()) {
			if err != nil || c.Send(r.Context(), m.Opcode, m.Data) != nil {
				return
			}
		}
		_ = c.Close()
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), ch
}

func TestUpgrade(t *testing.T) {
	address, results := serveHTTP(t, &UpgradeOptions{Subprotocols: []string{"p"}, Header: http.Header{"X-Ours": {"yes"}}})
	c, err := Dial(t.Context(), "ws://"+address+"/x?y", &DialOptions{Subprotocols: []string{"q", "p"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := await(t, results, "the upgrade"); err != nil {
		t.Fatal(err)
	}
	if c.Subprotocol() != "p" {
		t.Error(c.Subprotocol())
	}
	for _, text := range []string{"", "x", strings.Repeat("long", 100_000)} {
		if _, err := c.SendText(text); err != nil {
			t.Fatal(err)
		}
		if f, err := c.RecvMessage(); err != nil || f.PayloadText() != text {
			t.Fatal(len(f.Payload), err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if c.CloseCode() != CloseNormal {
		t.Error(c.CloseCode())
	}
}

// Bytes that net/http has read already are not lost.
func TestUpgradeKeepsEarlyFrames(t *testing.T) {
	address, results := serveHTTP(t, nil)
	peer, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	fmt.Fprint(peer, request("/")+string(masked(0x81, "early")))
	if err := await(t, results, "the upgrade"); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(peer)
	if res := response(t, r); res.StatusCode != 101 {
		t.Fatal(res.Status)
	}
	echo := make([]byte, 7)
	if _, err := io.ReadFull(r, echo); err != nil || string(echo) != "\x81\x05early" {
		t.Fatalf("% x %v", echo, err)
	}
}

func TestUpgradeRefuses(t *testing.T) {
	address, results := serveHTTP(t, &UpgradeOptions{Origins: []string{"https://good.example"}})
	for _, v := range []struct {
		name, request string
		status        int
		code          ErrorCode
	}{
		{"plain GET", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 426, CodeHandshake},
		{"POST", strings.Replace(request("/", "Content-Length: 0"), "GET", "POST", 1), 405, CodeHandshake},
		{"version", strings.Replace(request("/"), "13", "9", 1), 426, CodeHandshake},
		{"key", strings.Replace(request("/"), "dGhl", "dG", 1), 400, CodeHandshake},
		{"body", request("/", "Content-Length: 3") + "abc", 400, CodeHandshake},
		{"chunked body", request("/", "Transfer-Encoding: chunked") + "0\r\n\r\n", 400, CodeHandshake},
		{"origin", request("/", "Origin: https://evil.example"), 403, CodeOrigin},
		{"HTTP/1.0", strings.Replace(request("/"), "HTTP/1.1", "HTTP/1.0", 1), 505, CodeHandshake},
	} {
		t.Run(v.name, func(t *testing.T) {
			peer, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer peer.Close()
			fmt.Fprint(peer, v.request)
			raw, err := io.ReadAll(peer) // to the end of the connection
			if err != nil {
				t.Fatal(err)
			}
			res := response(t, bufio.NewReader(bytes.NewReader(raw)))
			if res.StatusCode != v.status || v.status == 426 && res.Header.Get("Sec-WebSocket-Version") != "13" || v.status == 405 && res.Header.Get("Allow") != "GET" {
				t.Error(res.Status, res.Header)
			}
			// RFC 9110 §7.8: who sends Upgrade names it in Connection.
			if upgrade := v.status == 426; upgrade != (res.Header.Get("Upgrade") == "websocket") || upgrade != bytes.Contains(raw, []byte("\r\nConnection: Upgrade\r\n")) {
				t.Errorf("%q", raw)
			}
			err = await(t, results, "the error")
			wantCode(t, err, v.code)
			var e *Error
			if !errors.As(err, &e) || e.Status != v.status {
				t.Error(err)
			}
		})
	}
}

func TestUpgradeMisuse(t *testing.T) {
	address, results := serveHTTP(t, &UpgradeOptions{Header: http.Header{"X": {"a\nb"}}})
	_, err := Dial(t.Context(), "ws://"+address, nil)
	wantCode(t, err, CodeRefused)
	wantCode(t, await(t, results, "the error"), CodeHeader)
	address, results = serveHTTP(t, &UpgradeOptions{Options: Options{MaxFrameBytes: -1}})
	_, err = Dial(t.Context(), "ws://"+address, nil)
	wantCode(t, err, CodeRefused)
	wantCode(t, await(t, results, "the error"), CodeOption)
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(request("/"))))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder() // cannot be hijacked
	_, err = Upgrade(w, r, nil)
	wantCode(t, err, CodeSystem)
	if w.Code != 500 {
		t.Error(w.Code)
	}
}
