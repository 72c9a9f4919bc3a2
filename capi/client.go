package main

// The bodies of calls that open connections as a client. RFC 6455 §3, §4.1.

// #include "error.h"
import "C"

import (
	"context"
	"fmt"
	"time"

	"libws/core"
)

//export libws_go_connect
func libws_go_connect(url *C.char, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_connect"
	defer contain(&result, e, call)
	c, err := core.Dial(context.Background(), keepText(url, length), nil)
	return admit(c, err, e, call)
}

//export libws_go_connect_with
func libws_go_connect_with(url *C.char, length C.int64_t, given *C.WsConnectOptions, e *slot) (result C.int64_t) {
	const call = "ws_connect_with"
	defer contain(&result, e, call)
	options, ok := dialOptions(given, e, call)
	if !ok {
		return -1
	}
	c, err := core.Dial(context.Background(), keepText(url, length), options)
	return admit(c, err, e, call)
}

//export libws_go_client_handshake
func libws_go_client_handshake(fd C.int64_t, url *C.char, length C.int64_t, given *C.WsConnectOptions, e *slot) (result C.int64_t) {
	const call = "ws_client_handshake"
	defer contain(&result, e, call)
	narrow, ok := descriptor(fd, e, call)
	if !ok {
		return -1
	}
	options, ok := dialOptions(given, e, call)
	if !ok {
		return -1
	}
	c, err := core.ClientHandshake(narrow, keepText(url, length), options)
	return admit(c, err, e, call)
}

// dialOptions copies what a client asks for, or fills the slot. NULL asks for nothing.
func dialOptions(given *C.WsConnectOptions, e *slot, call string) (*core.DialOptions, bool) {
	if given == nil {
		return nil, true
	}
	const longest = 1 << 40
	timeout := time.Duration(given.timeout_ms) * time.Millisecond
	if given.timeout_ms == C.WS_TIMEOUT_NONE {
		timeout = core.NoTimeout
	} else if given.timeout_ms < 0 || given.timeout_ms > longest {
		report(e, core.CodeArgument, 0, fmt.Sprintf("%s: options->timeout_ms is %d; it must be 0 to %d, or WS_TIMEOUT_NONE", call,
			int64(given.timeout_ms), int64(longest)))
		return nil, false
	}
	if given.interruptible != 0 && given.interruptible != 1 {
		report(e, core.CodeArgument, 0, fmt.Sprintf("%s: options->interruptible is %d; it must be 0 or 1", call, int64(given.interruptible)))
		return nil, false
	}
	fields, bad := parseHeaderLines(C.GoString(given.headers))
	if bad != "" {
		report(e, core.CodeHeader, 0, fmt.Sprintf("%s: the header line %q is not \"Name: value\"", call, bad))
		return nil, false
	}
	return &core.DialOptions{
		Options: core.Options{
			HandshakeTimeout: timeout,
			MaxMessageBytes:  int64(given.max_message_bytes),
			MaxFrameBytes:    int64(given.max_frame_bytes),
			Interruptible:    given.interruptible == 1,
		},
		Subprotocols: elements(C.GoString(given.subprotocols)),
		Origin:       C.GoString(given.origin),
		Header:       fields,
	}, true
}
