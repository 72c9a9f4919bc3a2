package main

// The bodies of receiving calls, and of those that tell how a connection ended. RFC 6455 §6.2, §7.1.

// #include "frame.h"
// #include "error.h"
import "C"

import (
	"unsafe"

	"libws/core"
)

//export libws_go_recv_frame
func libws_go_recv_frame(number C.int64_t, out *C.WsFrame, e *slot) (result C.int64_t) {
	const call = "ws_recv_frame"
	defer contain(&result, e, call)
	return receive(number, true, out, e, call)
}

//export libws_go_recv_message
func libws_go_recv_message(number C.int64_t, out *C.WsFrame, e *slot) (result C.int64_t) {
	const call = "ws_recv_message"
	defer contain(&result, e, call)
	return receive(number, false, out, e, call)
}

//export libws_go_recv_into
func libws_go_recv_into(number C.int64_t, buffer unsafe.Pointer, size C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_recv_into"
	defer contain(&result, e, call)
	c := receiverOf(number, e, call)
	if c == nil {
		return -1
	}
	defer c.receiving.Store(false)
	f, err := c.next(false)
	if err != nil {
		return fail(e, call, err)
	}
	if C.int64_t(len(f.Payload)) > size {
		c.keep(f, false)
		return C.int64_t(len(f.Payload))<<4 | noRoom
	}
	if len(f.Payload) < longCopy {
		copy(lend(buffer, size), f.Payload)
	} else {
		C.libws_copy_to(buffer, (*C.uint8_t)(unsafe.SliceData(f.Payload)), C.int64_t(len(f.Payload)))
	}
	return C.int64_t(len(f.Payload))<<4 | C.int64_t(f.Opcode)
}

// noRoom stands where ws_recv_into tells the opcode. RFC 6455 §5.2 reserves 15, and no reserved opcode is ever received.
const noRoom = 15

// longCopy is from where on memcpy makes up for the way to C and back: Go's copy of as much and more is slow at odd addresses
// (core/wire has a Copy of its own for that, which is core's).
const longCopy = 2048

// receive keeps others from receiving until the payload, which is core's, is copied to C memory. Without memory nothing is lost.
func receive(number C.int64_t, framewise bool, out *C.WsFrame, e *slot, call string) C.int64_t {
	c := receiverOf(number, e, call)
	if c == nil {
		return -1
	}
	defer c.receiving.Store(false)
	f, err := c.next(framewise)
	if err != nil {
		return fail(e, call, err)
	}
	given := give(&f, out, e, call)
	if given < 0 {
		c.keep(f, framewise)
	}
	return given
}

// receiverOf finds a connection and makes the caller the one who receives on it, until receiving is false again; or it fills the
// slot and returns nil.
func receiverOf(number C.int64_t, e *slot, call string) *connection {
	c := connectionOf(number, e, call)
	if c != nil && !c.receiving.CompareAndSwap(false, true) {
		report(e, core.CodeBusy, 0, call+": another thread is receiving on this connection")
		return nil
	}
	return c
}

// keep holds what was received and could not be given out, for the next receiving call. Its payload stays valid: it is core's until
// core is asked for the next, and core's Close leaves it alone.
func (c *connection) keep(f core.Frame, framewise bool) {
	c.kept, c.framewise = f, framewise
	c.keeps.Store(true)
}

// next is what was kept, or else what comes next. A frame that was kept is nothing for those who want messages.
func (c *connection) next(framewise bool) (core.Frame, error) {
	switch {
	case c.keeps.Load() && c.framewise && !framewise:
		return core.Frame{}, &core.Error{Code: core.CodeState, Msg: "a frame waits for which there was no memory; receive it with ws_recv_frame first"}
	case c.keeps.Load():
		f := c.kept
		c.kept = core.Frame{}
		c.keeps.Store(false)
		return f, nil
	case framewise:
		return c.RecvFrame()
	}
	return c.RecvMessage()
}

//export libws_go_pending
func libws_go_pending(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_pending"
	defer contain(&result, e, call)
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	return flag(c.keeps.Load() || c.Pending())
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
