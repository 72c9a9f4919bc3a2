// This file chooses between the caller's goroutine and the caller's thread as what a blocking call blocks.
package core

import "libws/core/internal/sock"

// BlockThreads makes the calls on connections that are made from now on wait in the kernel, on the caller's thread, as C
// programs expect it: the C library calls it before anything else. Go programs have no use for it. Without it a call that
// waits on a descriptor parks its goroutine as a net.Conn does, and costs no thread.
func BlockThreads() { sock.WaitOnThread(true) }

// SpareProcessors says whether Go has more processors (GOMAXPROCS) than there are goroutines that poll loops, and with BlockThreads
// threads that block in connections. Whoever waits then keeps its processor for some milliseconds, in which nothing else runs on it;
// without that, Go's monitor takes it away and has to be woken again for each message of a peer that answers at once. By default it
// is off.
func SpareProcessors(on bool) { sock.SpareProcessors(on) }
