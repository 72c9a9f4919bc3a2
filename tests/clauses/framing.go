// This file states the clauses of RFC 6455 on frames, masks, fragments and messages (§5, §6).
package main

// Code and tests that hold many of these rules.
const (
	headerRules   = "protocol/check.go:checkHeader"
	controlRules  = "protocol/check.go:checkControl"
	framingTests  = "protocol/check_test.go:TestFramingViolations"
	hostileFrames = "test_framing.py:test_violation"
	headerWriter  = "protocol/send.go:Machine.putHeader"
	maskByRole    = "protocol/send_test.go:TestServerSendsUnmaskedClientMasked"
)

const (
	intermediary   = "binds intermediaries, which pass frames on between two connections; the library is an endpoint"
	specifications = "binds those who specify extensions"
)

var framingClauses = []clause{
	{section: "5.1", rule: "a client masks every frame", named: []string{
		headerWriter, maskByRole, "core/send_test.go:TestClientMasksWithAFreshKey",
	}},
	{section: "5.1", rule: "a server closes on a frame that is not masked", named: []string{
		headerRules, framingTests, hostileFrames,
	}},
	{section: "5.1", not: true, rule: "a server masks a frame", named: []string{headerWriter, maskByRole}},
	{section: "5.1", rule: "a client closes on a masked frame", named: []string{headerRules, framingTests}},
	{section: "5.2", rule: "reserved bits are 0 unless an extension defines them", named: []string{
		headerRules, framingTests, hostileFrames,
	}},
	{section: "5.2", rule: "a reserved bit without an extension fails the connection", named: []string{
		headerRules, framingTests, hostileFrames,
	}},
	{section: "5.2", rule: "an unknown opcode fails the connection", named: []string{
		headerRules, framingTests, hostileFrames,
	}},
	{section: "5.2", rule: "the most significant bit of a 64-bit length is 0", named: []string{
		"wire/header.go:parseLength", framingTests, "header_test.go:TestHeader_IllegalLength", hostileFrames,
	}},
	{section: "5.2", rule: "the length takes the fewest bytes", named: []string{
		"wire/header.go:parseLength", "wire/header.go:PutHeader", framingTests, "header_test.go:TestHeader_IllegalLength", "header_test.go:FuzzHeaderRoundTrip",
	}},
	{section: "5.2", rule: "an extension specifies the length of its data", exempt: specifications},
	{section: "5.2", rule: "the use of an extension is negotiated in the opening handshake", exempt: noExtensions},
	{section: "5.3", rule: "a masked frame has its mask bit set", named: []string{
		headerWriter, maskByRole, "machine_test.go:TestRFC6455Section5_7Examples",
	}},
	{section: "5.3", rule: "the client picks a fresh masking key for each frame", named: []string{
		"core/mask.go:drawMask", headerWriter, "core/send_test.go:TestMasksAreDistinct", "core/send_test.go:TestClientMasksWithAFreshKey",
	}},
	{section: "5.3", rule: "masking keys come from a strong source of entropy", named: []string{
		"core/mask.go:maskSource.draw", "core/send_test.go:TestMasksAreDistinct",
	}},
	{section: "5.3", not: true, rule: "a masking key tells anything of the next one", named: []string{
		"core/mask.go:maskSource.draw", "core/send_test.go:TestMasksAreDistinct",
	}},
	{section: "5.4", not: true, rule: "a control frame is fragmented", named: []string{
		controlRules, "protocol/send.go:Machine.checkSend", framingTests, "send_test.go:TestSendingMisuse",
	}},
	{section: "5.4", rule: "fragments are delivered in the order in which they were sent", named: []string{
		"protocol/receive.go:Machine.frameDone", "protocol/assemble.go:Machine.keep", "core/receive_test.go:TestRecvMessageAssemblesAndAnswersPings", "test_fragments.py:test_fragments_are_one_message",
	}},
	{section: "5.4", not: true, rule: "fragments of two messages are interleaved", named: []string{
		headerRules, "protocol/send.go:Machine.checkSend", framingTests, "core/send_test.go:TestMessageInsideFragmentsIsRefused", "core/send_test.go:TestSixteenSendersNeverInterleave",
	}},
	{section: "5.4", rule: "control frames are handled in the middle of a fragmented message", named: []string{
		"protocol/control.go:Machine.controlFrame", "check_test.go:TestPingBetweenFragmentsIsAnsweredFirst", "test_fragments.py:test_ping_between_fragments_is_answered_before_the_message",
	}},
	{section: "5.4", rule: "fragmented and unfragmented messages are received", named: []string{
		"protocol/receive.go:Machine.frameDone", "test_fragments.py:test_fragments_are_one_message", "protocol/fuzz_test.go:FuzzMachine",
	}},
	{section: "5.4", not: true, rule: "an intermediary changes the fragmentation of a control frame", exempt: intermediary},
	{section: "5.4", not: true, rule: "an intermediary changes fragmentation where reserved bits are unknown to it", exempt: intermediary},
	{section: "5.4", not: true, rule: "an intermediary changes fragmentation where it does not know the extensions", exempt: intermediary},
	{section: "5.4", not: true, rule: "an intermediary that did not see the handshake changes fragmentation", exempt: intermediary},
	{section: "5.4", rule: "all fragments of a message have the type of the first", named: []string{
		headerRules, "protocol/receive.go:Machine.begin", framingTests, "check_test.go:TestFrameModeShowsEachFrame",
	}},
	{section: "5.5", rule: "a control frame has at most 125 bytes of payload", named: []string{
		controlRules, "protocol/control.go:Machine.queueControl", framingTests, "send_test.go:TestSendingMisuse", hostileFrames,
	}},
	{section: "5.5", not: true, rule: "a control frame is fragmented", named: []string{
		controlRules, "protocol/send.go:Machine.checkSend", framingTests, "send_test.go:TestSendingMisuse", hostileFrames,
	}},
	{section: "5.5.1", rule: "the body of a close frame starts with a two-byte code", named: []string{
		"wire/closecode.go:ParseClosePayload", "protocol/closing.go:checkCloseBody", framingTests, "closecode_test.go:TestClosePayload_Vectors", "test_close.py:test_one_byte_close",
	}},
	{section: "5.5.1", not: true, rule: "a client shows the close reason to its user", exempt: "the library shows nothing; what a program does with the reason is the program's own affair"},
	{section: "5.5.1", rule: "a client masks its close frames", named: []string{
		"protocol/send.go:Machine.appendControl", "protocol/closing_test.go:TestPeersCloseIsAnsweredWithItsCode", "core/send_test.go:TestClientMasksWithAFreshKey",
	}},
	{section: "5.5.1", not: true, rule: "data follows a close frame that was sent", named: []string{
		"protocol/send.go:Machine.maySend", "core/send_test.go:TestSendAfterClose", "protocol/closing_test.go:TestOurCloseIsFollowedByThePeers",
	}},
	{section: "5.5.1", rule: "a close frame is answered with one, unless ours went first", named: []string{
		"protocol/closing.go:Machine.closeReceived", "protocol/closing_test.go:TestPeersCloseIsAnsweredWithItsCode", "test_close.py:test_code_is_echoed",
	}},
	{section: "5.5.1", rule: "once close frames went both ways the TCP connection is closed", named: []string{
		"core/close.go:Conn.conclude", "core/close_test.go:TestCloseHandshake", "test_clients.py:test_close_by_the_server",
	}},
	{section: "5.5.1", rule: "the server closes the TCP connection at once then", named: []string{
		"core/close.go:Conn.conclude", "core/close_test.go:TestRecvFrameAnswersClose", "test_close.py:test_code_is_echoed",
	}},
	{section: "5.5.2", rule: "a ping is answered with a pong, unless a close frame came before", named: []string{
		"protocol/control.go:Machine.pingReceived", "machine_test.go:TestPingIsAnsweredInKind", "test_framing.py:test_ping_is_answered_in_kind",
	}},
	{section: "5.5.3", rule: "the pong carries the payload of the ping", named: []string{
		"protocol/control.go:Machine.appendPong", "machine_test.go:TestPingIsAnsweredInKind", "send_test.go:TestPongAnswersTheLatestPing", "test_framing.py:test_ping_is_answered_in_kind",
	}},
	{section: "5.6", rule: "a text message is valid UTF-8 as a whole", named: []string{
		"protocol/receive.go:Machine.validText", "protocol/send.go:Machine.checkText", "test_utf8.py:test_bad_text", "send_test.go:TestSendingMisuse", "test_utf8.py:test_good_text_cut_into_fragments_at_every_byte",
	}},
	{section: "5.8", rule: "extensions are negotiated in the opening handshake", exempt: noExtensions},

	{section: "6.1", rule: "data is sent only while the connection is OPEN", named: []string{
		"protocol/send.go:Machine.maySend", "send_test.go:TestNothingIsSentBeforeTheHandshake", "core/send_test.go:TestSendAfterClose",
	}},
	{section: "6.1", rule: "sending stops when the state changes", named: []string{
		"protocol/send.go:Machine.maySend", "core/write.go:Conn.cutOff", "core/send_test.go:TestSendAfterClose",
	}},
	{section: "6.1", rule: "data is sent in frames", named: []string{
		"protocol/send.go:Machine.AppendFrame", "protocol/send.go:Machine.FrameHeader", "machine_test.go:TestRFC6455Section5_7Examples", "core/send_test.go:TestWhatGoesOnTheWire",
	}},
	{section: "6.1", rule: "the first frame's opcode says text or binary", named: []string{
		"protocol/send.go:Machine.checkSend", "protocol/send.go:Machine.AppendMessage", "machine_test.go:TestRFC6455Section5_7Examples", "core/send_test.go:TestWhatGoesOnTheWire",
	}},
	{section: "6.1", rule: "the last frame has FIN set", named: []string{
		"protocol/send.go:Machine.AppendMessage", "core/write.go:Conn.writeFragments", "protocol/send_test.go:TestLongMessageGoesOutInFragments", "core/send_test.go:TestLongMessagesAreSentAsFragments",
	}},
	{section: "6.1", rule: "a client's frames are masked", named: []string{headerWriter, maskByRole}},
	{section: "6.1", rule: "the frames are transmitted", named: []string{
		"core/write.go:Conn.writeAll", "core/send_test.go:TestWhatGoesOnTheWire",
	}},
	{section: "6.2", rule: "incoming data is parsed as frames", named: []string{
		"wire/header.go:ParseHeader", "protocol/receive.go:Machine.nextHeader", "header_test.go:TestHeader_Vectors", "protocol/fuzz_test.go:FuzzMachine", "test_framing.py:test_traffic_byte_by_byte_is_the_same",
	}},
	{section: "6.2", rule: "control frames are handled as such", named: []string{
		"protocol/control.go:Machine.controlFrame", "check_test.go:TestPingBetweenFragmentsIsAnsweredFirst", "protocol/closing_test.go:TestPeersCloseIsAnsweredWithItsCode",
	}},
	{section: "6.2", rule: "the type of a message is its first frame's opcode", named: []string{
		"protocol/receive.go:Machine.begin", "protocol/receive.go:Machine.frameDone", "machine_test.go:TestRFC6455Section5_7Examples", "test_fragments.py:test_fragments_are_one_message",
	}},
	{section: "6.2", rule: "data after the last fragment belongs to a new message", named: []string{
		"protocol/receive.go:Machine.frameDone", headerRules, framingTests, "test_utf8.py:test_code_point_not_finished_by_the_next_message",
	}},
	{section: "6.2", rule: "a server removes the mask", named: []string{
		"protocol/receive.go:Machine.unmask", "wire/mask.go:Mask", "mask_test.go:TestMask_RFC6455_5_3_EveryLengthAndAlignment", "test_framing.py:test_sizes_and_masks",
	}},
}
