package abi

// The constants of event loops: kinds of events, what adopting means, what happens to a full queue.

var eventKinds = ConstGroup{
	Name: "event", Prefix: "WS_EVENT_", Doc: "What a WsEvent reports.",
	Consts: []Const{
		{Name: "WS_EVENT_OPEN", Value: 1, Doc: "The opening handshake is done; data is the agreed subprotocol."},
		{Name: "WS_EVENT_MESSAGE", Value: 2, Doc: "A whole message."},
		{Name: "WS_EVENT_FRAGMENT", Value: 3, Doc: "The next part of a message longer than WS_OPT_STREAM_OVER_BYTES."},
		{Name: "WS_EVENT_PING", Value: 4, Doc: "A ping, answered already. Only with WS_OPT_PINGS."},
		{Name: "WS_EVENT_PONG", Value: 5, Doc: "A pong. Only with WS_OPT_PONGS."},
		{Name: "WS_EVENT_CLOSE", Value: 6, Doc: "The connection is over: code, error and data tell why. The last event of a connection."},
		{Name: "WS_EVENT_DRAIN", Value: 7, Doc: "The queue of a connection that was nearly full, or refused a message, has room again."},
		{Name: "WS_EVENT_REQUEST", Value: 8, Doc: "An HTTP request waits for ws_accept_upgrade, ws_refuse or ws_respond. Only with WS_OPT_REQUESTS."},
		{Name: "WS_EVENT_DRAINED", Value: 9, Doc: "After ws_loop_drain: the last connection is gone."},
	},
}

var eventFlags = ConstGroup{
	Name: "event_flag", Prefix: "WS_PART_", Doc: "Bits of WsEvent.flags.",
	Consts: []Const{
		{Name: "WS_PART_FINAL", Value: 1, Doc: "The last part of a message, or a whole one."},
		{Name: "WS_PART_FIRST", Value: 2, Doc: "The first part of a message, or a whole one."},
	},
}

var adoptions = ConstGroup{
	Name: "adopt", Prefix: "WS_ADOPT_", Doc: "What a descriptor is when ws_loop_adopt gets it.",
	Consts: []Const{
		{Name: "WS_ADOPT_CLIENT", Value: 1, Doc: "This end is the client, and the opening handshake is done."},
		{Name: "WS_ADOPT_SERVER", Value: 2, Doc: "This end is the server, and the opening handshake is done."},
		{Name: "WS_ADOPT_REQUEST", Value: 3, Doc: "This end is the server, and the client's request is still to be read or answered."},
	},
}

var queuePolicies = ConstGroup{
	Name: "queue", Prefix: "WS_QUEUE_",
	Doc: "What happens to a message that finds the queue of its connection full (WS_OPT_QUEUE_POLICY). A message is taken whole or not at all.",
	Consts: []Const{
		{Name: "WS_QUEUE_FAIL", Value: 0, Doc: "Sending fails with WS_ERR_QUEUE_FULL."},
		{Name: "WS_QUEUE_DROP_NEWEST", Value: 1, Doc: "The message is dropped: sending returns 0."},
		{Name: "WS_QUEUE_DROP_OLDEST", Value: 2, Doc: "The oldest messages that have not begun to leave are dropped to make room."},
		{Name: "WS_QUEUE_CONFLATE", Value: 3, Doc: "A message replaces the waiting one with the same key; otherwise as WS_QUEUE_DROP_OLDEST."},
		{Name: "WS_QUEUE_CLOSE_1008", Value: 4, Doc: "The connection is closed with 1008."},
		{Name: "WS_QUEUE_CLOSE_1013", Value: 5, Doc: "The connection is closed with 1013."},
	},
}

// onLoop says what an option may be set to on a loop.
func onLoop(least, most, normal int64, unit string) *OptionRange {
	return &OptionRange{Min: least, Max: most, Default: normal, Unit: unit, Handles: "loop"}
}

// orNone is onLoop for what can be switched off.
func orNone(least, most, normal int64, unit string) *OptionRange {
	o := onLoop(least, most, normal, unit)
	o.None = true
	return o
}

const (
	mostQueueBytes = 1 << 40
	mostLoopMS     = 1 << 30
)

