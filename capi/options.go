package main

// ws_set and ws_get, for every kind of handle. Core knows the options, their ranges and their defaults.

// #include "error.h"
import "C"

import (
	"fmt"
	"math"

	"libws/capi/handle"
	"libws/core"
)

// optioned is what has options.
type optioned interface {
	SetOption(core.Option, int64) error
	Option(core.Option) (int64, error)
}

// optionedOf finds the object of a handle of any kind, or fills the slot and returns nil.
func optionedOf(number C.int64_t, e *slot, call string) optioned {
	switch handle.KindOf(int64(number)) {
	case listener:
		if s := serverOf(number, e, call); s != nil {
			return s
		}
		return nil
	case looper:
		if l := loopOf(number, e, call); l != nil {
			return l
		}
		return nil
	case loopConnection:
		if l, id := ownerOf(number, e, call); l != nil {
			return loopConnOptions{l, id}
		}
		return nil
	}
	if c := connectionOf(number, e, call); c != nil {
		return c
	}
	return nil
}

// optionOf narrows the number of an option.
func optionOf(option C.int64_t, e *slot, call string) (core.Option, bool) {
	if option < 0 || option > math.MaxInt32 {
		report(e, core.CodeOption, 0, fmt.Sprintf("%s: option is %d; it must be one of WS_OPT_*", call, int64(option)))
		return 0, false
	}
	return core.Option(option), true
}

//export libws_go_set
func libws_go_set(number, option, value C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_set"
	defer contain(&result, e, call)
	narrow, ok := optionOf(option, e, call)
	if !ok {
		return -1
	}
	o := optionedOf(number, e, call)
	if o == nil {
		return -1
	}
	wanted := int64(value)
	switch {
	case wanted < 0:
		wanted = math.MinInt64 // negative values are never in range, core's own sign for none included
	case wanted == C.WS_TIMEOUT_NONE:
		wanted = core.NoTimeoutMS
	}
	if err := o.SetOption(narrow, wanted); err != nil {
		return fail(e, call, err)
	}
	return 0
}

//export libws_go_get
func libws_go_get(number, option C.int64_t, e *slot) (result C.int64_t) {
	const call = "ws_get"
	defer contain(&result, e, call)
	narrow, ok := optionOf(option, e, call)
	if !ok {
		return -1
	}
	o := optionedOf(number, e, call)
	if o == nil {
		return -1
	}
	value, err := o.Option(narrow)
	if err != nil {
		return fail(e, call, err)
	}
	if value == core.NoTimeoutMS {
		return C.WS_TIMEOUT_NONE
	}
	return C.int64_t(value)
}
