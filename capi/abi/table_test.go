// The table holds together: every row is sound, every item of the specified API is there, and released numbers stay.

package abi

import (
	"slices"
	"testing"
)

func TestTableIsSound(t *testing.T) {
	table := Current()
	if err := table.Check(); err != nil {
		t.Fatal(err)
	}
}

// The whole API that was specified is there: 25 constants, 12 fields, 35 methods, 2 functions. The 4 examples are programs.
func TestSpecifiedAPI(t *testing.T) {
	table := Current()
	values := map[string]int64{}
	for _, g := range table.Groups {
		for _, c := range g.Consts {
			values[c.Name] = c.Value
		}
	}
	constants := map[string]int64{
		"WS_OPCODE_CONTINUATION": 0, "WS_OPCODE_TEXT": 1, "WS_OPCODE_BINARY": 2, "WS_OPCODE_CLOSE": 8, "WS_OPCODE_PING": 9, "WS_OPCODE_PONG": 10,
		"WS_CLOSE_NORMAL": 1000, "WS_CLOSE_GOING_AWAY": 1001, "WS_CLOSE_PROTOCOL_ERROR": 1002, "WS_CLOSE_UNSUPPORTED": 1003,
		"WS_CLOSE_NO_STATUS": 1005, "WS_CLOSE_ABNORMAL": 1006, "WS_CLOSE_INVALID_DATA": 1007, "WS_CLOSE_POLICY": 1008,
		"WS_CLOSE_TOO_LARGE": 1009, "WS_CLOSE_EXTENSION": 1010, "WS_CLOSE_UNEXPECTED": 1011,
		"WS_STATE_CONNECTING": 0, "WS_STATE_OPEN": 1, "WS_STATE_CLOSING": 2, "WS_STATE_CLOSED": 3,
		"WS_MAX_FRAME_SIZE": 65536, "WS_HEADER_BUFFER": 8192, "WS_RECV_BUFFER": 4096, "WS_SEND_BUFFER": 65550,
	}
	if len(constants) != 25 {
		t.Fatalf("%d constants are listed, want 25", len(constants))
	}
	for name, want := range constants {
		if got, there := values[name]; !there || got != want {
			t.Errorf("%s is %d (there: %v), want %d", name, got, there, want)
		}
	}

	members := map[string][]string{
		"WsFrame": {"new", "text", "binary", "ping", "pong", "close", "is_control", "is_text", "is_binary", "is_close", "is_ping", "is_pong",
			"payload_text", "close_code", "drop"},
		"WsConnection": {"from_server", "from_client", "is_open", "send_frame", "send_text", "send_binary", "send_ping", "send_pong",
			"send_close", "recv_frame", "close", "force_close", "drop", "fd", "is_server", "state", "mask_key"},
		"WsServer": {"bind", "is_valid", "accept", "run_echo", "stop", "close", "drop", "listener_fd", "port", "running"},
	}
	served := map[string]int{}
	for _, f := range table.Functions {
		if f.Spec != "" {
			served[f.Spec]++
		}
	}
	wanted := []string{"ws_server", "ws_upgrade"}
	for owner, names := range members {
		for _, name := range names {
			wanted = append(wanted, owner+"."+name)
		}
	}
	if len(wanted) != 35+7+2 {
		t.Fatalf("%d functions are listed, want 44", len(wanted))
	}
	for _, item := range wanted {
		if served[item] != 1 {
			t.Errorf("%s is served by %d functions, want 1", item, served[item])
		}
		delete(served, item)
	}
	for item := range served {
		t.Errorf("%s is not specified", item)
	}

	var fields []string
	for _, s := range table.Structs {
		if s.Name == "WsFrame" {
			for _, f := range s.Fields {
				fields = append(fields, f.Name)
			}
		}
	}
	if !slices.Equal(fields, []string{"opcode", "payload", "payload_len", "is_final", "is_masked"}) {
		t.Errorf("WsFrame has the fields %q", fields)
	}
}

// A change of any released number is a new ABI.
func TestReleasedNumbersStay(t *testing.T) {
	table := Current()
	if table.Version != 1 {
		t.Skip("another ABI version: this list is that of version 1")
	}
	released := map[string]int64{
		"WS_ERR_ARGUMENT": 100, "WS_ERR_HANDLE": 101, "WS_ERR_STATE": 102, "WS_ERR_BUSY": 103, "WS_ERR_UTF8": 104, "WS_ERR_CLOSE_CODE": 105,
		"WS_ERR_CONTROL_SIZE": 106, "WS_ERR_TOO_LARGE": 107, "WS_ERR_FORKED": 108, "WS_ERR_URL": 109, "WS_ERR_HEADER": 110,
		"WS_ERR_OPTION": 111, "WS_ERR_CLOSED": 200, "WS_ERR_ABNORMAL": 201, "WS_ERR_TIMEOUT": 202, "WS_ERR_INTERRUPTED": 203,
		"WS_ERR_WOULD_BLOCK": 204, "WS_ERR_SYSTEM": 205, "WS_ERR_RESOLVE": 206, "WS_ERR_PROTOCOL": 300, "WS_ERR_PEER_UTF8": 301,
		"WS_ERR_PEER_TOO_LARGE": 302, "WS_ERR_PEER_POLICY": 303, "WS_ERR_HANDSHAKE": 400, "WS_ERR_REFUSED": 401, "WS_ERR_ORIGIN": 402,
		"WS_ERR_NO_MEMORY": 500, "WS_ERR_QUEUE_FULL": 501, "WS_ERR_TOO_MANY": 502, "WS_ERR_INTERNAL": 599,
		"WS_OPT_MAX_FRAME_BYTES": 1, "WS_OPT_MAX_MESSAGE_BYTES": 2, "WS_OPT_MAX_HEAD_BYTES": 3, "WS_OPT_MAX_HEAD_FIELDS": 4,
		"WS_OPT_HANDSHAKE_TIMEOUT_MS": 5, "WS_OPT_RECV_TIMEOUT_MS": 6, "WS_OPT_SEND_TIMEOUT_MS": 7, "WS_OPT_CLOSE_TIMEOUT_MS": 8,
		"WS_OPT_ACCEPT_TIMEOUT_MS": 9, "WS_OPT_INTERRUPTIBLE": 10, "WS_OPT_SEND_FRAME_BYTES": 11, "WS_OPT_MESSAGE_TIMEOUT_MS": 12,
		"WS_OPT_MAX_PENDING": 13, "WS_STRUCT_FRAME": 1, "WS_STRUCT_CONNECT_OPTIONS": 2,
	}
	for _, g := range table.Groups {
		for _, c := range g.Consts {
			if want, there := released[c.Name]; there && want != c.Value {
				t.Errorf("%s was released as %d and is %d", c.Name, want, c.Value)
			}
			delete(released, c.Name)
		}
	}
	for name := range released {
		t.Errorf("%s was released and is gone", name)
	}
}
