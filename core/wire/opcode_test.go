package wire

// These tests sort all sixteen opcodes (RFC 6455 §5.2, §5.5, §5.6).

import "testing"

func TestOpcode_RFC6455_5_2_Kinds(t *testing.T) {
	names := map[Opcode]string{0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong", 3: "reserved 3", 15: "reserved 15"}
	for op := range Opcode(16) {
		data, control := op <= 2, op >= 8 && op <= 10
		if op.IsData() != data || op.IsControl() != control || op.IsReserved() != (!data && !control) {
			t.Errorf("opcode %d: data %v, control %v, reserved %v", op, op.IsData(), op.IsControl(), op.IsReserved())
		}
		if want, ok := names[op]; ok && op.String() != want {
			t.Errorf("opcode %d is called %q, want %q", op, op, want)
		}
	}
}
