// This file holds the options of loops: a table of names, bounds and defaults beside that of blocking connections.

package core

import (
	"slices"
	"strconv"
	"time"

	"libws/core/protocol"
)

// The options that only loops have. A loop also has OptMaxFrameBytes, OptMaxMessageBytes, OptMaxHeadBytes, OptMaxHeadFields,
// OptHandshakeTimeoutMS, OptCloseTimeoutMS (5 s), OptMessageTimeoutMS (60 s) and OptMaxPending (4,096). Changes hold for connections
// that come later; times, policies and queue bounds hold for all at once.
const (
	OptRequests        Option = 40 // 1: each opening handshake, and each plain HTTP request, comes as LoopRequest
	OptPings           Option = 41 // 1: pings are told as LoopPing
	OptPongs           Option = 42 // 1: pongs are told as LoopPong
	OptStreamOverBytes Option = 43 // messages longer than this come in parts, as LoopFragment; by default none does
	OptQueueBytes      Option = 44 // output that waits for a slow reader, per connection
	OptQueuePolicy     Option = 45 // a QueuePolicy
	OptIdleTimeoutMS   Option = 46 // from one message to the next; none by default
	OptPingIntervalMS  Option = 47 // from one ping of ours to the next
	OptPingTimeoutMS   Option = 48 // for its pong, unless other bytes come
	OptMaxConnections  Option = 49 // at a time
	OptSpinUS          Option = 50 // microseconds of probing before a wait sleeps; 0, the default: none
	OptPoison          Option = 51 // 1: what events viewed is overwritten at the next poll, so that late uses show
	optLoopEnd         Option = 52
)

const (
	mostQueueBytes = 1 << 40
	mostLoopMS     = 1 << 30 // twelve days: deadlines are compared within 24
)

// loopRow is the row of one option of a loop.
type loopRow struct {
	name     string
	def      int64
	min, max int64
	timeout  bool // NoTimeoutMS is allowed
}

var loopTable = map[Option]loopRow{
	OptMaxFrameBytes:      {name: "MAX_FRAME_BYTES", def: 16 << 20, min: 1, max: mostBytes},
	OptMaxMessageBytes:    {name: "MAX_MESSAGE_BYTES", def: 16 << 20, min: 1, max: mostBytes},
	OptMaxHeadBytes:       {name: "MAX_HEAD_BYTES", def: HeaderBuffer, min: 128, max: 64 << 10},
	OptMaxHeadFields:      {name: "MAX_HEAD_FIELDS", def: 100, min: 1, max: 10000},
	OptHandshakeTimeoutMS: {name: "HANDSHAKE_TIMEOUT_MS", def: 10_000, min: 1, max: mostLoopMS, timeout: true},
	OptCloseTimeoutMS:     {name: "CLOSE_TIMEOUT_MS", def: 5000, min: 1, max: mostLoopMS},
	OptMessageTimeoutMS:   {name: "MESSAGE_TIMEOUT_MS", def: 60_000, min: 1, max: mostLoopMS, timeout: true},
	OptMaxPending:         {name: "MAX_PENDING", def: 4096, min: 1, max: 1 << 20},
	OptRequests:           {name: "REQUESTS", max: 1},
	OptPings:              {name: "PINGS", max: 1},
	OptPongs:              {name: "PONGS", max: 1},
	OptStreamOverBytes:    {name: "STREAM_OVER_BYTES", def: NoTimeoutMS, min: 1, max: mostBytes, timeout: true},
	OptQueueBytes:         {name: "QUEUE_BYTES", def: 1 << 20, min: 1, max: mostQueueBytes},
	OptQueuePolicy:        {name: "QUEUE_POLICY", max: int64(queuePolicies) - 1},
	OptIdleTimeoutMS:      {name: "IDLE_TIMEOUT_MS", def: NoTimeoutMS, min: 1, max: mostLoopMS, timeout: true},
	OptPingIntervalMS:     {name: "PING_INTERVAL_MS", def: 20_000, min: 1, max: mostLoopMS, timeout: true},
	OptPingTimeoutMS:      {name: "PING_TIMEOUT_MS", def: 20_000, min: 1, max: mostLoopMS},
	OptMaxConnections:     {name: "MAX_CONNECTIONS", def: 1 << 20, min: 1, max: 1 << slotBits},
	OptSpinUS:             {name: "SPIN_US", max: 1_000_000},
	OptPoison:             {name: "POISON", max: 1},
}

