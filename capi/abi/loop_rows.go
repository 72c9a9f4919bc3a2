package abi

// The rows about the life of event loops: making, listening, polling, waking, draining, ending.

const (
	looping  = "Event loops"
	loopFree = "Any thread, at any time; a poll under way elsewhere goes on and takes it up."
)

var (
	loopParam  = Param{Name: "loop", Type: num, Doc: "The loop."}
	loopConn   = Param{Name: "conn", Type: num, Doc: "A connection of this loop."}
	onLoopConn = []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED"}
	newLoopFD  = "The descriptor belongs to the loop, which closes it; on failure it stays the caller's."
)

var loopFunctions = []Function{
	{
		Name: "ws_loop_new", Section: looping,
		Doc: "Makes an event loop: it owns listeners and connections and serves all of them on the thread that polls it. A loop has no thread " +
			"of its own.",
		Params: []Param{{Name: "options", Type: loopAsks, Null: Absent, Doc: "How it begins; NULL for the defaults."}},
		Result: num, Returns: "A handle > 0, or -1.", Owner: "The caller's, to be given back with ws_loop_close or ws_loop_drop.",
		Errors: []string{"WS_ERR_ARGUMENT", "WS_ERR_OPTION", "WS_ERR_HEADER", "WS_ERR_SYSTEM", "WS_ERR_TOO_MANY", "WS_ERR_NO_MEMORY"},
	},
	{
		Name: "ws_loop_listen", Section: looping,
		Doc: "Listens on a TCP port. A loop may listen on any number of them.",
		Params: []Param{
			loopParam,
			{Name: "host", Type: text, Null: Absent, Doc: "The IP address to listen on, or \"localhost\"; NULL or empty for every address."},
			{Name: "port", Type: num, Doc: "0 to 65535; 0 takes any free port."},
			{Name: "reuse_port", Type: num, Doc: "1: several loops, in one process or many, share the port, and the system spreads connections " +
				"over them (SO_REUSEPORT). 0: the port is this listener's alone."},
		},
		Result: num, Returns: "The port, or -1.",
		Errors: []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_ARGUMENT", "WS_ERR_STATE", "WS_ERR_SYSTEM"}, Threads: loopFree,
	},
	{
		Name: "ws_loop_listen_unix", Section: looping,
		Doc: "Listens on a Unix socket. A socket file that nobody listens on any more is replaced; the file is removed when the loop ends.",
		Params: []Param{loopParam, {Name: "path", Type: text,
			Doc: "The path, 1 to 107 bytes; one that starts with @ is in the abstract namespace."}},
		Result: num, Returns: "0, or -1.",
		Errors: []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_ARGUMENT", "WS_ERR_STATE", "WS_ERR_SYSTEM"}, Threads: loopFree,
	},
	{
		Name: "ws_loop_listen_fd", Section: looping,
		Doc:    "Accepts from a stream socket that listens already, such as one inherited from another process, where it goes on when the loop ends. " + newLoopFD,
		Params: []Param{loopParam, {Name: "fd", Type: num, Doc: "A listening stream socket that the loop does not have yet."}},
		Result: num, Returns: "0, or -1.",
		Errors: []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_ARGUMENT", "WS_ERR_STATE", "WS_ERR_SYSTEM"}, Threads: loopFree,
	},
	{
		Name: "ws_loop_port", Section: looping,
		Doc:    "Tells the port of the loop's first TCP listener.",
		Params: []Param{loopParam}, Result: num, Returns: "The port; 0 when there is none, as behind ws_loop_drain, -1 when it failed.", Errors: onLoopConn,
	},
	{
		Name: "ws_loop_adopt", Section: looping,
		Doc: "Takes over a connected stream socket. " + newLoopFD + " WS_EVENT_OPEN follows (with WS_ADOPT_REQUEST and WS_OPT_REQUESTS " +
			"WS_EVENT_REQUEST comes first).",
		Params: []Param{
			loopParam,
			{Name: "fd", Type: num, Doc: "A connected stream socket that the loop does not have yet."},
			{Name: "how", Type: num, Doc: "One of WS_ADOPT_*."},
			{Name: "input", Type: data, Null: WhenEmpty, Doc: "What was read from the socket already: behind the handshake, or of the request."},
			{Name: "input_len", Type: num, LengthOf: "input", Doc: "Its length in bytes."},
		},
		Result: num, Returns: "The connection, or -1.", Owner: "The loop's: it ends with WS_EVENT_CLOSE.",
		Errors:  []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_ARGUMENT", "WS_ERR_TOO_LARGE", "WS_ERR_STATE", "WS_ERR_TOO_MANY", "WS_ERR_SYSTEM", "WS_ERR_NO_MEMORY"},
		Threads: loopFree, Clause: "RFC 6455 §4.2",
	},
	{
		Name: "ws_loop_connect", Section: looping,
		Doc: "Begins to connect to a server and returns at once. WS_EVENT_OPEN follows, or WS_EVENT_CLOSE with 1006 and the reason. Of the " +
			"options only subprotocols, headers and origin count; times and limits are the loop's. A host name is looked up on a thread of " +
			"the library's own; its addresses are tried one after the other, each for its share of the rest of WS_OPT_HANDSHAKE_TIMEOUT_MS.",
		Params: []Param{loopParam, url, asks},
		Result: num, Returns: "The connection, or -1.", Owner: "The loop's: it ends with WS_EVENT_CLOSE.",
		Errors:  []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_ARGUMENT", "WS_ERR_URL", "WS_ERR_HEADER", "WS_ERR_OPTION", "WS_ERR_STATE", "WS_ERR_TOO_MANY"},
		Threads: loopFree, Clause: "RFC 6455 §3, §4.1",
	},
	{
		Name: "ws_loop_handshake", Section: looping,
		Doc: "Does the client's opening handshake on a connected stream socket. " + newLoopFD + " Events are those of ws_loop_connect.",
		Params: []Param{
			loopParam,
			{Name: "fd", Type: num, Doc: "A connected stream socket that the loop does not have yet."},
			{Name: "url", Type: text, Doc: "As for ws_connect; it gives Host and the request's target, and nothing is resolved."},
			asks,
		},
		Result: num, Returns: "The connection, or -1.", Owner: "The loop's: it ends with WS_EVENT_CLOSE.",
		Errors:  []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_ARGUMENT", "WS_ERR_URL", "WS_ERR_HEADER", "WS_ERR_OPTION", "WS_ERR_STATE", "WS_ERR_TOO_MANY", "WS_ERR_SYSTEM"},
		Threads: loopFree, Clause: "RFC 6455 §4.1",
	},
	{
		Name: "ws_loop_poll", Section: looping, Body: C,
		Doc: "Writes what was sent since the last poll, then waits until something happens, the time is over or ws_loop_wake is called, and " +
			"reports what happened. What does not fit into the array comes with the next poll. What the events of the poll before view is " +
			"invalid from here on. After a time in which nobody polled, what has come is read before the connections' deadlines are judged: " +
			"a host that comes late loses no peer that was in time. A signal does not end the wait unless WS_OPT_INTERRUPTIBLE is set; then one that Go sends " +
			"to its own threads may end it, too.",
		Params: []Param{
			loopParam,
			{Name: "events", Type: events, Doc: "Room for the events."},
			{Name: "cap", Type: num, LengthOf: "events", Doc: "For how many, at least 1. 64 to 1024 are good numbers."},
			{Name: "timeout_ms", Type: num, Doc: "How long to wait, in milliseconds: 0 not at all, WS_TIMEOUT_NONE for ever."},
		},
		Result: num, Returns: "The number of events; 0 when there are none, after the time is over or a wake-up. -1 when it failed.",
		Blocks: "Until an event, at most timeout_ms; ws_loop_wake and ws_loop_close from another thread end it.",
		Errors: []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_ARGUMENT", "WS_ERR_TOO_LARGE", "WS_ERR_BUSY", "WS_ERR_INTERRUPTED",
			"WS_ERR_SYSTEM", "WS_ERR_INTERNAL"},
		Threads: "Any thread, one at a time: a second one gets WS_ERR_BUSY.",
	},
	{
		Name: "ws_loop_send_and_poll", Section: looping, Body: C,
		Doc: "Sends many messages as ws_loop_send_batch does and then polls as ws_loop_poll does, with one crossing into the library for both: the " +
			"way of a program that answers the events of one poll with the next. Each message succeeds or fails alone and says so in its " +
			"result and error.",
		Params: []Param{
			loopParam,
			{Name: "items", Type: sends, Null: WhenEmpty, Doc: "The messages. Their data may view what the events of the poll before view."},
			{Name: "n", Type: num, LengthOf: "items", Doc: "How many there are."},
			{Name: "events", Type: events, Doc: "Room for the events."},
			{Name: "cap", Type: num, LengthOf: "events", Doc: "For how many, at least 1."},
			{Name: "timeout_ms", Type: num, Doc: "How long to wait, in milliseconds: 0 not at all, WS_TIMEOUT_NONE for ever."},
		},
		Result: num, Returns: "The number of events; 0 when there are none, after the time is over or a wake-up. -1 when it failed. Nothing was " +
			"sent then, unless the error is WS_ERR_INTERRUPTED, WS_ERR_SYSTEM, WS_ERR_INTERNAL, or WS_ERR_CLOSED by another thread meanwhile.",
		Blocks: "Until an event, at most timeout_ms; ws_loop_wake and ws_loop_close from another thread end it.",
		Errors: []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_ARGUMENT", "WS_ERR_TOO_LARGE", "WS_ERR_BUSY", "WS_ERR_INTERRUPTED",
			"WS_ERR_SYSTEM", "WS_ERR_INTERNAL"},
		Threads: "Any thread, one at a time: a second one gets WS_ERR_BUSY.", Clause: "RFC 6455 §5.6",
	},
	{
		Name: "ws_loop_fd", Section: looping,
		Doc: "Tells a descriptor that another event loop (epoll, libuv, asyncio) may watch for reading: whenever it is readable, ws_loop_poll " +
			"with timeout 0 does what is to be done, timers and the work of other threads included. From this call on, a poll writes what was sent " +
			"before it returns, too. What is sent between polls makes the descriptor readable.",
		Params: []Param{loopParam}, Result: num, Returns: "The descriptor, or -1.", Owner: "The loop's; it is not to be read from or closed.",
		Errors: onLoopConn,
	},
	{
		Name: "ws_loop_wake", Section: looping, Body: C, Signal: true,
		Doc:    "Makes the poll that waits, or else the next one, return at once.",
		Params: []Param{loopParam}, Result: num, Returns: "0, or -1.", Errors: onLoopConn,
	},
	{
		Name: "ws_loop_flush", Section: looping,
		Doc:    "Writes what was sent since the last poll now instead of at the beginning of the next one.",
		Params: []Param{loopParam}, Result: num, Returns: "0, or -1.", Errors: onLoopConn, Threads: loopFree,
	},
	{
		Name: "ws_loop_drain", Section: looping,
		Doc: "Begins a graceful end: stops listening and starts the closing handshake with 1001 on every connection, also on one that " +
			"is being opened, once it is open. Those that have not answered in time are cut off. WS_EVENT_DRAINED tells that the last one is gone; until then the loop is to be polled.",
		Params: []Param{loopParam, {Name: "timeout_ms", Type: num, Doc: "The time for it, 1 ms to 12 days."}},
		Result: num, Returns: "0, or -1.", Errors: with(onLoopConn, "WS_ERR_ARGUMENT"), Threads: loopFree, Clause: "RFC 6455 §7.1.1, §7.4.1",
	},
	{
		Name: "ws_loop_close", Section: looping,
		Doc: "Ends a loop at once: connections are cut off, listeners and descriptors closed, memory is given back, what events view included. " +
			"A poll that waits in another thread returns WS_ERR_CLOSED first.",
		Params: []Param{loopParam}, Result: num, Returns: "0, or -1.", Errors: onLoopConn,
		Blocks: "Until a poll in another thread has returned, which it does at once.",
	},
	{
		Name: "ws_loop_drop", Section: looping,
		Doc:    "Ends a loop like ws_loop_close; one that has ended is fine, too.",
		Params: []Param{loopParam}, Result: num, Returns: "0, or -1.", Errors: onHandle,
		Blocks: "Until a poll in another thread has returned, which it does at once.",
	},
	{
		Name: "ws_loop_metrics", Section: looping,
		Doc: "Takes a snapshot of the loop's counters.",
		Params: []Param{
			loopParam,
			{Name: "metrics", Type: counts, Doc: "Gets the snapshot."},
			{Name: "size", Type: num, Doc: "sizeof(WsMetrics): a program built for an older library gets the fields that it knows."},
		},
		Result: num, Returns: "The number of bytes written, or -1.", Errors: with(onLoopConn, "WS_ERR_ARGUMENT"), Threads: loopFree,
	},
}
