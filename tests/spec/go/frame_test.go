// The fields and methods of WsFrame in Go.

package spec

import (
	"bytes"
	"testing"

	"libws/core"
)

func init() {
	checks["WsFrame.opcode"] = func(t *testing.T) {
		if f := core.NewFrame(core.OpPong, nil); f.Opcode != 10 {
			t.Error(f.Opcode)
		}
	}
	checks["WsFrame.payload"] = func(t *testing.T) {
		if f := core.BinaryFrame([]byte{1, 0, 2}); !bytes.Equal(f.Payload, []byte{1, 0, 2}) {
			t.Error(f.Payload)
		}
	}
	checks["WsFrame.payload_len"] = func(t *testing.T) {
		f := core.BinaryFrame([]byte{1, 0, 2})
		none := core.PingFrame()
		if f.PayloadLen() != 3 || none.PayloadLen() != 0 {
			t.Error(f.PayloadLen(), none.PayloadLen())
		}
	}
	checks["WsFrame.is_final"] = func(t *testing.T) { // 1 if the FIN bit is set
		c, peer := serverEnd(t)
		say(t, peer, masked(0x01, "a")+masked(0x80, "b"))
		for _, want := range []bool{false, true} {
			if f, err := c.RecvFrame(); err != nil || f.IsFinal != want {
				t.Error(f, err)
			}
		}
	}
	checks["WsFrame.is_masked"] = func(t *testing.T) { // 1 if the MASK bit is set
		server, peer := serverEnd(t)
		say(t, peer, masked(0x81, "a"))
		if f, err := server.RecvFrame(); err != nil || !f.IsMasked {
			t.Error(f, err)
		}
		client, peer := clientEnd(t)
		say(t, peer, "\x81\x01a")
		if f, err := client.RecvFrame(); err != nil || f.IsMasked {
			t.Error(f, err)
		}
	}
	checks["WsFrame.new()"] = func(t *testing.T) {
		f := core.NewFrame(core.OpBinary, []byte("xy"))
		if f.Opcode != core.OpBinary || string(f.Payload) != "xy" || !f.IsFinal {
			t.Error(f)
		}
		c, _ := serverEnd(t)
		bad := core.NewFrame(3, nil) // a reserved opcode cannot be sent
		_, err := c.SendFrame(&bad)
		refused(t, err, core.CodeArgument)
	}
	checks["WsFrame.text()"] = func(t *testing.T) {
		if f := core.TextFrame("grüße"); f.Opcode != core.OpText || f.PayloadText() != "grüße" || !f.IsFinal {
			t.Error(f)
		}
		c, _ := serverEnd(t)
		bad := core.TextFrame("\xff")
		_, err := c.SendFrame(&bad)
		refused(t, err, core.CodeUTF8)
	}
	checks["WsFrame.binary()"] = func(t *testing.T) {
		if f := core.BinaryFrame([]byte{0, 255}); f.Opcode != core.OpBinary || f.PayloadLen() != 2 || !f.IsFinal {
			t.Error(f)
		}
	}
	checks["WsFrame.ping()"] = func(t *testing.T) {
		if f := core.PingFrame(); f.Opcode != core.OpPing || f.PayloadLen() != 0 || !f.IsFinal {
			t.Error(f)
		}
	}
	checks["WsFrame.pong()"] = func(t *testing.T) {
		if f := core.PongFrame(); f.Opcode != core.OpPong || f.PayloadLen() != 0 || !f.IsFinal {
			t.Error(f)
		}
	}
	checks["WsFrame.close()"] = func(t *testing.T) {
		if f := core.CloseFrame(1001); f.Opcode != core.OpClose || !bytes.Equal(f.Payload, []byte{3, 0xE9}) {
			t.Error(f)
		}
		c, _ := serverEnd(t)
		for _, code := range []core.CloseCode{core.CloseNoStatus, core.CloseAbnormal} { // never on the wire
			bad := core.CloseFrame(code)
			_, err := c.SendFrame(&bad)
			refused(t, err, core.CodeCloseCode)
		}
	}
	predicate("WsFrame.is_control()", (*core.Frame).IsControl, core.OpClose, core.OpPing, core.OpPong)
	predicate("WsFrame.is_text()", (*core.Frame).IsText, core.OpText)
	predicate("WsFrame.is_binary()", (*core.Frame).IsBinary, core.OpBinary)
	predicate("WsFrame.is_close()", (*core.Frame).IsClose, core.OpClose)
	predicate("WsFrame.is_ping()", (*core.Frame).IsPing, core.OpPing)
	predicate("WsFrame.is_pong()", (*core.Frame).IsPong, core.OpPong)
	checks["WsFrame.payload_text()"] = func(t *testing.T) { // an empty string if there is no payload
		f, none := core.TextFrame("text"), core.PingFrame()
		if f.PayloadText() != "text" || none.PayloadText() != "" {
			t.Error(f.PayloadText(), none.PayloadText())
		}
	}
	checks["WsFrame.close_code()"] = func(t *testing.T) { // WS_CLOSE_NO_STATUS if it is not a close frame
		f, text := core.CloseFrame(4321), core.TextFrame("\x03\xe8")
		if f.CloseCode() != 4321 || text.CloseCode() != core.CloseNoStatus {
			t.Error(f.CloseCode(), text.CloseCode())
		}
	}
	checks["WsFrame.drop()"] = func(t *testing.T) {
		f := core.TextFrame("x")
		f.Drop()
		f.Drop() // a second time does no harm
		if f.Payload != nil || f.PayloadText() != "" {
			t.Error(f)
		}
	}
}

// predicate checks that a predicate holds for some opcodes and for no others.
func predicate(item string, is func(*core.Frame) bool, for_ ...core.Opcode) {
	checks[item] = func(t *testing.T) {
		for _, op := range []core.Opcode{core.OpContinuation, core.OpText, core.OpBinary, core.OpClose, core.OpPing, core.OpPong, core.NoFrame} {
			want := false
			for _, o := range for_ {
				want = want || o == op
			}
			if f := core.NewFrame(op, nil); is(&f) != want {
				t.Errorf("opcode %v: %v, want %v", op, !want, want)
			}
		}
	}
}