// loopOptions are the options that only loops have. Their numbers start at 40.
var loopOptions = []Const{
	{Name: "WS_OPT_REQUESTS", Value: 40, Doc: "1: each opening handshake, and each plain HTTP request, comes as WS_EVENT_REQUEST and is decided on by " +
		"the program. 0: handshakes are accepted under the loop's subprotocols and origins, other requests are answered with 426.",
		Loop: onLoop(0, 1, 0, "0 or 1")},
	{Name: "WS_OPT_PINGS", Value: 41, Doc: "1: pings come as WS_EVENT_PING.", Loop: onLoop(0, 1, 0, "0 or 1")},
	{Name: "WS_OPT_PONGS", Value: 42, Doc: "1: pongs come as WS_EVENT_PONG.", Loop: onLoop(0, 1, 0, "0 or 1")},
	{Name: "WS_OPT_STREAM_OVER_BYTES", Value: 43, Doc: "Longer messages come in parts, as WS_EVENT_FRAGMENT; WS_TIMEOUT_NONE: none does.",
		Loop: orNone(1, mostBytes, noTimeout, "bytes")},
	{Name: "WS_OPT_QUEUE_BYTES", Value: 44, Doc: "Output that may wait for a peer that reads slowly, per connection. On one connection it is rounded up to KiB.",
		Loop: &OptionRange{Min: 1, Max: mostQueueBytes, Default: 1 << 20, Unit: "bytes", Handles: "loop, connection of a loop"}},
	{Name: "WS_OPT_QUEUE_POLICY", Value: 45, Doc: "What happens beyond: one of WS_QUEUE_*.",
		Loop: &OptionRange{Min: 0, Max: 5, Default: 0, Unit: "WS_QUEUE_*", Handles: "loop, connection of a loop"}},
	{Name: "WS_OPT_IDLE_TIMEOUT_MS", Value: 46, Doc: "How long a peer may send no message before it is closed with 1001.",
		Loop: orNone(1, mostLoopMS, noTimeout, "milliseconds")},
	{Name: "WS_OPT_PING_INTERVAL_MS", Value: 47, Doc: "From one ping of the loop's own to the next; WS_TIMEOUT_NONE sends none.",
		Loop: orNone(1, mostLoopMS, 20000, "milliseconds")},
	{Name: "WS_OPT_PING_TIMEOUT_MS", Value: 48, Doc: "How long its pong may take, unless other bytes come.",
		Loop: onLoop(1, mostLoopMS, 20000, "milliseconds")},
	{Name: "WS_OPT_MAX_CONNECTIONS", Value: 49, Doc: "Connections at a time; more are closed when they come.",
		Loop: onLoop(1, 1<<22, 1<<20, "connections")},
	{Name: "WS_OPT_SPIN_US", Value: 50, Doc: "How long a poll probes before it sleeps. It saves the thread's wake-up when answers come within " +
		"microseconds, costs processor time, and stops by itself where it does not help.",
		Loop: onLoop(0, 1_000_000, 0, "microseconds")},
	{Name: "WS_OPT_POISON", Value: 51, Doc: "1: what events viewed is overwritten by the next poll, so that late uses show. For debugging.",
		Loop: onLoop(0, 1, 0, "0 or 1")},
}

// shareWithLoops adds to the options of connections what they may be set to on a loop.
func shareWithLoops(list []Const) []Const {
	shared := map[string]*OptionRange{
		"WS_OPT_MAX_FRAME_BYTES":      onLoop(1, mostBytes, 16<<20, "bytes"),
		"WS_OPT_MAX_MESSAGE_BYTES":    onLoop(1, mostBytes, 16<<20, "bytes"),
		"WS_OPT_MAX_HEAD_BYTES":       onLoop(128, 64<<10, 8192, "bytes"),
		"WS_OPT_MAX_HEAD_FIELDS":      onLoop(1, 10000, 100, "fields"),
		"WS_OPT_HANDSHAKE_TIMEOUT_MS": orNone(1, mostLoopMS, 10000, "milliseconds"),
		"WS_OPT_CLOSE_TIMEOUT_MS":     onLoop(1, mostLoopMS, 5000, "milliseconds"),
		"WS_OPT_MESSAGE_TIMEOUT_MS":   orNone(1, mostLoopMS, 60000, "milliseconds"),
		"WS_OPT_MAX_PENDING":          onLoop(1, 1<<20, 4096, "connections"),
		"WS_OPT_INTERRUPTIBLE":        onLoop(0, 1, 0, "0 or 1"),
	}
	all := append([]Const(nil), list...)
	for i := range all {
		all[i].Loop = shared[all[i].Name]
	}
	return all
}
