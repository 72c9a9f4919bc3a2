// Frames: constructors, close codes, copies.

package core

import (
	"bytes"
	"testing"
)

func TestFrameConstructors(t *testing.T) {
	for _, v := range []struct {
		frame   Frame
		op      Opcode
		payload string
		is      string // the predicates that hold
	}{
		{NewFrame(OpBinary, []byte("n")), OpBinary, "n", "binary"},
		{TextFrame("tä"), OpText, "tä", "text"},
		{BinaryFrame([]byte{0}), OpBinary, "\x00", "binary"},
		{PingFrame(), OpPing, "", "control ping"},
		{PongFrame(), OpPong, "", "control pong"},
		{CloseFrame(1001), OpClose, "\x03\xe9", "control close"},
		{CloseFrame(CloseNoStatus), OpClose, "\x03\xed", "control close"},
		{NewFrame(OpClose, nil), OpClose, "", "control close"},
		{NewFrame(OpContinuation, nil), OpContinuation, "", ""},
		{noFrame(), NoFrame, "", ""},
	} {
		f := v.frame
		if f.Opcode != v.op || string(f.Payload) != v.payload || f.PayloadText() != v.payload || f.PayloadLen() != len(v.payload) || f.IsMasked {
			t.Errorf("%v: %+v", v.op, f)
		}
		if f.Opcode != NoFrame && !f.IsFinal {
			t.Errorf("%v is not final", v.op)
		}
		is := ""
		for _, p := range []struct {
			name  string
			holds bool
		}{{"control", f.IsControl()}, {"text", f.IsText()}, {"binary", f.IsBinary()}, {"close", f.IsClose()}, {"ping", f.IsPing()}, {"pong", f.IsPong()}} {
			if p.holds {
				is += " " + p.name
			}
		}
		if is != "" {
			is = is[1:]
		}
		if is != v.is {
			t.Errorf("%v is %q, want %q", v.op, is, v.is)
		}
	}
}

func TestFrameCloseCode(t *testing.T) {
	full := NewFrame(OpClose, []byte("\x0f\xa0reason"))
	if full.CloseCode() != 4000 || full.CloseReason() != "reason" {
		t.Error(full.CloseCode(), full.CloseReason())
	}
	for _, f := range []Frame{TextFrame("\x03\xe8"), NewFrame(OpClose, nil), NewFrame(OpClose, []byte{3}), noFrame()} {
		if f.CloseCode() != CloseNoStatus || f.CloseReason() != "" {
			t.Error(f, f.CloseCode(), f.CloseReason())
		}
	}
}

func TestFrameCloneAndDrop(t *testing.T) {
	payload := []byte("mine")
	f := BinaryFrame(payload)
	c := f.Clone()
	copy(payload, "gone")
	if string(c.Payload) != "mine" || !bytes.Equal(f.Payload, payload) {
		t.Error(c, f)
	}
	f.Drop()
	f.Drop()
	if f.PayloadLen() != 0 || f.PayloadText() != "" {
		t.Error(f)
	}
}

func TestFrameCopyPayload(t *testing.T) {
	f := BinaryFrame(bytes.Repeat([]byte("0123456789"), 1000))
	for _, room := range []int{0, 1, 2047, 2048, 9999, 10000, 10001} {
		dst := bytes.Repeat([]byte{'-'}, room)
		n := f.CopyPayload(dst)
		if n != min(room, 10000) || !bytes.Equal(dst[:n], f.Payload[:n]) || bytes.ContainsFunc(dst[n:], func(r rune) bool { return r != '-' }) {
			t.Errorf("room for %d: %d bytes", room, n)
		}
	}
	if empty := PingFrame(); empty.CopyPayload(make([]byte, 1)) != 0 {
		t.Error("a payload that is none")
	}
}
