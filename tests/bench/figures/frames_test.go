// Package figures measures the blocking API of libws/core from outside: what one frame costs, and that it allocates nothing.
package figures

import (
	"io"
	"os"
	"syscall"
	"testing"

	"libws/core"
)

// pair returns a server connection and the raw socket of its peer, whose opening handshake counts as done.
func pair(b *testing.B) (*core.Conn, *os.File) {
	b.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	conn, err := core.FromServer(fds[0])
	if err != nil {
		b.Fatal(err)
	}
	peer := os.NewFile(uintptr(fds[1]), "peer")
	b.Cleanup(func() {
		_ = peer.Close()
		_ = conn.ForceClose()
	})
	return conn, peer
}

// burst is how many frames lie in the socket at once, so that a write of the peer is not what is measured.
const burst = 64

// maskedFrame is a final binary frame of a client, its mask zero (RFC 6455 §5.2).
func maskedFrame(size int) []byte {
	head := []byte{0x82, 0x80 | byte(size), 0, 0, 0, 0}
	if size > 125 {
		head = []byte{0x82, 0x80 | 126, byte(size >> 8), byte(size), 0, 0, 0, 0}
	}
	return append(head, make([]byte, size)...)
}

func BenchmarkRecvFrame(b *testing.B) { benchmarkReceive(b, (*core.Conn).RecvFrame) }

func BenchmarkRecvMessage(b *testing.B) { benchmarkReceive(b, (*core.Conn).RecvMessage) }

func benchmarkReceive(b *testing.B, receive func(*core.Conn) (core.Frame, error)) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"20", 20}, {"1024", 1024}} {
		b.Run(size.name, func(b *testing.B) {
			conn, peer := pair(b)
			var frames []byte
			for range burst {
				frames = append(frames, maskedFrame(size.bytes)...)
			}
			b.ReportAllocs()
			left := 0
			for b.Loop() {
				if left == 0 {
					if _, err := peer.Write(frames); err != nil {
						b.Fatal(err)
					}
					left = burst
				}
				if f, err := receive(conn); err != nil || len(f.Payload) != size.bytes {
					b.Fatal(f, err)
				}
				left--
			}
		})
	}
}

func BenchmarkSendBinary(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"20", 20}, {"1024", 1024}} {
		b.Run(size.name, func(b *testing.B) {
			conn, peer := pair(b)
			payload, sink := make([]byte, size.bytes), make([]byte, 1<<20)
			b.ReportAllocs()
			unread := 0
			for b.Loop() {
				n, err := conn.SendBinary(payload)
				if err != nil {
					b.Fatal(err)
				}
				if unread += n; unread >= burst*size.bytes {
					if _, err := io.ReadFull(peer, sink[:unread]); err != nil {
						b.Fatal(err)
					}
					unread = 0
				}
			}
		})
	}
}