// LoopOptions say how a loop begins. A zero field means the default.
//
// A deadline that passes while nobody polls is judged once what had come by then is read: a host that comes late loses no peer that did its
// part, and no peer gains time by sending on.
type LoopOptions struct {
	MaxFrameBytes    int64         // payload of one received frame: 16 MiB
	MaxMessageBytes  int64         // payload of one received message: 16 MiB
	MaxHeadBytes     int64         // head of the peer's opening handshake: 8 KiB
	MaxHeadFields    int64         // fields in it: 100
	StreamOverBytes  int64         // longer messages come in parts; none does
	QueueBytes       int64         // output that waits for a slow reader, per connection: 1 MiB
	QueuePolicy      QueuePolicy   // what happens beyond: QueueFail
	HandshakeTimeout time.Duration // the whole opening handshake: 10 s; a request that has begun gets 408 then; NoTimeout is allowed
	IdleTimeout      time.Duration // from one message to the next: none
	MessageTimeout   time.Duration // from the first byte of a message to its last: 60 s; NoTimeout is allowed
	PingInterval     time.Duration // from one ping of ours to the next: 20 s; NoTimeout sends none
	PingTimeout      time.Duration // for its pong: 20 s
	CloseTimeout     time.Duration // for the peer's close frame, and for progress of what is left to write at the end: 5 s
	MaxPending       int64         // opening handshakes under way at a time: 4,096
	MaxConnections   int64         // at a time: 1,048,576
	Spin             time.Duration // probing before a wait sleeps: none

	Requests bool // LoopRequest events
	Pings    bool // LoopPing events
	Pongs    bool // LoopPong events
	Poison   bool // overwrite what events viewed at the next poll

	Subprotocols []string // offered by a server, in its order of preference; without Requests
	Origins      []string // when set, the only ones a server accepts, see Server.SetOrigins; without Requests

	// Hub connects the topics of several loops. When nil, all loops of the process share one.
	Hub *Hub

	// Clock replaces the monotonic clock, for tests. Nothing then wakes a wait when a deadline passes.
	Clock func() time.Duration
}

// loopSettings are options in the form that the data path reads.
type loopSettings struct {
	value       [optLoopEnd]int64
	queueBytes  int
	policy      QueuePolicy
	pings       bool
	pongs       bool
	requests    bool
	poison      bool
	spin        time.Duration
	handshakeMS uint32 // 0: none, as in the others
	idleMS      uint32
	messageMS   uint32
	pingMS      uint32
	pongMS      uint32
	closeMS     uint32
}

// acceptRules decide on opening handshakes that the user does not decide on.
type acceptRules struct {
	subprotocols []string
	origins      []string
}

func (l *Loop) configure(op string, o *LoopOptions) error {
	l.clock = o.Clock
	for opt, row := range loopTable {
		l.more.value[opt] = row.def
	}
	flag := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	for _, f := range []struct {
		opt   Option
		value int64
	}{
		{OptMaxFrameBytes, o.MaxFrameBytes}, {OptMaxMessageBytes, o.MaxMessageBytes},
		{OptMaxHeadBytes, o.MaxHeadBytes}, {OptMaxHeadFields, o.MaxHeadFields},
		{OptStreamOverBytes, o.StreamOverBytes}, {OptQueueBytes, o.QueueBytes}, {OptQueuePolicy, int64(o.QueuePolicy)},
		{OptHandshakeTimeoutMS, milliseconds(o.HandshakeTimeout)}, {OptIdleTimeoutMS, milliseconds(o.IdleTimeout)},
		{OptMessageTimeoutMS, milliseconds(o.MessageTimeout)}, {OptPingIntervalMS, milliseconds(o.PingInterval)},
		{OptPingTimeoutMS, milliseconds(o.PingTimeout)}, {OptCloseTimeoutMS, milliseconds(o.CloseTimeout)},
		{OptMaxPending, o.MaxPending}, {OptMaxConnections, o.MaxConnections}, {OptSpinUS, int64(o.Spin / time.Microsecond)},
		{OptRequests, flag(o.Requests)}, {OptPings, flag(o.Pings)}, {OptPongs, flag(o.Pongs)}, {OptPoison, flag(o.Poison)},
	} {
		if f.value == 0 {
			continue
		}
		if e := checkLoopOption(op, f.opt, f.value); e != nil {
			return e
		}
		l.more.value[f.opt] = f.value
	}
	if e := l.setRules(op, o.Subprotocols, o.Origins); e != nil {
		return e
	}
	l.applySettings()
	return nil
}

func (l *Loop) setRules(op string, subprotocols, origins []string) error {
	if err := checkSubprotocols(op, subprotocols); err != nil {
		return err
	}
	l.offer = acceptRules{slices.Clone(subprotocols), slices.Clone(origins)}
	return nil
}

