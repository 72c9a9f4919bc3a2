package main

// Header lines as C gives them: "Name: value", each ended by LF or CR LF. Core judges names and values.

// #include "error.h"
import "C"

import (
	"fmt"
	"net/http"
	"strings"

	"libws/core"
)

// headerLines copies the caller's header lines, or fills the slot.
func headerLines(text *C.char, length C.int64_t, e *slot, call string) (http.Header, bool) {
	h, bad := parseHeaderLines(keepText(text, length))
	if bad != "" {
		report(e, core.CodeHeader, 0, fmt.Sprintf("%s: the header line %q is not \"Name: value\"", call, bad))
		return nil, false
	}
	return h, true
}

// parseHeaderLines splits lines into fields. bad is the first line that is none. A name keeps its letter case.
func parseHeaderLines(text string) (h http.Header, bad string) {
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if !found || name == "" {
			return nil, line
		}
		if h == nil {
			h = http.Header{}
		}
		h[name] = append(h[name], strings.Trim(value, " \t"))
	}
	return h, ""
}
