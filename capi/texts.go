package main

// The bodies that copy texts into the caller's memory. Go's memory lives as long as it is looked at, so no other thread's close or poll
// can take a text away meanwhile.

// #include "error.h"
import "C"

import (
	"fmt"
	"unsafe"

	"libws/core"
)

//export libws_go_copy_text
func libws_go_copy_text(number, which C.int64_t, buffer unsafe.Pointer, size C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_copy_text"
	defer contain(&result, e, call)
	text, ok := textOf(number, which, e, call)
	if !ok {
		return -1
	}
	return copyText(text, buffer, size)
}

//export libws_go_copy_header
func libws_go_copy_header(number C.int64_t, name *C.char, length C.int64_t, buffer unsafe.Pointer, size C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_copy_header"
	defer contain(&result, e, call)
	_, r := requestOf(number, e, call)
	if r == nil {
		return -1
	}
	value, there := r.Header(lendText(name, length))
	if !there {
		return -2
	}
	return copyText(value, buffer, size)
}

// copyText writes what there is room for, and a NUL, and returns the length of the whole.
func copyText(text string, buffer unsafe.Pointer, size C.int64_t) C.int64_t {
	if room := lend(buffer, size); len(room) > 0 {
		room[copy(room[:len(room)-1], text)] = 0
	}
	return C.int64_t(len(text))
}

// textOf finds the text that one of WS_TEXT_* means, or fills the slot.
func textOf(number, which C.int64_t, e *slot, call string) (text string, ok bool) {
	switch {
	case which == C.WS_TEXT_PEER_ADDRESS:
		return connectionText(number, (*core.Loop).PeerAddr, (*core.Conn).PeerAddr, e, call)
	case which == C.WS_TEXT_SUBPROTOCOL:
		return connectionText(number, (*core.Loop).Subprotocol, (*core.Conn).Subprotocol, e, call)
	case which == C.WS_TEXT_CLOSE_REASON:
		if c := connectionOf(number, e, call); c != nil {
			return c.CloseReason(), true
		}
		return "", false
	case which >= C.WS_TEXT_REQUEST_METHOD && which <= C.WS_TEXT_REQUEST_ORIGIN:
		if _, r := requestOf(number, e, call); r != nil {
			return [...]string{r.Method, r.Path, r.Query, r.Host, r.Origin}[which-C.WS_TEXT_REQUEST_METHOD], true
		}
		return "", false
	case which >= C.WS_TEXT_HEADER_NAME && which < C.WS_TEXT_HEADER_VALUE:
		if _, f := fieldAt(number, which-C.WS_TEXT_HEADER_NAME, e, call); f != nil {
			return f.Name, true
		}
		return "", false
	case which >= C.WS_TEXT_HEADER_VALUE && which < C.WS_TEXT_HEADER_VALUE+(C.WS_TEXT_HEADER_VALUE-C.WS_TEXT_HEADER_NAME):
		if _, f := fieldAt(number, which-C.WS_TEXT_HEADER_VALUE, e, call); f != nil {
			return f.Value, true
		}
		return "", false
	}
	report(e, core.CodeArgument, 0, fmt.Sprintf("%s: which is %d; it must be one of WS_TEXT_*", call, int64(which)))
	return "", false
}

// connectionText asks a connection of either kind.
func connectionText(number C.int64_t, ofLoops func(*core.Loop, core.ConnID) (string, error), ofConns func(*core.Conn) string,
	e *slot, call string) (text string, ok bool) {
	if ofLoop(number) {
		l, id := ownerOf(number, e, call)
		if l == nil {
			return "", false
		}
		text, err := ofLoops(l.Loop, id)
		if err != nil {
			fail(e, call, err)
			return "", false
		}
		return text, true
	}
	c := connectionOf(number, e, call)
	if c == nil {
		return "", false
	}
	return ofConns(c.Conn), true
}
