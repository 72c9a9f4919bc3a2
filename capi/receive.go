package main

// The bodies of receiving calls, and of those that tell how a connection ended. RFC 6455 §6.2, §7.1.

// #include "frame.h"
// #include "error.h"
import "C"

import "libws/core"

//export libws_go_recv_frame
func libws_go_recv_frame(number C.int64_t, out *C.WsFrame, e *slot) (result C.int64_t) {
	const call = "ws_recv_frame"
	defer contain(&result, e, call)
	return receive(number, (*core.Conn).RecvFrame, out, e, call)
}

//export libws_go_recv_message
func libws_go_recv_message(number C.int64_t, out *C.WsFrame, e *slot) (result C.int64_t) {
	const call = "ws_recv_message"
	defer contain(&result, e, call)
	return receive(number, (*core.Conn).RecvMessage, out, e, call)
}

// receive keeps others from receiving until the payload, which is core's, is copied to C memory.
func receive(number C.int64_t, next func(*core.Conn) (core.Frame, error), out *C.WsFrame, e *slot, call string) C.int64_t {
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	if !c.receiving.CompareAndSwap(false, true) {
		return report(e, core.CodeBusy, 0, call+": another thread is receiving on this connection")
	}
	defer c.receiving.Store(false)
	f, err := next(c.Conn)
	if err != nil {
		return fail(e, call, err)
	}
	return give(&f, out, e, call)
}

//export libws_go_close_code
func libws_go_close_code(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_close_code"
	defer contain(&result, e, call)
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	return C.int64_t(c.CloseCode())
}

//export libws_go_close_reason
func libws_go_close_reason(number C.int64_t, e *slot) (result *C.char) {
	const call = "ws_close_reason"
	defer containText(&result, e, call)
	c := connectionOf(number, e, call)
	if c == nil {
		return nil
	}
	// The reason is empty until the close frame is there, and never changes after; each has its own memory.
	reason := c.CloseReason()
	if reason == "" {
		return c.text("no close reason", "", e, call)
	}
	return c.text("close reason", reason, e, call)
}
