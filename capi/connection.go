package main

// The bodies of calls that make connections of descriptors and ask what they are.

// #include "error.h"
import "C"

import (
	"fmt"
	"math"
	"unsafe"

	"libws/capi/handle"
	"libws/core"
)

//export libws_go_from_server
func libws_go_from_server(fd C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_from_server"
	defer contain(&result, e, call)
	narrow, ok := descriptor(fd, e, call)
	if !ok {
		return -1
	}
	c, err := core.FromServer(narrow)
	return admit(c, err, e, call)
}

//export libws_go_from_client
func libws_go_from_client(fd C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_from_client"
	defer contain(&result, e, call)
	narrow, ok := descriptor(fd, e, call)
	if !ok {
		return -1
	}
	c, err := core.FromClient(narrow)
	return admit(c, err, e, call)
}

//export libws_go_upgrade
func libws_go_upgrade(fd C.int64_t, buffer unsafe.Pointer, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_upgrade"
	defer contain(&result, e, call)
	narrow, ok := descriptor(fd, e, call)
	if !ok {
		return -1
	}
	c, err := core.UpgradeFD(narrow, lend(buffer, length))
	return admit(c, err, e, call)
}

//export libws_go_is_open
func libws_go_is_open(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_is_open"
	defer containAnswer(&result, e, call)
	c, status := connections.Get(int64(number))
	switch status {
	case handle.Live:
		return flag(c.IsOpen())
	case handle.Invented:
		if ofLoop(number) {
			state, ok := loopState(number, e, call)
			return flag(ok && state == core.StateOpen)
		}
		missing(number, status, e, call, "connection")
	}
	return 0
}

//export libws_go_state
func libws_go_state(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_state"
	defer contain(&result, e, call)
	c, status := connections.Get(int64(number))
	switch status {
	case handle.Live:
		return C.int64_t(c.State())
	case handle.Removed:
		return C.int64_t(core.StateClosed)
	}
	if ofLoop(number) {
		if state, ok := loopState(number, e, call); ok {
			return C.int64_t(state)
		}
		return -1
	}
	return missing(number, status, e, call, "connection")
}

//export libws_go_is_server
func libws_go_is_server(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_is_server"
	defer contain(&result, e, call)
	if ofLoop(number) {
		return loopRole(number, e, call)
	}
	if _, status := connections.Get(int64(number)); status == handle.Invented {
		return missing(number, status, e, call, "connection")
	}
	return flag(handle.KindOf(int64(number)) == serverConnection)
}

//export libws_go_fd
func libws_go_fd(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_fd"
	defer contain(&result, e, call)
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	fd := c.FD()
	if fd < 0 {
		return report(e, core.CodeClosed, 0, call+": the connection is closed")
	}
	return C.int64_t(fd)
}

//export libws_go_mask_key
func libws_go_mask_key(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_mask_key"
	defer contain(&result, e, call)
	c := connectionOf(number, e, call)
	if c == nil {
		return -1
	}
	return C.int64_t(c.MaskKey())
}

// descriptor narrows a file descriptor.
func descriptor(fd C.int64_t, e *slot, call string) (int, bool) {
	if fd < 0 || fd > math.MaxInt32 {
		report(e, core.CodeArgument, 0, fmt.Sprintf("%s: fd is %d; it must be a connected stream socket, 0 or more", call, int64(fd)))
		return 0, false
	}
	return int(fd), true
}
