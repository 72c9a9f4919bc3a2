// Structs and constants of loops are the same in the table, in C and in core.

package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"libws/capi/abi"
	"libws/capi/handle"
	"libws/core"
)

// wordsOf names the eight-byte words of a struct of core, in order.
func wordsOf(t *testing.T, of reflect.Type) []string {
	t.Helper()
	var names []string
	for i := range of.NumField() {
		f := of.Field(i)
		if f.Offset != uintptr(8*len(names)) {
			t.Fatalf("%s.%s lies at %d, not behind %d words", of, f.Name, f.Offset, len(names))
		}
		if f.Type.Kind() == reflect.Array {
			for j := range f.Type.Len() {
				names = append(names, fmt.Sprint(f.Name, 1000+j))
			}
			continue
		}
		names = append(names, f.Name)
	}
	return names
}

// What core fills in is what the table tells C about, word for word.
func TestStructsAreThoseOfCore(t *testing.T) {
	called := map[string]string{ // where the two have other words for the same thing
		"op": "opcode", "size": "len", "pings": "roundtrips",
	}
	table := abi.Current()
	for name, of := range map[string]reflect.Type{
		"WsEvent": reflect.TypeFor[core.LoopEvent](), "WsSend": reflect.TypeFor[core.LoopSend](), "WsMetrics": reflect.TypeFor[core.LoopMetrics](),
	} {
		words := wordsOf(t, of)
		for _, s := range table.Structs {
			if s.Name != name {
				continue
			}
			if len(s.Fields) != len(words) {
				t.Fatalf("%s has %d fields, core %d words", name, len(s.Fields), len(words))
			}
			for i, f := range s.Fields {
				want := strings.ReplaceAll(strings.ToLower(words[i]), "closes", "closed")
				if other, ok := called[want]; ok {
					want = other
				}
				if got := strings.ReplaceAll(f.Name, "_", ""); got != want {
					t.Errorf("%s: word %d is %s for C, %s for core", name, i, f.Name, words[i])
				}
			}
		}
	}
}

// The constants of the table are core's.
func TestConstantsAreThoseOfCore(t *testing.T) {
	table := abi.Current()
	values := map[string]int64{}
	for _, g := range table.Groups {
		for _, c := range g.Consts {
			values[c.Name] = c.Value
		}
	}
	for name, want := range map[string]int64{
		"WS_EVENT_OPEN": int64(core.LoopOpen), "WS_EVENT_MESSAGE": int64(core.LoopMessage), "WS_EVENT_FRAGMENT": int64(core.LoopFragment),
		"WS_EVENT_PING": int64(core.LoopPing), "WS_EVENT_PONG": int64(core.LoopPong), "WS_EVENT_CLOSE": int64(core.LoopClose),
		"WS_EVENT_DRAIN": int64(core.LoopDrain), "WS_EVENT_REQUEST": int64(core.LoopRequest), "WS_EVENT_DRAINED": int64(core.LoopDrained),
		"WS_PART_FINAL": core.LoopFinal, "WS_PART_FIRST": core.LoopFirst,
		"WS_QUEUE_FAIL": int64(core.QueueFail), "WS_QUEUE_DROP_NEWEST": int64(core.QueueDropNewest), "WS_QUEUE_DROP_OLDEST": int64(core.QueueDropOldest),
		"WS_QUEUE_CONFLATE": int64(core.QueueConflate), "WS_QUEUE_CLOSE_1008": int64(core.QueueClose1008), "WS_QUEUE_CLOSE_1013": int64(core.QueueClose1013),
	} {
		if values[name] != want {
			t.Errorf("%s is %d, core has %d", name, values[name], want)
		}
	}
}

// A panic inside a poll comes back as an error, and the poll is over.
func TestPanicsEndPolls(t *testing.T) {
	number := loops.Insert(looper, &eventLoop{Loop: &core.Loop{}}) // never opened
	defer loops.Remove(number)
	var e slot
	events := make([]core.LoopEvent, 1)
	poll := reflect.ValueOf(libws_loop_poll_now)
	in := poll.Type().In
	for range 2 { // the second would be refused if the first were still under way
		e.code = 0
		result := poll.Call([]reflect.Value{
			reflect.ValueOf(number).Convert(in(0)),
			reflect.Zero(in(1)), reflect.Zero(in(2)),
			reflect.NewAt(in(3).Elem(), unsafe.Pointer(&events[0])),
			reflect.ValueOf(int64(1)).Convert(in(4)),
			reflect.Zero(in(5)),
			reflect.ValueOf(&e),
		})[0].Int()
		if result != -1 || e.code != 599 {
			t.Fatalf("%d, error %d, want -1, 599", result, int64(e.code))
		}
	}
	if _, status := loops.Get(number); status != handle.Live {
		t.Error("the loop is gone")
	}
}
