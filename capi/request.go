package main

// The bodies of calls about the opening handshake of one connection. RFC 6455 §4.2.

// #include "error.h"
import "C"

import (
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"libws/core"
)

// lender gives texts out as C memory.
type lender interface {
	text(key, value string, e *slot, call string) *C.char
}

// requestOf finds the request that opened a connection and who gives its texts out, or fills the slot.
func requestOf(number C.int64_t, e *slot, call string) (lender, *core.Request) {
	if ofLoop(number) {
		return loopRequest(number, e, call)
	}
	c := connectionOf(number, e, call)
	if c == nil {
		return nil, nil
	}
	r := c.Request()
	if r == nil {
		report(e, core.CodeState, 0, call+": this connection was not opened by a request that libws read")
	}
	return c, r
}

// requestText gives out one text of a request.
func requestText(number C.int64_t, pick func(*core.Request) string, e *slot, call string) *C.char {
	c, r := requestOf(number, e, call)
	if r == nil {
		return nil
	}
	return c.text(call, pick(r), e, call)
}

//export libws_go_request_method
func libws_go_request_method(number C.int64_t, e *slot) (result *C.char) {
	const call = "ws_request_method"
	defer containText(&result, e, call)
	return requestText(number, func(r *core.Request) string { return r.Method }, e, call)
}

//export libws_go_request_path
func libws_go_request_path(number C.int64_t, e *slot) (result *C.char) {
	const call = "ws_request_path"
	defer containText(&result, e, call)
	return requestText(number, func(r *core.Request) string { return r.Path }, e, call)
}

//export libws_go_request_query
func libws_go_request_query(number C.int64_t, e *slot) (result *C.char) {
	const call = "ws_request_query"
	defer containText(&result, e, call)
	return requestText(number, func(r *core.Request) string { return r.Query }, e, call)
}

//export libws_go_request_host
func libws_go_request_host(number C.int64_t, e *slot) (result *C.char) {
	const call = "ws_request_host"
	defer containText(&result, e, call)
	return requestText(number, func(r *core.Request) string { return r.Host }, e, call)
}

//export libws_go_request_origin
func libws_go_request_origin(number C.int64_t, e *slot) (result *C.char) {
	const call = "ws_request_origin"
	defer containText(&result, e, call)
	return requestText(number, func(r *core.Request) string { return r.Origin }, e, call)
}

//export libws_go_request_header
func libws_go_request_header(number C.int64_t, name *C.char, length C.int64_t, e *slot) (result *C.char) {
	const call = "ws_request_header"
	defer containText(&result, e, call)
	c, r := requestOf(number, e, call)
	if r == nil {
		return nil
	}
	wanted := lendText(name, length)
	value, there := r.Header(wanted)
	if !there {
		return nil
	}
	return c.text("header "+strings.ToLower(wanted), value, e, call)
}

//export libws_go_request_header_count
func libws_go_request_header_count(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_request_header_count"
	defer contain(&result, e, call)
	_, r := requestOf(number, e, call)
	if r == nil {
		return -1
	}
	return C.int64_t(len(r.Fields))
}

//export libws_go_request_header_name
func libws_go_request_header_name(number, index C.int64_t, e *slot) (result *C.char) {
	const call = "ws_request_header_name"
	defer containText(&result, e, call)
	c, f := fieldAt(number, index, e, call)
	if f == nil {
		return nil
	}
	return c.text("name "+strconv.Itoa(int(index)), f.Name, e, call)
}

//export libws_go_request_header_value
func libws_go_request_header_value(number, index C.int64_t, e *slot) (result *C.char) {
	const call = "ws_request_header_value"
	defer containText(&result, e, call)
	c, f := fieldAt(number, index, e, call)
	if f == nil {
		return nil
	}
	return c.text("value "+strconv.Itoa(int(index)), f.Value, e, call)
}

// fieldAt finds one header field of the request, or fills the slot and returns no field.
func fieldAt(number, index C.int64_t, e *slot, call string) (lender, *core.HeaderField) {
	c, r := requestOf(number, e, call)
	if r == nil {
		return nil, nil
	}
	if index < 0 || int(index) >= len(r.Fields) {
		report(e, core.CodeArgument, 0, fmt.Sprintf("%s: index is %d; it must be 0 to %d", call, int64(index), len(r.Fields)-1))
		return nil, nil
	}
	return c, &r.Fields[index]
}

//export libws_go_subprotocol
func libws_go_subprotocol(number C.int64_t, e *slot) (result *C.char) {
	const call = "ws_subprotocol"
	defer containText(&result, e, call)
	return lendConnectionText(number, C.WS_TEXT_SUBPROTOCOL, e, call)
}

//export libws_go_peer_address
func libws_go_peer_address(number C.int64_t, e *slot) (result *C.char) {
	const call = "ws_peer_address"
	defer containText(&result, e, call)
	return lendConnectionText(number, C.WS_TEXT_PEER_ADDRESS, e, call)
}

// lendConnectionText gives out one text of a connection of either kind. One that is empty at first and set later, as the subprotocol
// is by the handshake, has memory of its own for each.
func lendConnectionText(number, which C.int64_t, e *slot, call string) *C.char {
	text, ok := textOf(number, which, e, call)
	if !ok {
		return nil
	}
	if ofLoop(number) {
		if l, _ := ownerOf(number, e, call); l != nil {
			return l.text("", text, e, call)
		}
		return nil
	}
	if c := connectionOf(number, e, call); c != nil {
		return c.text(call+text, text, e, call)
	}
	return nil
}

//export libws_go_http_status
func libws_go_http_status(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_http_status"
	defer contain(&result, e, call)
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	return C.int64_t(c.HTTPStatus())
}

//export libws_go_accept_upgrade
func libws_go_accept_upgrade(number C.int64_t, subprotocol *C.char, subprotocolLen C.int64_t, headers *C.char, headersLen C.int64_t,
	e *slot) (result C.int64_t) {
	const call = "ws_accept_upgrade"
	defer contain(&result, e, call)
	if ofLoop(number) {
		return loopAccept(number, keepText(subprotocol, subprotocolLen), headers, headersLen, e, call)
	}
	fields, ok := headerLines(headers, headersLen, e, call)
	if !ok {
		return -1
	}
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	if err := c.AcceptUpgrade(&core.AcceptOptions{Subprotocol: keepText(subprotocol, subprotocolLen), Header: fields}); err != nil {
		return fail(e, call, err)
	}
	return 0
}

//export libws_go_refuse
func libws_go_refuse(number, status C.int64_t, headers *C.char, headersLen C.int64_t, body unsafe.Pointer, bodyLen C.int64_t,
	e *slot) (result C.int64_t) {
	const call = "ws_refuse"
	defer contain(&result, e, call)
	if ofLoop(number) {
		return loopAnswer(number, status, headers, headersLen, body, bodyLen, (*core.Loop).Refuse, e, call)
	}
	if status < 0 || status > 999 {
		return report(e, core.CodeArgument, 0, fmt.Sprintf("%s: status is %d; it must be 200 to 599", call, int64(status)))
	}
	fields, ok := headerLines(headers, headersLen, e, call)
	if !ok {
		return -1
	}
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	if err := c.Refuse(int(status), fields, lend(body, bodyLen)); err != nil {
		return fail(e, call, err)
	}
	return 0
}
