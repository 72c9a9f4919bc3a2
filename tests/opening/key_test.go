// Package opening holds opening handshakes to what only several of them together can show (RFC 6455 §4.1).
package opening

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"libws/core"
)

// RFC 6455 §4.1 item 7: the key is chosen at random for each connection, so no two are alike and no bit stays as it was.
func TestKeyIsRandomForEachConnection(t *testing.T) {
	const connections = 64
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	keys := make(chan string, connections)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			request, err := http.ReadRequest(bufio.NewReader(conn))
			if err == nil {
				keys <- request.Header.Get("Sec-WebSocket-Key")
			}
			fmt.Fprint(conn, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
			conn.Close()
		}
	}()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	url := fmt.Sprintf("ws://%s/", listener.Addr())
	seen := map[string]bool{}
	var ones, zeros [16]byte // bits that were set, and clear, at least once
	for range connections {
		if conn, err := core.Dial(ctx, url, nil); err == nil {
			conn.Drop()
			t.Fatal("a refused handshake gave a connection")
		}
		var key string
		select {
		case key = <-keys:
		case <-ctx.Done():
			t.Fatal("no request came")
		}
		nonce, err := base64.StdEncoding.DecodeString(key)
		if err != nil || len(nonce) != 16 || seen[key] {
			t.Fatalf("key %q: %v, seen before: %v", key, err, seen[key])
		}
		seen[key] = true
		for i, b := range nonce {
			ones[i] |= b
			zeros[i] |= ^b
		}
	}
	// Each of 128 bits stays the same over 64 random keys with a chance of 2^-63.
	for i := range ones {
		if ones[i] != 0xff || zeros[i] != 0xff {
			t.Errorf("byte %d of the keys has bits that never change: set %08b, clear %08b", i, ones[i], zeros[i])
		}
	}
}
