package main

// How errors and panics of Go reach C: in the error slot of the calling thread, which the shim passes along.

// #include "error.h"
import "C"

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"unicode/utf8"
	"unsafe"

	"libws/core"

	"golang.org/x/sys/unix"
)

// slot is the error slot of the calling thread.
type slot = C.libws_error

// fail fills the slot with an error of core and returns what a failing call returns.
func fail(e *slot, call string, err error) C.int64_t {
	var known *core.Error
	if !errors.As(err, &known) {
		return report(e, core.CodeInternal, 0, call+": "+err.Error())
	}
	text := call + ": " + known.Msg
	if known.Status != 0 {
		text += fmt.Sprintf(" (HTTP status %d)", known.Status)
	}
	if known.Err != nil {
		text += ": " + known.Err.Error()
	}
	result := report(e, known.Code, known.Status, text)
	var number unix.Errno
	if known.Code != core.CodeResolve && errors.As(known.Err, &number) { // what troubled a resolver is not the reason that this call has
		e.system_errno = C.int64_t(number)
	}
	return result
}

// report fills the slot and returns what a failing call returns.
func report(e *slot, code core.ErrorCode, status int, text string) C.int64_t {
	e.code = C.int64_t(code)
	e.http_status = C.int64_t(status)
	e.system_errno = 0
	text = strings.ToValidUTF8(text, "\ufffd") // it may quote an argument, or a peer
	room := unsafe.Slice((*byte)(unsafe.Pointer(&e.message)), len(e.message))
	n := copy(room[:len(room)-1], text)
	for n < len(text) && n > 0 && !utf8.RuneStart(text[n]) {
		n-- // a character that does not fit whole is left out
	}
	room[n] = 0
	return -1
}

// contain is deferred by every body: a panic becomes WS_ERR_INTERNAL and the result of a failing call.
func contain(result *C.int64_t, e *slot, call string) {
	if r := recover(); r != nil {
		*result = report(e, core.CodeInternal, 0, defect(call, r))
	}
}

// containText is contain for bodies that return a text.
func containText(result **C.char, e *slot, call string) {
	if r := recover(); r != nil {
		report(e, core.CodeInternal, 0, defect(call, r))
		*result = nil
	}
}

// containAnswer is contain for questions whose answer is no when they fail.
func containAnswer(result *C.int64_t, e *slot, call string) {
	if r := recover(); r != nil {
		report(e, core.CodeInternal, 0, defect(call, r))
		*result = 0
	}
}

func defect(call string, panicked any) string {
	return fmt.Sprintf("%s: a defect of libws was caught: %v\n%s", call, panicked, debug.Stack())
}