// SetSubprotocols and SetOrigins change what a server accepts; see LoopOptions.
func (l *Loop) SetSubprotocols(names []string) error {
	const op = "Loop.SetSubprotocols"
	if e := l.lock(op); e != nil {
		return e
	}
	defer l.mu.Unlock()
	if e := l.setRules(op, names, l.offer.origins); e != nil {
		return e
	}
	return nil
}

// SetOrigins sets the allow-list of origins; see Server.SetOrigins.
func (l *Loop) SetOrigins(origins []string) error {
	const op = "Loop.SetOrigins"
	if e := l.lock(op); e != nil {
		return e
	}
	defer l.mu.Unlock()
	if e := l.setRules(op, l.offer.subprotocols, origins); e != nil {
		return e
	}
	return nil
}

func checkLoopOption(op string, o Option, v int64) *Error {
	row, ok := loopTable[o]
	if !ok {
		return newError(CodeOption, op, "a loop has no option "+strconv.Itoa(int(o)))
	}
	if row.timeout && v == NoTimeoutMS || v >= row.min && v <= row.max {
		return nil
	}
	return newError(CodeOption, op, row.name+" must be "+strconv.FormatInt(row.min, 10)+" to "+strconv.FormatInt(row.max, 10))
}

// SetOption changes one option of the loop. Error: CodeOption when there is no such option or the value is out of its range.
func (l *Loop) SetOption(o Option, v int64) error {
	const op = "Loop.SetOption"
	if e := checkLoopOption(op, o, v); e != nil {
		return e
	}
	if e := l.lock(op); e != nil {
		return e
	}
	defer l.mu.Unlock()
	before := l.more
	l.more.value[o] = v
	l.applySettings()
	switch o {
	case OptHandshakeTimeoutMS:
		l.restage(StateConnecting, l.more.handshakeMS-before.handshakeMS)
	case OptCloseTimeoutMS:
		l.restage(StateClosing, l.more.closeMS-before.closeMS)
	case OptIdleTimeoutMS, OptMessageTimeoutMS, OptPingIntervalMS, OptPingTimeoutMS:
		l.rescheduleAll()
	}
	return nil
}

// Option returns the value of an option.
func (l *Loop) Option(o Option) (int64, error) {
	const op = "Loop.Option"
	if _, ok := loopTable[o]; !ok {
		return 0, newError(CodeOption, op, "a loop has no option "+strconv.Itoa(int(o)))
	}
	if e := l.lock(op); e != nil {
		return 0, e
	}
	defer l.mu.Unlock()
	return l.more.value[o], nil
}

// applySettings puts the options in force. Machines keep the configuration they began with.
func (l *Loop) applySettings() {
	s := &l.more
	ms := func(o Option) uint32 { return uint32(max(0, s.value[o])) }
	s.queueBytes, s.policy = int(s.value[OptQueueBytes]), QueuePolicy(s.value[OptQueuePolicy])
	s.pings, s.pongs = s.value[OptPings] == 1, s.value[OptPongs] == 1
	s.requests, s.poison = s.value[OptRequests] == 1, s.value[OptPoison] == 1
	s.spin = time.Duration(s.value[OptSpinUS]) * time.Microsecond
	s.handshakeMS, s.idleMS, s.messageMS = ms(OptHandshakeTimeoutMS), ms(OptIdleTimeoutMS), ms(OptMessageTimeoutMS)
	s.pingMS, s.pongMS, s.closeMS = ms(OptPingIntervalMS), ms(OptPingTimeoutMS), ms(OptCloseTimeoutMS)
	limits := protocol.DefaultLimits()
	limits.MaxFrame, limits.MaxMessage = s.value[OptMaxFrameBytes], s.value[OptMaxMessageBytes]
	limits.Head.MaxBytes, limits.Head.MaxFields = int(s.value[OptMaxHeadBytes]), int(s.value[OptMaxHeadFields])
	for i, role := range [...]Role{RoleServer, RoleClient} {
		l.config[i] = &protocol.Config{
			Role: role, Limits: limits, StreamOver: max(0, s.value[OptStreamOverBytes]), PlainHTTP: s.requests,
			Mask: drawMask, Alloc: l.pool.Get, Grow: l.pool.Grow, Free: l.giveLater, Batch: &l.batch, Spare: &l.spare,
		}
	}
}

// giveLater takes back the block of a message whose event may still be in use.
func (l *Loop) giveLater(b []byte) { l.later = append(l.later, b) }
