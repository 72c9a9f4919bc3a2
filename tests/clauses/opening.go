// This file states the clauses of RFC 6455 on URIs and the opening handshake (§3, §4).
package main

// Tests whose tables hold many of these rules.
const (
	clientSends    = "protocol/handshake_test.go:TestClientHandshake"
	clientChecks   = "protocol/handshake_test.go:TestClientRequestIsCheckedBeforeAnythingIsSent"
	clientRefuses  = "protocol/handshake_test.go:TestClientRefusesBadResponses"
	serverRefuses  = "protocol/handshake_test.go:TestServerRefusesBadRequests"
	serverAccepts  = "protocol/handshake_test.go:TestServerAcceptsWhatTheRFCAllows"
	serverVerdict  = "protocol/handshake_test.go:TestVerdictIsCheckedBeforeAnythingIsSent"
	requestEncoder = "protocol/client_handshake.go:ClientRequest.append"
)

const (
	noTLS        = "wss is not offered: such a URL is refused with an error; TLS belongs in front of the library"
	noProxy      = "concerns clients that go through proxies; Dial connects directly"
	noBrowser    = "concerns browsers; other clients may give an origin as an option"
	noExtensions = "the client offers no extension and the server accepts none"
	callersPace  = "protects hosts against scripts in browsers; how many connections a program opens at once is the program's own choice"
)

