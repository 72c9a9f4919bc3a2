// This file chooses between the caller's goroutine and the caller's thread as what a blocking call blocks.
package core

import "libws/core/internal/sock"

// BlockThreads makes the calls on connections that are made from now on wait in the kernel, on the caller's thread, as C
// programs expect it: the C library calls it before anything else. Go programs have no use for it. Without it a call that
// waits on a descriptor parks its goroutine as a net.Conn does, and costs no thread.
func BlockThreads() { sock.WaitOnThread(true) }

// SpareProcessors says whether Go has more processors than the program has threads that may block in connections. With
// BlockThreads, a thread then keeps its processor for some milliseconds when it waits, which makes answers to it quicker.
func SpareProcessors(on bool) { sock.SpareProcessors(on) }
