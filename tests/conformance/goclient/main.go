// Command goclient is an echo client on libws/core that a fuzzing server drives: it asks for the number of cases, echoes in
// each, and asks for the report.
//
// Usage: goclient HOST PORT AGENT. Prints "ended CASE ERROR CLOSE_CODE" for each case, ERROR being an error code or 0.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"

	"libws/core"
)

const limit = 64 << 20

func open(address, path string) (*core.Conn, error) {
	options := &core.DialOptions{Options: core.Options{MaxMessageBytes: limit, MaxFrameBytes: limit}}
	return core.Dial(context.Background(), "ws://"+address+path, options)
}

func code(err error) int {
	var e *core.Error
	if errors.As(err, &e) {
		return int(e.Code)
	}
	return int(core.CodeInternal)
}

// echo serves until the connection ends; it returns the error code that ended it, 0 for a close frame.
func echo(conn *core.Conn) int {
	for {
		message, err := conn.RecvMessage()
		if err != nil {
			return code(err)
		}
		if message.IsClose() {
			return 0
		}
		if _, err := conn.SendMessage(message.Opcode, message.Payload); err != nil {
			return code(err)
		}
	}
}

func run(address, agent string) error {
	conn, err := open(address, "/getCaseCount")
	if err != nil {
		return err
	}
	message, err := conn.RecvMessage()
	if err != nil {
		return err
	}
	cases, err := strconv.Atoi(message.PayloadText())
	if err != nil {
		return err
	}
	conn.Close()
	query := "agent=" + url.QueryEscape(agent)
	for number := 1; number <= cases; number++ {
		conn, err := open(address, fmt.Sprintf("/runCase?case=%d&%s", number, query))
		if err != nil {
			fmt.Println("ended", number, code(err), 0)
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		ended := echo(conn)
		fmt.Println("ended", number, ended, int(conn.CloseCode()))
		conn.Close()
	}
	conn, err = open(address, "/updateReports?"+query)
	if err != nil {
		return err
	}
	echo(conn)
	return conn.Close()
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: goclient HOST PORT AGENT")
		os.Exit(2)
	}
	if err := run(net.JoinHostPort(os.Args[1], os.Args[2]), os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
