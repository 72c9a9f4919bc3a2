// This file states the clauses of RFC 6455 on extensions, security and header fields (§9, §10, §11).

package main

var fieldClauses = []clause{
	{section: "9", not: true, rule: "a server responds with an extension that was not asked for", exempt: noExtensions},
	{section: "9", rule: "parameters of extensions follow the extension's specification", exempt: noExtensions},
	{section: "9.1", rule: "a malformed Sec-WebSocket-Extensions value fails the handshake", named: []string{
		"protocol:Request.checkLists", serverRefuses, "wire:TestEachExtension",
	}},
	{section: "9.1", rule: "a quoted parameter is a token once unquoted", named: []string{
		"wire:extParser.quoted", "wire:TestEachExtension",
	}},
	{section: "9.1", rule: "extension names are registered ones", exempt: noExtensions},
	{section: "9.1", rule: "parameters are defined for their extension", exempt: noExtensions},
	{section: "9.1", not: true, rule: "an extension is used before the server agreed to it", exempt: noExtensions},

	{section: "10.3", rule: "a client chooses a new unpredictable mask for each frame", named: []string{
		"core:maskSource.draw", headerWriter, "core:TestMasksAreDistinct", "core:TestClientMasksWithAFreshKey",
	}},
	{section: "10.4", rule: "limits on the size of frames and messages are kept", named: []string{
		"protocol:checkSize", "protocol:TestLimitExactlyPasses", "protocol:TestFragmentFlood", "hostile:test_huge_lengths_are_refused_at_once",
	}},
	{section: "10.6", rule: "TLS is supported", exempt: noTLS},
	{section: "10.7", rule: "incoming data is always validated", named: []string{
		headerRules, "protocol:Request.check", "protocol:Machine.validText", "protocol:FuzzMachine", hostileFrames, "hostile:test_refused",
	}},

	{section: "11.1.1", rule: "other characters of a ws host are converted to ASCII", exempt: "URLs are taken in ASCII; one with other characters is refused"},
	{section: "11.1.1", rule: "other characters elsewhere are percent-encoded", exempt: "URLs are taken in ASCII; one with other characters is refused"},
	{section: "11.1.2", rule: "other characters of a wss host are converted to ASCII", exempt: noTLS},
	{section: "11.1.2", rule: "other characters elsewhere are percent-encoded", exempt: noTLS},
	{section: "11.3.1", not: true, rule: "Sec-WebSocket-Key appears more than once in a request", named: []string{
		"protocol:Request.checkUpgrade", serverRefuses, "hostile:test_refused",
	}},
	{section: "11.3.2", not: true, rule: "Sec-WebSocket-Extensions appears more than once in a response", named: []string{
		"protocol:Response.check", clientRefuses,
	}},
	{section: "11.3.3", not: true, rule: "Sec-WebSocket-Accept appears more than once in a response", named: []string{
		"protocol:Response.check", clientRefuses,
	}},
	{section: "11.3.4", not: true, rule: "Sec-WebSocket-Protocol appears more than once in a response", named: []string{
		"protocol:Response.check", clientRefuses,
	}},
	{section: "11.3.5", not: true, rule: "Sec-WebSocket-Version appears more than once in a request", named: []string{
		"protocol:Request.checkUpgrade", serverRefuses, "hostile:test_version_refused",
	}},
}
