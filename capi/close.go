package main

// The bodies of calls that end a connection. RFC 6455 §7.1.

// #include "error.h"
import "C"

import "libws/capi/handle"

//export libws_go_close
func libws_go_close(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_close"
	defer contain(&result, e, call)
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	return closed(number, c.Close(), e, call)
}

//export libws_go_close_with
func libws_go_close_with(number, code C.int64_t, reason *C.char, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_close_with"
	defer contain(&result, e, call)
	narrow, ok := closeCodeOf(code, e, call)
	if !ok {
		return -1
	}
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	return closed(number, c.CloseWith(narrow, lendText(reason, length)), e, call)
}

//export libws_go_force_close
func libws_go_force_close(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_force_close"
	defer contain(&result, e, call)
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	return closed(number, c.ForceClose(), e, call)
}

//export libws_go_drop
func libws_go_drop(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_drop"
	defer contain(&result, e, call)
	c, status := connections.Get(int64(number))
	switch status {
	case handle.Invented:
		return missing(number, status, e, call, "connection")
	case handle.Live:
		c.Drop()
		release(number)
	}
	return 0
}

// closed releases the handle of a connection that its closer has closed. One that somebody else is closing, or that was not
// closed because an argument is wrong or a signal came, is left alone.
func closed(number C.int64_t, err error, e *slot, call string) C.int64_t {
	if err == nil {
		release(number)
		return 0
	}
	return fail(e, call, err)
}
