package abi

// The rows that carry many events, or many messages, in one block of memory: for languages in which touching a struct costs more than
// the message. RFC 6455 §5.6, §6.

var loopPackedFunctions = []Function{
	{
		Name: "ws_loop_poll_packed", Section: looping, Body: C,
		Doc: "Polls like ws_loop_poll and packs what happened for scripting languages, which so get all of it with one step. pack_out[0] is the " +
			"number of payloads that lie elsewhere, F; from pack_out[1] on come 3*F numbers: the address, the length in bytes and 1 for text, 0 for " +
			"bytes, of each. From byte 16,384 on comes a list in the format of Python's pickle (protocol 5), of one tuple of seven for each event: " +
			"kind, conn, data, code, error, status, flags, as in WsEvent. data is text or bytes: text where WS_EVENT_MESSAGE has WS_OPCODE_TEXT " +
			"and with OPEN, CLOSE and REQUEST. In the place of each payload that lies elsewhere the list takes the next one that it is given " +
			"(NEXT_BUFFER); their addresses are valid like data of an event.",
		Params: []Param{
			loopParam,
			{Name: "pack_out", Type: Type{Kind: IntOut}, Doc: "Room for the numbers and the list, which the next call may overwrite."},
			{Name: "size", Type: num, Doc: "Its size in bytes, at least 17,408. A poll reports up to 512 events, fewer with less than 40,976."},
			{Name: "timeout_ms", Type: num, Doc: "How long to wait, in milliseconds: 0 not at all, WS_TIMEOUT_NONE for ever."},
		},
		Result: num, Returns: "The number of events; 0 when there are none, and then nothing is written. -1 when it failed.",
		Blocks: "Until an event, at most timeout_ms; ws_loop_wake and ws_loop_close from another thread end it.",
		Errors: []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_ARGUMENT", "WS_ERR_BUSY", "WS_ERR_INTERRUPTED", "WS_ERR_SYSTEM", "WS_ERR_NO_MEMORY",
			"WS_ERR_INTERNAL"},
		Threads: "Any thread, one at a time: a second one gets WS_ERR_BUSY.",
	},
	{
		Name: "ws_loop_send_packed", Section: looping, Body: C,
		Doc: "Sends many messages that lie in one block of memory, as ws_loop_send_batch does: for each of them its connection, its " +
			"opcode and its length, numbers of eight bytes in the machine's order; then the payloads, one right after the other. Each message succeeds or fails alone.",
		Params: []Param{
			loopParam,
			{Name: "n", Type: num, Doc: "How many messages there are."},
			{Name: "packed", Type: data, Null: WhenEmpty, Doc: "The block."},
			{Name: "len", Type: num, LengthOf: "packed", Doc: "Its length in bytes: 24*n and that of all payloads, exactly."},
			{Name: "results_out", Type: Type{Kind: IntOut}, Null: Absent, Doc: "NULL, or room for n numbers: for each message the bytes on the " +
				"wire, 0 when the policy of its connection dropped it, or the negative of one of WS_ERR_*."},
		},
		Result: num, Returns: "How many did not fail; -1 when the loop or an argument is wrong and nothing was sent.",
		Errors:  []string{"WS_ERR_HANDLE", "WS_ERR_CLOSED", "WS_ERR_ARGUMENT", "WS_ERR_TOO_LARGE", "WS_ERR_NO_MEMORY", "WS_ERR_INTERNAL"},
		Threads: loopFree, Clause: "RFC 6455 §5.6",
	},
}
