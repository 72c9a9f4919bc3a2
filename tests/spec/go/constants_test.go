// The 25 constants in Go.

package spec

import (
	"testing"

	"libws/core"
)

func init() {
	for name, v := range map[string][2]int{
		"WS_OPCODE_CONTINUATION":  {int(core.OpContinuation), 0},
		"WS_OPCODE_TEXT":          {int(core.OpText), 1},
		"WS_OPCODE_BINARY":        {int(core.OpBinary), 2},
		"WS_OPCODE_CLOSE":         {int(core.OpClose), 8},
		"WS_OPCODE_PING":          {int(core.OpPing), 9},
		"WS_OPCODE_PONG":          {int(core.OpPong), 10},
		"WS_CLOSE_NORMAL":         {int(core.CloseNormal), 1000},
		"WS_CLOSE_GOING_AWAY":     {int(core.CloseGoingAway), 1001},
		"WS_CLOSE_PROTOCOL_ERROR": {int(core.CloseProtocolError), 1002},
		"WS_CLOSE_UNSUPPORTED":    {int(core.CloseUnsupported), 1003},
		"WS_CLOSE_NO_STATUS":      {int(core.CloseNoStatus), 1005},
		"WS_CLOSE_ABNORMAL":       {int(core.CloseAbnormal), 1006},
		"WS_CLOSE_INVALID_DATA":   {int(core.CloseInvalidData), 1007},
		"WS_CLOSE_POLICY":         {int(core.ClosePolicy), 1008},
		"WS_CLOSE_TOO_LARGE":      {int(core.CloseTooLarge), 1009},
		"WS_CLOSE_EXTENSION":      {int(core.CloseExtension), 1010},
		"WS_CLOSE_UNEXPECTED":     {int(core.CloseUnexpected), 1011},
		"WS_STATE_CONNECTING":     {int(core.StateConnecting), 0},
		"WS_STATE_OPEN":           {int(core.StateOpen), 1},
		"WS_STATE_CLOSING":        {int(core.StateClosing), 2},
		"WS_STATE_CLOSED":         {int(core.StateClosed), 3},
		"WS_MAX_FRAME_SIZE":       {core.MaxFrameSize, 65536},
		"WS_HEADER_BUFFER":        {core.HeaderBuffer, 8192},
		"WS_RECV_BUFFER":          {core.RecvBuffer, 4096},
		"WS_SEND_BUFFER":          {core.SendBuffer, 65550},
	} {
		checks[name] = func(t *testing.T) {
			if v[0] != v[1] {
				t.Errorf("the value is %d, want %d", v[0], v[1])
			}
		}
	}
}
