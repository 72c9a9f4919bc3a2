package abi

// The rows of servers. RFC 6455 §4.2.

var (
	server     = Param{Name: "server", Type: num, Doc: "The server."}
	port       = Param{Name: "port", Type: num, Doc: "0 to 65535; 0 picks a free one, which ws_server_port tells."}
	newServer  = "A handle > 0, or -1."
	ownServer  = "The caller's, to be given back with ws_server_close or ws_server_drop."
	untilConn  = "Until a connection came and its handshake is over, or WS_OPT_ACCEPT_TIMEOUT_MS is over; ws_server_stop ends it at once."
	untilAsked = "Until a connection came and its request is read, or WS_OPT_ACCEPT_TIMEOUT_MS is over; ws_server_stop ends it at once."
	onServer   = []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED"}
	binding    = []string{"WS_ERR_ARGUMENT", "WS_ERR_SYSTEM", "WS_ERR_TOO_MANY", "WS_ERR_NO_MEMORY"}
	oneAccepts = "Any number of threads may accept on one server; they take turns."
)

var serverFunctions = []Function{
	{
		Name: "ws_server", Section: "Server", Spec: "ws_server", Twin: "ws_server_bind",
		Doc:    "Creates a server bound to a port of every interface, as ws_server_bind.",
		Params: []Param{port}, Result: num, Returns: newServer, Owner: ownServer, Errors: binding,
	},
	{
		Name: "ws_server_bind", Section: "Server", Spec: "WsServer.bind",
		Doc:    "Creates a server and binds it to a port of every interface.",
		Params: []Param{port}, Result: num, Returns: newServer, Owner: ownServer, Errors: binding,
	},
	{
		Name: "ws_server_bind_host", Section: "Server",
		Doc: "Creates a server and binds it to a port of one interface.",
		Params: []Param{
			{Name: "host", Type: text, Null: Absent, Doc: "An IPv4 or IPv6 address or a host name, such as \"127.0.0.1\"; NULL or empty for every interface."},
			port,
		},
		Result: num, Returns: newServer, Owner: ownServer, Blocks: "Until a host name is resolved; never for an address.",
		Errors: with(binding, "WS_ERR_RESOLVE"),
	},
	{
		Name: "ws_server_is_valid", Section: "Server", Spec: "WsServer.is_valid", Fails: Zero,
		Doc:    "Checks if the server is valid: its listener is bound and not closed.",
		Params: []Param{server}, Result: num, Returns: "1 if valid, 0 otherwise.", Errors: onHandle,
	},
	{
		Name: "ws_server_accept", Section: "Server", Spec: "WsServer.accept",
		Doc: "Accepts a connection and performs the opening handshake. A bad request is answered with its HTTP status and the call fails; call again " +
			"for the next connection. WS_ERR_SYSTEM is for good when others closed or shut down the listener: ws_last_errno is EBADF, ENOTSOCK " +
			"or EINVAL then.",
		Params: []Param{server}, Result: num, Returns: newConn, Owner: ownConn, Blocks: untilConn, Threads: oneAccepts,
		Errors: accepting, Clause: "RFC 6455 §4.2",
	},
	{
		Name: "ws_server_accept_request", Section: "Server",
		Doc: "Accepts a connection and reads its request, but leaves the answer to the caller: the connection is WS_STATE_CONNECTING, its request " +
			"can be read with ws_request_*, and ws_accept_upgrade or ws_refuse answers it.",
		Params: []Param{server}, Result: num, Returns: newConn, Owner: ownConn, Blocks: untilAsked, Threads: oneAccepts,
		Errors: accepting, Clause: "RFC 6455 §4.2.1",
	},
	{
		Name: "ws_server_run_echo", Section: "Server", Spec: "WsServer.run_echo",
		Doc: "Runs an echo server: accepts one connection at a time, sends text and binary messages back as they came, and answers pings. A " +
			"connection that fails does not end it.",
		Params: []Param{server}, Result: num, Returns: "0 when ws_server_stop or ws_server_close ended it; -1 when it failed.",
		Blocks: "Until ws_server_stop or ws_server_close.",
		Errors: []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_INTERRUPTED", "WS_ERR_SYSTEM"},
	},
	{
		Name: "ws_server_stop", Section: "Server", Spec: "WsServer.stop", Body: C, Signal: true,
		Doc: "Stops the server: ws_server_accept and ws_server_run_echo in other threads return at once, and later ones fail. The listener stays " +
			"bound until ws_server_close. Connections accepted before go on.",
		Params: []Param{server}, Result: num, Returns: "0, also when it is stopped already; -1 when it failed.", Errors: onServer,
	},
	{
		Name: "ws_server_close", Section: "Server", Spec: "WsServer.close",
		Doc: "Closes the server's listener, in every process that has a copy of it, and releases everything, after stopping it as ws_server_stop " +
			"does. Connections accepted before go on. " +
			"The handle answers for ever like a closed server.",
		Params: []Param{server}, Result: num, Returns: "0, or -1: of many threads one gets 0, the others WS_ERR_CLOSED.", Errors: onServer,
	},
	{
		Name: "ws_server_drop", Section: "Server", Spec: "WsServer.drop",
		Doc:    "Releases the server: ws_server_close, and nothing at all when it is closed already.",
		Params: []Param{server}, Result: num, Returns: "0; -1 when the handle was never given out.", Errors: onHandle,
	},
	{
		Name: "ws_server_listener_fd", Section: "Server", Spec: "WsServer.listener_fd",
		Doc:    "Tells the descriptor of the listener, to be watched, not to be closed.",
		Params: []Param{server}, Result: num, Returns: "The descriptor; -1 when the server is closed.", Errors: onServer,
	},
	{
		Name: "ws_server_port", Section: "Server", Spec: "WsServer.port",
		Doc:    "Tells the port that the server is bound to.",
		Params: []Param{server}, Result: num, Returns: "The port, also when 0 was asked for; -1 when the server is closed.", Errors: onServer,
	},
	{
		Name: "ws_server_running", Section: "Server", Spec: "WsServer.running",
		Doc:    "Tells if the server can accept: it is neither stopped nor closed.",
		Params: []Param{server}, Result: num, Returns: "1 or 0; 0 when the server is closed. -1 when it failed.", Errors: onHandle,
	},
	{
		Name: "ws_server_set_subprotocols", Section: "Server",
		Doc: "Sets the subprotocols that ws_server_accept chooses from: the first one here that the client offers too.",
		Params: []Param{server, {Name: "subprotocols", Type: text, Null: Absent,
			Doc: "Comma-separated tokens, the preferred first; NULL or empty for none."}},
		Result: num, Returns: "0, or -1.", Errors: with(onServer, "WS_ERR_HEADER"), Clause: "RFC 6455 §4.2.2",
	},
	{
		Name: "ws_server_set_origins", Section: "Server",
		Doc: "Sets the origins that the server takes, letter case aside; requests with any other are answered with 403. A request without an " +
			"Origin header comes from no browser and is taken: the list keeps foreign pages out, and is no authentication. Without a list " +
			"every origin is taken.",
		Params: []Param{server, {Name: "origins", Type: text, Null: Absent,
			Doc: "Comma-separated origins, such as \"https://example.com\"; NULL or empty for every origin."}},
		Result: num, Returns: "0, or -1.", Errors: with(onServer, "WS_ERR_HEADER"), Clause: "RFC 6455 §4.2.2, §10.2",
	},
}
