// URLs that are read and refused (RFC 6455 §3).

package core

import (
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	for raw, want := range map[string]endpoint{
		"ws://example.org":                 {"example.org", 80, "example.org", "/"},
		"WS://example.org:80/":             {"example.org", 80, "example.org", "/"},
		"ws://example.org:8080/chat?a=b&c": {"example.org", 8080, "example.org:8080", "/chat?a=b&c"},
		"ws://example.org?q":               {"example.org", 80, "example.org", "/?q"},
		"ws://example.org/p?":              {"example.org", 80, "example.org", "/p?"},
		"ws://127.0.0.1:1/%C3%A4/a%20b":    {"127.0.0.1", 1, "127.0.0.1:1", "/%C3%A4/a%20b"},
		"ws://[::1]:9000/x":                {"::1", 9000, "[::1]:9000", "/x"},
		"ws://[::1]":                       {"::1", 80, "[::1]", "/"},
		"ws://[fe80::1%25eth0]:81":         {"fe80::1%eth0", 81, "[fe80::1]:81", "/"},
		"ws://example.org/ä":               {"example.org", 80, "example.org", "/%C3%A4"},
		"ws://example.org:/":               {"example.org", 80, "example.org", "/"},
		"ws://a_b-c.9.:1":                  {"a_b-c.9.", 1, "a_b-c.9.:1", "/"},
	} {
		got, err := parseURL("Dial", raw)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", raw, got, err, want)
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	for raw, why := range map[string]string{
		"":                          "ws://",
		"example.org":               "ws://",
		"http://example.org":        "ws://",
		"wss://example.org":         "TLS",
		"ws:example.org":            "host",
		"ws://":                     "host",
		"ws://:80/":                 "host",
		"ws:///path":                "host",
		"ws://u:p@example.org":      "password",
		"ws://example.org/#frag":    "fragment",
		"ws://example.org#":         "fragment",
		"ws://example.org:0":        "port",
		"ws://example.org:65536":    "port",
		"ws://example.org:x":        "read",
		"ws://example.org/\r\nX: y": "read",
		"ws://exa mple.org":         "read",
		"ws://example.org/\x00":     "read",
		"ws://example.org/?a b":     "spaces",
		"ws://example.org/?ä":       "ASCII",
		"ws://exämple.org":          "ASCII",
		"ws://[::1":                 "read",
		"ws://a,b/":                 "name",
		"ws://a;b/":                 "name",
		`ws://a"b/`:                 "name",
		"ws://a<b>/":                "name",
		"ws://a(b)*/":               "name",
		"ws://[v1.x]/":              "read",
		"ws://[::1]a/":              "read",
	} {
		_, err := parseURL("Dial", raw)
		if err == nil || err.Code != CodeURL || !strings.Contains(err.Msg, why) {
			t.Errorf("%q: %v, want a word about %s", raw, err, why)
		}
	}
}
