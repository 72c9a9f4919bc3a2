package main

// The bodies that send through event loops. RFC 6455 §5, §6.1.

// #include "error.h"
import "C"

import (
	"fmt"
	"unsafe"

	"libws/core"
)

// messageOpcode narrows the opcode of a whole message.
func messageOpcode(opcode C.int64_t, e *slot, call string) (core.Opcode, bool) {
	if opcode == C.WS_OPCODE_TEXT || opcode == C.WS_OPCODE_BINARY {
		return core.Opcode(opcode), true
	}
	report(e, core.CodeArgument, 0, fmt.Sprintf("%s: opcode is %d; it must be 1 (text) or 2 (binary)", call, int64(opcode)))
	return 0, false
}

//export libws_go_loop_send
func libws_go_loop_send(number, conn, opcode C.int64_t, data unsafe.Pointer, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_send"
	defer contain(&result, e, call)
	op, ok := messageOpcode(opcode, e, call)
	if !ok {
		return -1
	}
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	n, err := l.Send(core.ConnID(conn), op, lend(data, length))
	return sent(n, err, e, call)
}

//export libws_go_loop_send_key
func libws_go_loop_send_key(number, conn, opcode C.int64_t, data unsafe.Pointer, length, key C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_send_key"
	defer contain(&result, e, call)
	op, ok := messageOpcode(opcode, e, call)
	if !ok {
		return -1
	}
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	n, err := l.SendKey(core.ConnID(conn), op, lend(data, length), int64(key))
	return sent(n, err, e, call)
}

//export libws_go_loop_send_fragment
func libws_go_loop_send_fragment(number, conn, opcode C.int64_t, data unsafe.Pointer, length, final C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_send_fragment"
	defer contain(&result, e, call)
	if opcode < C.WS_OPCODE_CONTINUATION || opcode > C.WS_OPCODE_BINARY {
		return report(e, core.CodeArgument, 0, fmt.Sprintf("%s: opcode is %d; it must be 1 (text) or 2 (binary), then 0 (continuation)", call, int64(opcode)))
	}
	if final != 0 && final != 1 {
		return report(e, core.CodeArgument, 0, fmt.Sprintf("%s: is_final is %d; it must be 0 or 1", call, int64(final)))
	}
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	n, err := l.SendFragment(core.ConnID(conn), core.Opcode(opcode), lend(data, length), final == 1)
	return sent(n, err, e, call)
}

//export libws_go_loop_ping
func libws_go_loop_ping(number, conn C.int64_t, data unsafe.Pointer, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_ping"
	defer contain(&result, e, call)
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	n, err := l.SendFragment(core.ConnID(conn), core.OpPing, lend(data, length), true)
	return sent(n, err, e, call)
}

//export libws_go_loop_send_batch
func libws_go_loop_send_batch(number C.int64_t, items *C.WsSend, count C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_send_batch"
	defer contain(&result, e, call)
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	failed, err := l.SendBatch(sendsOf(items, count))
	if err != nil {
		return fail(e, call, err)
	}
	return count - C.int64_t(failed)
}

//export libws_go_loop_broadcast
func libws_go_loop_broadcast(number C.int64_t, conns *C.int64_t, count, opcode C.int64_t, data unsafe.Pointer, length C.int64_t,
	results *C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_broadcast"
	defer contain(&result, e, call)
	op, ok := messageOpcode(opcode, e, call)
	if !ok {
		return -1
	}
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	ids := unsafe.Slice((*core.ConnID)(unsafe.Pointer(conns)), int(count))
	var each []int64
	if results != nil {
		each = unsafe.Slice((*int64)(unsafe.Pointer(results)), int(count))
	}
	n, err := l.Broadcast(ids, op, lend(data, length), each)
	return sent(n, err, e, call)
}

//export libws_go_loop_subscribe
func libws_go_loop_subscribe(number, conn C.int64_t, topic *C.char, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_subscribe"
	defer contain(&result, e, call)
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	return done(l.Subscribe(core.ConnID(conn), keepText(topic, length)), e, call)
}

//export libws_go_loop_unsubscribe
func libws_go_loop_unsubscribe(number, conn C.int64_t, topic *C.char, length C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_loop_unsubscribe"
	defer contain(&result, e, call)
	if length < 1 || length > 1024 {
		return report(e, core.CodeArgument, 0, fmt.Sprintf("%s: topic has %d bytes; it must have 1 to 1024", call, int64(length)))
	}
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	return done(l.Unsubscribe(core.ConnID(conn), lendText(topic, length)), e, call)
}

//export libws_go_loop_publish
func libws_go_loop_publish(number C.int64_t, topic *C.char, topicLen, opcode C.int64_t, data unsafe.Pointer, length, except C.int64_t,
	e *slot) (result C.int64_t) {
	const call = "ws_loop_publish"
	defer contain(&result, e, call)
	op, ok := messageOpcode(opcode, e, call)
	if !ok {
		return -1
	}
	if topicLen < 1 || topicLen > 1024 {
		return report(e, core.CodeArgument, 0, fmt.Sprintf("%s: topic has %d bytes; it must have 1 to 1024", call, int64(topicLen)))
	}
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	n, err := l.Publish(keepText(topic, topicLen), op, lend(data, length), core.ConnID(except))
	return sent(n, err, e, call)
}
