// This file waits for a short time on the processor that the polling thread has, for loops whose peers answer at once.

package core

import (
	"time"

	"libws/core/internal/poller"
	"libws/core/internal/sock"

	"golang.org/x/sys/unix"
)

const (
	// holdMS is how many milliseconds a poll waits at most without telling Go's scheduler. The loop's own timer ends it, which is set
	// once for many waits: a timeout for each would cost more than half a microsecond.
	holdMS = 20

	// restAfterHold is how many polls wait in the ordinary way after one that held its processor in vain.
	restAfterHold = 15
)

// PollHold waits between PollNow and PollReady for at most about 20 ms, without giving up the processor: what comes meanwhile is
// returned and passed to PollReady. Nothing is returned, at once, unless SpareProcessors was told that there are enough, limit is long
// enough to be worth it (a negative one is none) and OptSpinUS is 0: whoever wants probing does it first. interrupted tells that a
// signal came; a caller who is to hear of it does so unless PollReady has events for him.
func (l *Loop) PollHold(limit time.Duration) (ready []unix.EpollEvent, interrupted bool) {
	if l.rests > 0 {
		l.rests--
		return nil, false
	}
	if !sock.Spare() || l.spinFor > 0 || l.clock != nil || limit >= 0 && limit < 2*holdMS*time.Millisecond {
		return nil, false
	}
	l.mu.Lock()
	l.armTimer(max(l.tick+holdMS, 1))
	l.mu.Unlock()
	for range 2 { // the first signal is most often the scheduler's, which wants the thread for a moment
		n, err := l.epoll.Hold(l.ready)
		if n > 0 {
			l.judgeHold(l.ready[:n])
			return l.ready[:n], interrupted
		}
		if err != unix.EINTR {
			break
		}
		interrupted = true
	}
	l.rests = restAfterHold
	return nil, interrupted
}

// judgeHold lets the next polls rest when nothing but the timer came twice in a row.
func (l *Loop) judgeHold(ready []unix.EpollEvent) {
	alone := len(ready) == 1 && poller.Token(&ready[0]) == tokenTimer
	if alone && l.timed {
		l.rests = restAfterHold
	}
	l.timed = alone
}
