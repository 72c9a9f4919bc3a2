package abi

// The structs of event loops: what a loop is made with, what a poll reports, what a batch sends, what is counted.

var (
	loopAsks = Type{Kind: In, Name: "WsLoopOptions"}
	events   = Type{Kind: InOut, Name: "WsEvent"}
	sends    = Type{Kind: InOut, Name: "WsSend"}
	counts   = Type{Kind: InOut, Name: "WsMetrics"}
	address  = Type{Kind: Context}
	numbers  = Type{Kind: IntIn}
)

func loopStructs() []Struct {
	return []Struct{
		{
			Name: "WsLoopOptions", Which: "WS_STRUCT_LOOP_OPTIONS", Sized: true,
			Doc: "How a loop begins. Set it to WS_LOOP_OPTIONS_INIT, then change what you need; the library keeps nothing of it. A number of 0 " +
				"means the default. Every other option of a loop is set with ws_set.",
			Fields: []Field{
				{Name: "struct_size", Type: num, Doc: "sizeof(WsLoopOptions), so that a program built for an older library keeps working."},
				{Name: "subprotocols", Type: text, Doc: "Subprotocols that a server offers, comma-separated, the preferred first; NULL for none. Not " +
					"used with requests."},
				{Name: "origins", Type: text, Doc: "The only origins that a server accepts, comma-separated; others get 403. Requests without an Origin header come from no " +
					"browser and are accepted. NULL accepts every one. Not " +
					"used with requests."},
				{Name: "max_message_bytes", Type: num, Doc: "WS_OPT_MAX_MESSAGE_BYTES."},
				{Name: "max_frame_bytes", Type: num, Doc: "WS_OPT_MAX_FRAME_BYTES."},
				{Name: "stream_over_bytes", Type: num, Doc: "WS_OPT_STREAM_OVER_BYTES."},
				{Name: "queue_bytes", Type: num, Doc: "WS_OPT_QUEUE_BYTES."},
				{Name: "queue_policy", Type: num, Doc: "WS_OPT_QUEUE_POLICY."},
				{Name: "max_connections", Type: num, Doc: "WS_OPT_MAX_CONNECTIONS."},
				{Name: "spin_us", Type: num, Doc: "WS_OPT_SPIN_US."},
				{Name: "requests", Type: num, Doc: "WS_OPT_REQUESTS: 0 or 1."},
			},
		},
		{
			Name: "WsEvent", Which: "WS_STRUCT_EVENT",
			Doc: "What ws_loop_poll reports: one thing that happened on one connection. data views memory of the loop; it is valid until the next " +
				"ws_loop_poll of that loop, or its end, and must be copied to be kept. It is not ended by NUL.",
			Fields: []Field{
				{Name: "kind", Type: num, Doc: "One of WS_EVENT_*."},
				{Name: "conn", Type: num, Doc: "The connection; 0 with WS_EVENT_DRAINED."},
				{Name: "context", Type: address, Doc: "What ws_loop_set_context left with the connection."},
				{Name: "opcode", Type: num, Doc: "WS_OPCODE_TEXT or _BINARY of a message or a part of one; _PING, _PONG, _CLOSE."},
				{Name: "data", Type: data, Doc: "The payload; the subprotocol with WS_EVENT_OPEN, the reason with WS_EVENT_CLOSE, the target with WS_EVENT_REQUEST."},
				{Name: "len", Type: num, Doc: "Its length in bytes."},
				{Name: "code", Type: num, Doc: "WS_EVENT_CLOSE: the close code. WS_EVENT_REQUEST: 0 for a proper opening handshake, else the HTTP status " +
					"that it would be refused with, such as 426 for a plain GET and 405 for HEAD and POST."},
				{Name: "error", Type: num, Doc: "WS_EVENT_CLOSE: 0 when the closing handshake was clean, else one of WS_ERR_*."},
				{Name: "status", Type: num, Doc: "WS_EVENT_CLOSE, when the opening handshake failed: the HTTP status that it ended with, the server's or ours, if any, else 0. " +
					"WS_EVENT_PONG: the round-trip time in microseconds when it answers the loop's own ping, else -1."},
				{Name: "flags", Type: num, Doc: "WS_PART_FIRST, WS_PART_FINAL; both of a whole message."},
			},
		},
		{
			Name: "WsSend", Which: "WS_STRUCT_SEND",
			Doc: "One message of ws_loop_send_batch. result and error are written by the call.",
			Fields: []Field{
				{Name: "conn", Type: num, Doc: "The connection."},
				{Name: "opcode", Type: num, Doc: "WS_OPCODE_TEXT or WS_OPCODE_BINARY."},
				{Name: "data", Type: data, Doc: "The payload; NULL is fine when the length is 0. It may be data of an event."},
				{Name: "len", Type: num, Doc: "Its length in bytes."},
				{Name: "key", Type: num, Doc: "For WS_QUEUE_CONFLATE: while it waits, the message is replaced by the next one with the same key. 0 for none."},
				{Name: "result", Type: num, Doc: "Bytes that it takes on the wire; 0 when the policy dropped it, -1 when it failed."},
				{Name: "error", Type: num, Doc: "0, or one of WS_ERR_*: why result is -1."},
			},
		},
		{
			Name: "WsMetrics", Which: "WS_STRUCT_METRICS",
			Doc:    "A snapshot of what a loop has done and holds. A later library may append fields; ws_loop_metrics is told how many it may write.",
			Fields: metricFields(),
		},
	}
}

