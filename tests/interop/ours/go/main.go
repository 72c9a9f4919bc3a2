// Command go is a client on libws/core for the interoperation script: `HOST PORT STEP...` (see ../../README.md).
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"libws/core"
)

const large = 1 << 20

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: go HOST PORT STEP...")
		os.Exit(2)
	}
	if err := drive("ws://"+net.JoinHostPort(os.Args[1], os.Args[2])+"/", os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func drive(url string, steps []string) error {
	options := &core.DialOptions{Options: core.Options{RecvTimeout: 20 * time.Second}}
	conn, err := core.Dial(context.Background(), url, options)
	if err != nil {
		return err
	}
	defer conn.Drop()
	for _, name := range steps {
		if err := step(conn, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Println("ok", name)
	}
	return nil
}

func step(conn *core.Conn, name string) error {
	switch name {
	case "text":
		return exchange(conn, core.OpText, []byte("Grüße, 世界 👋"), []byte("Grüße, 世界 👋"))
	case "binary":
		return exchange(conn, core.OpBinary, pattern(256, 1), pattern(256, 1))
	case "empty":
		return errors.Join(exchange(conn, core.OpText, nil, nil), exchange(conn, core.OpBinary, nil, nil))
	case "large":
		return exchange(conn, core.OpBinary, pattern(large, 7), pattern(large, 7))
	case "fragments":
		return fragments(conn)
	case "ping":
		if _, err := conn.SendPingPayload([]byte("are you there")); err != nil {
			return err
		}
		frame, err := conn.RecvFrame()
		if err != nil || !frame.IsPong() || string(frame.Payload) != "are you there" {
			return fmt.Errorf("opcode %d, %q, %w", frame.Opcode, frame.Payload, err)
		}
		return nil
	case "server-fragments":
		return exchange(conn, core.OpText, []byte("please fragment"), []byte("in three parts"))
	case "server-ping":
		return exchange(conn, core.OpText, []byte("please ping"), []byte("pong came"))
	case "server-close":
		if _, err := conn.SendText("please close"); err != nil {
			return err
		}
		return expectClose(conn, 4002, "as you wish")
	case "close":
		if _, err := conn.SendCloseReason(4001, "that was all"); err != nil {
			return err
		}
		return expectClose(conn, 4001, "that was all")
	}
	return errors.New("no such step")
}

func pattern(size, factor int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(factor * i)
	}
	return data
}

func exchange(conn *core.Conn, opcode core.Opcode, data, want []byte) error {
	if _, err := conn.SendMessage(opcode, data); err != nil {
		return err
	}
	return expect(conn, opcode, want)
}

func expect(conn *core.Conn, opcode core.Opcode, want []byte) error {
	got, err := conn.RecvMessage()
	if err != nil {
		return err
	}
	if got.Opcode != opcode || !bytes.Equal(got.Payload, want) {
		return fmt.Errorf("opcode %d and %d bytes came instead of %d and %d", got.Opcode, len(got.Payload), opcode, len(want))
	}
	return nil
}

func fragments(conn *core.Conn) error {
	w, err := conn.NextWriter(context.Background(), core.OpText)
	if err != nil {
		return err
	}
	for _, part := range []string{"frag", "men", "ted"} {
		if _, err := w.Write([]byte(part)); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return expect(conn, core.OpText, []byte("fragmented"))
}

// expectClose takes the close frame with the code, and the reason or none.
func expectClose(conn *core.Conn, code core.CloseCode, reason string) error {
	frame, err := conn.RecvMessage()
	if err != nil {
		return err
	}
	if !frame.IsClose() || frame.CloseCode() != code || (frame.CloseReason() != "" && frame.CloseReason() != reason) {
		return fmt.Errorf("opcode %d with code %d and %q came", frame.Opcode, frame.CloseCode(), frame.CloseReason())
	}
	if conn.CloseCode() != code || conn.IsOpen() {
		return fmt.Errorf("the connection tells close code %d and open %t", conn.CloseCode(), conn.IsOpen())
	}
	return nil
}
