package abi

// The rows about the opening handshake of one connection: what the request says, and the answer. RFC 6455 §4.

const asking = "Requests"

var (
	textRoom = Param{Name: "buffer", Type: Type{Kind: Room}, Null: WhenEmpty, Doc: "Room for the text and a NUL."}
	textSize = Param{Name: "size", Type: num, LengthOf: "buffer", Doc: "Its size in bytes, the NUL's included; with 0 only the length is told."}
)

var requestFunctions = []Function{
	told("ws_request_method", asking, "Tells the method of the request that opened this server-side connection.",
		"Text such as \"GET\"; NULL when it failed.", onRequest, "RFC 6455 §4.2.1"),
	told("ws_request_path", asking, "Tells the path of the request, without the query, as it was sent.",
		"Text such as \"/chat\"; NULL when it failed.", onRequest, "RFC 6455 §4.2.1"),
	told("ws_request_query", asking, "Tells the query of the request, without the question mark, as it was sent.",
		"Text, empty when there is none; NULL when it failed.", onRequest, "RFC 6455 §4.2.1"),
	told("ws_request_host", asking, "Tells the host and port that the request asks for: those of a target in absolute form, else the Host header.",
		"Text such as \"example.com:8080\"; NULL when it failed.", onRequest, "RFC 6455 §4.2.1"),
	told("ws_request_origin", asking, "Tells the Origin header of the request.",
		"Text, empty when there is none; NULL when it failed.", onRequest, "RFC 6455 §4.2.1, §10.2"),
	{
		Name: "ws_request_header", Section: asking,
		Doc:    "Tells a header of the request. The values of a repeated one are joined with \", \".",
		Params: []Param{conn, {Name: "name", Type: text, Doc: "The header's name, in any letter case."}},
		Result: text, Returns: "The value; NULL when it is absent, which leaves the last error alone, or when it failed: ws_copy_header tells them apart.", Owner: ofConn,
		Threads: lentText, Errors: with(onRequest, "WS_ERR_ARGUMENT"), Clause: "RFC 9110 §5.3",
	},
	{
		Name: "ws_request_header_count", Section: asking,
		Doc:    "Counts the header fields of the request.",
		Params: []Param{conn}, Result: num, Returns: "The number, or -1.", Errors: with(onClosable, "WS_ERR_STATE"),
	},
	{
		Name: "ws_request_header_name", Section: asking,
		Doc:    "Tells the name of a header field of the request.",
		Params: []Param{conn, {Name: "index", Type: num, Doc: "0 to ws_request_header_count - 1."}},
		Result: text, Returns: "The name as it was sent; NULL when it failed.", Owner: ofConn,
		Threads: lentText, Errors: with(onRequest, "WS_ERR_ARGUMENT"),
	},
	{
		Name: "ws_request_header_value", Section: asking,
		Doc:    "Tells the value of a header field of the request.",
		Params: []Param{conn, {Name: "index", Type: num, Doc: "0 to ws_request_header_count - 1."}},
		Result: text, Returns: "The value; NULL when it failed.", Owner: ofConn,
		Threads: lentText, Errors: with(onRequest, "WS_ERR_ARGUMENT"),
	},
	told("ws_subprotocol", asking, "Tells the subprotocol that both ends agreed on.",
		"Text, empty when there is none; NULL when it failed.", onText, "RFC 6455 §4.2.2"),
	told("ws_peer_address", asking, "Tells the address of the peer.",
		"Text such as \"127.0.0.1:40000\" or \"[::1]:40000\", empty when the socket has none; NULL when it failed.", onText, ""),
	{
		Name: "ws_copy_text", Section: asking,
		Doc: "Copies a text that a connection keeps into the caller's memory, where no other thread can take it away by closing the connection or " +
			"polling its loop. A text that holds NUL is copied whole. As with snprintf the result is the length of the whole text: what is " +
			"longer than size - 1 is cut off, and a NUL is put behind what was written.",
		Params: []Param{conn, {Name: "which", Type: num, Doc: "One of WS_TEXT_*."}, textRoom, textSize},
		Result: num, Returns: "The length of the whole text in bytes, without the NUL; -1 when it failed, and then nothing is written.",
		Errors: with(onClosable, "WS_ERR_ARGUMENT", "WS_ERR_TOO_LARGE", "WS_ERR_STATE"),
	},
	{
		Name: "ws_copy_header", Section: asking,
		Doc:    "Copies a header of the request as ws_copy_text does. The values of a repeated one are joined with \", \".",
		Params: []Param{conn, {Name: "name", Type: text, Doc: "The header's name, in any letter case."}, textRoom, textSize},
		Result: num, Returns: "The length of the whole value in bytes, without the NUL; -2 when the request has no such header, -1 when it failed, and " +
			"then nothing is written.",
		Errors: with(onClosable, "WS_ERR_ARGUMENT", "WS_ERR_TOO_LARGE", "WS_ERR_STATE"), Clause: "RFC 9110 §5.3",
	},
	{
		Name: "ws_http_status", Section: asking,
		Doc:    "Tells the HTTP status that the opening handshake of this connection was answered with.",
		Params: []Param{conn}, Result: num, Returns: "The status, 101 when it opened; 0 when there was no handshake or no answer yet. -1 when it failed.",
		Errors: onClosable, Clause: "RFC 6455 §4.1, §4.2.2",
	},
	{
		Name: "ws_accept_upgrade", Section: asking,
		Doc: "Answers the request of a connection that ws_server_accept_request gave, or that WS_EVENT_REQUEST reported, with 101, which opens it.",
		Params: []Param{
			conn,
			{Name: "subprotocol", Type: text, Null: Absent, Doc: "The one chosen of those that the client offers; NULL for none."},
			{Name: "headers", Type: text, Null: Absent, Doc: "Further headers as \"Name: value\" lines, each ended by LF or CR LF; NULL for none."},
		},
		Result: num, Returns: "0, or -1.", Blocks: toSend, Clause: "RFC 6455 §4.2.2",
		Errors: with(sending, "WS_ERR_ARGUMENT", "WS_ERR_HEADER", "WS_ERR_NO_MEMORY"),
	},
	{
		Name: "ws_refuse", Section: asking,
		Doc: "Answers the request of a connection that ws_server_accept_request gave, or that WS_EVENT_REQUEST reported, with another status than 101, " +
			"which closes it. The handle is still the caller's to drop; on a loop WS_EVENT_CLOSE follows.",
		Params: []Param{
			conn,
			{Name: "status", Type: num, Doc: "The HTTP status, 200 to 599."},
			{Name: "headers", Type: text, Null: Absent, Doc: "Further headers as \"Name: value\" lines, each ended by LF or CR LF; NULL for none."},
			{Name: "body", Type: data, Null: WhenEmpty, Doc: "The body of the answer. None is sent with 204, 205 and 304, nor to HEAD."},
			{Name: "body_len", Type: num, LengthOf: "body", Doc: "Its length in bytes."},
		},
		Result: num, Returns: "0, or -1.", Blocks: toSend, Clause: "RFC 6455 §4.2.2",
		Errors: with(sending, "WS_ERR_ARGUMENT", "WS_ERR_HEADER", "WS_ERR_TOO_LARGE", "WS_ERR_NO_MEMORY"),
	},
}
