package core

// These tests show how much a connection reads at once, by what its peer sends.

import (
	"encoding/binary"
	"testing"

	"libws/core/internal/sock"
)

// A peer whose messages are a little longer than what is read at once would cost two reads and a copy for each, for ever.
func TestReadsGrowToTheMessages(t *testing.T) {
	for _, size := range []int{RecvBuffer, 16 << 10, 64 << 10, largestRead - 14} {
		message := append(binary.BigEndian.AppendUint64([]byte{0x82, 0xFF}, uint64(size)), make([]byte, 4+size)...)
		if size <= 0xFFFF {
			message = append(binary.BigEndian.AppendUint16([]byte{0x82, 0xFE}, uint16(size)), make([]byte, 4+size)...)
		}
		c := flooded(t, nil, message, nil)
		reads := 0
		c.stream.(*flood).before = func(*sock.Wait) { reads++ }
		for range 30 {
			reads = 0
			if f, err := c.RecvMessage(); err != nil || len(f.Payload) != size {
				t.Fatal(len(f.Payload), err)
			}
		}
		if reads != 1 {
			t.Errorf("a message of %d bytes still takes %d reads after many like it", size, reads)
		}
	}
}

// Long messages are rare on most connections, and memory for them is not kept by all.
func TestReadsStaySmallForShortMessages(t *testing.T) {
	long := append([]byte{0x82, 0xFE, 0x20, 0, 0, 0, 0, 0}, make([]byte, 0x2000)...)
	c := flooded(t, nil, nil, nil)
	f := c.stream.(*flood)
	for turn := range 300 {
		f.at, f.frames = 0, masked(0x82, "short")
		if turn%5 == 0 {
			f.frames = long
		}
		if _, err := c.RecvMessage(); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.readBuf) != RecvBuffer {
		t.Errorf("%d bytes are read at once", len(c.readBuf))
	}
}
