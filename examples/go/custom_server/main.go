// Custom WebSocket server: accepts one connection after the other and handles its frames by hand.
package main

import (
	"errors"

	"libws/core"
	"libws/examples/go/program"
)

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
		// Handle connection
		for conn.IsOpen() {
			frame, err := conn.RecvFrame()
			if err != nil {
				break // Connection closed or error
			}
			if frame.IsText() {
				msg := frame.PayloadText()
				// Process text message
				if frame.IsFinal {
					_, _ = conn.SendText(msg)
				} else {
					_, _ = conn.SendFrame(&frame) // the beginning of a fragmented message
				}
			} else if frame.IsPing() {
				_, _ = conn.SendPong()
			} else if frame.IsClose() {
				break // Close handled in RecvFrame
			} else if !frame.IsControl() {
				_, _ = conn.SendFrame(&frame) // binary frames and further fragments go back as they came
			}
			frame.Drop()
		}
		_ = conn.Close()
	}
}
