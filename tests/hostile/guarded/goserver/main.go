// Command goserver is an echo server on libws/core with an allow-list of origins (https://example.com, https://b.example), two
// subprotocols (v2, v1) and 400 ms for each message to come in.
package main

import (
	"fmt"
	"os"
	"time"

	"libws/core"
)

func main() {
	server, err := core.Listen("127.0.0.1", 0, &core.ServerOptions{
		Options:      core.Options{MessageTimeout: 400 * time.Millisecond},
		Origins:      []string{"https://example.com", "https://b.example"},
		Subprotocols: []string{"v2", "v1"},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("listening on 127.0.0.1:%d\n", server.Port())
	for server.IsValid() {
		conn, err := server.Accept()
		if err == nil {
			go serve(conn)
		}
	}
}

func serve(conn *core.Conn) {
	defer conn.Close()
	for {
		message, err := conn.RecvMessage()
		if err != nil || message.IsClose() {
			return
		}
		if _, err := conn.SendMessage(message.Opcode, message.Payload); err != nil {
			return
		}
	}
}
