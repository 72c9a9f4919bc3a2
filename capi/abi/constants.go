package abi

// The constants of the ABI: the 25 of the specification, then our own. RFC 6455 §5.2, §7.4.1.

const maxLength = 1<<32 - 1

func groups() []ConstGroup {
	all := options
	all.Consts = append(shareWithLoops(options.Consts), loopOptions...)
	return []ConstGroup{opcodes, closeCodes, states, buffers, errorCodes, all, timeouts, structIDs, texts, eventKinds, eventFlags, adoptions, queuePolicies}
}

var opcodes = ConstGroup{
	Name: "opcode", Prefix: "WS_OPCODE_", Doc: "What a frame is (RFC 6455 §5.2).",
	Consts: []Const{
		{Name: "WS_OPCODE_CONTINUATION", Value: 0, Doc: "Continuation frame: a further fragment of a message."},
		{Name: "WS_OPCODE_TEXT", Value: 1, Doc: "Text frame: UTF-8."},
		{Name: "WS_OPCODE_BINARY", Value: 2, Doc: "Binary frame."},
		{Name: "WS_OPCODE_CLOSE", Value: 8, Doc: "Close frame."},
		{Name: "WS_OPCODE_PING", Value: 9, Doc: "Ping frame."},
		{Name: "WS_OPCODE_PONG", Value: 10, Doc: "Pong frame."},
	},
}

var closeCodes = ConstGroup{
	Name: "close_code", Prefix: "WS_CLOSE_", Doc: "Why a connection is closed (RFC 6455 §7.4.1). 3000 to 4999 are free for applications.",
	Consts: []Const{
		{Name: "WS_CLOSE_NORMAL", Value: 1000, Doc: "Normal closure."},
		{Name: "WS_CLOSE_GOING_AWAY", Value: 1001, Doc: "Endpoint going away."},
		{Name: "WS_CLOSE_PROTOCOL_ERROR", Value: 1002, Doc: "Protocol error."},
		{Name: "WS_CLOSE_UNSUPPORTED", Value: 1003, Doc: "Unsupported data type."},
		{Name: "WS_CLOSE_NO_STATUS", Value: 1005, Doc: "No status code received. Never on the wire."},
		{Name: "WS_CLOSE_ABNORMAL", Value: 1006, Doc: "Abnormal closure: the peer went without a close frame. Never on the wire."},
		{Name: "WS_CLOSE_INVALID_DATA", Value: 1007, Doc: "Invalid frame payload data."},
		{Name: "WS_CLOSE_POLICY", Value: 1008, Doc: "Policy violation."},
		{Name: "WS_CLOSE_TOO_LARGE", Value: 1009, Doc: "Message too large."},
		{Name: "WS_CLOSE_EXTENSION", Value: 1010, Doc: "Missing extension."},
		{Name: "WS_CLOSE_UNEXPECTED", Value: 1011, Doc: "Unexpected condition."},
	},
}

var states = ConstGroup{
	Name: "state", Prefix: "WS_STATE_", Doc: "Where a connection is in its life.",
	Consts: []Const{
		{Name: "WS_STATE_CONNECTING", Value: 0, Doc: "Connection in progress: the opening handshake is not over."},
		{Name: "WS_STATE_OPEN", Value: 1, Doc: "Connection open."},
		{Name: "WS_STATE_CLOSING", Value: 2, Doc: "Connection closing: a close frame was sent or received."},
		{Name: "WS_STATE_CLOSED", Value: 3, Doc: "Connection closed."},
	},
}

var buffers = ConstGroup{
	Name: "size", Prefix: "WS_", Doc: "Sizes in bytes.",
	Consts: []Const{
		{Name: "WS_MAX_FRAME_SIZE", Value: 65536, Doc: "Maximum frame payload size (64 KiB), unless WS_OPT_MAX_FRAME_BYTES is set."},
		{Name: "WS_HEADER_BUFFER", Value: 8192, Doc: "Buffer for HTTP upgrade headers, unless WS_OPT_MAX_HEAD_BYTES is set."},
		{Name: "WS_RECV_BUFFER", Value: 4096, Doc: "TCP receive chunk size."},
		{Name: "WS_SEND_BUFFER", Value: 65550, Doc: "Send buffer: the largest payload and 14 bytes of frame overhead."},
	},
}

var timeouts = ConstGroup{
	Name: "timeout", Prefix: "WS_TIMEOUT_", Doc: "For every option whose name ends in _TIMEOUT_MS.",
	Consts: []Const{
		{Name: "WS_TIMEOUT_NONE", Value: 1<<63 - 1, Doc: "Wait for ever."},
	},
}

var structIDs = ConstGroup{
	Name: "struct", Prefix: "WS_STRUCT_", Doc: "For ws_struct_size.",
	Consts: []Const{
		{Name: "WS_STRUCT_FRAME", Value: 1, Doc: "WsFrame."},
		{Name: "WS_STRUCT_CONNECT_OPTIONS", Value: 2, Doc: "WsConnectOptions."},
		{Name: "WS_STRUCT_LOOP_OPTIONS", Value: 3, Doc: "WsLoopOptions."},
		{Name: "WS_STRUCT_EVENT", Value: 4, Doc: "WsEvent."},
		{Name: "WS_STRUCT_SEND", Value: 5, Doc: "WsSend."},
		{Name: "WS_STRUCT_METRICS", Value: 6, Doc: "WsMetrics."},
	},
}

// texts leaves room for 65,536 header fields; WS_OPT_MAX_HEAD_FIELDS allows 10,000.
var texts = ConstGroup{
	Name: "connection_text", Prefix: "WS_TEXT_", Doc: "What ws_copy_text copies.",
	Consts: []Const{
		{Name: "WS_TEXT_PEER_ADDRESS", Value: 1, Doc: "The address of the peer, as ws_peer_address."},
		{Name: "WS_TEXT_SUBPROTOCOL", Value: 2, Doc: "The subprotocol agreed on, as ws_subprotocol."},
		{Name: "WS_TEXT_CLOSE_REASON", Value: 3, Doc: "The reason in the peer's close frame, as ws_close_reason. A loop's connection tells it in WS_EVENT_CLOSE."},
		{Name: "WS_TEXT_REQUEST_METHOD", Value: 4, Doc: "The method of the request, as ws_request_method."},
		{Name: "WS_TEXT_REQUEST_PATH", Value: 5, Doc: "Its path, as ws_request_path."},
		{Name: "WS_TEXT_REQUEST_QUERY", Value: 6, Doc: "Its query, as ws_request_query."},
		{Name: "WS_TEXT_REQUEST_HOST", Value: 7, Doc: "Its Host header, as ws_request_host."},
		{Name: "WS_TEXT_REQUEST_ORIGIN", Value: 8, Doc: "Its Origin header, as ws_request_origin."},
		{Name: "WS_TEXT_HEADER_NAME", Value: 1 << 16, Doc: "Plus an index of 0 to ws_request_header_count - 1: the name of that header field."},
		{Name: "WS_TEXT_HEADER_VALUE", Value: 2 << 16, Doc: "Plus an index: the value of that header field."},
	},
}
