package main

// The bodies of server calls. RFC 6455 §4.2.

// #include "error.h"
// #include "server.h"
import "C"

import (
	"fmt"

	"libws/capi/handle"
	"libws/core"

	"github.com/mattn/go-pointer"
)

//export libws_go_server_bind
func libws_go_server_bind(port C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_server_bind"
	defer contain(&result, e, call)
	narrow, ok := portOf(port, e, call)
	if !ok {
		return -1
	}
	s, err := core.Bind(narrow)
	return open(s, err, e, call)
}

//export libws_go_server_bind_host
func libws_go_server_bind_host(host *C.char, length, port C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_server_bind_host"
	defer contain(&result, e, call)
	narrow, ok := portOf(port, e, call)
	if !ok {
		return -1
	}
	s, err := core.BindHost(keepText(host, length), narrow)
	return open(s, err, e, call)
}

// portOf narrows a port.
func portOf(port C.int64_t, e *slot, call string) (int, bool) {
	if port < 0 || port > 65535 {
		report(e, core.CodeArgument, 0, fmt.Sprintf("%s: port is %d; it must be 0 to 65535", call, int64(port)))
		return 0, false
	}
	return int(port), true
}

// open gives a new server its handle. The block that C keeps for ws_server_stop holds the Go object until shut takes it back, so
// that the descriptor in the block is open as long as a signal handler can find it.
func open(s *core.Server, err error, e *slot, call string) C.int64_t {
	if err != nil {
		return fail(e, call, err)
	}
	number := servers.Insert(listener, s)
	if number == 0 {
		s.Drop()
		return report(e, core.CodeTooMany, 0, call+": all handles are in use")
	}
	object := save(s)
	if object == nil || C.libws_server_keep(C.int64_t(number), C.uint32_t(handle.SlotOf(number)), C.int(s.StopFD()), object) < 0 {
		pointer.Unref(object)
		servers.Remove(number)
		s.Drop()
		return report(e, core.CodeNoMemory, 0, call+": no memory for a server")
	}
	return C.int64_t(number)
}

// shut takes a server back from C and closes it. Of many callers one does; the others return false.
func shut(number C.int64_t) (bool, error) {
	object := C.libws_server_forget(number, C.uint32_t(handle.SlotOf(int64(number))))
	if object == nil {
		return false, nil
	}
	s := pointer.Restore(object).(*core.Server)
	pointer.Unref(object)
	servers.Remove(int64(number))
	return true, s.Close()
}

//export libws_go_server_close
func libws_go_server_close(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_server_close"
	defer contain(&result, e, call)
	if serverOf(number, e, call) == nil {
		return -1
	}
	first, err := shut(number)
	if !first {
		return missing(number, handle.Removed, e, call, "server")
	}
	if err != nil {
		return fail(e, call, err)
	}
	return 0
}

//export libws_go_server_drop
func libws_go_server_drop(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_server_drop"
	defer contain(&result, e, call)
	_, status := servers.Get(int64(number))
	if status == handle.Invented {
		return missing(number, status, e, call, "server")
	}
	if status == handle.Live {
		_, _ = shut(number)
	}
	return 0
}

//export libws_go_server_is_valid
func libws_go_server_is_valid(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_server_is_valid"
	defer containAnswer(&result, e, call)
	s, status := servers.Get(int64(number))
	switch status {
	case handle.Live:
		return flag(s.IsValid())
	case handle.Invented:
		missing(number, status, e, call, "server")
	}
	return 0
}

//export libws_go_server_running
func libws_go_server_running(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_server_running"
	defer contain(&result, e, call)
	s, status := servers.Get(int64(number))
	switch status {
	case handle.Live:
		return flag(s.Running())
	case handle.Removed:
		return 0
	}
	return missing(number, status, e, call, "server")
}

//export libws_go_server_listener_fd
func libws_go_server_listener_fd(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_server_listener_fd"
	defer contain(&result, e, call)
	s := serverOf(number, e, call)
	if s == nil {
		return -1
	}
	return C.int64_t(s.ListenerFD())
}

//export libws_go_server_port
func libws_go_server_port(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_server_port"
	defer contain(&result, e, call)
	s := serverOf(number, e, call)
	if s == nil {
		return -1
	}
	return C.int64_t(s.Port())
}

//export libws_go_server_accept
func libws_go_server_accept(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_server_accept"
	defer contain(&result, e, call)
	s := serverOf(number, e, call)
	if s == nil {
		return -1
	}
	c, err := s.Accept()
	return admit(c, err, e, call)
}

//export libws_go_server_accept_request
func libws_go_server_accept_request(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_server_accept_request"
	defer contain(&result, e, call)
	s := serverOf(number, e, call)
	if s == nil {
		return -1
	}
	c, err := s.AcceptRequest()
	return admit(c, err, e, call)
}

//export libws_go_server_run_echo
func libws_go_server_run_echo(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_server_run_echo"
	defer contain(&result, e, call)
	s := serverOf(number, e, call)
	if s == nil {
		return -1
	}
	if err := s.RunEcho(); err != nil {
		return fail(e, call, err)
	}
	return 0
}

//export libws_go_server_set_subprotocols
func libws_go_server_set_subprotocols(number C.int64_t, list *C.char, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_server_set_subprotocols"
	defer contain(&result, e, call)
	s := serverOf(number, e, call)
	if s == nil {
		return -1
	}
	if err := s.SetSubprotocols(elements(keepText(list, length))); err != nil {
		return fail(e, call, err)
	}
	return 0
}

//export libws_go_server_set_origins
func libws_go_server_set_origins(number C.int64_t, list *C.char, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_server_set_origins"
	defer contain(&result, e, call)
	s := serverOf(number, e, call)
	if s == nil {
		return -1
	}
	if err := s.SetOrigins(elements(keepText(list, length))); err != nil {
		return fail(e, call, err)
	}
	return 0
}
