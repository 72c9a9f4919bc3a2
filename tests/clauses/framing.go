// This file states the clauses of RFC 6455 on frames, masks, fragments and messages (§5, §6).

package main

// Code and tests that hold many of these rules.
const (
	headerRules   = "protocol:checkHeader"
	controlRules  = "protocol:checkControl"
	framingTests  = "protocol:TestFramingViolations"
	hostileFrames = "hostile:test_violation"
	headerWriter  = "protocol:Machine.putHeader"
	maskByRole    = "protocol:TestServerSendsUnmaskedClientMasked"
)

const (
	intermediary   = "binds intermediaries, which pass frames on between two connections; the library is an endpoint"
	specifications = "binds those who specify extensions"
)

var framingClauses = []clause{
	{section: "5.1", rule: "a client masks every frame", named: []string{
		headerWriter, maskByRole, "core:TestClientMasksWithAFreshKey",
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
		"wire:parseLength", framingTests, "wire:TestHeader_IllegalLength", hostileFrames,
	}},
	{section: "5.2", rule: "the length takes the fewest bytes", named: []string{
		"wire:parseLength", "wire:PutHeader", framingTests, "wire:TestHeader_IllegalLength", "wire:FuzzHeaderRoundTrip",
	}},
	{section: "5.2", rule: "an extension specifies the length of its data", exempt: specifications},
	{section: "5.2", rule: "the use of an extension is negotiated in the opening handshake", exempt: noExtensions},
	{section: "5.3", rule: "a masked frame has its mask bit set", named: []string{
		headerWriter, maskByRole, "protocol:TestRFC6455Section5_7Examples",
	}},
	{section: "5.3", rule: "the client picks a fresh masking key for each frame", named: []string{
		"core:drawMask", headerWriter, "core:TestMasksAreDistinct", "core:TestClientMasksWithAFreshKey",
	}},
	{section: "5.3", rule: "masking keys come from a strong source of entropy", named: []string{
		"core:maskSource.draw", "core:TestMasksAreDistinct",
	}},
	{section: "5.3", not: true, rule: "a masking key tells anything of the next one", named: []string{
		"core:maskSource.draw", "core:TestMasksAreDistinct",
	}},
	{section: "5.4", not: true, rule: "a control frame is fragmented", named: []string{
		controlRules, "protocol:Machine.checkSend", framingTests, "protocol:TestSendingMisuse",
	}},
	{section: "5.4", rule: "fragments are delivered in the order in which they were sent", named: []string{
		"protocol:Machine.frameDone", "protocol:Machine.keep", "core:TestRecvMessageAssemblesAndAnswersPings", "hostile:test_fragments_are_one_message",
	}},
	{section: "5.4", not: true, rule: "fragments of two messages are interleaved", named: []string{
		headerRules, "protocol:Machine.checkSend", framingTests, "core:TestMessageInsideFragmentsIsRefused", "core:TestSixteenSendersNeverInterleave",
	}},
	{section: "5.4", rule: "control frames are handled in the middle of a fragmented message", named: []string{
		"protocol:Machine.controlFrame", "protocol:TestPingBetweenFragmentsIsAnsweredFirst", "hostile:test_ping_between_fragments_is_answered_before_the_message",
	}},
	{section: "5.4", rule: "fragmented and unfragmented messages are received", named: []string{
		"protocol:Machine.frameDone", "hostile:test_fragments_are_one_message", "protocol:FuzzMachine",
	}},
	{section: "5.4", not: true, rule: "an intermediary changes the fragmentation of a control frame", exempt: intermediary},
	{section: "5.4", not: true, rule: "an intermediary changes fragmentation where reserved bits are unknown to it", exempt: intermediary},
	{section: "5.4", not: true, rule: "an intermediary changes fragmentation where it does not know the extensions", exempt: intermediary},
	{section: "5.4", not: true, rule: "an intermediary that did not see the handshake changes fragmentation", exempt: intermediary},
	{section: "5.4", rule: "all fragments of a message have the type of the first", named: []string{
		headerRules, "protocol:Machine.begin", framingTests, "protocol:TestFrameModeShowsEachFrame",
	}},
	{section: "5.5", rule: "a control frame has at most 125 bytes of payload", named: []string{
		controlRules, "protocol:Machine.queueControl", framingTests, "protocol:TestSendingMisuse", hostileFrames,
	}},
	{section: "5.5", not: true, rule: "a control frame is fragmented", named: []string{
		controlRules, "protocol:Machine.checkSend", framingTests, "protocol:TestSendingMisuse", hostileFrames,
	}},
	{section: "5.5.1", rule: "the body of a close frame starts with a two-byte code", named: []string{
		"wire:ParseClosePayload", "protocol:checkCloseBody", framingTests, "wire:TestClosePayload_Vectors", "hostile:test_one_byte_close",
	}},
	{section: "5.5.1", not: true, rule: "a client shows the close reason to its user", exempt: "the library shows nothing; what a program does with the reason is the program's own affair"},
	{section: "5.5.1", rule: "a client masks its close frames", named: []string{
		"protocol:Machine.appendControl", "protocol:TestPeersCloseIsAnsweredWithItsCode", "core:TestClientMasksWithAFreshKey",
	}},
	{section: "5.5.1", not: true, rule: "data follows a close frame that was sent", named: []string{
		"protocol:Machine.maySend", "core:TestSendAfterClose", "protocol:TestOurCloseIsFollowedByThePeers",
	}},
	{section: "5.5.1", rule: "a close frame is answered with one, unless ours went first", named: []string{
		"protocol:Machine.closeReceived", "protocol:TestPeersCloseIsAnsweredWithItsCode", "hostile:test_code_is_echoed",
	}},
	{section: "5.5.1", rule: "once close frames went both ways the TCP connection is closed", named: []string{
		"core:Conn.conclude", "core:TestCloseHandshake", "hostile:test_close_by_the_server",
	}},
	{section: "5.5.1", rule: "the server closes the TCP connection at once then", named: []string{
		"core:Conn.conclude", "core:TestRecvFrameAnswersClose", "hostile:test_code_is_echoed",
	}},
	{section: "5.5.2", rule: "a ping is answered with a pong, unless a close frame came before", named: []string{
		"protocol:Machine.pingReceived", "protocol:TestPingIsAnsweredInKind", "hostile:test_ping_is_answered_in_kind",
	}},
	{section: "5.5.3", rule: "the pong carries the payload of the ping", named: []string{
		"protocol:Machine.appendPong", "protocol:TestPingIsAnsweredInKind", "protocol:TestPongAnswersTheLatestPing", "hostile:test_ping_is_answered_in_kind",
	}},
	{section: "5.6", rule: "a text message is valid UTF-8 as a whole", named: []string{
		"protocol:Machine.validText", "protocol:Machine.checkText", "hostile:test_bad_text", "protocol:TestSendingMisuse", "hostile:test_good_text_cut_into_fragments_at_every_byte",
	}},
	{section: "5.8", rule: "extensions are negotiated in the opening handshake", exempt: noExtensions},

	{section: "6.1", rule: "data is sent only while the connection is OPEN", named: []string{
		"protocol:Machine.maySend", "protocol:TestNothingIsSentBeforeTheHandshake", "core:TestSendAfterClose",
	}},
	{section: "6.1", rule: "sending stops when the state changes", named: []string{
		"protocol:Machine.maySend", "core:Conn.cutOff", "core:TestSendAfterClose",
	}},
	{section: "6.1", rule: "data is sent in frames", named: []string{
		"protocol:Machine.AppendFrame", "protocol:Machine.FrameHeader", "protocol:TestRFC6455Section5_7Examples", "core:TestWhatGoesOnTheWire",
	}},
	{section: "6.1", rule: "the first frame's opcode says text or binary", named: []string{
		"protocol:Machine.checkSend", "protocol:Machine.AppendMessage", "protocol:TestRFC6455Section5_7Examples", "core:TestWhatGoesOnTheWire",
	}},
	{section: "6.1", rule: "the last frame has FIN set", named: []string{
		"protocol:Machine.AppendMessage", "core:Conn.writeFragments", "protocol:TestLongMessageGoesOutInFragments", "core:TestLongMessagesAreSentAsFragments",
	}},
	{section: "6.1", rule: "a client's frames are masked", named: []string{headerWriter, maskByRole}},
	{section: "6.1", rule: "the frames are transmitted", named: []string{
		"core:Conn.writeAll", "core:TestWhatGoesOnTheWire",
	}},
	{section: "6.2", rule: "incoming data is parsed as frames", named: []string{
		"wire:ParseHeader", "protocol:Machine.nextHeader", "wire:TestHeader_Vectors", "protocol:FuzzMachine", "hostile:test_traffic_byte_by_byte_is_the_same",
	}},
	{section: "6.2", rule: "control frames are handled as such", named: []string{
		"protocol:Machine.controlFrame", "protocol:TestPingBetweenFragmentsIsAnsweredFirst", "protocol:TestPeersCloseIsAnsweredWithItsCode",
	}},
	{section: "6.2", rule: "the type of a message is its first frame's opcode", named: []string{
		"protocol:Machine.begin", "protocol:Machine.frameDone", "protocol:TestRFC6455Section5_7Examples", "hostile:test_fragments_are_one_message",
	}},
	{section: "6.2", rule: "data after the last fragment belongs to a new message", named: []string{
		"protocol:Machine.frameDone", headerRules, hostileFrames, "hostile:test_fragments_are_one_message",
		"hostile:test_code_point_not_finished_by_the_next_message",
	}},
	{section: "6.2", rule: "a server removes the mask", named: []string{
		"protocol:Machine.unmask", "wire:Mask", "wire:TestMask_RFC6455_5_3_EveryLengthAndAlignment", "hostile:test_sizes_and_masks",
	}},
}