func metricFields() []Field {
	fields := []Field{
		{Name: "open", Type: num, Doc: "Connections that are open."},
		{Name: "pending", Type: num, Doc: "Connections whose opening handshake is under way."},
		{Name: "total", Type: num, Doc: "Connections ever accepted, adopted or dialled."},
		{Name: "refused", Type: num, Doc: "Of them, those that never opened."},
		{Name: "accepts_failed", Type: num, Doc: "Times the system refused to accept, out of descriptors for example."},
		{Name: "messages_in", Type: num, Doc: "Text and binary messages received, each once, whatever its fragments."},
		{Name: "messages_out", Type: num, Doc: "Messages taken for sending. Pings, pongs and close frames are no messages."},
		{Name: "bytes_in", Type: num, Doc: "Bytes read from sockets, opening handshakes and headers included."},
		{Name: "bytes_out", Type: num, Doc: "Bytes written to sockets."},
		{Name: "queue_bytes", Type: num, Doc: "Output that waits, of all connections."},
		{Name: "refused_full", Type: num, Doc: "Messages refused under WS_QUEUE_FAIL or for want of memory, and publications of other loops beyond 64 MiB that wait for this one."},
		{Name: "dropped_newest", Type: num, Doc: "Messages dropped under WS_QUEUE_DROP_NEWEST."},
		{Name: "dropped_oldest", Type: num, Doc: "Messages dropped under WS_QUEUE_DROP_OLDEST and WS_QUEUE_CONFLATE."},
		{Name: "conflated", Type: num, Doc: "Messages replaced by a newer one with their key."},
		{Name: "closed_slow", Type: num, Doc: "Connections closed under WS_QUEUE_CLOSE_1008 and WS_QUEUE_CLOSE_1013."},
		{Name: "round_trips", Type: num, Doc: "Round trips measured with pings."},
		{Name: "rtt_p50_us", Type: num, Doc: "Median of the round-trip times in microseconds, within a sixteenth; 0 without any."},
		{Name: "rtt_p99_us", Type: num, Doc: "Their 99th percentile."},
	}
	for code := 1000; code <= 1015; code++ {
		fields = append(fields, Field{Name: "closed_" + decimal(code), Type: num, Doc: "Connections that ended with close code " + decimal(code) + "."})
	}
	return append(fields,
		Field{Name: "closed_3000", Type: num, Doc: "Connections that ended with a code of 3000 to 3999."},
		Field{Name: "closed_4000", Type: num, Doc: "Connections that ended with a code of 4000 to 4999."},
		Field{Name: "memory_bytes", Type: num, Doc: "Memory mapped for queues and messages."},
	)
}

// decimal writes a number of four digits.
func decimal(n int) string {
	return string([]byte{byte('0' + n/1000), byte('0' + n/100%10), byte('0' + n/10%10), byte('0' + n%10)})
}
