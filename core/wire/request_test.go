package wire

// These tests hold the request line against RFC 9112 §2.2 and §3, and the limits of a target against RFC 9110 §15.5.15.

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func newRequest() parser { return new(RequestHead) }

const browserRequest = "GET /chat?room=1&x=%20 HTTP/1.1\r\nHost: server.example.com\r\nConnection: keep-alive, Upgrade\r\n" +
	"Pragma: no-cache\r\nCache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n" +
	"Upgrade: websocket\r\nOrigin: http://example.com\r\nSec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate\r\n" +
	"Accept-Language: en-US,en;q=0.9\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"

func TestRequestHead_Good(t *testing.T) {
	for _, v := range []struct {
		clause, head, method, target string
		minor, fields                int
	}{
		{"RFC6455_4_1_Browser", browserRequest, "GET", "/chat?room=1&x=%20", 1, 12},
		{"RFC9112_3_Shortest", "G / HTTP/1.1\r\n\r\n", "G", "/", 1, 0},
		{"RFC9112_3_2_2_AbsoluteForm", "GET ws://a.b:80/c?d HTTP/1.1\r\n\r\n", "GET", "ws://a.b:80/c?d", 1, 0},
		{"RFC9112_3_2_4_AsteriskForm", "OPTIONS * HTTP/1.1\r\n\r\n", "OPTIONS", "*", 1, 0},
		{"RFC9112_2_3_HTTP10", "GET / HTTP/1.0\r\nA: b\r\n\r\n", "GET", "/", 0, 1},
		{"RFC9110_2_5_HigherMinor", "GET / HTTP/1.9\r\n\r\n", "GET", "/", 9, 0},
		{"RFC9112_2_2_EmptyLineBefore", "\r\nGET / HTTP/1.1\r\nA: b\r\n\r\n", "GET", "/", 1, 1},
		{"RFC9112_3_1_EveryTchar", "!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\n\r\n", "!#$%&'*+-.^_`|~09azAZ", "/", 1, 0},
		{"RFC9112_3_1_LongestMethod", strings.Repeat("M", 32) + " / HTTP/1.1\r\n\r\n", strings.Repeat("M", 32), "/", 1, 0},
		{"RFC9112_3_2_UnescapedByBrowsers", "GET /a|b?{c}^[d]`\\ HTTP/1.1\r\n\r\n", "GET", "/a|b?{c}^[d]`\\", 1, 0},
	} {
		t.Run(v.clause, func(t *testing.T) {
			for _, chunks := range cuts([]byte(v.head)) {
				var h RequestHead
				n, err := feed(&h, append(chunks, []byte("\x81\x00")), testLimits)
				if n != len(v.head) || err != nil {
					t.Fatalf("in %d chunks: %d, %v; want %d", len(chunks), n, err, len(v.head))
				}
				if string(h.Method) != v.method || string(h.Target) != v.target || h.Minor != v.minor || len(h.Fields) != v.fields {
					t.Fatalf("in %d chunks: %q %q 1.%d with %d fields", len(chunks), h.Method, h.Target, h.Minor, len(h.Fields))
				}
			}
		})
	}
}

