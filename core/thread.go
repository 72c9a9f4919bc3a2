// This file chooses between the caller's goroutine and the caller's thread as what a blocking call blocks.
package core

import "libws/core/internal/sock"

// BlockThreads makes the calls on connections that are made from now on wait in the kernel, on the caller's thread, as C
// programs expect it: the C library calls it before anything else. Go programs have no use for it. Without it a call that
// waits on a descriptor parks its goroutine as a net.Conn does, and costs no thread.
func BlockThreads() { sock.WaitOnThread(true) }
