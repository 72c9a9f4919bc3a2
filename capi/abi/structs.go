package abi

// The structs that cross the ABI, and the short names of types that the rows use.

var (
	num      = Type{Kind: Int}
	text     = Type{Kind: Text}
	data     = Type{Kind: Bytes}
	frame    = Type{Kind: Value, Name: "WsFrame"}
	frameIn  = Type{Kind: In, Name: "WsFrame"}
	frameOut = Type{Kind: InOut, Name: "WsFrame"}
	connect  = Type{Kind: In, Name: "WsConnectOptions"}
)

func structs() []Struct {
	return []Struct{
		{
			Name: "WsFrame", Which: "WS_STRUCT_FRAME",
			Doc: "One frame, or one whole message, in the caller's memory. The payload of a frame that the library made is C memory with a " +
				"NUL after it; the caller owns it and gives it back with ws_frame_drop. Copying the struct does not copy the payload.",
			Fields: []Field{
				{Name: "opcode", Type: num, Doc: "One of WS_OPCODE_*, or -1: the call that made it failed."},
				{Name: "payload", Type: Type{Kind: Address}, Doc: "Address of the payload, 0 when there is none."},
				{Name: "payload_len", Type: num, Doc: "Length of the payload in bytes."},
				{Name: "is_final", Type: num, Doc: "1 if the FIN bit is set: the last frame of its message."},
				{Name: "is_masked", Type: num, Doc: "1 if the MASK bit was set. The payload is always unmasked; sending masks as the role demands."},
			},
		},
		{
			Name: "WsConnectOptions", Which: "WS_STRUCT_CONNECT_OPTIONS", Sized: true,
			Doc: "What a client asks for. Set it to WS_CONNECT_OPTIONS_INIT, then change what you need; the library keeps nothing of it.",
			Fields: []Field{
				{Name: "struct_size", Type: num, Doc: "sizeof(WsConnectOptions), so that a program built for an older library keeps working."},
				{Name: "timeout_ms", Type: num, Doc: "For resolving, connecting and the handshake together: 1 to 1099511627776 milliseconds, or WS_TIMEOUT_NONE; 0 means 10000."},
				{Name: "subprotocols", Type: text, Doc: "Subprotocols to offer, comma-separated, the preferred first; NULL for none."},
				{Name: "headers", Type: text, Doc: "Further request headers as \"Name: value\" lines, each ended by LF or CR LF; NULL for none."},
				{Name: "origin", Type: text, Doc: "The Origin header; NULL for none."},
				{Name: "max_message_bytes", Type: num, Doc: "WS_OPT_MAX_MESSAGE_BYTES of the connection; 0 means its default."},
				{Name: "max_frame_bytes", Type: num, Doc: "WS_OPT_MAX_FRAME_BYTES of the connection; 0 means its default, which is 16 MiB here."},
				{Name: "interruptible", Type: num, Doc: "WS_OPT_INTERRUPTIBLE of the connection and of the call that opens it: 0 or 1."},
			},
		},
	}
}
