package wire

// These tests hold each class of bytes against its ABNF (RFC 9110 §5.5, §5.6.2, RFC 9112 §3.2).

import (
	"strings"
	"testing"
)

func TestValidToken_RFC9110_5_6_2(t *testing.T) {
	const tchar = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for c := range 256 {
		s := string([]byte{byte(c)})
		if got, want := ValidToken(s), strings.Contains(tchar, s); got != want {
			t.Errorf("ValidToken(%q) = %v", s, got)
		}
	}
	if ValidToken("") || !ValidToken(tchar) || ValidToken("a b") || ValidToken("a\r\n") {
		t.Error("ValidToken misjudges a longer string")
	}
}

func TestValidFieldValue_RFC9110_5_5(t *testing.T) {
	for c := range 256 {
		s := "a" + string([]byte{byte(c)}) + "b"
		want := c == '\t' || c >= 0x20 && c != 0x7F
		if got := ValidFieldValue(s); got != want {
			t.Errorf("ValidFieldValue(%q) = %v", s, got)
		}
	}
	if !ValidFieldValue("") {
		t.Error("an empty value is refused")
	}
}

func TestValidTarget_RFC9112_3_2(t *testing.T) {
	for c := range 256 {
		s := "/" + string([]byte{byte(c)})
		want := c > 0x20 && c < 0x7F && !strings.Contains(`#"<>`, s[1:])
		if got := ValidTarget(s); got != want {
			t.Errorf("ValidTarget(%q) = %v", s, got)
		}
	}
	for s, want := range map[string]bool{
		"": false, "/": true, "a": false, "*": false, "ws://a/": false, "?a": false, "/a?b=c&d=%20": true, "/ HTTP/1.1\r\nX: y": false,
	} {
		if got := ValidTarget(s); got != want {
			t.Errorf("ValidTarget(%q) = %v", s, got)
		}
	}
}

func TestTrimSpace_RFC9110_5_6_3(t *testing.T) {
	for s, want := range map[string]string{"": "", " \t": "", "a": "a", "\t a b \t": "a b", "\u00a0a": "\u00a0a", "\na": "\na"} {
		if got := trimSpace([]byte(s)); string(got) != want {
			t.Errorf("trimSpace(%q) = %q", s, got)
		}
	}
}

func TestEqualFold_LettersOnly(t *testing.T) {
	for a := range 256 {
		for b := range 256 {
			x, y := []byte{byte(a)}, string([]byte{byte(b)})
			want := a == b
			if a < 0x80 && b < 0x80 {
				want = strings.EqualFold(string(x), y)
			}
			if got := EqualFold(x, y); got != want {
				t.Errorf("EqualFold(%q, %q) = %v", x, y, got)
			}
		}
	}
	if EqualFold([]byte("ab"), "abc") || !EqualFold[[]byte](nil, "") {
		t.Error("EqualFold misjudges lengths")
	}
}