var openingClauses = []clause{
	{section: "3", not: true, rule: "a fragment identifier is used on a ws URI", words: "fragment", named: []string{clientChecks}},
	{section: "3", rule: "a # that does not start a fragment is written %23", words: "fragment|#", named: []string{clientChecks}},

	{section: "4.1", rule: "the client connects, sends its opening handshake and reads the server's", words: "handshake|request", named: []string{clientSends}},
	{section: "4.1", rule: "the parts of the URI are valid", words: "url|uri|path|target|host", also: []string{"3"}, named: []string{clientChecks}},
	{section: "4.1", rule: "an invalid URI fails the connection", words: "url|uri|path|target|host", also: []string{"3"}, named: []string{clientChecks}},
	{section: "4.1", rule: "wait while another connection to the same host is being established", exempt: callersPace},
	{section: "4.1", rule: "only one connection to a host is CONNECTING", exempt: callersPace},
	{section: "4.1", rule: "simultaneous connections to an address are made one after the other", exempt: callersPace},
	{section: "4.1", rule: "host names whose address is unknown count as distinct hosts", exempt: callersPace},
	{section: "4.1", rule: "proxy autoconfiguration is asked about the ws URI", exempt: noProxy},
	{section: "4.1", rule: "a connection that cannot be opened fails", words: "dial|connect"},
	{section: "4.1", rule: "a secure connection does its TLS handshake first", exempt: noTLS},
	{section: "4.1", rule: "a failed TLS handshake fails the connection", exempt: noTLS},
	{section: "4.1", rule: "everything after the TLS handshake goes through it", exempt: noTLS},
	{section: "4.1", rule: "TLS names the server (SNI)", exempt: noTLS},
	{section: "4.1", rule: "the client sends an opening handshake once connected", words: "request|handshake", named: []string{clientSends, requestEncoder}},
	{section: "4.1", rule: "the handshake is a valid HTTP request", words: "request|head", named: []string{clientChecks, requestEncoder}},
	{section: "4.1", rule: "its method is GET and its version at least HTTP/1.1", words: `GET|HTTP/1\.1`, named: []string{clientSends, requestEncoder}},
	{section: "4.1", rule: "its target is the resource name", words: "target|path", named: []string{clientSends, requestEncoder}},
	{section: "4.1", rule: "it has a Host field, with the port unless that is the default", words: `host`, named: []string{clientSends, requestEncoder}},
	{section: "4.1", rule: "it has an Upgrade field naming websocket", words: "upgrade", named: []string{clientSends, requestEncoder}},
	{section: "4.1", rule: "it has a Connection field naming Upgrade", words: "connection", named: []string{clientSends, requestEncoder}},
	{section: "4.1", rule: "it has a Sec-WebSocket-Key field", words: "key"},
	{section: "4.1", rule: "the key is 16 bytes in base64", words: "16"},
	{section: "4.1", rule: "the key is chosen at random for each connection", words: "nonce|random|entropy"},
	{section: "4.1", rule: "a browser sends its Origin", exempt: noBrowser},
	{section: "4.1", rule: "it has a Sec-WebSocket-Version field", words: "version|items 1", named: []string{clientSends, requestEncoder}},
	{section: "4.1", rule: "the version is 13", words: "version|13", named: []string{clientSends, requestEncoder}},
	{section: "4.1", rule: "subprotocols are non-empty tokens", words: "subprotocol.*token|subprotocol", named: []string{clientChecks}},
	{section: "4.1", rule: "no subprotocol is offered twice", words: "twice|unique", named: []string{clientChecks}},
	{section: "4.1", rule: "the client sends nothing more before the response", words: "before|wait|not open|handshake", also: []string{"4"}, named: []string{"protocol/send_test.go:TestNothingIsSentBeforeTheHandshake"}},
	{section: "4.1", rule: "the client validates the response", words: "respon", named: []string{clientRefuses}},
	{section: "4.1", rule: "a response without Upgrade: websocket fails the connection", words: "upgrade", named: []string{clientRefuses}},
	{section: "4.1", rule: "a response whose Connection lacks Upgrade fails the connection", words: "connection", named: []string{clientRefuses}},
	{section: "4.1", rule: "a wrong or missing Sec-WebSocket-Accept fails the connection", words: "accept", named: []string{clientRefuses}},
	{section: "4.1", rule: "an extension that was not offered fails the connection", words: "extension", named: []string{clientRefuses}},
	{section: "4.1", rule: "a subprotocol that was not offered fails the connection", words: "subprotocol", named: []string{clientRefuses}},
	{section: "4.1", rule: "a response that breaks any other requirement fails the connection", words: "respon", named: []string{clientRefuses}},
	{section: "4.2.1", rule: "a request that is no proper handshake is answered with an HTTP error", words: "request|handshake", named: []string{serverRefuses}},
	{section: "4.2.1", rule: "the request is a GET of HTTP/1.1 or higher", words: "GET|method|HTTP/1", also: []string{"4.1"}, named: []string{serverRefuses}},
	{section: "4.2.1", rule: "it names the host", words: "host", named: []string{serverRefuses, "protocol/server_handshake.go:Request.check"}},
	{section: "4.2.1", rule: "its Upgrade names websocket in any case", words: "upgrade", named: []string{serverRefuses, serverAccepts}},
	{section: "4.2.1", rule: "its Connection names Upgrade in any case", words: "connection", named: []string{serverRefuses, serverAccepts}},
	{section: "4.2.1", rule: "its key is the base64 of 16 bytes", words: "key", named: []string{serverRefuses}},
	{section: "4.2.1", rule: "its version is 13", words: "version", named: []string{serverRefuses}},
	{section: "4.2.2", rule: "the server completes these steps to accept", words: "accept|101"},
	{section: "4.2.2", rule: "on an HTTPS port everything goes through TLS", exempt: noTLS},
	{section: "4.2.2", rule: "an origin that is not wanted gets an HTTP error such as 403", words: "origin|refus", also: []string{"10.2"}},
	{section: "4.2.2", rule: "another version gets an HTTP error and the versions spoken", words: "version", also: []string{"4.4"}, named: []string{serverRefuses}},
	{section: "4.2.2", rule: "a service that does not exist gets an HTTP error such as 404", words: "refus|404"},
	{section: "4.2.2", rule: "the subprotocol is one that the client offered", words: "subprotocol", named: []string{serverVerdict}},
	{section: "4.2.2", not: true, rule: "a Sec-WebSocket-Protocol field is sent when none was agreed on", words: "subprotocol", named: []string{serverVerdict}},
	{section: "4.2.2", rule: "extensions are chosen from those the client offered", exempt: noExtensions},
	{section: "4.2.2", not: true, rule: "an extension is listed that the client did not offer", exempt: noExtensions},
	{section: "4.2.2", rule: "the response is a valid 101 with Upgrade, Connection and Sec-WebSocket-Accept", words: "101|accept"},
	{section: "4.3", rule: "a quoted parameter is a token once unquoted", words: "token|unescap|quot", also: []string{"9.1"}},
	{section: "4.4", rule: "a server that does not speak the version names those it speaks", words: "version", named: []string{serverRefuses}},
}
