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
	table := abi.Current()
	for _, g := range table.Groups {
		for _, c := range g.Consts {
			o := c.Option
			if o == nil {
				continue
			}
			get := func() int64 { return numbers(libws_go_get, &e, int64(server), c.Value) }
			if got := get(); got != o.Default {
				t.Errorf("%s: default %d, the table says %d", c.Name, got, o.Default)
			}
			set := func(value int64) bool { return numbers(libws_go_set, &e, int64(server), c.Value, value) == 0 }
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
			if o.Max != math.MaxInt64 && (set(o.Max+1) || set(math.MaxInt64)) {
				t.Errorf("%s: %d is allowed, the table refuses it", c.Name, o.Max+1)
			}
			if o.Max == math.MaxInt64 != strings.HasSuffix(c.Name, "_TIMEOUT_MS") && c.Name != "WS_OPT_CLOSE_TIMEOUT_MS" {
				t.Errorf("%s: only timeouts can be none", c.Name)
			}
		}
	}
}
