package abi

// The rows that send through event loops, and that look after single connections of theirs. RFC 6455 §5, §6.1, §7.1.

const (
	queued   = "Bytes that it takes on the wire; 0 when the connection's policy dropped it, -1 when it failed."
	gathered = "Nothing is kept of the payload. It leaves with the next poll, in one write with what else is sent on the connection, or with ws_loop_flush."
)

var (
	messageOp  = Param{Name: "opcode", Type: num, Doc: "WS_OPCODE_TEXT or WS_OPCODE_BINARY."}
	payload    = Param{Name: "data", Type: data, Null: WhenEmpty, Doc: "The bytes; they may be data of an event."}
	payloadLen = Param{Name: "len", Type: num, LengthOf: "data", Doc: "Their number."}
	topic      = Param{Name: "topic", Type: text, Doc: "The name of the topic, 1 to 1,024 bytes."}

	loopSending = []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_STATE", "WS_ERR_ARGUMENT", "WS_ERR_UTF8", "WS_ERR_TOO_LARGE", "WS_ERR_QUEUE_FULL", "WS_ERR_NO_MEMORY"}
)

var loopSendFunctions = []Function{
	{
		Name: "ws_loop_send", Section: looping,
		Doc:    "Sends a message on a connection. " + gathered,
		Params: []Param{loopParam, loopConn, messageOp, payload, payloadLen},
		Result: num, Returns: queued, Errors: loopSending, Threads: loopFree, Clause: "RFC 6455 §5.6",
	},
	{
		Name: "ws_loop_send_key", Section: looping,
		Doc: "Sends a message that the next one with the same key replaces while it waits, under WS_QUEUE_CONFLATE.",
		Params: []Param{loopParam, loopConn, messageOp, payload, payloadLen,
			{Name: "key", Type: num, Doc: "The key; 0 for none."}},
		Result: num, Returns: queued, Errors: loopSending, Threads: loopFree,
	},
	{
		Name: "ws_loop_send_fragment", Section: looping,
		Doc: "Sends one part of a message. The first has the message's opcode, the others WS_OPCODE_CONTINUATION; the last has is_final 1. Other " +
			"messages on the connection fail until then, and what is published waits. Text is checked across parts.",
		Params: []Param{
			loopParam, loopConn,
			{Name: "opcode", Type: num, Doc: "WS_OPCODE_TEXT or WS_OPCODE_BINARY first, then WS_OPCODE_CONTINUATION."},
			payload, payloadLen,
			{Name: "is_final", Type: num, Doc: "1 for the last part, 0 otherwise."},
		},
		Result: num, Returns: queued, Errors: loopSending, Threads: loopFree, Clause: "RFC 6455 §5.4",
	},
	{
		Name: "ws_loop_ping", Section: looping,
		Doc: "Sends a ping. The loop sends pings of its own, too: see WS_OPT_PING_INTERVAL_MS.",
		Params: []Param{loopParam, loopConn,
			{Name: "data", Type: data, Null: WhenEmpty, Doc: "The bytes."},
			{Name: "len", Type: num, LengthOf: "data", Doc: "Their number, at most 125."}},
		Result: num, Returns: queued, Errors: with(loopSending, "WS_ERR_CONTROL_SIZE"), Threads: loopFree, Clause: "RFC 6455 §5.5.2",
	},
	{
		Name: "ws_loop_send_batch", Section: looping,
		Doc: "Sends many messages with one call. Each succeeds or fails alone and says so in its result and error.",
		Params: []Param{
			loopParam,
			{Name: "items", Type: sends, Null: WhenEmpty, Doc: "The messages."},
			{Name: "n", Type: num, LengthOf: "items", Doc: "How many there are."},
		},
		Result: num, Returns: "How many did not fail; -1 when the loop or an argument is wrong and nothing was sent.",
		Errors: []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_ARGUMENT", "WS_ERR_TOO_LARGE"}, Threads: loopFree,
	},
	{
		Name: "ws_loop_broadcast", Section: looping,
		Doc: "Sends one message of at most 1 GiB to a list of connections. It is encoded once. An entry that fails leaves the others alone.",
		Params: []Param{
			loopParam,
			{Name: "conns", Type: numbers, Null: WhenEmpty, Doc: "The connections."},
			{Name: "n", Type: num, LengthOf: "conns", Doc: "How many there are."},
			messageOp, payload, payloadLen,
			{Name: "results_out", Type: Type{Kind: IntOut}, Null: Absent, Doc: "NULL, or room for n numbers: for each connection the bytes on the " +
				"wire, 0 when its policy dropped the message, or the negative of one of WS_ERR_*."},
		},
		Result: num, Returns: "How many took it; -1 when the loop or an argument is wrong and nothing was sent.",
		Errors: []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_ARGUMENT", "WS_ERR_UTF8", "WS_ERR_TOO_LARGE", "WS_ERR_NO_MEMORY"}, Threads: loopFree,
	},
	{
		Name: "ws_loop_subscribe", Section: looping,
		Doc:    "Makes a connection receive what is published to a topic. Subscribing twice is the same as once.",
		Params: []Param{loopParam, loopConn, topic},
		Result: num, Returns: "0, or -1.", Errors: with(onLoopConn, "WS_ERR_ARGUMENT"), Threads: loopFree,
	},
	{
		Name: "ws_loop_unsubscribe", Section: looping,
		Doc:    "Ends a subscription; without one nothing happens. Closing ends all of a connection's.",
		Params: []Param{loopParam, loopConn, topic},
		Result: num, Returns: "0, or -1.", Errors: with(onLoopConn, "WS_ERR_ARGUMENT"), Threads: loopFree,
	},
	{
		Name: "ws_loop_publish", Section: looping,
		Doc: "Sends one message of at most 1 GiB to every subscriber that a topic has now, those of the other loops of the process included. It is encoded " +
			"once and leaves with the next flush, in order with what else is sent to a connection, and to one in the middle of a message in parts right " +
			"behind that; the policy of each decides for itself then, and ws_loop_metrics tells what was dropped or refused. What is done in any loop " +
			"afterwards, be it to send, to unsubscribe, to close or to drain, comes behind it.",
		Params: []Param{loopParam, topic, messageOp, payload, payloadLen,
			{Name: "except", Type: num, Doc: "A connection that does not get it, as the one that the message came from; 0 for none. One that is " +
				"no subscriber, or none at all, changes nothing."}},
		Result: num, Returns: "How many subscribers of this loop it goes to, or -1.",
		Errors: []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_ARGUMENT", "WS_ERR_UTF8", "WS_ERR_TOO_LARGE", "WS_ERR_NO_MEMORY"}, Threads: loopFree,
	},
	{
		Name: "ws_loop_close_conn", Section: looping,
		Doc: "Starts the closing handshake of a connection. WS_EVENT_CLOSE follows with the peer's code, or with 1006 and WS_ERR_TIMEOUT after " +
			"WS_OPT_CLOSE_TIMEOUT_MS.",
		Params: []Param{loopParam, loopConn, withCode, reason},
		Result: num, Returns: "0, or -1.", Threads: loopFree, Clause: "RFC 6455 §7.1.2, §7.4",
		Errors: with(onLoopConn, "WS_ERR_STATE", "WS_ERR_CLOSE_CODE", "WS_ERR_UTF8", "WS_ERR_CONTROL_SIZE"),
	},
	{
		Name: "ws_loop_abort_conn", Section: looping,
		Doc:    "Cuts a connection off without a closing handshake. WS_EVENT_CLOSE follows with 1006 and WS_ERR_CLOSED.",
		Params: []Param{loopParam, loopConn}, Result: num, Returns: "0, or -1.", Errors: onLoopConn, Threads: loopFree, Clause: "RFC 6455 §7.1.7",
	},
	{
		Name: "ws_loop_set_context", Section: looping,
		Doc:    "Leaves an address of the caller's with a connection; its events carry it. The library never looks at it.",
		Params: []Param{loopParam, loopConn, {Name: "context", Type: address, Null: Absent, Doc: "The address; NULL for none."}},
		Result: num, Returns: "0, or -1.", Errors: onLoopConn, Threads: loopFree,
	},
	{
		Name: "ws_loop_context", Section: looping,
		Doc:    "Tells what ws_loop_set_context left with a connection.",
		Params: []Param{loopParam, loopConn}, Result: address, Returns: "The address; NULL when there is none, which leaves the last error alone, or when it failed: ws_clear_error before it tells them apart.",
		Owner:  "The caller's.",
		Errors: onLoopConn, Threads: loopFree,
	},
	{
		Name: "ws_pause", Section: looping,
		Doc: "Stops reading a connection of a loop: what its peer sends waits in the system's buffers, and so slows the peer down. Neither silence " +
			"nor an unfinished message is held against it meanwhile, and it is sent no pings. A peer that goes is told with WS_EVENT_CLOSE at once " +
			"when it has left nothing to read, else not before ws_resume, since what it sent comes first. One that vanishes without a word, as a " +
			"machine without power does, shows only when something is sent to it. What needs no reading comes all the same: WS_EVENT_OPEN of a " +
			"request that was accepted, WS_EVENT_DRAIN, and an end that was read already with the message before it.",
		Params: []Param{{Name: "conn", Type: num, Doc: "A connection of a loop."}},
		Result: num, Returns: "0, or -1.", Errors: with(onLoopConn, "WS_ERR_STATE"), Threads: loopFree,
	},
	{
		Name: "ws_resume", Section: looping,
		Doc:    "Goes on reading a connection that was paused.",
		Params: []Param{{Name: "conn", Type: num, Doc: "A connection of a loop."}},
		Result: num, Returns: "0, or -1.", Errors: with(onLoopConn, "WS_ERR_STATE"), Threads: loopFree,
	},
	{
		Name: "ws_respond", Section: looping,
		Doc: "Answers the request that WS_EVENT_REQUEST reported with an HTTP response that opens no connection. Where HTTP allows it the next " +
			"request of the client follows on the same socket, once the system has taken the answer; otherwise it is closed and WS_EVENT_CLOSE comes. " +
			"However slow the client, it gets all of the answer as long as it goes on taking it in: it is given up after " +
			"WS_OPT_HANDSHAKE_TIMEOUT_MS without progress, or WS_OPT_CLOSE_TIMEOUT_MS where the socket is closed behind it.",
		Params: []Param{
			{Name: "conn", Type: num, Doc: "A connection of a loop."},
			{Name: "status", Type: num, Doc: "The HTTP status, 200 to 599."},
			{Name: "headers", Type: text, Null: Absent, Doc: "Further headers as \"Name: value\" lines, each ended by LF or CR LF; NULL for none."},
			{Name: "body", Type: data, Null: WhenEmpty, Doc: "The body of the answer. None is sent with 204, 205 and 304, nor to HEAD."},
			{Name: "body_len", Type: num, LengthOf: "body", Doc: "Its length in bytes."},
		},
		Result: num, Returns: "0, or -1.", Clause: "RFC 9110 §15", Threads: loopFree,
		Errors: with(onLoopConn, "WS_ERR_STATE", "WS_ERR_ARGUMENT", "WS_ERR_HEADER", "WS_ERR_TOO_LARGE", "WS_ERR_NO_MEMORY"),
	},
}
