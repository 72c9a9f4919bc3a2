package abi

// The rows that receive, and that tell how a connection ended. RFC 6455 §5.5, §6.2, §7.1.

const (
	untilFrame = "Until one is there, or WS_OPT_RECV_TIMEOUT_MS is over; ws_close and ws_force_close from another thread end it within 100 ms."
	oneReader  = "One thread receives on a connection at a time; a second gets WS_ERR_BUSY. Others may send and close meanwhile."
	ofConn     = "The connection's: it lives until ws_close, ws_force_close or ws_drop, or until the next poll of the loop that has the connection."
	lentText   = "Any thread, as long as no other one closes the connection or polls its loop while the text is in use; ws_copy_text has no such limit."
)

var (
	onText    = []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_NO_MEMORY"}
	onRequest = []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_STATE", "WS_ERR_NO_MEMORY"}
)

// told is the row of a text that a connection keeps.
func told(name, section, doc, returns string, errors []string, clause string) Function {
	return Function{Name: name, Section: section, Doc: doc, Params: []Param{conn}, Result: text, Returns: returns,
		Owner: ofConn, Threads: lentText, Errors: errors, Clause: clause}
}

var receiveFunctions = []Function{
	{
		Name: "ws_recv_frame", Section: "Receiving", Spec: "WsConnection.recv_frame",
		Doc: "Receives one frame as it came: fragments, pings and pongs are seen, and pings are the caller's to answer with ws_send_pong. A " +
			"close frame is answered by the library and given out once; then the connection is closed. With WS_ERR_NO_MEMORY nothing is lost: " +
			"the next ws_recv_frame gives the frame out.",
		Params: []Param{conn}, Result: frame, Returns: "The frame; opcode -1 on error or when the connection is closed.", Owner: ownFrame,
		Blocks: untilFrame, Threads: oneReader, Errors: receiving, Clause: "RFC 6455 §6.2",
	},
	{
		Name: "ws_recv_message", Section: "Receiving",
		Doc: "Receives one whole message: fragments are put together, pings are answered and pongs are passed over. A close frame is answered by the " +
			"library and given out once as a frame with opcode WS_OPCODE_CLOSE; then the connection is closed. With WS_ERR_NO_MEMORY nothing is lost: " +
			"the next receiving call gives the message out, and ws_recv_into needs no memory for it.",
		Params: []Param{conn}, Result: frame,
		Returns: "A frame with the message's opcode and is_final 1; opcode -1 on error or when the connection is closed.", Owner: ownFrame,
		Blocks: untilFrame, Threads: oneReader, Errors: receiving, Clause: "RFC 6455 §5.4, §6.2",
	},
	{
		Name: "ws_recv_into", Section: "Receiving",
		Doc: "Receives one whole message like ws_recv_message, but into the caller's memory: nothing is allocated, and nothing is to be freed. A " +
			"close frame comes in the same way: its payload is the code in two bytes, high byte first, and the reason. A message that is longer than " +
			"size is not lost: nothing is written, and the next receiving call gives it out (ws_recv_into with more room, or ws_recv_message).",
		Params: []Param{
			conn,
			{Name: "buffer", Type: Type{Kind: Room}, Null: WhenEmpty, Doc: "Room for the payload; no NUL is put after it."},
			{Name: "size", Type: num, LengthOf: "buffer", Doc: "Its size in bytes."},
		},
		Result: num,
		Returns: "The payload's length * 16 + the opcode: WS_OPCODE_TEXT, WS_OPCODE_BINARY or WS_OPCODE_CLOSE; 15 in the place of the opcode when size " +
			"is too small. -1 on error or when the connection is closed.",
		Blocks: untilFrame, Threads: oneReader, Errors: with(receiving, "WS_ERR_ARGUMENT", "WS_ERR_TOO_LARGE"), Clause: "RFC 6455 §5.4, §6.2",
	},
	{
		Name: "ws_pending", Section: "Receiving",
		Doc: "Tells whether a receiving call has something to do before it looks at the socket: input that was read with what came before it, a message " +
			"that ws_recv_into had no room or another call no memory for, or the end of the connection. Such input makes the descriptor of ws_fd readable " +
			"no more, so a program that waits for many connections with poll() or epoll asks each for it first, and waits only for those with 0. As with a " +
			"descriptor that is readable, a receiving call may still wait for the rest of a message.",
		Params: []Param{conn}, Result: num, Returns: "1 or 0; -1 when it failed.", Errors: onClosable,
	},
	{
		Name: "ws_close_code", Section: "Receiving",
		Doc:    "Tells why the connection ended: the code of the close frame received, WS_CLOSE_NO_STATUS when it had none, WS_CLOSE_ABNORMAL when there was none.",
		Params: []Param{conn}, Result: num, Returns: "The code; 0 while the connection has not ended. -1 when it failed.",
		Errors: onClosable, Clause: "RFC 6455 §7.1.5",
	},
	told("ws_close_reason", "Receiving", "Tells the reason in the close frame received. A reason may hold NUL, where this text ends: ws_copy_text gives all of it.",
		"UTF-8 text, empty when there is none; NULL when it failed.", onText, "RFC 6455 §7.1.6"),
}

