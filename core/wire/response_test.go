package wire

// These tests hold the status line against RFC 9112 §4 and RFC 9110 §15.

import (
	"fmt"
	"reflect"
	"testing"
)

func newResponse() parser { return new(ResponseHead) }

const serverResponse = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n"

func TestResponseHead_Good(t *testing.T) {
	for _, v := range []struct {
		clause, head  string
		minor, status int
		reason        string
		fields        int
	}{
		{"RFC6455_4_2_2_Switching", serverResponse, 1, 101, "Switching Protocols", 4},
		{"RFC9112_4_NoReason", "HTTP/1.1 101 \r\n\r\n", 1, 101, "", 0},
		{"RFC9112_4_ReasonObsText", "HTTP/1.1 404 nicht\tda\xdf\r\nA: b\r\n\r\n", 1, 404, "nicht\tda\xdf", 1},
		{"RFC9112_2_3_HTTP10", "HTTP/1.0 200 OK\r\n\r\n", 0, 200, "OK", 0},
		{"RFC9110_15_Status100", "HTTP/1.1 100 Continue\r\n\r\n", 1, 100, "Continue", 0},
		{"RFC9110_15_Status599", "HTTP/1.1 599 x\r\n\r\n", 1, 599, "x", 0},
	} {
		t.Run(v.clause, func(t *testing.T) {
			for _, chunks := range cuts([]byte(v.head)) {
				var h ResponseHead
				n, err := feed(&h, append(chunks, []byte("\x81\x00")), testLimits)
				if n != len(v.head) || err != nil {
					t.Fatalf("in %d chunks: %d, %v; want %d", len(chunks), n, err, len(v.head))
				}
				if h.Minor != v.minor || h.Status != v.status || string(h.Reason) != v.reason || len(h.Fields) != v.fields {
					t.Fatalf("in %d chunks: 1.%d %d %q with %d fields", len(chunks), h.Minor, h.Status, h.Reason, len(h.Fields))
				}
			}
		})
	}
}

func TestResponseHead_Bad(t *testing.T) {
	for _, v := range []struct {
		clause, good, bad string
		want              *HeadError
	}{
		{"RFC9112_4_Garbage", "", "\x16\x03\x01", errHeadVersion},
		{"RFC9112_4_EmptyLineBefore", "", "\r\nHTTP/1.1 101 x\r\n", errHeadVersion},
		{"RFC9112_4_Frame", "", "\x81\x05Hello", errHeadVersion},
		{"RFC9112_2_3_LowerCase", "", "http/1.1 101 x\r\n", errHeadVersion},
		{"RFC9112_2_3_OtherProtocol", "", "SSH-2.0-x\r\n", errHeadVersion},
		{"RFC9112_2_3_HTTP2", "HTTP/", "2 101 x\r\n", errResponseMajor},
		{"RFC9112_2_3_NoDigit", "HTTP/", ".1 101 x\r\n", errHeadVersion},
		{"RFC9112_2_3_NoDot", "HTTP/1", " 101 x\r\n", errHeadVersion},
		{"RFC9112_2_3_NoMinor", "HTTP/1.", " 101 x\r\n", errHeadVersion},
		{"RFC9112_4_NoSpace", "HTTP/1.1", "\t101 x\r\n", errResponseSpace},
		{"RFC9112_4_TwoSpaces", "HTTP/1.1 ", " 101 x\r\n", errResponseStatus},
		{"RFC9110_15_Status099", "HTTP/1.1 ", "099 x\r\n", errResponseStatus},
		{"RFC9110_15_Status600", "HTTP/1.1 ", "600 x\r\n", errResponseStatus},
		{"RFC9110_15_TwoDigits", "HTTP/1.1 10", " x\r\n", errResponseStatus},
		{"RFC9110_15_FourDigits", "HTTP/1.1 101", "1 x\r\n", errResponseSpace},
		{"RFC9110_15_Sign", "HTTP/1.1 ", "+10 x\r\n", errResponseStatus},
		{"RFC9112_4_NoSpaceAfterStatus", "HTTP/1.1 101", "\r\n\r\n", errResponseSpace},
		{"RFC9112_4_NULInReason", "HTTP/1.1 101 a", "\x00\r\n", errResponseReason},
		{"RFC9112_2_2_BareLFAfterReason", "HTTP/1.1 101 a", "\nA: b\r\n\r\n", errHeadBareLF},
		{"RFC9112_2_2_BareCRInReason", "HTTP/1.1 101 a\r", "b\r\n", errHeadBareCR},
	} {
		t.Run(v.clause, func(t *testing.T) {
			expectBad(t, newResponse, v.good, v.bad, testLimits, v.want)
		})
	}
}

func FuzzResponseHead(f *testing.F) {
	f.Add([]byte(serverResponse), uint8(0), uint16(8192), uint8(100))
	f.Add([]byte("HTTP/1.0 404 Not\tFound\r\nA:\r\n\r\nbody"), uint8(3), uint16(60), uint8(1))
	f.Add([]byte("HTTP/1.1 101 \r\nA : b\r\n\r\n"), uint8(7), uint16(100), uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, size uint8, maxBytes uint16, maxFields uint8) {
		lim := HeadLimits{MaxBytes: int(maxBytes), MaxFields: int(maxFields)}
		p, n := fuzzHead(t, 1, data, size, lim)
		if n == 0 {
			return
		}
		h := p.(*ResponseHead)
		if h.Status < 100 || h.Status > 599 || h.Minor < 0 || h.Minor > 9 || !ValidFieldValue(string(h.Reason)) {
			t.Fatalf("%q: 1.%d %d %q", data, h.Minor, h.Status, h.Reason)
		}
		again := writeFields(fmt.Appendf(nil, "HTTP/1.%d %d %s\r\n", h.Minor, h.Status, h.Reason), h.Fields)
		var g ResponseHead
		m, err := g.Parse(again, HeadLimits{MaxBytes: len(again), MaxFields: lim.MaxFields})
		if m != len(again) || err != nil || g.Status != h.Status || string(g.Reason) != string(h.Reason) || !reflect.DeepEqual(values(g.Fields), values(h.Fields)) {
			t.Fatalf("%q, written again as %q: %d, %v", data[:n], again, m, err)
		}
	})
}

func BenchmarkResponseHead(b *testing.B) {
	head := []byte(serverResponse)
	b.SetBytes(int64(len(head)))
	b.ReportAllocs()
	var h ResponseHead
	for b.Loop() {
		h.Reset()
		h.Parse(head, testLimits)
	}
}
