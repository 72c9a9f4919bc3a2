// The short cuts for whole messages equal the general paths, their plain twins.

package protocol

import (
	"bytes"
	"fmt"
	"testing"

	"libws/core/wire"
)

// slowly makes a machine take the general path for every frame: half a header is the one thing that the short cut declines
// and that changes nothing else.
func slowly(m *Machine, input []byte) outcome {
	var o outcome
	for len(input) > 0 {
		n := 1
		m.Feed(append([]byte(nil), input[:n]...))
		input = input[n:]
		for ev := m.Next(); ev.Kind != NeedInput; ev = m.Next() {
			o.events = append(o.events, told{ev.Kind, ev.Opcode, ev.Final, ev.Code, string(ev.Payload)})
		}
		o.output = string(m.AppendOutput([]byte(o.output)))
	}
	o.end(m)
	return o
}

func TestShortCutEqualsTheGeneralPath(t *testing.T) {
	key := fixedMask()
	for _, role := range []Role{Client, Server} {
		for _, frames := range []bool{false, true} {
			for first := range 256 {
				for _, payload := range []string{"", "a", "grüße", "\xff", string(bytes.Repeat([]byte("x"), 125)), string(bytes.Repeat([]byte("x"), 126)),
					string(bytes.Repeat([]byte("x"), 130)), string(bytes.Repeat([]byte("x"), 131)), string(bytes.Repeat([]byte("\xff"), 128))} {
					cfg := testConfig(role)
					cfg.Frames = frames
					cfg.Limits.MaxFrame, cfg.Limits.MaxMessage = 130+int64(first&1), 130
					h := wire.Header{Masked: role == Server, Key: key, Length: int64(len(payload))}
					in := wire.AppendHeader(nil, h)
					in[0] = byte(first)
					at := len(in)
					in = append(in, payload...)
					if role == Server {
						wire.Mask(in[at:], key, 0)
					}
					in = append(in, in...)
					whole, slow := run(open(cfg)(), [][]byte{in}, false), slowly(open(cfg)(), in)
					if whole.String() != slow.String() {
						t.Fatalf("%v frames=%v first byte %02x, %d bytes:\n got %v\nwant %v", role, frames, first, len(payload), whole, slow)
					}
				}
			}
		}
	}
}

func TestShortAppendEqualsTheGeneralPath(t *testing.T) {
	for _, role := range []Role{Client, Server} {
		for op := range 16 {
			for _, payload := range []string{"", "grüße", "\xff", string(bytes.Repeat([]byte("x"), 125)), string(bytes.Repeat([]byte("x"), 126)), string(make([]byte, 65535)), string(make([]byte, 65536))} {
				for _, before := range []string{"", "fragment", "close"} {
					one, two := open(testConfig(role))(), open(testConfig(role))()
					for _, m := range []*Machine{one, two} {
						switch before {
						case "fragment":
							_, _ = m.AppendFrame(nil, wire.OpText, false, nil)
						case "close":
							_ = m.Close(wire.CloseNormal, "")
						}
					}
					got, err := one.AppendFrame([]byte("x"), wire.Opcode(op), true, []byte(payload))
					want := []byte("x")
					var h [wire.MaxHeaderSize]byte
					n, key, wantErr := two.FrameHeader(&h, wire.Opcode(op), true, []byte(payload))
					if wantErr == nil {
						want = two.appendPayload(append(want, h[:n]...), key, []byte(payload))
					}
					if fmt.Sprint(err) != fmt.Sprint(wantErr) || !bytes.Equal(got, want) || one.State() != two.State() {
						t.Fatalf("%v opcode %d, %d bytes after %q: %x %v, want %x %v", role, op, len(payload), before, got, err, want, wantErr)
					}
				}
			}
		}
	}
}
