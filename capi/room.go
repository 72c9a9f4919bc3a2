package main

// How many of Go's processors there are. A thread that waits in a system call inside Go keeps its processor until Go's monitor takes
// it away, which it does not do at all to threads that are busy: with fewer processors than threads some of them starve, for
// hundreds of milliseconds (measured with 100 echoing threads on one CPU: 6,000 messages a second with one processor, 100,000 with
// one for each thread). With one each, the kernel's scheduler alone decides, as in any C program.

// #include <stdint.h>
import "C"

import (
	"os"
	"runtime"
	"sync"

	"libws/core"
)

// mostProcessors bounds the memory and the garbage collector's work that go with processors.
const mostProcessors = 256

// growing lets threads that come at once ask one after the other: none sets a number that has become too small.
var growing sync.Mutex

//export libws_make_room
func libws_make_room(threads C.int64_t) C.int64_t {
	growing.Lock()
	defer growing.Unlock()
	want := processorsFor(int(threads))
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) < want {
		runtime.GOMAXPROCS(want)
	}
	have := runtime.GOMAXPROCS(0)
	enough := have > int(threads)
	core.SpareProcessors(enough) // one more than threads, so that the collector of garbage finds one at once
	if !enough {
		return 1<<63 - 1
	}
	return C.int64_t(have - 1)
}

// processorsFor grows in steps of two, since each change stops the world for a moment. One is for Go's own goroutines.
func processorsFor(threads int) int {
	n := 4
	for n < threads+1 && n < mostProcessors {
		n *= 2
	}
	return n
}
