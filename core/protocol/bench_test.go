// What the machine alone costs per echoed message.

package protocol

import (
	"fmt"
	"testing"

	"libws/core/wire"
)

// BenchmarkEcho is the machine's share of one echoed message: parse, unmask, validate, encode.
func BenchmarkEcho(b *testing.B) {
	for _, size := range []int{20, 512, 16 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			payload := make([]byte, size)
			for i := range payload {
				payload[i] = 'a'
			}
			m := open(testConfig(Server))()
			in, _ := open(testConfig(Client))().AppendFrame(nil, wire.OpText, true, payload)
			feed := make([]byte, len(in))
			out := make([]byte, 0, size+16)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				copy(feed, in)
				m.Feed(feed)
				ev := m.Next()
				out, _ = m.AppendFrame(out[:0], ev.Opcode, true, ev.Payload)
				m.Next()
			}
		})
	}
}
