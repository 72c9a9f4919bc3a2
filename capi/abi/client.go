package abi

// The rows that open connections as a client. RFC 6455 §3, §4.1.

var (
	url = Param{Name: "url", Type: text,
		Doc: "\"ws://host[:port][/path][?query]\" with a host name, an IPv4 address or an IPv6 address in brackets."}
	asks = Param{Name: "options", Type: connect, Null: Absent, Doc: "What to ask for; NULL for the defaults."}
)

var clientFunctions = []Function{
	{
		Name: "ws_connect", Section: "Client",
		Doc:    "Opens a connection to a server with the default options: resolves the host, connects and does the opening handshake.",
		Params: []Param{url}, Result: num, Returns: newConn, Owner: ownConn,
		Blocks: "Until the connection is open, at most 10 seconds.", Errors: with(shaking, "WS_ERR_RESOLVE"), Clause: "RFC 6455 §3, §4.1",
	},
	{
		Name: "ws_connect_with", Section: "Client",
		Doc:    "Opens a connection to a server.",
		Params: []Param{url, asks}, Result: num, Returns: newConn, Owner: ownConn,
		Blocks: "Until the connection is open, at most timeout_ms of the options.", Errors: with(shaking, "WS_ERR_RESOLVE", "WS_ERR_HEADER", "WS_ERR_OPTION"), Clause: "RFC 6455 §3, §4.1",
	},
	{
		Name: "ws_client_handshake", Section: "Client",
		Doc: "Does the client's opening handshake on a connected stream socket. On success the descriptor belongs to the connection; on failure " +
			"it stays the caller's.",
		Params: []Param{
			{Name: "fd", Type: num, Doc: "A connected stream socket."},
			{Name: "url", Type: text, Doc: "As for ws_connect; it gives Host and the request's target, and nothing is resolved."},
			asks,
		},
		Result: num, Returns: newConn, Owner: ownConn,
		Blocks: "Until the handshake is over, at most timeout_ms of the options.", Errors: with(shaking, "WS_ERR_HEADER", "WS_ERR_OPTION"), Clause: "RFC 6455 §4.1",
	},
}
