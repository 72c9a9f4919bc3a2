// This file states the clauses of RFC 6455 on URIs and the opening handshake (§3, §4).

package main

// Tests whose tables hold many of these rules.
const (
	clientSends    = "protocol:TestClientHandshake"
	clientChecks   = "protocol:TestClientRequestIsCheckedBeforeAnythingIsSent"
	clientRefuses  = "protocol:TestClientRefusesBadResponses"
	serverRefuses  = "protocol:TestServerRefusesBadRequests"
	serverAccepts  = "protocol:TestServerAcceptsWhatTheRFCAllows"
	serverVerdict  = "protocol:TestVerdictIsCheckedBeforeAnythingIsSent"
	requestEncoder = "protocol:ClientRequest.append"
)

const (
	noTLS        = "wss is not offered: such a URL is refused with an error; TLS belongs in front of the library"
	noProxy      = "concerns clients that go through proxies; Dial connects directly"
	noBrowser    = "concerns browsers; other clients may give an origin as an option"
	noExtensions = "the client offers no extension and the server accepts none"
	callersPace  = "protects hosts against scripts in browsers; how many connections a program opens at once is the program's own choice"
)

var openingClauses = []clause{
	{section: "3", not: true, rule: "a fragment identifier is used on a ws URI", named: []string{
		"protocol:Request.splitTarget", "core:parseURL", clientChecks, "core:TestParseURLRefuses",
	}},
	{section: "3", rule: "a # that does not start a fragment is written %23", named: []string{
		"protocol:Request.splitTarget", "core:parseURL", clientChecks, "core:TestParseURLRefuses",
	}},

	{section: "4.1", rule: "the client connects, sends its opening handshake and reads the server's", named: []string{
		"core:Conn.request101", requestEncoder, clientSends, "core:TestDial",
	}},
	{section: "4.1", rule: "the parts of the URI are valid", named: []string{
		"core:parseURL", "protocol:ClientRequest.check", clientChecks, "core:TestParseURLRefuses",
	}},
	{section: "4.1", rule: "an invalid URI fails the connection", named: []string{
		"core:parseURL", "protocol:ClientRequest.check", clientChecks, "core:TestDialRefusesLocally",
	}},
	{section: "4.1", rule: "wait while another connection to the same host is being established", exempt: callersPace},
	{section: "4.1", rule: "only one connection to a host is CONNECTING", exempt: callersPace},
	{section: "4.1", rule: "simultaneous connections to an address are made one after the other", exempt: callersPace},
	{section: "4.1", rule: "host names whose address is unknown count as distinct hosts", exempt: callersPace},
	{section: "4.1", rule: "proxy autoconfiguration is asked about the ws URI", exempt: noProxy},
	{section: "4.1", rule: "a connection that cannot be opened fails", named: []string{
		"core:connectTo", "core:TestDialErrorsOfTheNetwork",
	}},
	{section: "4.1", rule: "a secure connection does its TLS handshake first", exempt: noTLS},
	{section: "4.1", rule: "a failed TLS handshake fails the connection", exempt: noTLS},
	{section: "4.1", rule: "everything after the TLS handshake goes through it", exempt: noTLS},
	{section: "4.1", rule: "TLS names the server (SNI)", exempt: noTLS},
	{section: "4.1", rule: "the client sends an opening handshake once connected", named: []string{
		"core:Conn.request101", requestEncoder, clientSends,
	}},
	{section: "4.1", rule: "the handshake is a valid HTTP request", words: "request|head", named: []string{
		clientChecks, requestEncoder,
	}},
	{section: "4.1", rule: "its method is GET and its version at least HTTP/1.1", words: `GET|HTTP/1\.1`, named: []string{
		clientSends, requestEncoder,
	}},
	{section: "4.1", rule: "its target is the resource name", words: "target|path", named: []string{
		clientSends, requestEncoder,
	}},
	{section: "4.1", rule: "it has a Host field, with the port unless that is the default", named: []string{
		"core:hostField", requestEncoder, clientSends, "core:TestParseURL",
	}},
	{section: "4.1", rule: "it has an Upgrade field naming websocket", words: "upgrade", named: []string{
		clientSends, requestEncoder,
	}},
	{section: "4.1", rule: "it has a Connection field naming Upgrade", words: "connection", named: []string{
		clientSends, requestEncoder,
	}},
	{section: "4.1", rule: "it has a Sec-WebSocket-Key field", named: []string{
		requestEncoder, clientSends, "wire:TestEncodeKey_RFC6455_4_1_Nonce",
	}},
	{section: "4.1", rule: "the key is 16 bytes in base64", named: []string{
		"wire:EncodeKey", "wire:TestEncodeKey_RFC6455_4_1_Nonce",
	}},
	{section: "4.1", rule: "the key is chosen at random for each connection", named: []string{
		"core:newClient", "wire:EncodeKey", "opening:TestKeyIsRandomForEachConnection",
	}},
	{section: "4.1", rule: "a browser sends its Origin", exempt: noBrowser},
	{section: "4.1", rule: "it has a Sec-WebSocket-Version field", words: "version|items 1", named: []string{
		clientSends, requestEncoder,
	}},
	{section: "4.1", rule: "the version is 13", words: "version|13", named: []string{clientSends, requestEncoder}},
	{section: "4.1", rule: "subprotocols are non-empty tokens", named: []string{
		"protocol:ClientRequest.check", clientChecks,
	}},
	{section: "4.1", rule: "no subprotocol is offered twice", words: "twice|unique", named: []string{clientChecks}},
	{section: "4.1", rule: "the client sends nothing more before the response", named: []string{
		"protocol:Machine.maySend", "protocol:TestNothingIsSentBeforeTheHandshake",
	}},
	{section: "4.1", rule: "the client validates the response", named: []string{
		"protocol:Response.check", clientRefuses,
	}},
	{section: "4.1", rule: "a response without Upgrade: websocket fails the connection", named: []string{
		"protocol:Response.check", clientRefuses,
	}},
	{section: "4.1", rule: "a response whose Connection lacks Upgrade fails the connection", named: []string{
		"protocol:Response.check", clientRefuses,
	}},
	{section: "4.1", rule: "a wrong or missing Sec-WebSocket-Accept fails the connection", named: []string{
		"protocol:Response.check", "wire:AcceptKey", clientRefuses,
	}},
	{section: "4.1", rule: "an extension that was not offered fails the connection", named: []string{
		"protocol:Response.check", clientRefuses,
	}},
	{section: "4.1", rule: "a subprotocol that was not offered fails the connection", named: []string{
		"protocol:Response.check", clientRefuses,
	}},
	{section: "4.1", rule: "a response that breaks any other requirement fails the connection", named: []string{
		"protocol:Machine.responseReceived", clientRefuses, "wire:TestResponseHead_Bad",
	}},
	{section: "4.2.1", rule: "a request that is no proper handshake is answered with an HTTP error", named: []string{
		"protocol:Request.check", "protocol:Request.checkUpgrade", serverRefuses, "hostile:test_refused", "hostile:test_not_http",
	}},
	{section: "4.2.1", rule: "the request is a GET of HTTP/1.1 or higher", named: []string{
		"protocol:Request.check", "protocol:Request.checkUpgrade", serverRefuses, "hostile:test_refused",
	}},
	{section: "4.2.1", rule: "it names the host", named: []string{
		"protocol:Request.check", serverRefuses, "hostile:test_refused",
	}},
	{section: "4.2.1", rule: "its Upgrade names websocket in any case", named: []string{
		"protocol:Request.checkUpgrade", serverRefuses, serverAccepts, "hostile:test_refused",
	}},
	{section: "4.2.1", rule: "its Connection names Upgrade in any case", named: []string{
		"protocol:Request.checkUpgrade", serverRefuses, serverAccepts, "hostile:test_refused",
	}},
	{section: "4.2.1", rule: "its key is the base64 of 16 bytes", words: "key", named: []string{serverRefuses}},
	{section: "4.2.1", rule: "its version is 13", words: "version", named: []string{serverRefuses}},
	{section: "4.2.2", rule: "the server completes these steps to accept", named: []string{
		"protocol:Machine.Accept", serverAccepts, "hostile:test_accepted",
	}},
	{section: "4.2.2", rule: "on an HTTPS port everything goes through TLS", exempt: noTLS},
	{section: "4.2.2", rule: "an origin that is not wanted gets an HTTP error such as 403", named: []string{
		"core:Server.screen", "core:TestAcceptRefusesAndGoesOn", "hostile:test_foreign_origin",
	}},
	{section: "4.2.2", rule: "another version gets an HTTP error and the versions spoken", named: []string{
		"protocol:refusalFields", serverRefuses, "hostile:test_version_refused",
	}},
	{section: "4.2.2", rule: "a service that does not exist gets an HTTP error such as 404", named: []string{
		"protocol:Machine.Refuse", "protocol:TestRefusal",
	}},
	{section: "4.2.2", rule: "the subprotocol is one that the client offered", named: []string{
		"protocol:Machine.Accept", "core:Server.screen", serverVerdict, "hostile:test_subprotocol",
	}},
	{section: "4.2.2", not: true, rule: "a Sec-WebSocket-Protocol field is sent when none was agreed on", named: []string{
		"protocol:Machine.Accept", serverVerdict, "hostile:test_accepted",
	}},
	{section: "4.2.2", rule: "extensions are chosen from those the client offered", exempt: noExtensions},
	{section: "4.2.2", not: true, rule: "an extension is listed that the client did not offer", exempt: noExtensions},
	{section: "4.2.2", rule: "the response is a valid 101 with Upgrade, Connection and Sec-WebSocket-Accept", named: []string{
		"protocol:Machine.Accept", "protocol:TestServerHandshakeThenFrames", "hostile:test_accepted",
	}},
	{section: "4.3", rule: "a quoted parameter is a token once unquoted", named: []string{
		"wire:extParser.quoted", "wire:TestEachExtension",
	}},
	{section: "4.4", rule: "a server that does not speak the version names those it speaks", named: []string{
		"protocol:refusalFields", serverRefuses, "hostile:test_version_refused",
	}},
}
