package main

// The objects behind the handles, and how a call finds its own.

// #include <stdlib.h>
// #include "error.h"
// #include "frame.h"
import "C"

import (
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"libws/capi/handle"
	"libws/core"

	"github.com/mattn/go-pointer"
)

// The kinds of handles. The role of a connection is part of its kind, so that ws_is_server answers when it is closed, too.
const (
	serverConnection handle.Kind = 1
	clientConnection handle.Kind = 2
	listener         handle.Kind = 3
)

var (
	connections = handle.New[connection](serverConnection, clientConnection)
	servers     = handle.New[core.Server](listener)
)

// connection is a core.Conn with what C needs besides.
type connection struct {
	*core.Conn
	receiving atomic.Bool // a received payload is being copied out: nobody else may receive
	kept      core.Frame  // receiving's: a message or frame for which there was no room or no memory, in core's memory
	framewise bool        // receiving's: kept is a frame, which may be part of a message or a ping
	keeps     atomic.Bool // receiving's to change: there is one

	mu       sync.Mutex
	texts    map[string]*C.char // what was given out as const char *, nil before the first
	released bool
}

// admit gives a new connection its handle.
func admit(c *core.Conn, err error, e *slot, call string) C.int64_t {
	if err != nil {
		return fail(e, call, err)
	}
	kind := clientConnection
	if c.IsServer() {
		kind = serverConnection
	}
	number := connections.Insert(kind, &connection{Conn: c})
	if number == 0 {
		c.Drop()
		return report(e, core.CodeTooMany, 0, call+": all handles are in use")
	}
	return C.int64_t(number)
}

// connectionOf finds a connection, or fills the slot and returns nil.
func connectionOf(number C.int64_t, e *slot, call string) *connection {
	c, status := connections.Get(int64(number))
	if status != handle.Live {
		missing(number, status, e, call, "connection")
	}
	return c
}

// serverOf finds a server, or fills the slot and returns nil.
func serverOf(number C.int64_t, e *slot, call string) *core.Server {
	s, status := servers.Get(int64(number))
	if status != handle.Live {
		missing(number, status, e, call, "server")
	}
	return s
}

func missing(number C.int64_t, status handle.Status, e *slot, call, what string) C.int64_t {
	if status == handle.Removed {
		return report(e, core.CodeClosed, 0, call+": the "+what+" is closed")
	}
	if ofLoop(number) && what == "connection" {
		return report(e, core.CodeHandle, 0, call+": this connection belongs to an event loop, which has its own call for this or tells it in an event")
	}
	return report(e, core.CodeHandle, 0, fmt.Sprintf("%s: %d is not the handle of a %s", call, int64(number), what))
}

// release takes a closed connection's handle out of use and frees its texts. Every closer may call it.
func release(number C.int64_t) {
	c := connections.Remove(int64(number))
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, text := range c.texts {
		C.free(unsafe.Pointer(text))
	}
	c.texts, c.released = nil, true
}

// text gives a text out as C memory that lives as long as the handle. The same key gives the same memory.
func (c *connection) text(key, value string, e *slot, call string) *C.char {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.released {
		report(e, core.CodeClosed, 0, call+": the connection is closed")
		return nil
	}
	text := c.texts[key]
	if text == nil {
		if text = cText(value, e, call); text == nil {
			return nil
		}
		if c.texts == nil {
			c.texts = map[string]*C.char{}
		}
		c.texts[key] = text
	}
	return text
}

// cText copies a text to C memory, or fills the slot. C.CString would end the process when memory runs out.
func cText(value string, e *slot, call string) *C.char {
	text := C.libws_copy_bytes((*C.uint8_t)(unsafe.StringData(value)), C.int64_t(len(value)))
	if text == nil {
		report(e, core.CodeNoMemory, 0, call+": no memory for a text")
	}
	return text
}

// save is pointer.Save, but nil when memory ran out. go-pointer allocates one byte through cgo, which ends the process where there is
// none; so one is taken first, and given back to the allocator's cache of this thread, where go-pointer then finds it.
func save(object any) unsafe.Pointer {
	room := C.libws_copy_bytes(nil, 0)
	if room == nil {
		return nil
	}
	C.free(unsafe.Pointer(room))
	return pointer.Save(object)
}

//export libws_go_handle_count
func libws_go_handle_count(e *slot) (result C.int64_t) {
	defer contain(&result, e, "ws_handle_count")
	return C.int64_t(connections.Len() + servers.Len() + loops.Len())
}
