// This file states the clauses of RFC 6455 on closing, failing and broken text (§7, §8).
package main

var closingClauses = []clause{
	{section: "7.1.2", rule: "a closing handshake starts with a close frame of that code and reason", named: []string{
		"protocol/closing.go:Machine.Close", "protocol/closing_test.go:TestOurCloseIsFollowedByThePeers", "protocol/closing_test.go:TestCloseArguments",
	}},
	{section: "7.1.7", rule: "a client that fails the connection closes it", named: []string{
		"protocol/closing.go:Machine.failWith", clientRefuses, framingTests,
	}},
	{section: "7.1.7", rule: "a server that fails the connection closes it", named: []string{
		"protocol/closing.go:Machine.failWith", framingTests, hostileFrames, "core/receive_test.go:TestViolationIsToldToThePeerDespiteUnreadData",
	}},
	{section: "7.1.7", not: true, rule: "data is processed after the connection failed", named: []string{
		"protocol/closing.go:Machine.failWith", "protocol/machine.go:Machine.Next", framingTests, "test_close.py:test_data_after_close_is_ignored",
	}},
	{section: "7.2.1", rule: "a client whose opening handshake must fail fails the connection", named: []string{
		"protocol/client_handshake.go:Machine.responseReceived", "protocol/closing.go:Machine.failWith", clientRefuses,
	}},
	{section: "7.2.1", rule: "a lost transport fails the connection", named: []string{
		"protocol/closing.go:Machine.CloseCode", "core/read.go:Conn.vanished", "protocol/closing_test.go:TestEndOfInput", "core/receive_test.go:TestPeerVanishes", "core/receive_test.go:TestPeerResets",
	}},
	{section: "7.2.2", rule: "a server that aborts the opening handshake closes the connection", named: []string{
		"protocol/server_handshake.go:Machine.Refuse", "protocol/handshake_test.go:TestRefusal", "test_handshake.py:test_refused",
	}},
	{section: "7.4.1", not: true, rule: "1005 is sent in a close frame", named: []string{
		"wire/closecode.go:CloseCode.OnWire", "protocol/closing.go:checkCloseBody", "closecode_test.go:TestCloseCode_RFC6455_7_4_OnWire", "protocol/closing_test.go:TestEveryCodeOfRFC6455Section7_4", "test_close.py:test_code_never_on_the_wire",
	}},
	{section: "7.4.1", not: true, rule: "1006 is sent in a close frame", named: []string{
		"wire/closecode.go:CloseCode.OnWire", "protocol/closing.go:checkCloseBody", "closecode_test.go:TestCloseCode_RFC6455_7_4_OnWire", "protocol/closing_test.go:TestEveryCodeOfRFC6455Section7_4", "test_close.py:test_code_never_on_the_wire",
	}},
	{section: "7.4.1", not: true, rule: "1015 is sent in a close frame", named: []string{
		"wire/closecode.go:CloseCode.OnWire", "protocol/closing.go:checkCloseBody", "closecode_test.go:TestCloseCode_RFC6455_7_4_OnWire", "protocol/closing_test.go:TestEveryCodeOfRFC6455Section7_4", "test_close.py:test_code_never_on_the_wire",
	}},

	{section: "8.1", rule: "bytes that are not UTF-8 where UTF-8 is expected fail the connection", named: []string{
		"protocol/receive.go:Machine.badText", "wire/closecode.go:ParseClosePayload", "utf8_test.go:TestUTF8_Vectors", framingTests, "test_utf8.py:test_bad_text", "test_close.py:test_reason_is_not_utf8",
	}},
}
