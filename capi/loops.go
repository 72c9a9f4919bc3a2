package main

// The event loops behind the handles, and the loops behind the ids of connections.

// #include <stdlib.h>
// #include "error.h"
// #include "loop_wait.h"
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

// looper is the kind of the handles of loops. Connections of loops have ids that core makes; seen as a handle their kind is
// loopConnection, which no table has.
const (
	looper         handle.Kind = 4
	loopConnection handle.Kind = 10
)

var (
	loops = handle.New[eventLoop](looper)
	// owners finds a loop by the number in the ids of its connections; an owner that has closed stays known as such.
	owners [C.LIBWS_LOOPS]atomic.Pointer[eventLoop]
)

// eventLoop is a core.Loop with what C needs besides.
type eventLoop struct {
	*core.Loop
	number int64 // its handle

	mu            sync.Mutex // guards what follows
	spinUS        int64
	interruptible int64
	texts         []*C.char // given out as const char *, until the next poll
	over          bool
	lending       atomic.Bool // texts is not empty
}

// admitLoop gives a new loop its handle. The block that C keeps holds the Go object until shutLoop takes it back.
func admitLoop(l *core.Loop, spinUS int64, e *slot, call string) C.int64_t {
	held := &eventLoop{Loop: l, spinUS: spinUS}
	number := loops.Insert(looper, held)
	if number == 0 {
		_ = l.Close()
		return report(e, core.CodeTooMany, 0, call+": all handles are in use")
	}
	held.number = number
	at := handle.SlotOf(number)
	if at >= C.LIBWS_LOOPS {
		loops.Remove(number)
		_ = l.Close()
		return report(e, core.CodeTooMany, 0, fmt.Sprintf("%s: there are %d loops already", call, C.LIBWS_LOOPS))
	}
	object := save(held)
	if object == nil || C.libws_loop_keep(C.int64_t(number), C.uint32_t(at), C.int(l.WaitFD()), C.int(l.WakeFD()), object) < 0 {
		pointer.Unref(object)
		loops.Remove(number)
		_ = l.Close()
		return report(e, core.CodeNoMemory, 0, call+": no memory for a loop")
	}
	owners[l.Number()].Store(held)
	held.tune()
	return C.int64_t(number)
}

// shutLoop takes a loop back from C, which ends a poll that waits, and closes it. Of many callers one does; the others return false.
func shutLoop(number C.int64_t) (bool, error) {
	object := C.libws_loop_forget(number, C.uint32_t(handle.SlotOf(int64(number))))
	if object == nil {
		return false, nil
	}
	l := pointer.Restore(object).(*eventLoop)
	pointer.Unref(object)
	loops.Remove(int64(number))
	err := l.Close()
	l.mu.Lock()
	l.over = true
	l.mu.Unlock()
	l.freeTexts()
	return true, err
}

// loopOf finds a loop, or fills the slot and returns nil.
func loopOf(number C.int64_t, e *slot, call string) *eventLoop {
	l, status := loops.Get(int64(number))
	if status != handle.Live {
		missing(number, status, e, call, "loop")
	}
	return l
}

// ownerOf finds the loop of a connection, or fills the slot and returns nil. A loop that has closed still answers.
func ownerOf(number C.int64_t, e *slot, call string) (*eventLoop, core.ConnID) {
	id := core.ConnID(number)
	if at, ok := id.LoopNumber(); ok {
		if l := owners[at].Load(); l != nil {
			return l, id
		}
	}
	missing(number, handle.Invented, e, call, "connection of a loop")
	return nil, 0
}

// ofLoop tells whether a number is one that connections of loops have.
func ofLoop(number C.int64_t) bool { return handle.KindOf(int64(number)) == loopConnection }

// text gives a text out as C memory that lives until the next poll. The key is of no use here.
func (l *eventLoop) text(_, value string, e *slot, call string) *C.char {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		report(e, core.CodeClosed, 0, call+": the loop is closed")
		return nil
	}
	text := cText(value, e, call)
	if text == nil {
		return nil
	}
	l.texts = append(l.texts, text)
	l.lending.Store(true)
	return text
}

// freeTexts takes back the texts that were given out. Few polls have any, so the others look at one flag.
func (l *eventLoop) freeTexts() {
	if !l.lending.Load() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, text := range l.texts {
		C.free(unsafe.Pointer(text))
	}
	l.texts = nil
	l.lending.Store(false)
}

// tune tells C how polls wait.
func (l *eventLoop) tune() {
	l.mu.Lock()
	defer l.mu.Unlock()
	C.libws_loop_tune(C.int64_t(l.number), C.uint32_t(handle.SlotOf(l.number)), C.int64_t(l.spinUS), C.int(l.interruptible))
}
