// This file gives the tests name servers of their own: one that never answers, one that knows no name.
package core

import (
	"bytes"
	"context"
	"net"
	"sync/atomic"
	"testing"
)

// nameServer is the one to be asked instead of the machine's, "" for those. The resolver itself stays: goroutines of a lookup that was
// given up still read the variable.
var nameServer atomic.Value

func init() {
	nameServer.Store("")
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if s := nameServer.Load().(string); s != "" {
			network, address = "udp", s
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
}

// muteResolver makes every name server one that never answers.
func muteResolver(t *testing.T) net.PacketConn {
	t.Helper()
	server := must(net.ListenPacket("udp", "127.0.0.1:0"))(t)
	nameServer.Store(server.LocalAddr().String())
	t.Cleanup(func() { nameServer.Store(""); server.Close() })
	return server
}

// emptyResolver makes every name server one that knows no name (RFC 1035 §4.1.1: RCODE 3), whatever those of the machine do.
func emptyResolver(t *testing.T) {
	t.Helper()
	server := muteResolver(t)
	go func() {
		for b := make([]byte, 1500); ; {
			n, from, err := server.ReadFrom(b)
			if err != nil {
				return
			}
			end := 12 + bytes.IndexByte(b[12:n], 0) + 5 // of the question, the only thing that is said again
			b[2], b[3] = b[2]|0x80, 0x83
			clear(b[6:12])
			_, _ = server.WriteTo(b[:end], from)
		}
	}()
}
