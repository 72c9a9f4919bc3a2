// Threaded WebSocket echo server: one goroutine per connection, whole messages.
package main

import (
	"errors"

	"libws/core"
	"libws/examples/go/program"
)

func serve(conn *core.Conn) {
	defer conn.Drop()
	for {
		message, err := conn.RecvMessage()
		if err != nil || message.IsClose() {
			break // closed by the peer or broken; the library has answered
		}
		if _, err := conn.SendMessage(message.Opcode, message.Payload); err != nil {
			break
		}
	}
	_ = conn.Close()
}

func main() {
	server, err := program.Server()
	if err != nil {
		program.Fail(err)
	}
	for {
		conn, err := server.Accept()
		if errors.Is(err, core.ErrClosed) || errors.Is(err, core.ErrSystem) {
			program.Fail(err)
		}
		if err != nil {
			continue // this client's handshake failed, and it was told why
		}
		go serve(conn)
	}
}
