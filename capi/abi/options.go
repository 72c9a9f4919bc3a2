package abi

// The options of ws_set and ws_get: one row is all that a new one needs. A server hands its options down to the connections it accepts.

const (
	noTimeout = 1<<63 - 1
	mostBytes = 1 << 40
	mostMS    = 1 << 40
)

var options = ConstGroup{
	Name: "option", Prefix: "WS_OPT_", Doc: "For ws_set and ws_get.",
	Consts: []Const{
		{Name: "WS_OPT_MAX_FRAME_BYTES", Value: 1, Doc: "Largest payload of one received frame; one byte more fails the connection with 1009.",
			Option: &OptionRange{Min: 1, Max: mostBytes, Default: 65536, Unit: "bytes", Handles: "server, connection"}},
		{Name: "WS_OPT_MAX_MESSAGE_BYTES", Value: 2, Doc: "Largest received message, all its fragments together; one byte more fails the connection with 1009.",
			Option: &OptionRange{Min: 1, Max: mostBytes, Default: 16 << 20, Unit: "bytes", Handles: "server, connection"}},
		{Name: "WS_OPT_MAX_HEAD_BYTES", Value: 3, Doc: "Largest head of the peer's opening handshake; a longer request is answered with 431.",
			Option: &OptionRange{Min: 128, Max: 1 << 20, Default: 8192, Unit: "bytes", Handles: "server, connection"}},
		{Name: "WS_OPT_MAX_HEAD_FIELDS", Value: 4, Doc: "Most header fields in that head; more are answered with 431.",
			Option: &OptionRange{Min: 1, Max: 10000, Default: 100, Unit: "fields", Handles: "server, connection"}},
		{Name: "WS_OPT_HANDSHAKE_TIMEOUT_MS", Value: 5, Doc: "How long an opening handshake may take in all; no byte extends it. A server answers a request that has begun with 408.",
			Option: &OptionRange{Min: 1, Max: noTimeout, Default: 10000, Unit: "milliseconds", Handles: "server, connection"}},
		{Name: "WS_OPT_RECV_TIMEOUT_MS", Value: 6, Doc: "How long one receiving call waits.",
			Option: &OptionRange{Min: 1, Max: noTimeout, Default: noTimeout, Unit: "milliseconds", Handles: "server, connection"}},
		{Name: "WS_OPT_SEND_TIMEOUT_MS", Value: 7, Doc: "How long one sending call waits for the peer to read. After a timeout before the first byte the same " +
			"call can be made again, after one inside a message nothing more can be sent.",
			Option: &OptionRange{Min: 1, Max: noTimeout, Default: noTimeout, Unit: "milliseconds", Handles: "server, connection"}},
		{Name: "WS_OPT_CLOSE_TIMEOUT_MS", Value: 8, Doc: "How long ws_close waits for the peer's close frame. On a loop also how " +
			"long its peer may take in nothing of the output that is left at the end of a connection.",
			Option: &OptionRange{Min: 1, Max: mostMS, Default: 1000, Unit: "milliseconds", Handles: "server, connection"}},
		{Name: "WS_OPT_ACCEPT_TIMEOUT_MS", Value: 9, Doc: "How long one accepting call waits for a connection to come.",
			Option: &OptionRange{Min: 1, Max: noTimeout, Default: noTimeout, Unit: "milliseconds", Handles: "server"}},
		{Name: "WS_OPT_INTERRUPTIBLE", Value: 10, Doc: "1: a blocking call that a signal interrupts returns WS_ERR_INTERRUPTED with nothing lost. 0: it goes on. " +
			"A peer that never pauses keeps a call from waiting, and so from hearing signals: a receiving or accepting call then returns the " +
			"same after 50 ms, a closing one after a second. " +
			"2: as 1, and sending calls come back after 50 ms all the same, for signals that came just before they waited; when a part of " +
			"what is sent is out, they return minus its size, with WS_ERR_INTERRUPTED, and ws_flush waits for the rest. Loops take 0 and 1.",
			Option: &OptionRange{Min: 0, Max: 2, Default: 0, Unit: "0 to 2", Handles: "server, connection"}},
		{Name: "WS_OPT_SEND_FRAME_BYTES", Value: 11, Doc: "Longer outgoing messages go out as fragments of this size.",
			Option: &OptionRange{Min: 1, Max: mostBytes, Default: 65536, Unit: "bytes", Handles: "server, connection"}},
		{Name: "WS_OPT_MESSAGE_TIMEOUT_MS", Value: 12, Doc: "How long a received message may take from its first byte to its last; no byte extends it.",
			Option: &OptionRange{Min: 1, Max: noTimeout, Default: noTimeout, Unit: "milliseconds", Handles: "server, connection"}},
		{Name: "WS_OPT_MAX_PENDING", Value: 13, Doc: "How many opening handshakes may be under way at a time.",
			Option: &OptionRange{Min: 1, Max: 1 << 20, Default: 1024, Unit: "connections", Handles: "server"}},
	},
}

var optionFunctions = []Function{
	{
		Name: "ws_set", Section: "Options",
		Doc: "Sets an option of a server, a connection, a loop or a connection of a loop. A server or a loop hands its options down to the " +
			"connections that come from then on. " +
			"Limits are never switched off: 0 and negative values are errors, and WS_TIMEOUT_NONE is a timeout that never comes.",
		Params: []Param{
			{Name: "handle", Type: num, Doc: "A server, a connection, a loop or a connection of a loop."},
			{Name: "option", Type: num, Doc: "One of WS_OPT_*."},
			{Name: "value", Type: num, Doc: "The new value, in the unit and range of the option."},
		},
		Result: num, Returns: "0, or -1.",
		Errors: []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_OPTION"},
	},
	{
		Name: "ws_get", Section: "Options",
		Doc: "Tells the value of an option of a server, a connection, a loop or a connection of a loop.",
		Params: []Param{
			{Name: "handle", Type: num, Doc: "A server, a connection, a loop or a connection of a loop."},
			{Name: "option", Type: num, Doc: "One of WS_OPT_*."},
		},
		Result: num, Returns: "The value, or -1. A timeout that never comes is WS_TIMEOUT_NONE.",
		Errors: []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_OPTION"},
	},
}