func TestRequestHead_Bad(t *testing.T) {
	for _, v := range []struct {
		clause, good, bad string
		want              *HeadError
		status            int
	}{
		{"RFC9112_3_TLSHello", "", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", errRequestMethod, 400},
		{"RFC9113_3_4_Preface", "PRI * HTTP/", "2.0\r\n\r\nSM\r\n\r\n", errRequestPreface, 400},
		{"RFC9112_3_NUL", "", "\x00\x00\x00", errRequestMethod, 400},
		{"RFC9112_3_Garbage", "", "\xde\xad\xbe\xef", errRequestMethod, 400},
		{"RFC9112_3_SpaceFirst", "", " GET / HTTP/1.1\r\n", errRequestMethod, 400},
		{"RFC9112_3_BareLFFirst", "", "\nGET / HTTP/1.1\r\n", errRequestMethod, 400},
		{"RFC9112_2_2_TwoEmptyLines", "\r\n", "\r\nGET / HTTP/1.1\r\n", errRequestMethod, 400},
		{"RFC9112_2_2_BareCRFirst", "\r", "GET / HTTP/1.1\r\n", errHeadBareCR, 400},
		{"RFC9112_3_1_MethodNotToken", "GE", "(T / HTTP/1.1\r\n", errRequestMethod, 400},
		{"RFC9112_3_1_MethodAlone", "GET", "\r\n\r\n", errRequestMethod, 400},
		{"RFC9112_3_1_MethodTooLong", strings.Repeat("M", 32), "M / HTTP/1.1\r\n", errRequestMethod, 400},
		{"RFC9112_3_TwoSpaces", "GET ", " / HTTP/1.1\r\n", errRequestNoSpace, 400},
		{"RFC9112_3_Tab", "GET", "\t/ HTTP/1.1\r\n", errRequestMethod, 400},
		{"RFC9112_3_SimpleRequest", "GET /", "\r\n", errRequestNoSpace, 400},
		{"RFC9112_3_BareLFInLine", "GET /", "\n", errRequestNoSpace, 400},
		{"RFC9112_3_2_NoTarget", "GET ", "\r\n", errRequestNoSpace, 400},
		{"RFC9112_3_2_NULInTarget", "GET /a", "\x00 HTTP/1.1\r\n", errRequestChar, 400},
		{"RFC9112_3_2_TabInTarget", "GET /a", "\tb HTTP/1.1\r\n", errRequestChar, 400},
		{"RFC9112_3_2_NonASCIITarget", "GET /", "\xc3\xa9 HTTP/1.1\r\n", errRequestChar, 400},
		{"RFC9112_3_2_DELInTarget", "GET /", "\x7f HTTP/1.1\r\n", errRequestChar, 400},
		{"RFC6455_3_Fragment", "GET /a", "#b HTTP/1.1\r\n", errRequestChar, 400},
		{"RFC9112_3_2_AngleBracket", "GET /", "<b> HTTP/1.1\r\n", errRequestChar, 400},
		{"RFC9112_2_3_LowerCase", "GET / ", "http/1.1\r\n", errHeadVersion, 400},
		{"RFC9112_2_3_NoVersion", "GET / ", "\r\n", errHeadVersion, 400},
		{"RFC9112_2_3_OtherProtocol", "GET / HTTP", "S/1.1\r\n", errHeadVersion, 400},
		{"RFC9112_2_3_NoDigit", "GET / HTTP/", "x.1\r\n", errHeadVersion, 400},
		{"RFC9112_2_3_NoDot", "GET / HTTP/1", "1\r\n", errHeadVersion, 400},
		{"RFC9112_2_3_NoMinor", "GET / HTTP/1.", "\r\n", errHeadVersion, 400},
		{"RFC9112_2_3_TwoDigitMinor", "GET / HTTP/1.1", "0\r\n", errRequestLine, 400},
		{"RFC9112_3_SpaceAfterVersion", "GET / HTTP/1.1", " \r\n", errRequestLine, 400},
		{"RFC9112_3_BareLFAfterVersion", "GET / HTTP/1.1", "\n", errRequestLine, 400},
		{"RFC9112_3_BareCRAfterVersion", "GET / HTTP/1.1\r", "Host: a\r\n", errHeadBareCR, 400},
		{"RFC9110_15_6_6_HTTP2", "GET / HTTP/", "2.0\r\n\r\n", errRequestVersion, 505},
		{"RFC9110_15_6_6_HTTP0", "GET / HTTP/", "0.9\r\n\r\n", errRequestVersion, 505},
	} {
		t.Run(v.clause, func(t *testing.T) {
			expectBad(t, newRequest, v.good, v.bad, testLimits, v.want)
			if v.want.Status != v.status {
				t.Errorf("status %d, want %d", v.want.Status, v.status)
			}
		})
	}
}

func TestRequestHead_RFC9110_15_5_15_TargetLimit(t *testing.T) {
	lim := HeadLimits{MaxBytes: 8192, MaxFields: 100, MaxTarget: 10}
	fits := "GET /123456789 HTTP/1.1\r\n\r\n"
	for _, chunks := range cuts([]byte(fits)) {
		if n, err := feed(newRequest(), chunks, lim); n != len(fits) || err != nil {
			t.Fatalf("a target at the limit: %d, %v", n, err)
		}
	}
	expectBad(t, newRequest, "GET /123456789", "0 HTTP/1.1\r\n\r\n", lim, errRequestTarget)
	if errRequestTarget.Status != 414 {
		t.Errorf("status %d, want 414", errRequestTarget.Status)
	}
	// A target that takes all of the head's room is too long as well, whatever its own limit.
	lim = HeadLimits{MaxBytes: 30, MaxFields: 100, MaxTarget: 100}
	expectBad(t, newRequest, "GET /"+strings.Repeat("x", 24), "xxx", lim, errRequestTarget)
}

func TestRequestHead_SlicesHaveNoSpareCapacity(t *testing.T) {
	var h RequestHead
	if n, err := h.Parse([]byte(browserRequest), testLimits); n == 0 || err != nil {
		t.Fatal(n, err)
	}
	for _, s := range [][]byte{h.Method, h.Target, h.Fields[0].Name, h.Fields[0].Value} {
		if len(s) != cap(s) {
			t.Errorf("appending to %q would overwrite the head", s)
		}
	}
}

func FuzzRequestHead(f *testing.F) {
	f.Add([]byte(browserRequest), uint8(0), uint16(8192), uint8(100), uint16(4096))
	f.Add([]byte("\r\nGET / HTTP/1.0\r\nA:\t b \r\n\r\n\x81\x85"), uint8(3), uint16(30), uint8(1), uint16(1))
	f.Add([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), uint8(1), uint16(100), uint8(2), uint16(10))
	f.Add([]byte("GET /x HTTP/1.1\r\nA : b\r\n c\r\n\r\n"), uint8(7), uint16(100), uint8(2), uint16(10))
	f.Fuzz(func(t *testing.T, data []byte, size uint8, maxBytes uint16, maxFields uint8, maxTarget uint16) {
		lim := HeadLimits{int(maxBytes), int(maxFields), int(maxTarget)}
		p, n := fuzzHead(t, 0, data, size, lim)
		if n == 0 {
			return
		}
		h := p.(*RequestHead)
		if !ValidToken(string(h.Method)) || len(h.Target) == 0 || len(h.Target) > lim.MaxTarget || h.Minor < 0 || h.Minor > 9 {
			t.Fatalf("%q: %q %q 1.%d", data, h.Method, h.Target, h.Minor)
		}
		again := writeFields(fmt.Appendf(nil, "%s %s HTTP/1.%d\r\n", h.Method, h.Target, h.Minor), h.Fields)
		var g RequestHead
		m, err := g.Parse(again, HeadLimits{len(again), lim.MaxFields, lim.MaxTarget})
		if m != len(again) || err != nil || !bytes.Equal(g.Method, h.Method) || !bytes.Equal(g.Target, h.Target) || !reflect.DeepEqual(values(g.Fields), values(h.Fields)) {
			t.Fatalf("%q, written again as %q: %d, %v", data[:n], again, m, err)
		}
	})
}

// values copies fields so that empty and nil values compare equal.
func values(fields []Field) (s []string) {
	for _, f := range fields {
		s = append(s, string(f.Name)+": "+string(f.Value))
	}
	return s
}

func BenchmarkRequestHead(b *testing.B) {
	head := []byte(browserRequest)
	b.Run("whole", func(b *testing.B) {
		b.SetBytes(int64(len(head)))
		b.ReportAllocs()
		var h RequestHead
		for b.Loop() {
			h.Reset()
			h.Parse(head, testLimits)
		}
	})
	b.Run("bytewise", func(b *testing.B) {
		b.SetBytes(int64(len(head)))
		b.ReportAllocs()
		var h RequestHead
		for b.Loop() {
			h.Reset()
			for i := range head {
				h.Parse(head[:i+1], testLimits)
			}
		}
	})
}
