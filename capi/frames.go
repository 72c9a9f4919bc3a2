package main

// The constructors of frames: they judge what a frame can never be sent with, and copy. RFC 6455 §5.2, §5.5, §7.4.

// #include "frame.h"
// #include "error.h"
import "C"

import (
	"fmt"
	"unicode/utf8"
	"unsafe"

	"libws/core"
)

//export libws_go_frame_new
func libws_go_frame_new(opcode C.int64_t, payload unsafe.Pointer, length C.int64_t, out *C.WsFrame, e *slot) (result C.int64_t) {
	const call = "ws_frame_new"
	defer contain(&result, e, call)
	op, ok := opcodeOf(opcode, e, call)
	if !ok {
		return -1
	}
	if op.IsControl() && length > 125 {
		return report(e, core.CodeControlSize, 0,
			fmt.Sprintf("%s: payload_len is %d; a control frame has at most 125 bytes (RFC 6455 §5.5)", call, int64(length)))
	}
	f := core.NewFrame(op, lend(payload, length))
	return give(&f, out, e, call)
}

//export libws_go_frame_text_n
func libws_go_frame_text_n(msg *C.char, length C.int64_t, out *C.WsFrame, e *slot) (result C.int64_t) {
	const call = "ws_frame_text"
	defer contain(&result, e, call)
	payload := lend(unsafe.Pointer(msg), length)
	if !utf8.Valid(payload) {
		return report(e, core.CodeUTF8, 0, call+": msg is not valid UTF-8 (RFC 6455 §5.6)")
	}
	f := core.NewFrame(core.OpText, payload)
	return give(&f, out, e, call)
}

//export libws_go_frame_binary
func libws_go_frame_binary(data unsafe.Pointer, length C.int64_t, out *C.WsFrame, e *slot) (result C.int64_t) {
	const call = "ws_frame_binary"
	defer contain(&result, e, call)
	f := core.BinaryFrame(lend(data, length))
	return give(&f, out, e, call)
}

//export libws_go_frame_close
func libws_go_frame_close(code C.int64_t, out *C.WsFrame, e *slot) (result C.int64_t) {
	const call = "ws_frame_close"
	defer contain(&result, e, call)
	narrow, ok := closeCodeOf(code, e, call)
	if !ok {
		return -1
	}
	f := core.CloseFrame(narrow)
	return give(&f, out, e, call)
}

// opcodeOf narrows an opcode; RFC 6455 §5.2 reserves the others.
func opcodeOf(opcode C.int64_t, e *slot, call string) (core.Opcode, bool) {
	if op := core.Opcode(opcode); opcode >= 0 && opcode <= 15 && !op.IsReserved() {
		return op, true
	}
	report(e, core.CodeArgument, 0, fmt.Sprintf("%s: opcode is %d; it must be 0, 1, 2, 8, 9 or 10 (RFC 6455 §5.2)", call, int64(opcode)))
	return 0, false
}

// closeCodeOf narrows a close code to what may be on the wire (RFC 6455 §7.4).
func closeCodeOf(code C.int64_t, e *slot, call string) (core.CloseCode, bool) {
	if narrow := core.CloseCode(code); code >= 0 && code <= 65535 && narrow.OnWire() {
		return narrow, true
	}
	report(e, core.CodeCloseCode, 0,
		fmt.Sprintf("%s: the close code is %d; it must be 1000-1003, 1007-1014 or 3000-4999 (RFC 6455 §7.4)", call, int64(code)))
	return 0, false
}
