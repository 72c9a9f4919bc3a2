package main

// The bodies about single connections of event loops, and what the calls that serve every connection answer for them.

// #include "error.h"
import "C"

import (
	"fmt"
	"strings"
	"unsafe"

	"libws/capi/handle"
	"libws/core"
)

//export libws_go_loop_close_conn
func libws_go_loop_close_conn(number, conn, code C.int64_t, reason *C.char, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_close_conn"
	defer contain(&result, e, call)
	narrow, ok := closeCodeOf(code, e, call)
	if !ok {
		return -1
	}
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	return done(l.CloseConn(core.ConnID(conn), narrow, keepText(reason, length)), e, call)
}

//export libws_go_loop_abort_conn
func libws_go_loop_abort_conn(number, conn C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_abort_conn"
	defer contain(&result, e, call)
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	return done(l.Abort(core.ConnID(conn)), e, call)
}

//export libws_go_loop_set_context
func libws_go_loop_set_context(number, conn C.int64_t, context C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_set_context"
	defer contain(&result, e, call)
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	return done(l.SetContext(core.ConnID(conn), uintptr(context)), e, call)
}

//export libws_go_loop_context
func libws_go_loop_context(number, conn C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_context"
	defer containAnswer(&result, e, call)
	l := loopOf(number, e, call)
	if l == nil {
		return 0
	}
	context, err := l.Context(core.ConnID(conn))
	if err != nil {
		fail(e, call, err)
		return 0
	}
	return C.int64_t(context)
}

//export libws_go_pause
func libws_go_pause(conn C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_pause"
	defer contain(&result, e, call)
	l, id := ownerOf(conn, e, call)
	if l == nil {
		return -1
	}
	return done(l.Pause(id), e, call)
}

//export libws_go_resume
func libws_go_resume(conn C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_resume"
	defer contain(&result, e, call)
	l, id := ownerOf(conn, e, call)
	if l == nil {
		return -1
	}
	return done(l.Resume(id), e, call)
}

//export libws_go_respond
func libws_go_respond(conn, status C.int64_t, headers *C.char, headersLen C.int64_t, body unsafe.Pointer, bodyLen C.int64_t,
	e *slot) (result C.int64_t) {
	const call = "ws_respond"
	defer contain(&result, e, call)
	return loopAnswer(conn, status, headers, headersLen, body, bodyLen, (*core.Loop).Respond, e, call)
}

// loopAnswer answers a request on a loop's connection without opening it.
func loopAnswer(conn, status C.int64_t, headers *C.char, headersLen C.int64_t, body unsafe.Pointer, bodyLen C.int64_t,
	answer func(*core.Loop, core.ConnID, int, []core.HeaderField, []byte) error, e *slot, call string) C.int64_t {
	if status < 200 || status > 599 {
		return report(e, core.CodeArgument, 0, fmt.Sprintf("%s: status is %d; it must be 200 to 599", call, int64(status)))
	}
	fields, ok := orderedFields(headers, headersLen, e, call)
	if !ok {
		return -1
	}
	l, id := ownerOf(conn, e, call)
	if l == nil {
		return -1
	}
	return done(answer(l.Loop, id, int(status), fields, lend(body, bodyLen)), e, call)
}

// loopAccept answers a request on a loop's connection with 101.
func loopAccept(conn C.int64_t, subprotocol string, headers *C.char, headersLen C.int64_t, e *slot, call string) C.int64_t {
	fields, ok := orderedFields(headers, headersLen, e, call)
	if !ok {
		return -1
	}
	l, id := ownerOf(conn, e, call)
	if l == nil {
		return -1
	}
	return done(l.Accept(id, subprotocol, fields), e, call)
}

// orderedFields copies the caller's header lines in their order, or fills the slot.
func orderedFields(headers *C.char, length C.int64_t, e *slot, call string) ([]core.HeaderField, bool) {
	var fields []core.HeaderField
	for line := range strings.SplitSeq(keepText(headers, length), "\n") {
		if line = strings.TrimSuffix(line, "\r"); line == "" {
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if !found || name == "" {
			report(e, core.CodeHeader, 0, fmt.Sprintf("%s: the header line %q is not \"Name: value\"", call, line))
			return nil, false
		}
		fields = append(fields, core.HeaderField{Name: name, Value: strings.Trim(value, " \t")})
	}
	return fields, true
}

// loopState answers ws_state for a loop's connection.
func loopState(conn C.int64_t, e *slot, call string) (core.State, bool) {
	l, id := ownerOf(conn, e, call)
	if l == nil {
		return 0, false
	}
	state, err := l.ConnState(id)
	if err != nil {
		missing(conn, handle.Invented, e, call, "connection")
		return 0, false
	}
	return state, true
}

// loopRole answers ws_is_server for a loop's connection.
func loopRole(conn C.int64_t, e *slot, call string) C.int64_t {
	l, id := ownerOf(conn, e, call)
	if l == nil {
		return -1
	}
	role, err := l.Role(id)
	if err != nil {
		return fail(e, call, err)
	}
	return flag(role == core.RoleServer)
}

// loopRequest finds the request that a loop's connection came with, or fills the slot.
func loopRequest(conn C.int64_t, e *slot, call string) (lender, *core.Request) {
	l, id := ownerOf(conn, e, call)
	if l == nil {
		return nil, nil
	}
	r, err := l.Request(id)
	if err != nil {
		fail(e, call, err)
		return nil, nil
	}
	return l, r
}
