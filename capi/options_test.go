// Options of the table are core's: numbers, bounds and defaults.

package main

import (
	"math"
	"strings"
	"testing"

	"libws/capi/abi"
)

// What the table says of an option is what core does, through the bodies of ws_set and ws_get.
func TestOptionsOfTheTable(t *testing.T) {
	var e slot
	server := libws_go_server_bind(0, &e)
	if server < 0 {
		t.Fatal(messageOf(&e))
	}
	defer libws_go_server_drop(server, &e)
	checkOptions(t, &e, int64(server), func(c abi.Const) *abi.OptionRange { return c.Option })
}

func TestOptionsOfLoops(t *testing.T) {
	var e slot
	loop := libws_go_loop_new(nil, &e)
	if loop < 0 {
		t.Fatal(messageOf(&e))
	}
	defer libws_go_loop_drop(loop, &e)
	checkOptions(t, &e, int64(loop), func(c abi.Const) *abi.OptionRange { return c.Loop })
}

// checkOptions compares ranges and defaults of the table with what a handle does. Options without a range are refused.
func checkOptions(t *testing.T, e *slot, handle int64, rangeOf func(abi.Const) *abi.OptionRange) {
	table := abi.Current()
	for _, g := range table.Groups {
		for _, c := range g.Consts {
			get := func() int64 { return numbers(libws_go_get, e, handle, c.Value) }
			o := rangeOf(c)
			if o == nil {
				if g.Name == "option" && (get() != -1 || e.code != 111) {
					t.Errorf("%s: the table gives it no range here, but it has a value", c.Name)
				}
				continue
			}
			if got := get(); got != o.Default {
				t.Errorf("%s: default %d, the table says %d", c.Name, got, o.Default)
			}
			set := func(value int64) bool { return numbers(libws_go_set, e, handle, c.Value, value) == 0 }
			for _, value := range []int64{o.Min, o.Max, o.Default} {
				if !set(value) {
					t.Errorf("%s: %d is refused, the table allows it", c.Name, value)
				} else if got := get(); got != value {
					t.Errorf("%s: set %d, got %d", c.Name, value, got)
				}
			}
			for _, value := range []int64{o.Min - 1, -1, math.MinInt64} {
				if set(value) {
					t.Errorf("%s: %d is allowed, the table refuses it", c.Name, value)
				}
			}
			if o.Max != math.MaxInt64 && set(o.Max+1) {
				t.Errorf("%s: %d is allowed, the table refuses it", c.Name, o.Max+1)
			}
			if none := o.None || o.Max == math.MaxInt64; set(math.MaxInt64) != none {
				t.Errorf("%s: WS_TIMEOUT_NONE is allowed: %v, the table says %v", c.Name, !none, none)
			}
			if o == c.Option && o.Max == math.MaxInt64 != strings.HasSuffix(c.Name, "_TIMEOUT_MS") && c.Name != "WS_OPT_CLOSE_TIMEOUT_MS" {
				t.Errorf("%s: only timeouts can be none", c.Name)
			}
		}
	}
}
