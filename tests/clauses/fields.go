// This file states the clauses of RFC 6455 on extensions, security and header fields (§9, §10, §11).
package main

var fieldClauses = []clause{
	{section: "9", not: true, rule: "a server responds with an extension that was not asked for", exempt: noExtensions},
	{section: "9", rule: "parameters of extensions follow the extension's specification", exempt: noExtensions},
	{section: "9.1", rule: "a malformed Sec-WebSocket-Extensions value fails the handshake", named: []string{
		"protocol/server_handshake.go:Request.checkLists", serverRefuses, "grammar_test.go:TestEachExtension",
	}},
	{section: "9.1", rule: "a quoted parameter is a token once unquoted", named: []string{
		"wire/grammar.go:extParser.quoted", "grammar_test.go:TestEachExtension",
	}},
	{section: "9.1", rule: "extension names are registered ones", exempt: noExtensions},
	{section: "9.1", rule: "parameters are defined for their extension", exempt: noExtensions},
	{section: "9.1", not: true, rule: "an extension is used before the server agreed to it", exempt: noExtensions},

	{section: "10.3", rule: "a client chooses a new unpredictable mask for each frame", named: []string{
		"core/mask.go:maskSource.draw", headerWriter, "core/send_test.go:TestMasksAreDistinct", "core/send_test.go:TestClientMasksWithAFreshKey",
	}},
	{section: "10.4", rule: "limits on the size of frames and messages are kept", named: []string{
		"protocol/check.go:checkSize", "protocol/check_test.go:TestLimitExactlyPasses", "protocol/check_test.go:TestFragmentFlood", "test_framing.py:test_huge_lengths_are_refused_at_once",
	}},
	{section: "10.6", rule: "TLS is supported", exempt: noTLS},
	{section: "10.7", rule: "incoming data is always validated", named: []string{
		headerRules, "protocol/server_handshake.go:Request.check", "protocol/receive.go:Machine.validText", "protocol/fuzz_test.go:FuzzMachine", hostileFrames, "test_handshake.py:test_refused",
	}},

	{section: "11.1.1", rule: "other characters of a ws host are converted to ASCII", exempt: "URLs are taken in ASCII; one with other characters is refused"},
	{section: "11.1.1", rule: "other characters elsewhere are percent-encoded", exempt: "URLs are taken in ASCII; one with other characters is refused"},
	{section: "11.1.2", rule: "other characters of a wss host are converted to ASCII", exempt: noTLS},
	{section: "11.1.2", rule: "other characters elsewhere are percent-encoded", exempt: noTLS},
	{section: "11.3.1", not: true, rule: "Sec-WebSocket-Key appears more than once in a request", named: []string{
		"protocol/server_handshake.go:Request.checkUpgrade", serverRefuses, "test_handshake.py:test_refused",
	}},
	{section: "11.3.2", not: true, rule: "Sec-WebSocket-Extensions appears more than once in a response", named: []string{
		"protocol/client_handshake.go:Response.check", clientRefuses,
	}},
	{section: "11.3.3", not: true, rule: "Sec-WebSocket-Accept appears more than once in a response", named: []string{
		"protocol/client_handshake.go:Response.check", clientRefuses,
	}},
	{section: "11.3.4", not: true, rule: "Sec-WebSocket-Protocol appears more than once in a response", named: []string{
		"protocol/client_handshake.go:Response.check", clientRefuses,
	}},
	{section: "11.3.5", not: true, rule: "Sec-WebSocket-Version appears more than once in a request", named: []string{
		"protocol/server_handshake.go:Request.checkUpgrade", serverRefuses, "test_handshake.py:test_version_refused",
	}},
}
