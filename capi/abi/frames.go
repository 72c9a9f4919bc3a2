package abi

// The rows about frames: constructors that copy, questions, drop. RFC 6455 §5.

// ask is the row of a question about a frame.
func ask(name, spec, doc, returns, clause string) Function {
	return Function{
		Name: name, Section: "Frames", Spec: spec, Body: C, AfterFork: true, Doc: doc,
		Params: []Param{{Name: "frame", Type: frameIn, Doc: "The frame."}},
		Result: num, Returns: returns, Errors: []string{"WS_ERR_ARGUMENT"}, Clause: clause, Signal: true,
	}
}

const (
	ownFrame = "The payload is the caller's, to be given back with ws_frame_drop."
	yesNo    = "1 if it is, 0 otherwise; -1 when frame is NULL."
	orMinus  = "The frame; opcode -1 when it failed."
)

var frameFunctions = []Function{
	{
		Name: "ws_frame_new", Section: "Frames", Spec: "WsFrame.new",
		Doc: "Creates a frame with any opcode and a copy of the payload, is_final 1 and is_masked 0. A text given here may be a fragment, so " +
			"it is judged when it is sent.",
		Params: []Param{
			{Name: "opcode", Type: num, Doc: "One of WS_OPCODE_*; the reserved ones are errors."},
			{Name: "payload", Type: data, Null: WhenEmpty, Doc: "The bytes to copy."},
			{Name: "payload_len", Type: num, LengthOf: "payload", Doc: "Their number; at most 125 in a control frame."},
		},
		Result: frame, Returns: orMinus, Owner: ownFrame, Clause: "RFC 6455 §5.2, §5.5",
		Errors: []string{"WS_ERR_ARGUMENT", "WS_ERR_TOO_LARGE", "WS_ERR_CONTROL_SIZE", "WS_ERR_NO_MEMORY"},
	},
	{
		Name: "ws_frame_text", Section: "Frames", Spec: "WsFrame.text", Twin: "ws_frame_text_n",
		Doc:    "Creates a text frame from a copy of a string.",
		Params: []Param{{Name: "msg", Type: text, Doc: "UTF-8 ended by NUL."}},
		Result: frame, Returns: orMinus, Owner: ownFrame, Clause: "RFC 6455 §5.6, §8.1",
		Errors: []string{"WS_ERR_ARGUMENT", "WS_ERR_UTF8", "WS_ERR_TOO_LARGE", "WS_ERR_NO_MEMORY"},
	},
	{
		Name: "ws_frame_text_n", Section: "Frames",
		Doc: "Creates a text frame from a copy of a string that may hold NUL.",
		Params: []Param{
			{Name: "msg", Type: text, Null: WhenEmpty, Doc: "UTF-8."},
			{Name: "len", Type: num, LengthOf: "msg", Doc: "Its length in bytes."},
		},
		Result: frame, Returns: orMinus, Owner: ownFrame, Clause: "RFC 6455 §5.6, §8.1",
		Errors: []string{"WS_ERR_ARGUMENT", "WS_ERR_UTF8", "WS_ERR_TOO_LARGE", "WS_ERR_NO_MEMORY"},
	},
	{
		Name: "ws_frame_binary", Section: "Frames", Spec: "WsFrame.binary",
		Doc: "Creates a binary frame from a copy of raw data.",
		Params: []Param{
			{Name: "data", Type: data, Null: WhenEmpty, Doc: "The bytes to copy."},
			{Name: "len", Type: num, LengthOf: "data", Doc: "Their number."},
		},
		Result: frame, Returns: orMinus, Owner: ownFrame, Clause: "RFC 6455 §5.6",
		Errors: []string{"WS_ERR_ARGUMENT", "WS_ERR_TOO_LARGE", "WS_ERR_NO_MEMORY"},
	},
	{
		Name: "ws_frame_ping", Section: "Frames", Spec: "WsFrame.ping", Body: C, AfterFork: true, Fails: Cannot,
		Doc:    "Creates a ping frame with no payload.",
		Result: frame, Returns: "The frame; it needs no drop, but bears it.", Clause: "RFC 6455 §5.5.2", Signal: true,
	},
	{
		Name: "ws_frame_pong", Section: "Frames", Spec: "WsFrame.pong", Body: C, AfterFork: true, Fails: Cannot,
		Doc:    "Creates a pong frame with no payload. ws_send_pong is what answers a ping with its payload.",
		Result: frame, Returns: "The frame; it needs no drop, but bears it.", Clause: "RFC 6455 §5.5.3", Signal: true,
	},
	{
		Name: "ws_frame_close", Section: "Frames", Spec: "WsFrame.close",
		Doc:    "Creates a close frame with a status code.",
		Params: []Param{{Name: "status_code", Type: num, Doc: "1000-1003, 1007-1014 or 3000-4999. A close frame without a code is ws_frame_new(WS_OPCODE_CLOSE, NULL, 0)."}},
		Result: frame, Returns: orMinus, Owner: ownFrame, Clause: "RFC 6455 §5.5.1, §7.4",
		Errors: []string{"WS_ERR_CLOSE_CODE", "WS_ERR_NO_MEMORY"},
	},
	ask("ws_frame_is_control", "WsFrame.is_control", "Checks if this is a control frame (opcode >= 8).", yesNo, "RFC 6455 §5.5"),
	ask("ws_frame_is_text", "WsFrame.is_text", "Checks if this is a text frame.", yesNo, "RFC 6455 §5.6"),
	ask("ws_frame_is_binary", "WsFrame.is_binary", "Checks if this is a binary frame.", yesNo, "RFC 6455 §5.6"),
	ask("ws_frame_is_close", "WsFrame.is_close", "Checks if this is a close frame.", yesNo, "RFC 6455 §5.5.1"),
	ask("ws_frame_is_ping", "WsFrame.is_ping", "Checks if this is a ping frame.", yesNo, "RFC 6455 §5.5.2"),
	ask("ws_frame_is_pong", "WsFrame.is_pong", "Checks if this is a pong frame.", yesNo, "RFC 6455 §5.5.3"),
	{
		Name: "ws_frame_payload_text", Section: "Frames", Spec: "WsFrame.payload_text", Body: C, AfterFork: true,
		Doc: "Gives the payload as a string. payload_len is its length, since a text may hold NUL. The frame must be one that the library " +
			"made, whose payload is followed by NUL.",
		Params: []Param{{Name: "frame", Type: frameIn, Doc: "The frame."}},
		Result: text, Returns: "The payload; an empty string when there is none. NULL when frame is NULL.",
		Owner: "The frame's: it lives until ws_frame_drop.", Errors: []string{"WS_ERR_ARGUMENT"}, Clause: "RFC 6455 §5.6", Signal: true,
	},
	ask("ws_frame_close_code", "WsFrame.close_code", "Gives the status code of a close frame.",
		"The code; WS_CLOSE_NO_STATUS if this is not a close frame or it has none. -1 when frame is NULL.", "RFC 6455 §7.1.5"),
	{
		Name: "ws_frame_drop", Section: "Frames", Spec: "WsFrame.drop", Body: C, AfterFork: true,
		Doc: "Frees the payload and sets payload and payload_len to 0, so that a second drop of the same struct does nothing. Copies of the " +
			"struct share one payload: drop one of them.",
		Params: []Param{{Name: "frame", Type: frameOut, Doc: "A frame that the library made."}},
		Result: num, Returns: "0, or -1 when frame is NULL.", Errors: []string{"WS_ERR_ARGUMENT"},
		Threads: "Any thread, but one at a time for one frame.",
	},
}
