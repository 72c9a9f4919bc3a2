package main

// The bodies of sending calls. RFC 6455 §5, §6.1.

// #include "frame.h"
// #include "error.h"
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"libws/core"
)

// sent turns what a sending call of core returns into what C gets.
func sent(n int, err error, e *slot, call string) C.int64_t {
	if err == nil {
		return C.int64_t(n)
	}
	result := fail(e, call, err)
	if n > 0 && errors.Is(err, core.ErrInterrupted) {
		return C.int64_t(-n) // no frame has one byte, so it is not what failing calls return
	}
	return result
}

//export libws_go_flush
func libws_go_flush(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_flush"
	defer contain(&result, e, call)
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	if err := c.Flush(); err != nil {
		return fail(e, call, err)
	}
	return 0
}

//export libws_go_send_frame
func libws_go_send_frame(number C.int64_t, frame *C.WsFrame, e *slot) (result C.int64_t) {
	const call = "ws_send_frame"
	defer contain(&result, e, call)
	op, ok := opcodeOf(frame.opcode, e, call)
	if !ok {
		return -1
	}
	payload := *(*unsafe.Pointer)(unsafe.Pointer(&frame.payload))
	if frame.payload_len < 0 || frame.payload_len > C.WS_LENGTH_MAX || payload == nil && frame.payload_len > 0 {
		code := core.CodeArgument
		if frame.payload_len > C.WS_LENGTH_MAX {
			code = core.CodeTooLarge // as the length of any other payload
		}
		return report(e, code, 0, fmt.Sprintf("%s: frame->payload_len is %d; it must be 0 to %d, and 0 when payload is 0",
			call, int64(frame.payload_len), int64(C.WS_LENGTH_MAX)))
	}
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	n, err := c.SendFrame(&core.Frame{Opcode: op, Payload: lend(payload, frame.payload_len), IsFinal: frame.is_final != 0})
	return sent(n, err, e, call)
}

//export libws_go_send_text_n
func libws_go_send_text_n(number C.int64_t, msg *C.char, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_send_text"
	defer contain(&result, e, call)
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	n, err := c.SendText(lendText(msg, length))
	return sent(n, err, e, call)
}

//export libws_go_send_binary
func libws_go_send_binary(number C.int64_t, data unsafe.Pointer, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_send_binary"
	defer contain(&result, e, call)
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	n, err := c.SendBinary(lend(data, length))
	return sent(n, err, e, call)
}

//export libws_go_send_fragment
func libws_go_send_fragment(number, opcode C.int64_t, data unsafe.Pointer, length, final C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_send_fragment"
	defer contain(&result, e, call)
	op, ok := opcodeOf(opcode, e, call)
	if !ok {
		return -1
	}
	if final != 0 && final != 1 {
		return report(e, core.CodeArgument, 0, fmt.Sprintf("%s: is_final is %d; it must be 0 or 1", call, int64(final)))
	}
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	n, err := c.SendFragment(op, lend(data, length), final == 1)
	return sent(n, err, e, call)
}

//export libws_go_send_ping
func libws_go_send_ping(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_send_ping"
	defer contain(&result, e, call)
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	n, err := c.SendPing()
	return sent(n, err, e, call)
}

//export libws_go_send_ping_n
func libws_go_send_ping_n(number C.int64_t, data unsafe.Pointer, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_send_ping_n"
	defer contain(&result, e, call)
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	n, err := c.SendPingPayload(lend(data, length))
	return sent(n, err, e, call)
}

//export libws_go_send_pong
func libws_go_send_pong(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_send_pong"
	defer contain(&result, e, call)
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	n, err := c.SendPong()
	return sent(n, err, e, call)
}

//export libws_go_send_pong_n
func libws_go_send_pong_n(number C.int64_t, data unsafe.Pointer, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_send_pong_n"
	defer contain(&result, e, call)
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	n, err := c.SendPongPayload(lend(data, length))
	return sent(n, err, e, call)
}

//export libws_go_send_close
func libws_go_send_close(number, code C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_send_close"
	defer contain(&result, e, call)
	narrow, ok := closeCodeOf(code, e, call)
	if !ok {
		return -1
	}
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	n, err := c.SendClose(narrow)
	return sent(n, err, e, call)
}

//export libws_go_send_close_n
func libws_go_send_close_n(number, code C.int64_t, reason *C.char, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_send_close_reason"
	defer contain(&result, e, call)
	narrow, ok := closeCodeOf(code, e, call)
	if !ok {
		return -1
	}
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	n, err := c.SendCloseReason(narrow, lendText(reason, length))
	return sent(n, err, e, call)
}
