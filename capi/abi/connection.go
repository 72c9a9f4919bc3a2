package abi

// The rows that make connections of descriptors, ask what they are, and send. RFC 6455 §5, §6.1.

var (
	conn     = Param{Name: "conn", Type: num, Doc: "The connection."}
	sent     = "Bytes sent, frame headers included, so more than 0; -1 when it failed."
	toSend   = "Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from another thread end it."
	many     = "Any number of threads may send on one connection; their frames never interleave."
	newConn  = "A handle > 0, or -1."
	ownConn  = "The caller's, to be given back with ws_close, ws_force_close or ws_drop."
	withCode = Param{Name: "code", Type: num, Doc: "1000-1003, 1007-1014 or 3000-4999."}
	reason   = Param{Name: "reason", Type: text, Null: Absent, Doc: "UTF-8 ended by NUL, at most 123 bytes; NULL for none."}
)

// field is the row of a question about a connection that waits for nothing.
func field(name, spec, doc, returns string, errors []string) Function {
	return Function{Name: name, Section: "Connections", Spec: spec, Doc: doc, Params: []Param{conn}, Result: num, Returns: returns, Errors: errors}
}

var connectionFunctions = []Function{
	{
		Name: "ws_from_server", Section: "Connections", Spec: "WsConnection.from_server",
		Doc: "Creates a server-side connection from an accepted stream socket on which the opening handshake is already done. On success the " +
			"descriptor belongs to the connection, which closes it; on failure it stays the caller's.",
		Params: []Param{{Name: "fd", Type: num, Doc: "A connected stream socket."}},
		Result: num, Returns: newConn, Owner: ownConn, Errors: []string{"WS_ERR_ARGUMENT", "WS_ERR_SYSTEM", "WS_ERR_TOO_MANY"},
	},
	{
		Name: "ws_from_client", Section: "Connections", Spec: "WsConnection.from_client",
		Doc: "Creates a client-side connection from a connected stream socket on which the opening handshake is already done " +
			"(ws_client_handshake does one). On success the descriptor belongs to the connection; on failure it stays the caller's.",
		Params: []Param{{Name: "fd", Type: num, Doc: "A connected stream socket."}},
		Result: num, Returns: newConn, Owner: ownConn, Errors: []string{"WS_ERR_ARGUMENT", "WS_ERR_SYSTEM", "WS_ERR_TOO_MANY"},
	},
	{
		Name: "ws_upgrade", Section: "Connections", Spec: "ws_upgrade",
		Doc: "Performs the server's opening handshake on a stream socket whose request was read by somebody else, such as an HTTP server. " +
			"Bytes that follow the request are kept for the connection; what is missing of the request is read from the socket. On success " +
			"the descriptor belongs to the connection. On failure a bad request has been answered, and the descriptor stays the caller's.",
		Params: []Param{
			{Name: "fd", Type: num, Doc: "A connected stream socket."},
			{Name: "buffer", Type: data, Null: WhenEmpty, Doc: "What was read of the request so far."},
			{Name: "buffer_len", Type: num, LengthOf: "buffer", Doc: "Its length in bytes."},
		},
		Result: num, Returns: newConn, Owner: ownConn, Blocks: "Until the request is complete and answered, at most 10 seconds.",
		Errors: []string{"WS_ERR_ARGUMENT", "WS_ERR_TOO_LARGE", "WS_ERR_HANDSHAKE", "WS_ERR_ABNORMAL", "WS_ERR_TIMEOUT", "WS_ERR_SYSTEM", "WS_ERR_TOO_MANY"},
		Clause: "RFC 6455 §4.2",
	},
	{
		Name: "ws_is_open", Section: "Connections", Spec: "WsConnection.is_open", Fails: Zero,
		Doc:    "Checks if the connection is open.",
		Params: []Param{conn}, Result: num, Returns: "1 if open, 0 otherwise.", Errors: onHandle,
	},
	field("ws_fd", "WsConnection.fd", "Tells the descriptor of the connection's socket, to be watched, not read from, written to or closed. It is readable when "+
		"something has come; what has been read with an earlier message already is told by ws_pending, which is to be asked before each wait.",
		"The descriptor; -1 when the connection is closed or has none.", onClosable),
	field("ws_is_server", "WsConnection.is_server", "Tells the role of this end.",
		"1 if server-side, 0 if client-side; it stays when the connection is closed, but for one of a loop. -1 when it failed.", onClosable),
	field("ws_state", "WsConnection.state", "Tells the connection's state.",
		"One of WS_STATE_*; WS_STATE_CLOSED for ever when it is closed. -1 when it failed.", onHandle),
	field("ws_mask_key", "WsConnection.mask_key", "Tells the mask key of the last frame that this client sent.",
		"The key as a big-endian number of 32 bits; 0 before the first, and on a server, which masks nothing. -1 when it failed.", onClosable),
	{
		Name: "ws_send_frame", Section: "Connections", Spec: "WsConnection.send_frame",
		Doc: "Sends a frame. is_final and continuations are honoured; the mask is as the role demands, whatever is_masked says. What RFC 6455 " +
			"forbids to send is refused and nothing is sent: reserved opcodes, data inside another message, a fragmented control frame.",
		Params: []Param{conn, {Name: "frame", Type: frameIn, Doc: "The frame; it stays the caller's."}},
		Result: num, Returns: sent, Blocks: toSend, Threads: many, Clause: "RFC 6455 §5.4, §5.5, §6.1",
		Errors: with(sending, "WS_ERR_ARGUMENT", "WS_ERR_UTF8", "WS_ERR_CLOSE_CODE", "WS_ERR_CONTROL_SIZE", "WS_ERR_TOO_LARGE"),
	},
	{
		Name: "ws_send_text", Section: "Connections", Spec: "WsConnection.send_text", Twin: "ws_send_text_n",
		Doc:    "Sends a text message, as fragments when it is longer than WS_OPT_SEND_FRAME_BYTES.",
		Params: []Param{conn, {Name: "msg", Type: text, Doc: "UTF-8 ended by NUL."}},
		Result: num, Returns: sent, Blocks: toSend, Threads: many, Clause: "RFC 6455 §5.6, §8.1",
		Errors: with(sending, "WS_ERR_ARGUMENT", "WS_ERR_UTF8", "WS_ERR_TOO_LARGE"),
	},
	{
		Name: "ws_send_text_n", Section: "Connections",
		Doc: "Sends a text message that may hold NUL, as fragments when it is longer than WS_OPT_SEND_FRAME_BYTES.",
		Params: []Param{
			conn, {Name: "msg", Type: text, Null: WhenEmpty, Doc: "UTF-8."},
			{Name: "len", Type: num, LengthOf: "msg", Doc: "Its length in bytes."},
		},
		Result: num, Returns: sent, Blocks: toSend, Threads: many, Clause: "RFC 6455 §5.6, §8.1",
		Errors: with(sending, "WS_ERR_ARGUMENT", "WS_ERR_UTF8", "WS_ERR_TOO_LARGE"),
	},
	{
		Name: "ws_send_binary", Section: "Connections", Spec: "WsConnection.send_binary",
		Doc: "Sends binary data as one message, as fragments when it is longer than WS_OPT_SEND_FRAME_BYTES.",
		Params: []Param{
			conn, {Name: "data", Type: data, Null: WhenEmpty, Doc: "The bytes."},
			{Name: "len", Type: num, LengthOf: "data", Doc: "Their number."},
		},
		Result: num, Returns: sent, Blocks: toSend, Threads: many, Clause: "RFC 6455 §5.6",
		Errors: with(sending, "WS_ERR_ARGUMENT", "WS_ERR_TOO_LARGE"),
	},
	{
		Name: "ws_send_fragment", Section: "Connections",
		Doc: "Sends one fragment of a message. The first has the message's opcode, the others WS_OPCODE_CONTINUATION; the last has is_final 1. " +
			"Nobody else can send a message until then; control frames may go between. Text is checked across fragments.",
		Params: []Param{
			conn, {Name: "opcode", Type: num, Doc: "WS_OPCODE_TEXT or WS_OPCODE_BINARY first, then WS_OPCODE_CONTINUATION."},
			{Name: "data", Type: data, Null: WhenEmpty, Doc: "The bytes."},
			{Name: "len", Type: num, LengthOf: "data", Doc: "Their number."},
			{Name: "is_final", Type: num, Doc: "1 for the last fragment, 0 otherwise."},
		},
		Result: num, Returns: sent, Blocks: toSend, Threads: many, Clause: "RFC 6455 §5.4",
		Errors: with(sending, "WS_ERR_ARGUMENT", "WS_ERR_UTF8", "WS_ERR_TOO_LARGE"),
	},
	{
		Name: "ws_send_ping", Section: "Connections", Spec: "WsConnection.send_ping",
		Doc:    "Sends a ping frame with no payload.",
		Params: []Param{conn}, Result: num, Returns: sent, Blocks: toSend, Threads: many, Clause: "RFC 6455 §5.5.2", Errors: sending,
	},
	{
		Name: "ws_send_ping_n", Section: "Connections",
		Doc: "Sends a ping frame with a payload.",
		Params: []Param{
			conn, {Name: "data", Type: data, Null: WhenEmpty, Doc: "The bytes."},
			{Name: "len", Type: num, LengthOf: "data", Doc: "Their number, at most 125."},
		},
		Result: num, Returns: sent, Blocks: toSend, Threads: many, Clause: "RFC 6455 §5.5.2",
		Errors: with(sending, "WS_ERR_ARGUMENT", "WS_ERR_CONTROL_SIZE", "WS_ERR_TOO_LARGE"),
	},
	{
		Name: "ws_send_pong", Section: "Connections", Spec: "WsConnection.send_pong",
		Doc:    "Sends a pong frame: the answer to the latest unanswered ping, with its payload; an empty one when there is none.",
		Params: []Param{conn}, Result: num, Returns: sent, Blocks: toSend, Threads: many, Clause: "RFC 6455 §5.5.3", Errors: sending,
	},
	{
		Name: "ws_send_pong_n", Section: "Connections",
		Doc: "Sends a pong frame with the given payload.",
		Params: []Param{
			conn, {Name: "data", Type: data, Null: WhenEmpty, Doc: "The bytes."},
			{Name: "len", Type: num, LengthOf: "data", Doc: "Their number, at most 125."},
		},
		Result: num, Returns: sent, Blocks: toSend, Threads: many, Clause: "RFC 6455 §5.5.3",
		Errors: with(sending, "WS_ERR_ARGUMENT", "WS_ERR_CONTROL_SIZE", "WS_ERR_TOO_LARGE"),
	},
	{
		Name: "ws_flush", Section: "Connections",
		Doc: "Waits until the socket took what earlier calls left: the rest of what a signal or WS_OPT_INTERRUPTIBLE 2 cut. It goes out " +
			"without this call, too.",
		Params: []Param{conn}, Result: num, Returns: "0, or -1.", Blocks: toSend, Threads: many, Clause: "RFC 6455 §5.4",
		Errors: sending,
	},
	{
		Name: "ws_send_close", Section: "Connections", Spec: "WsConnection.send_close",
		Doc: "Sends a close frame with a status code and does not wait for the answer, which ws_recv_frame brings. Nothing can be sent " +
			"after it.",
		Params: []Param{conn, {Name: "status_code", Type: num, Doc: withCode.Doc}},
		Result: num, Returns: sent, Blocks: toSend, Threads: many, Clause: "RFC 6455 §5.5.1, §7.1.2",
		Errors: with(sending, "WS_ERR_CLOSE_CODE"),
	},
	{
		Name: "ws_send_close_reason", Section: "Connections", Twin: "ws_send_close_n",
		Doc:    "Sends a close frame with a status code and a reason, and does not wait for the answer.",
		Params: []Param{conn, withCode, reason},
		Result: num, Returns: sent, Blocks: toSend, Threads: many, Clause: "RFC 6455 §5.5.1, §7.1.2",
		Errors: with(sending, "WS_ERR_ARGUMENT", "WS_ERR_CLOSE_CODE", "WS_ERR_CONTROL_SIZE", "WS_ERR_UTF8"),
	},
	{
		Name: "ws_send_close_n", Section: "Connections",
		Doc: "Sends a close frame with a status code and a counted reason, and does not wait for the answer.",
		Params: []Param{
			conn, withCode,
			{Name: "reason", Type: text, Null: WhenEmpty, Doc: "UTF-8."},
			{Name: "reason_len", Type: num, LengthOf: "reason", Doc: "Its length in bytes, at most 123."},
		},
		Result: num, Returns: sent, Blocks: toSend, Threads: many, Clause: "RFC 6455 §5.5.1, §7.1.2",
		Errors: with(sending, "WS_ERR_ARGUMENT", "WS_ERR_CLOSE_CODE", "WS_ERR_CONTROL_SIZE", "WS_ERR_UTF8", "WS_ERR_TOO_LARGE"),
	},
}
