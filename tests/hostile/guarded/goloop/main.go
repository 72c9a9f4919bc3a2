// Command goloop is the echo server of ../goserver on an event loop; goloop PING_MS also pings that often and waits so long for an answer.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"libws/core"
)

type echo struct{}

func (echo) OnOpen(*core.Loop, core.ConnID) {}

func (echo) OnMessage(l *core.Loop, c core.ConnID, op core.Opcode, payload []byte) {
	_, _ = l.Send(c, op, payload)
}

func (echo) OnClose(*core.Loop, core.ConnID, core.CloseCode, string, error) {}

func main() {
	options := core.LoopOptions{
		MessageTimeout: 400 * time.Millisecond,
		Origins:        []string{"https://example.com", "https://b.example"},
		Subprotocols:   []string{"v2", "v1"},
	}
	if len(os.Args) > 1 {
		ms, err := strconv.Atoi(os.Args[1])
		if err != nil {
			fail(err)
		}
		options.PingInterval = time.Duration(ms) * time.Millisecond
		options.PingTimeout = options.PingInterval
	}
	loop, err := core.NewLoop(&options)
	if err != nil {
		fail(err)
	}
	port, err := loop.Listen("127.0.0.1:0", false)
	if err != nil {
		fail(err)
	}
	fmt.Printf("listening on 127.0.0.1:%d\n", port)
	fail(loop.Run(echo{}))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
