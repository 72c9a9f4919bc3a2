package wire

// These tests hold the close codes and payloads against RFC 6455 §5.5.1 and §7.4.

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// All 65,536 codes against the ranges as the RFC lists them.
func TestCloseCode_RFC6455_7_4_OnWire(t *testing.T) {
	allowed := map[CloseCode]bool{
		1000: true, 1001: true, 1002: true, 1003: true, 1007: true, 1008: true, 1009: true, 1010: true, 1011: true,
		1012: true, 1013: true, 1014: true,
	}
	for c := range 1 << 16 {
		want := allowed[CloseCode(c)] || c/1000 == 3 || c/1000 == 4
		if got := CloseCode(c).OnWire(); got != want {
			t.Errorf("OnWire(%d) = %v", c, got)
		}
	}
}

func TestCloseCode_String(t *testing.T) {
	seen := map[string]CloseCode{}
	for c := CloseCode(1000); c <= 1015; c++ {
		s := c.String()
		if c == 1004 {
			if s != "1004" {
				t.Errorf("1004 has no meaning, but is called %q", s)
			}
			continue
		}
		_, meaning, ok := strings.Cut(s, " (")
		if !ok || seen[meaning] != 0 {
			t.Errorf("%d is called %q; its meaning is missing or the one of %d", c, s, seen[meaning])
		}
		seen[meaning] = c
	}
	if got := CloseProtocolError.String(); got != "1002 (protocol error)" {
		t.Errorf("1002 is called %q", got)
	}
	if got := CloseCode(4999).String(); got != "4999" {
		t.Errorf("4999 is called %q", got)
	}
}

func TestClosePayload_Vectors(t *testing.T) {
	for _, v := range []struct {
		clause, hex string
		code        CloseCode
		reason      string
		err         error
	}{
		{"RFC6455_7_1_5_Empty", "", CloseNoStatus, "", nil},
		{"RFC6455_5_5_1_OneByte", "03", 0, "", ErrCloseOneByte},
		{"RFC6455_5_5_1_CodeAlone", "03e8", CloseNormal, "", nil},
		{"RFC6455_5_5_1_CodeAndReason", "03e9676f6e65", CloseGoingAway, "gone", nil},
		{"RFC6455_5_5_1_ReasonGreek", "03e8cebae1bdb9", CloseNormal, "κ\u1f79", nil},
		{"RFC6455_5_5_1_ReasonNotUTF8", "03e8ff", CloseNormal, "", ErrCloseReason},
		{"RFC6455_5_5_1_ReasonCutCodePoint", "03e841e282", CloseNormal, "", ErrCloseReason},
		{"RFC6455_7_4_1_1014", "03f6", CloseBadGateway, "", nil},
		{"RFC6455_7_4_1_Code0", "0000", 0, "", ErrCloseCode},
		{"RFC6455_7_4_2_Code999", "03e7", 999, "", ErrCloseCode},
		{"RFC6455_7_4_1_Code1004", "03ec", 1004, "", ErrCloseCode},
		{"RFC6455_7_4_1_Code1005", "03ed", 1005, "", ErrCloseCode},
		{"RFC6455_7_4_1_Code1006", "03ee", 1006, "", ErrCloseCode},
		{"RFC6455_7_4_1_Code1015", "03f7", 1015, "", ErrCloseCode},
		{"RFC6455_7_4_2_Code2999", "0bb7", 2999, "", ErrCloseCode},
		{"RFC6455_7_4_2_Code3000", "0bb8", 3000, "", nil},
		{"RFC6455_7_4_2_Code4999", "1387", 4999, "", nil},
		{"RFC6455_7_4_2_Code5000", "1388", 5000, "", ErrCloseCode},
		{"RFC6455_7_4_CodeBeforeReason", "0000ff", 0, "", ErrCloseCode},
	} {
		t.Run(v.clause, func(t *testing.T) {
			raw := unhex(t, v.hex)
			code, reason, err := ParseClosePayload(raw)
			if code != v.code || string(reason) != v.reason || !errors.Is(err, v.err) {
				t.Errorf("ParseClosePayload(%s) = %d, %q, %v; want %d, %q, %v", v.hex, code, reason, err, v.code, v.reason, v.err)
			}
			if v.err == nil {
				if got := AppendClosePayload([]byte("x"), code, v.reason); !bytes.Equal(got[1:], raw) {
					t.Errorf("AppendClosePayload gives %x, want %x", got[1:], raw)
				}
			}
		})
	}
}

func TestClosePayload_NoStatus_LeavesReasonOut(t *testing.T) {
	if got := AppendClosePayload(nil, CloseNoStatus, "why"); len(got) != 0 {
		t.Errorf("a payload without a code is %x", got)
	}
}

func TestClosePayload_NoAllocation(t *testing.T) {
	raw := unhex(t, "03e9676f6e65")
	dst := make([]byte, 0, MaxControlPayload)
	if n := testing.AllocsPerRun(100, func() {
		code, _, _ := ParseClosePayload(raw)
		dst = AppendClosePayload(dst[:0], code, "gone")
	}); n != 0 {
		t.Errorf("coding a close payload allocates %v times", n)
	}
}
