// Command capi is libws.so: the C ABI over libws/core. Each exported function is defined in C by the generated shim, which checks
// arguments as the table says and calls a body here. The bodies translate and never decide; whatever panics stops in them.
//
// The library is built with
//
//	go build -buildmode=c-shared -o build/libws.so -ldflags "-extldflags '-Wl,-soname,libws.so.0 -Wl,--version-script=DIR/capi/libws.map'" ./capi
//
// where DIR is the absolute path of the repository. The header that Go writes beside it is of no use to anybody.
package main

// #cgo CFLAGS: -I${SRCDIR}/../include -std=gnu11 -Wall -Wextra -fstack-clash-protection
// #include "error.h"
// #include "descriptors.h"
import "C"

import (
	"unsafe"

	"libws/core"
)

// The programs that load the library bring threads, and expect calls to block them; they may fork, and their limits are their own.
func init() {
	_ = C.libws_restore_limit()
	core.BlockThreads()
	core.MindCopies((*int32)(unsafe.Pointer(&C.libws_copied)))
}

func main() {}
