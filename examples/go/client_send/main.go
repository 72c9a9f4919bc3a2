// WebSocket client: sends a message over a TCP connection of its own and prints the response.
package main

import (
	"fmt"
	"net"
	"os"

	"libws/core"
	"libws/examples/go/program"

	"golang.org/x/sys/unix"
)

func sendMessage(tcpFD int, url, msg string) error {
	conn, err := core.ClientHandshake(tcpFD, url, nil)
	if err != nil {
		_ = unix.Close(tcpFD)
		return err
	}
	defer conn.Drop()

	// Send text message
	if _, err := conn.SendText(msg); err != nil {
		return err
	}

	// Receive response
	frame, err := conn.RecvMessage()
	if err != nil {
		return err
	}
	if !frame.IsText() {
		return fmt.Errorf("no text came back but %v", frame.Opcode)
	}
	response := frame.PayloadText()
	// Process response
	fmt.Println(response)
	frame.Drop()

	return conn.Close()
}

// tcpConnect returns the descriptor of a connected TCP socket.
func tcpConnect(host, port string) (int, error) {
	c, err := net.Dial("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return -1, err
	}
	defer c.Close()
	file, err := c.(*net.TCPConn).File()
	if err != nil {
		return -1, err
	}
	defer file.Close()
	return unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintf(os.Stderr, "usage: %s HOST PORT MESSAGE\n", os.Args[0])
		os.Exit(2)
	}
	tcpFD, err := tcpConnect(os.Args[1], os.Args[2])
	if err == nil {
		err = sendMessage(tcpFD, "ws://"+net.JoinHostPort(os.Args[1], os.Args[2])+"/", os.Args[3])
	}
	if err != nil {
		program.Fail(err)
	}
}
