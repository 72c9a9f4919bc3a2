// WebSocket echo server: RunEcho serves one connection after the other and sends back what it receives.
package main

import "libws/examples/go/program"

func main() {
	server, err := program.Server()
	if err != nil {
		program.Fail(err)
	}
	// Run echo server (blocks)
	if err := server.RunEcho(); err != nil {
		program.Fail(err)
	}
	_ = server.Close()
}
