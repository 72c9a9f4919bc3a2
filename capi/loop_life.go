package main

// The bodies about the life of event loops: making, listening, connecting, draining, ending.

// #include "error.h"
import "C"

import (
	"fmt"
	"strconv"
	"time"
	"unsafe"

	"libws/capi/handle"
	"libws/core"
)

//export libws_go_loop_new
func libws_go_loop_new(given *C.WsLoopOptions, e *slot) (result C.int64_t) {
	const call = "ws_loop_new"
	defer contain(&result, e, call)
	o := &core.LoopOptions{}
	spinUS := int64(0)
	if given != nil {
		var ok bool
		if o, ok = loopOptions(given, e, call); !ok {
			return -1
		}
		spinUS = int64(given.spin_us)
	}
	l, err := core.NewLoop(o)
	if err != nil {
		return fail(e, call, err)
	}
	return admitLoop(l, spinUS, e, call)
}

// loopOptions copies how a loop is to begin, or fills the slot.
func loopOptions(given *C.WsLoopOptions, e *slot, call string) (*core.LoopOptions, bool) {
	for _, field := range []struct {
		name  string
		value C.int64_t
		most  int64
	}{
		{"max_message_bytes", given.max_message_bytes, 1 << 40}, {"max_frame_bytes", given.max_frame_bytes, 1 << 40},
		{"stream_over_bytes", given.stream_over_bytes, 1 << 40}, {"queue_bytes", given.queue_bytes, 1 << 40},
		{"queue_policy", given.queue_policy, C.WS_QUEUE_CLOSE_1013}, {"max_connections", given.max_connections, 1 << 22},
		{"spin_us", given.spin_us, 1_000_000}, {"requests", given.requests, 1},
	} {
		if field.value < 0 || int64(field.value) > field.most {
			report(e, core.CodeOption, 0, fmt.Sprintf("%s: options->%s is %d; it must be 0 to %d", call, field.name, int64(field.value), field.most))
			return nil, false
		}
	}
	return &core.LoopOptions{
		MaxMessageBytes: int64(given.max_message_bytes),
		MaxFrameBytes:   int64(given.max_frame_bytes),
		StreamOverBytes: int64(given.stream_over_bytes),
		QueueBytes:      int64(given.queue_bytes),
		QueuePolicy:     core.QueuePolicy(given.queue_policy),
		MaxConnections:  int64(given.max_connections),
		Spin:            time.Duration(given.spin_us) * time.Microsecond,
		Requests:        given.requests == 1,
		Subprotocols:    elements(C.GoString(given.subprotocols)),
		Origins:         elements(C.GoString(given.origins)),
	}, true
}

//export libws_go_loop_listen
func libws_go_loop_listen(number C.int64_t, host *C.char, length, port, reuse C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_listen"
	defer contain(&result, e, call)
	narrow, ok := portOf(port, e, call)
	if !ok {
		return -1
	}
	if reuse != 0 && reuse != 1 {
		return report(e, core.CodeArgument, 0, fmt.Sprintf("%s: reuse_port is %d; it must be 0 or 1", call, int64(reuse)))
	}
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	// In brackets the host is a host, whatever it is called: core takes "unix:" for the beginning of a path.
	got, err := l.Listen("["+keepText(host, length)+"]:"+strconv.Itoa(narrow), reuse == 1)
	if err != nil {
		return fail(e, call, err)
	}
	return C.int64_t(got)
}

//export libws_go_loop_listen_unix
func libws_go_loop_listen_unix(number C.int64_t, path *C.char, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_listen_unix"
	defer contain(&result, e, call)
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	_, err := l.Listen("unix:"+keepText(path, length), false)
	return done(err, e, call)
}

//export libws_go_loop_listen_fd
func libws_go_loop_listen_fd(number, fd C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_listen_fd"
	defer contain(&result, e, call)
	narrow, ok := descriptor(fd, e, call)
	if !ok {
		return -1
	}
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	return done(l.ListenFD(narrow), e, call)
}

// done turns what a call of core without a result returns into what C gets.
func done(err error, e *slot, call string) C.int64_t {
	if err != nil {
		return fail(e, call, err)
	}
	return 0
}

//export libws_go_loop_port
func libws_go_loop_port(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_port"
	defer contain(&result, e, call)
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	return C.int64_t(l.Port())
}

