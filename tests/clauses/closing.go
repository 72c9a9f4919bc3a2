// This file states the clauses of RFC 6455 on closing, failing and broken text (§7, §8).

package main

var closingClauses = []clause{
	{section: "7.1.2", rule: "a closing handshake starts with a close frame of that code and reason", named: []string{
		"protocol:Machine.Close", "protocol:TestOurCloseIsFollowedByThePeers", "protocol:TestCloseArguments",
	}},
	{section: "7.1.7", rule: "a client that fails the connection closes it", named: []string{
		"protocol:Machine.failWith", clientRefuses, framingTests,
	}},
	{section: "7.1.7", rule: "a server that fails the connection closes it", named: []string{
		"protocol:Machine.failWith", framingTests, hostileFrames, "core:TestViolationIsToldToThePeerDespiteUnreadData",
	}},
	{section: "7.1.7", not: true, rule: "data is processed after the connection failed", named: []string{
		"protocol:Machine.failWith", "protocol:Machine.Next", framingTests, "hostile:test_data_after_a_violation_is_ignored",
	}},
	{section: "7.2.1", rule: "a client whose opening handshake must fail fails the connection", named: []string{
		"protocol:Machine.responseReceived", "protocol:Machine.failWith", clientRefuses,
	}},
	{section: "7.2.1", rule: "a lost transport fails the connection", named: []string{
		"protocol:Machine.CloseCode", "core:Conn.vanished", "protocol:TestEndOfInput", "core:TestPeerVanishes", "core:TestPeerResets",
	}},
	{section: "7.2.2", rule: "a server that aborts the opening handshake closes the connection", named: []string{
		"protocol:Machine.Refuse", "protocol:TestRefusal", "hostile:test_refused",
	}},
	{section: "7.4.1", not: true, rule: "1005 is sent in a close frame", named: []string{
		"wire:CloseCode.OnWire", "protocol:checkCloseBody", "wire:TestCloseCode_RFC6455_7_4_OnWire", "protocol:TestEveryCodeOfRFC6455Section7_4", "hostile:test_code_never_on_the_wire",
	}},
	{section: "7.4.1", not: true, rule: "1006 is sent in a close frame", named: []string{
		"wire:CloseCode.OnWire", "protocol:checkCloseBody", "wire:TestCloseCode_RFC6455_7_4_OnWire", "protocol:TestEveryCodeOfRFC6455Section7_4", "hostile:test_code_never_on_the_wire",
	}},
	{section: "7.4.1", not: true, rule: "1015 is sent in a close frame", named: []string{
		"wire:CloseCode.OnWire", "protocol:checkCloseBody", "wire:TestCloseCode_RFC6455_7_4_OnWire", "protocol:TestEveryCodeOfRFC6455Section7_4", "hostile:test_code_never_on_the_wire",
	}},

	{section: "8.1", rule: "bytes that are not UTF-8 where UTF-8 is expected fail the connection", named: []string{
		"protocol:Machine.badText", "wire:ParseClosePayload", "wire:TestUTF8_Vectors", framingTests, "hostile:test_bad_text", "hostile:test_reason_is_not_utf8",
	}},
}
