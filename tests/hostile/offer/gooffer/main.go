// Command gooffer is offer.c on libws/core: gooffer HOST PORT prints "blocking CODE [CHOSEN]" and "loop CODE [CHOSEN]".
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"libws/core"
)

func main() {
	if len(os.Args) != 3 {
		os.Exit(2)
	}
	url := "ws://" + os.Args[1] + ":" + os.Args[2] + "/"
	options := core.DialOptions{Subprotocols: []string{"chat", "superchat"}}

	conn, err := core.Dial(context.Background(), url, &options)
	if err == nil {
		fmt.Println("blocking", 0, conn.Subprotocol())
		conn.Close()
	} else {
		fmt.Println("blocking", code(err))
	}

	loop, err := core.NewLoop(nil)
	if err == nil {
		_, err = loop.Dial(url, &options)
	}
	var events [1]core.LoopEvent
	n := 0
	if err == nil {
		n, err = loop.Poll(events[:], 20*time.Second)
	}
	switch {
	case err != nil || n != 1:
		fmt.Println("loop", code(err))
	case events[0].Kind == core.LoopOpen:
		fmt.Println("loop", 0, string(events[0].Payload()))
	default:
		fmt.Println("loop", int(events[0].Error))
	}
}

func code(err error) int {
	var e *core.Error
	if errors.As(err, &e) {
		return int(e.Code)
	}
	return -1
}