//export libws_go_loop_adopt
func libws_go_loop_adopt(number, fd, how C.int64_t, input unsafe.Pointer, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_adopt"
	defer contain(&result, e, call)
	narrow, ok := descriptor(fd, e, call)
	if !ok {
		return -1
	}
	if how < C.WS_ADOPT_CLIENT || how > C.WS_ADOPT_REQUEST {
		return report(e, core.CodeArgument, 0, fmt.Sprintf("%s: how is %d; it must be one of WS_ADOPT_*", call, int64(how)))
	}
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	switch how {
	case C.WS_ADOPT_REQUEST:
		id, err := l.AdoptUpgrade(narrow, lend(input, length))
		return entered(id, err, e, call)
	case C.WS_ADOPT_CLIENT:
		id, err := l.Adopt(narrow, core.RoleClient, lend(input, length))
		return entered(id, err, e, call)
	}
	id, err := l.Adopt(narrow, core.RoleServer, lend(input, length))
	return entered(id, err, e, call)
}

// entered turns a new connection of a loop into what C gets.
func entered(id core.ConnID, err error, e *slot, call string) C.int64_t {
	if err != nil {
		return fail(e, call, err)
	}
	return C.int64_t(id)
}

//export libws_go_loop_connect
func libws_go_loop_connect(number C.int64_t, url *C.char, length C.int64_t, given *C.WsConnectOptions, e *slot) (result C.int64_t) {
	const call = "ws_loop_connect"
	defer contain(&result, e, call)
	options, ok := dialOptions(given, e, call)
	if !ok {
		return -1
	}
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	id, err := l.Dial(keepText(url, length), options)
	return entered(id, err, e, call)
}

//export libws_go_loop_handshake
func libws_go_loop_handshake(number, fd C.int64_t, url *C.char, length C.int64_t, given *C.WsConnectOptions, e *slot) (result C.int64_t) {
	const call = "ws_loop_handshake"
	defer contain(&result, e, call)
	narrow, ok := descriptor(fd, e, call)
	if !ok {
		return -1
	}
	options, ok := dialOptions(given, e, call)
	if !ok {
		return -1
	}
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	id, err := l.DialFD(narrow, keepText(url, length), options)
	return entered(id, err, e, call)
}

//export libws_go_loop_fd
func libws_go_loop_fd(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_fd"
	defer contain(&result, e, call)
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	fd := l.EpollFD()
	if fd < 0 {
		return missing(number, handle.Removed, e, call, "loop")
	}
	return C.int64_t(fd)
}

//export libws_go_loop_flush
func libws_go_loop_flush(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_flush"
	defer contain(&result, e, call)
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	return done(l.Flush(), e, call)
}

//export libws_go_loop_drain
func libws_go_loop_drain(number, timeout C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_drain"
	defer contain(&result, e, call)
	if timeout < 1 || timeout > 1<<30 {
		return report(e, core.CodeArgument, 0, fmt.Sprintf("%s: timeout_ms is %d; it must be 1 to %d", call, int64(timeout), 1<<30))
	}
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	return done(l.Drain(time.Duration(timeout)*time.Millisecond), e, call)
}

//export libws_go_loop_close
func libws_go_loop_close(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_close"
	defer contain(&result, e, call)
	if loopOf(number, e, call) == nil {
		return -1
	}
	first, err := shutLoop(number)
	if !first {
		return missing(number, handle.Removed, e, call, "loop")
	}
	return done(err, e, call)
}

//export libws_go_loop_drop
func libws_go_loop_drop(number C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_drop"
	defer contain(&result, e, call)
	_, status := loops.Get(int64(number))
	if status == handle.Invented {
		return missing(number, status, e, call, "loop")
	}
	if status == handle.Live {
		_, _ = shutLoop(number)
	}
	return 0
}

//export libws_go_loop_metrics
func libws_go_loop_metrics(number C.int64_t, metrics *C.WsMetrics, size C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_metrics"
	defer contain(&result, e, call)
	if size < 8 || size > 4096 || size%8 != 0 {
		return report(e, core.CodeArgument, 0, fmt.Sprintf("%s: size is %d; it must be sizeof(WsMetrics), %d", call, int64(size), C.sizeof_WsMetrics))
	}
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	m := l.Metrics()
	from := unsafe.Slice((*byte)(unsafe.Pointer(&m)), unsafe.Sizeof(m))
	return C.int64_t(copy(unsafe.Slice((*byte)(unsafe.Pointer(metrics)), int(size)), from))
}
