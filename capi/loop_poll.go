package main

// The bodies that ws_loop_poll enters: before it waits, and with what it waited for. They serve no row of their own.

// #include "error.h"
// #include "loop_wait.h"
import "C"

import (
	"time"
	"unsafe"

	"libws/capi/handle"
	"libws/core"

	"golang.org/x/sys/unix"
)

// The structs of the table are those of core.
var (
	_ [unsafe.Sizeof(core.LoopEvent{})]byte   = [C.sizeof_WsEvent]byte{}
	_ [unsafe.Sizeof(core.LoopSend{})]byte    = [C.sizeof_WsSend]byte{}
	_ [unsafe.Sizeof(core.LoopMetrics{})]byte = [C.sizeof_WsMetrics]byte{}
)

// eventsOf views the caller's array.
func eventsOf(events *C.WsEvent, room C.int64_t) []core.LoopEvent {
	return unsafe.Slice((*core.LoopEvent)(unsafe.Pointer(events)), int(room))
}

// sendsOf views the caller's messages.
func sendsOf(items *C.WsSend, count C.int64_t) []core.LoopSend {
	return unsafe.Slice((*core.LoopSend)(unsafe.Pointer(items)), int(count))
}

//export libws_loop_poll_now
func libws_loop_poll_now(number C.int64_t, items *C.WsSend, count C.int64_t, events *C.WsEvent, room, limitMS C.int64_t,
	e *slot) (result C.int64_t) {
	const call = "ws_loop_poll"
	defer containPoll(&result, number, e)
	l := loopOf(number, e, call)
	if l == nil {
		return -1
	}
	n, wait, err := l.SendAndPollNow(sendsOf(items, count), eventsOf(events, room))
	if err == nil {
		l.freeTexts()
	}
	for limit := limitOf(limitMS); wait && limit != 0; {
		ready, interrupted := l.PollHold(limit)
		if len(ready) > 0 {
			n, wait, err = l.PollReady(ready, eventsOf(events, room))
		}
		if wait && interrupted {
			return C.LIBWS_LOOP_INTERRUPTED
		}
		if len(ready) == 0 || limit > 0 {
			break // C waits, and knows how much of the limit is left
		}
	}
	return polled(n, wait, err, e)
}

// limitOf turns milliseconds into a limit of PollHold's; what is longer than a day is none.
func limitOf(ms C.int64_t) time.Duration {
	if ms > 86_400_000 {
		return -1
	}
	return time.Duration(ms) * time.Millisecond
}

//export libws_loop_poll_ready
func libws_loop_poll_ready(number C.int64_t, ready unsafe.Pointer, count C.int, events *C.WsEvent, room C.int64_t, e *slot) (result C.int64_t) {
	defer containPoll(&result, number, e)
	l := loopOf(number, e, "ws_loop_poll")
	if l == nil {
		return -1
	}
	var list []unix.EpollEvent
	if count > 0 {
		list = unsafe.Slice((*unix.EpollEvent)(ready), int(count))
	}
	n, wait, err := l.PollReady(list, eventsOf(events, room))
	return polled(n, wait, err, e)
}

//export libws_loop_poll_end
func libws_loop_poll_end(number C.int64_t, e *slot) {
	var result C.int64_t
	defer contain(&result, e, "ws_loop_poll")
	if l, status := loops.Get(int64(number)); status == handle.Live {
		l.PollEnd()
	}
}

func polled(n int, wait bool, err error, e *slot) C.int64_t {
	switch {
	case err != nil:
		return fail(e, "ws_loop_poll", err)
	case wait:
		return C.LIBWS_LOOP_WAIT
	}
	return C.int64_t(n)
}

// containPoll is contain for a poll, which is over then.
func containPoll(result *C.int64_t, number C.int64_t, e *slot) {
	if r := recover(); r != nil {
		*result = report(e, core.CodeInternal, 0, defect("ws_loop_poll", r))
		if l, status := loops.Get(int64(number)); status == handle.Live {
			l.PollEnd()
		}
	}
}
