// This file states the clauses of RFC 6455 on extensions, security and header fields (§9, §10, §11).
package main

var fieldClauses = []clause{
	{section: "9", not: true, rule: "a server responds with an extension that was not asked for", exempt: noExtensions},
	{section: "9", rule: "parameters of extensions follow the extension's specification", exempt: noExtensions},
	{section: "9.1", rule: "a malformed Sec-WebSocket-Extensions value fails the handshake", words: "extension", named: []string{serverRefuses}},
	{section: "9.1", rule: "a quoted parameter is a token once unquoted", words: "unescap|quot|token"},
	{section: "9.1", rule: "extension names are registered ones", exempt: noExtensions},
	{section: "9.1", rule: "parameters are defined for their extension", exempt: noExtensions},
	{section: "9.1", not: true, rule: "an extension is used before the server agreed to it", exempt: noExtensions},

	{section: "10.3", rule: "a client chooses a new unpredictable mask for each frame", words: "mask", also: []string{"5.3"}},
	{section: "10.4", rule: "limits on the size of frames and messages are kept", words: "limit|large|flood|size"},
	{section: "10.6", rule: "TLS is supported", exempt: noTLS},
	{section: "10.7", rule: "incoming data is always validated", words: "check|valid|legal", also: []string{"5.2", "8.1", "4.2.1"}},

	{section: "11.1.1", rule: "other characters of a ws host are converted to ASCII", exempt: "URLs are taken in ASCII; one with other characters is refused"},
	{section: "11.1.1", rule: "other characters elsewhere are percent-encoded", exempt: "URLs are taken in ASCII; one with other characters is refused"},
	{section: "11.1.2", rule: "other characters of a wss host are converted to ASCII", exempt: noTLS},
	{section: "11.1.2", rule: "other characters elsewhere are percent-encoded", exempt: noTLS},
	{section: "11.3.1", not: true, rule: "Sec-WebSocket-Key appears more than once in a request", words: "key", also: []string{"4.2.1"}, named: []string{serverRefuses}},
	{section: "11.3.2", not: true, rule: "Sec-WebSocket-Extensions appears more than once in a response", words: "extension", also: []string{"4.1"}, named: []string{clientRefuses}},
	{section: "11.3.3", not: true, rule: "Sec-WebSocket-Accept appears more than once in a response", words: "accept", also: []string{"4.1"}, named: []string{clientRefuses}},
	{section: "11.3.4", not: true, rule: "Sec-WebSocket-Protocol appears more than once in a response", words: "subprotocol|protocol", also: []string{"4.1"}, named: []string{clientRefuses}},
	{section: "11.3.5", not: true, rule: "Sec-WebSocket-Version appears more than once in a request", words: "version", also: []string{"4.2.1"}, named: []string{serverRefuses}},
}
