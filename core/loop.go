// This file holds Loop, the event loop: what it owns, how it begins and how it ends. It drives any number of connections on
// one thread over epoll; every rule of RFC 6455 is the protocol machine's.

package core

import (
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"libws/core/internal/offheap"
	"libws/core/internal/poller"
	"libws/core/internal/sock"
	"libws/core/protocol"
	"libws/core/wire"

	"golang.org/x/sys/unix"
)

// Loop serves listeners and connections on the thread that polls it, without goroutines. Poll delivers events in batches.
// Sends made between two polls are gathered: each connection's bytes leave in one write at the beginning of the next poll,
// or with Flush.
//
// One thread polls at a time; every other method may be called from anywhere at any time and wakes a loop that sleeps. Views
// that events carry live until the next poll.
type Loop struct {
	mu     sync.Mutex // guards everything below but number, polling and epoch
	closed bool

	number  uint64      // distinguishes the ids of the loops of a process
	polling atomic.Bool // a poll is under way, waiting included
	stopped atomic.Bool // Run is to return
	epoch   time.Time
	clock   func() time.Duration // injected by tests, else nil

	epoll    poller.Epoll
	timer    poller.Timer
	wake     poller.Wake
	asleep   bool // nobody is about to poll: work that others leave must ring the wake-up
	external bool // the descriptor is watched by another loop
	rung     bool // the wake-up is set
	woken    bool // this poll was ended by Wake
	quiet    bool // the last probe found nothing ready, so the next poll goes straight to waiting

	more   loopSettings
	config [2]*protocol.Config // of servers, of clients
	offer  acceptRules
	spare  protocol.Spare
	dials  map[uint32]*dialing      // by slot, while connecting
	chosen map[uint32]string        // by slot: the subprotocol, where one was agreed on
	header [wire.MaxHeaderSize]byte // of the message that is being sent

	batch     uint8  // number of the current poll, for the machines
	now       int64  // nanoseconds since epoch, read once a poll
	tick      uint32 // the same in milliseconds, wrapping
	looked    uint32 // what had come by this tick has been looked at
	round     round  // and what is to be looked at for a later one
	wheel     wheel
	choreTick uint32 // when runChores has something to do, 0 for never

	slab      slab
	listeners []listener
	pending   int      // connections that are not open yet
	young     []ConnID // servers' connections in the order they came, for evicting half-done handshakes
	opened    []uint32 // slots whose opening handshake is kept until the next poll
	draining  bool     // Drain was called
	drainTick uint32   // when those that are left then are cut off
	drained   bool     // and has been answered with an event
	metrics   LoopMetrics
	rtt       rttHistogram
	topics    topics
	published publication
	hub       *Hub
	hubMember *hubMember

	pool    offheap.Pool
	later   [][]byte // blocks that events view, given back at the next poll
	kept    [][]byte // the same, of the collector's, where the pool had none
	in      []byte   // the receive buffer
	inAt    int      // where the next read goes
	viewed  bool     // an event of the current read views the receive buffer
	resume  uint32   // the slot+1 of the connection whose input in the receive buffer is not used up
	gather  poller.Gather
	scratch [directSend + wire.MaxHeaderSize]byte // a message on its way to the socket
	queues  []queue
	spareQ  int32 // first unused queue
	records []record
	spareR  int32 // first unused record
	keyed   map[recordKey]int32
	held    map[uint32]heldInput // of connections that do not read now

	postponed map[uint32]*postponed // of connections in the middle of a message in parts

	late map[uint32]lateInput // by slot, with cLate

	dirty     []uint32 // slots with output to flush
	attention []uint32 // slots with something to tell or to go on with
	attended  []uint32 // memory of attention, used in turns
	ready     []poller.Event
	readyAt   int // ready[readyAt:readyEnd] is not looked at yet
	readyEnd  int

	events  []LoopEvent   // the array of the current poll
	count   int           // events in it
	eager   atomic.Bool   // a message that is sent now is likely the last to its connection before the next poll
	spinFor time.Duration // of the wait that is to come; the polling thread's own
	rests   int           // polls that are to wait in the ordinary way; the polling thread's own, as is timed
	timed   bool          // nothing but the timer ended the last wait that held its processor
}

const (
	receiveBytes = 512 << 10 // the receive buffer
	readMost     = 128 << 10 // one read asks for no more
	batchBytes   = 192 << 10 // so does it with this much received, so that views are still in the cache when they are used
	readyMost    = 512       // descriptors one wait reports
)