var closeFunctions = []Function{
	{
		Name: "ws_close", Section: "Closing", Spec: "WsConnection.close",
		Doc: "Closes the connection gracefully: sends a close frame with 1000 if it is open, waits for the peer's while throwing away what else " +
			"comes, closes the socket and releases everything. The handle then answers for ever like a closed connection. A request that is not " +
			"answered yet is answered with 503. When a signal ends the wait, which WS_OPT_INTERRUPTIBLE allows, the connection is WS_STATE_CLOSING " +
			"and another call goes on with what is left of the time.",
		Params: []Param{conn}, Result: num,
		Returns: "0, also when the peer never answered or had gone already; -1 when it failed. Of many threads that close a connection one gets 0, the others WS_ERR_CLOSED.",
		Blocks:  "Until the peer's close frame or end is there, at most WS_OPT_CLOSE_TIMEOUT_MS.",
		Errors:  with(onClosable, "WS_ERR_INTERRUPTED"), Clause: "RFC 6455 §7.1.1, §7.1.2",
	},
	{
		Name: "ws_close_with", Section: "Closing",
		Doc: "Closes the connection as ws_close does, with a status code and a reason.",
		Params: []Param{
			conn, withCode, reason,
		},
		Result: num, Returns: "0, as ws_close; -1 when it failed: then the connection is as it was, but for WS_ERR_INTERRUPTED as with ws_close.",
		Blocks: "Until the peer's close frame or end is there, at most WS_OPT_CLOSE_TIMEOUT_MS.",
		Errors: with(onClosable, "WS_ERR_INTERRUPTED", "WS_ERR_CLOSE_CODE", "WS_ERR_CONTROL_SIZE", "WS_ERR_UTF8"), Clause: "RFC 6455 §7.1.2",
	},
	{
		Name: "ws_force_close", Section: "Closing", Spec: "WsConnection.force_close",
		Doc: "Closes the socket at once, without a handshake, and releases everything. Calls blocked on the connection in other threads, a " +
			"waiting ws_close too, return within 100 ms.",
		Params: []Param{conn}, Result: num, Returns: "0, or -1: of many threads one gets 0, the others WS_ERR_CLOSED.",
		Errors: onClosable, Clause: "RFC 6455 §7.1.7",
	},
	{
		Name: "ws_drop", Section: "Closing", Spec: "WsConnection.drop",
		Doc:    "Releases the connection: ws_force_close, and nothing at all when it is closed already.",
		Params: []Param{conn}, Result: num, Returns: "0; -1 when the handle was never given out.", Errors: onHandle,
	},
}
