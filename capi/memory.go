package main

// The caller's memory as Go sees it, without copying, and core's frames as C gets them. Nothing lent here is kept after the call.

// #include "frame.h"
import "C"

import (
	"strings"
	"unsafe"

	"libws/core"
)

// lend views the caller's bytes.
func lend(data unsafe.Pointer, length C.int64_t) []byte {
	if length == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(data), int(length))
}

// lendText views the caller's text.
func lendText(text *C.char, length C.int64_t) string {
	if length == 0 {
		return ""
	}
	return unsafe.String((*byte)(unsafe.Pointer(text)), int(length))
}

// keepText copies the caller's text, for what outlives the call.
func keepText(text *C.char, length C.int64_t) string { return strings.Clone(lendText(text, length)) }

// elements splits a comma-separated list; empty elements are left out (RFC 9110 §5.6.1).
func elements(text string) []string {
	var list []string
	for element := range strings.SplitSeq(text, ",") {
		if element = strings.Trim(element, " \t"); element != "" {
			list = append(list, element)
		}
	}
	return list
}

// give copies a frame of core to the caller, its payload to C memory. The payload may lie inside a connection, which has Go
// pointers; a pointer to bytes is passed, since cgo looks behind an untyped one for them and would panic.
func give(f *core.Frame, out *C.WsFrame, e *slot, call string) C.int64_t {
	if C.libws_frame_fill(out, C.int64_t(f.Opcode), (*C.uint8_t)(unsafe.SliceData(f.Payload)), C.int64_t(len(f.Payload)),
		flag(f.IsFinal), flag(f.IsMasked)) < 0 {
		return report(e, core.CodeNoMemory, 0, call+": no memory for the payload")
	}
	return 0
}

func flag(yes bool) C.int64_t {
	if yes {
		return 1
	}
	return 0
}
