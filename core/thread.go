// This file is told what the process is like: whether a blocking call blocks the caller's goroutine or its thread, how many processors
// Go has for that, and whether other processes have copies of its descriptors.

package core

import (
	"libws/core/internal/poller"
	"libws/core/internal/sock"
)

// BlockThreads makes the calls on connections that are made from now on wait in the kernel, on the caller's thread, as C
// programs expect it: the C library calls it before anything else. Go programs have no use for it. Without it a call that
// waits on a descriptor parks its goroutine as a net.Conn does, and costs no thread.
func BlockThreads() { sock.WaitOnThread(true) }

// MindCopies tells of descriptors that other processes have copies of: from when flag is not 0 on, connections of loops are shut down
// before they are closed, since closing one of several copies ends nothing. flag is set by whoever sees the process fork.
func MindCopies(flag *int32) { poller.MindCopies(flag) }

// SpareProcessors says whether Go has more processors (GOMAXPROCS) than there are goroutines that poll loops, and with BlockThreads
// threads that block in connections. Whoever waits then keeps its processor for some milliseconds, in which nothing else runs on it;
// without that, Go's monitor takes it away and has to be woken again for each message of a peer that answers at once. By default it
// is off.
func SpareProcessors(on bool) { sock.SpareProcessors(on) }