// NewLoop makes a loop. Without options everything has its default.
func NewLoop(o *LoopOptions) (*Loop, error) {
	const op = "NewLoop"
	l := &Loop{epoch: time.Now()}
	if o == nil {
		o = &LoopOptions{}
	}
	if err := l.configure(op, o); err != nil {
		return nil, err
	}
	var ok bool
	if l.number, l.slab.first, ok = takeLoopNumber(); !ok {
		return nil, newError(CodeTooMany, op, "there are 4,096 loops already")
	}
	if err := l.open(); err != nil {
		l.release()
		if err == unix.ENOMEM {
			return nil, noMemory(op)
		}
		return nil, systemError(op, err)
	}
	l.hub = o.Hub
	if l.hub == nil {
		l.hub = &defaultHub
	}
	l.hubMember = l.hub.join(l)
	return l, nil
}

// Tokens of descriptors that are not connections; those of connections are their ids, and so positive as int64.
const (
	tokenWake     = 1 << 63
	tokenTimer    = 1<<63 | 1
	tokenListener = 1<<63 | 1<<32 // and the listener's index
)

func (l *Loop) open() (err error) {
	l.epoll, l.timer, l.wake = poller.NoEpoll, poller.NoTimer, poller.NoWake
	if err = sock.StartPoller(); err != nil {
		return err
	}
	if l.epoll, err = poller.NewEpoll(); err != nil {
		return err
	}
	if l.wake, err = poller.NewWake(); err != nil {
		return err
	}
	if err = l.epoll.Add(l.wake.FD(), poller.In, tokenWake); err != nil {
		return err
	}
	if l.clock == nil {
		if l.timer, err = poller.NewTimer(); err != nil {
			return err
		}
		if err = l.epoll.Add(l.timer.FD(), poller.In, tokenTimer); err != nil {
			return err
		}
	}
	if l.in = offheap.Map(receiveBytes); l.in == nil {
		return unix.ENOMEM
	}
	l.ready = make([]poller.Event, readyMost)
	l.queues = make([]queue, 1)
	l.records = make([]record, 1)
	l.keyed = map[recordKey]int32{}
	l.held = map[uint32]heldInput{}
	l.postponed = map[uint32]*postponed{}
	l.topics.init()
	l.wheel.init()
	l.readClock()
	return nil
}

// Close ends the loop at once: every connection is cut off without a closing handshake and every listener closed. It is
// refused with CodeBusy while a poll is under way.
func (l *Loop) Close() error {
	const op = "Loop.Close"
	if !l.polling.CompareAndSwap(false, true) {
		return newError(CodeBusy, op, "the loop is being polled: wake it and let the poll return first")
	}
	defer l.polling.Store(false)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return newError(CodeClosed, op, "the loop is closed")
	}
	l.closed = true
	l.hub.leave(l.hubMember) // under the lock: nobody subscribes behind it
	for slot := range l.slab.used {
		if c := l.slab.at(uint32(slot)); c.flags&cUsed != 0 {
			c.m.Release()
			l.dropQueue(c)
			l.dropHeld(uint32(slot), c)
			l.dropPostponed(uint32(slot), c)
			poller.Close(int(c.fd))
		}
	}
	l.forgetPublished()
	for i := range l.listeners {
		l.listeners[i].close()
	}
	l.release()
	return nil
}

// release gives descriptors, memory and the loop's number back.
func (l *Loop) release() {
	giveLoopNumber(l.number, l.slab.latest())
	l.epoll.Close()
	l.timer.Close()
	l.wake.Close()
	l.epoll, l.timer, l.wake = poller.NoEpoll, poller.NoTimer, poller.NoWake
	offheap.Unmap(l.in)
	l.giveViewsBack()
	l.pool.Close()
	l.in, l.slab, l.queues, l.records, l.later, l.listeners = nil, slab{}, nil, nil, nil, nil
}

// Closed tells whether Close was called.
func (l *Loop) Closed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// readClock reads the time once for everything that happens in a poll.
func (l *Loop) readClock() {
	if l.clock != nil {
		l.now = int64(l.clock())
	} else {
		l.now = int64(time.Since(l.epoch))
	}
	l.tick = uint32(l.now / int64(time.Millisecond))
}

// lock takes the loop for a call of the user's. What other loops have published before comes before whatever the call does.
func (l *Loop) lock(op string) *Error {
	filled := &l.hubMember.filled // of a loop that was never made this panics, and not under the lock
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return newError(CodeClosed, op, "the loop is closed")
	}
	if filled.Load() {
		l.emptyBox()
	}
	return nil
}

// emptyBox is takeHubMessages in a call that has just taken the loop. A panic lets go of it: later calls are to fail, not to hang.
func (l *Loop) emptyBox() {
	done := false
	defer func() {
		if !done {
			l.mu.Unlock()
		}
	}()
	l.takeHubMessages()
	done = true
}

// stir makes sure that work which was just left behind is taken up: a loop that sleeps is woken.
func (l *Loop) stir() {
	if l.asleep && !l.rung {
		l.rung = true
		l.wake.Set(poller.Stirred)
	}
}

// addressOf returns where b lies. The garbage collector never moves memory of the heap, nor does it know mapped memory.
func addressOf(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }
