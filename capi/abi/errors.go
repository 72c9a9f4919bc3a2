package abi

// The error codes of the ABI and the sets of them that families of functions share. The numbers never change meaning.

var errorCodes = ConstGroup{
	Name: "error", Prefix: "WS_ERR_",
	Doc: "What ws_last_error tells. The hundreds say whose doing it was: 1 the caller's, 2 the connection's, 3 the peer's, " +
		"4 the opening handshake's, 5 a lack of resources.",
	Consts: []Const{
		{Name: "WS_ERR_NONE", Value: 0, Doc: "No call of this thread has failed yet."},

		{Name: "WS_ERR_ARGUMENT", Value: 100, Doc: "An argument is NULL, negative or out of its range; the message names it and the bound."},
		{Name: "WS_ERR_HANDLE", Value: 101, Doc: "The handle was never given out, or belongs to another kind of object."},
		{Name: "WS_ERR_STATE", Value: 102, Doc: "The call does not fit the state: a message is unfinished, the handshake is not over or already is."},
		{Name: "WS_ERR_BUSY", Value: 103, Doc: "Another thread is receiving on this connection."},
		{Name: "WS_ERR_UTF8", Value: 104, Doc: "The text given is not valid UTF-8; nothing was sent."},
		{Name: "WS_ERR_CLOSE_CODE", Value: 105, Doc: "The close code may not be sent: only 1000-1003, 1007-1014 and 3000-4999 may."},
		{Name: "WS_ERR_CONTROL_SIZE", Value: 106, Doc: "The payload of a control frame is over 125 bytes, or a close reason is over 123."},
		{Name: "WS_ERR_TOO_LARGE", Value: 107, Doc: "A length given is over the limit; nothing was sent."},
		{Name: "WS_ERR_FORKED", Value: 108, Doc: "This process was forked from the one that loaded the library; use exec or load it after fork."},
		{Name: "WS_ERR_URL", Value: 109, Doc: "The URL is not a ws:// URL that can be connected to."},
		{Name: "WS_ERR_HEADER", Value: 110, Doc: "A header, subprotocol or origin given has characters that HTTP forbids there (CR, LF, NUL) or is reserved; nothing was sent."},
		{Name: "WS_ERR_OPTION", Value: 111, Doc: "No such option for this kind of handle, a value out of its range, or a struct of a newer library."},

		{Name: "WS_ERR_CLOSED", Value: 200, Doc: "The connection or server is closed."},
		{Name: "WS_ERR_ABNORMAL", Value: 201, Doc: "The peer vanished without a close frame (1006)."},
		{Name: "WS_ERR_TIMEOUT", Value: 202, Doc: "The time set for this call is over."},
		{Name: "WS_ERR_INTERRUPTED", Value: 203, Doc: "A signal came and WS_OPT_INTERRUPTIBLE is set; nothing is lost, call again."},
		{Name: "WS_ERR_WOULD_BLOCK", Value: 204, Doc: "The call cannot go on without waiting. No call leaves it so far."},
		{Name: "WS_ERR_SYSTEM", Value: 205, Doc: "The operating system refused; ws_last_errno has its reason, the message in words."},
		{Name: "WS_ERR_RESOLVE", Value: 206, Doc: "The host name has no address."},

		{Name: "WS_ERR_PROTOCOL", Value: 300, Doc: "The peer broke RFC 6455; the connection failed with 1002."},
		{Name: "WS_ERR_PEER_UTF8", Value: 301, Doc: "The peer sent text that is not UTF-8; the connection failed with 1007."},
		{Name: "WS_ERR_PEER_TOO_LARGE", Value: 302, Doc: "The peer sent more than the limit; the connection failed with 1009."},
		{Name: "WS_ERR_PEER_POLICY", Value: 303, Doc: "The peer broke a rule of ours, such as fragments that are too small; the connection failed with 1008."},

		{Name: "WS_ERR_HANDSHAKE", Value: 400, Doc: "The opening handshake is malformed or is not one."},
		{Name: "WS_ERR_REFUSED", Value: 401, Doc: "The server answered with another status than 101, which ws_last_http_status tells."},
		{Name: "WS_ERR_ORIGIN", Value: 402, Doc: "The request's origin is not on the list of the server; it was answered with 403."},

		{Name: "WS_ERR_NO_MEMORY", Value: 500, Doc: "Memory ran out."},
		{Name: "WS_ERR_QUEUE_FULL", Value: 501, Doc: "A send queue is full."},
		{Name: "WS_ERR_TOO_MANY", Value: 502, Doc: "Too many open handles or descriptors."},
		{Name: "WS_ERR_INTERNAL", Value: 599, Doc: "A defect in the library was caught; the message says what."},
	},
}

// The codes that families of calls share.
var (
	onHandle   = []string{"WS_ERR_HANDLE"}
	onClosable = []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED"}
	sending    = []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_STATE", "WS_ERR_ABNORMAL", "WS_ERR_TIMEOUT", "WS_ERR_INTERRUPTED", "WS_ERR_SYSTEM"}
	receiving  = []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_STATE", "WS_ERR_BUSY", "WS_ERR_ABNORMAL", "WS_ERR_TIMEOUT",
		"WS_ERR_INTERRUPTED", "WS_ERR_SYSTEM", "WS_ERR_PROTOCOL", "WS_ERR_PEER_UTF8", "WS_ERR_PEER_TOO_LARGE", "WS_ERR_PEER_POLICY",
		"WS_ERR_NO_MEMORY"}
	accepting = []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_TIMEOUT", "WS_ERR_INTERRUPTED", "WS_ERR_SYSTEM",
		"WS_ERR_ABNORMAL", "WS_ERR_HANDSHAKE", "WS_ERR_ORIGIN", "WS_ERR_TOO_MANY"}
	shaking = []string{"WS_ERR_ARGUMENT", "WS_ERR_URL", "WS_ERR_TIMEOUT", "WS_ERR_INTERRUPTED", "WS_ERR_SYSTEM", "WS_ERR_ABNORMAL",
		"WS_ERR_HANDSHAKE", "WS_ERR_REFUSED", "WS_ERR_TOO_MANY"}
)

// with adds codes to a family without touching it.
func with(family []string, more ...string) []string {
	return append(append([]string(nil), family...), more...)
}
