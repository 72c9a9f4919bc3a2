// Command gorilla is gorilla/websocket as a peer: `server PORT`, or `client HOST PORT STEP...` (see README.md).
package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

// A message longer than the write buffer goes out in fragments: that is how gorilla can be made to send them.
const (
	smallBuffer = 4
	buffer      = 1024
)

func main() {
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == "server":
		err = serve(os.Args[2])
	case len(os.Args) > 4 && os.Args[1] == "client":
		err = drive(os.Args[2], os.Args[3], os.Args[4:])
	default:
		err = errors.New("usage: gorilla server PORT | client HOST PORT STEP...")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(port string) error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return err
	}
	fmt.Println("listening on", listener.Addr())
	return http.Serve(listener, http.HandlerFunc(answer))
}

func answer(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{WriteBufferSize: smallBuffer, CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil {
			return
		}
		switch string(data) {
		case "please fragment":
			err = writeParts(conn, "in ", "three ", "parts")
		case "please ping":
			conn.SetPongHandler(func(payload string) error {
				if payload != "knock" {
					return errors.New("a pong with another payload")
				}
				return conn.WriteMessage(websocket.TextMessage, []byte("pong came"))
			})
			err = conn.WriteControl(websocket.PingMessage, []byte("knock"), time.Now().Add(time.Second))
		case "please close":
			reason := websocket.FormatCloseMessage(4002, "as you wish")
			err = conn.WriteControl(websocket.CloseMessage, reason, time.Now().Add(time.Second))
		default:
			err = conn.WriteMessage(kind, data)
		}
		if err != nil {
			return
		}
	}
}

// writeParts sends a text longer than the write buffer, so that it goes out in more than one frame.
func writeParts(conn *websocket.Conn, parts ...string) error {
	w, err := conn.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if _, err := w.Write([]byte(part)); err != nil {
			return err
		}
	}
	return w.Close()
}

func drive(host, port string, steps []string) error {
	url := "ws://" + net.JoinHostPort(host, port) + "/"
	conn, err := dial(url, buffer)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, name := range steps {
		if name == "fragments" {
			err = fragments(url)
		} else {
			err = step(conn, name)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Println("ok", name)
	}
	return nil
}

func dial(url string, bufferSize int) (*websocket.Conn, error) {
	dialer := websocket.Dialer{WriteBufferSize: bufferSize, HandshakeTimeout: 5 * time.Second}
	conn, _, err := dialer.Dial(url, nil)
	if err != nil {
		return nil, err
	}
	return conn, conn.SetReadDeadline(time.Now().Add(30 * time.Second))
}

// fragments needs a connection of its own, with a buffer so small that the text does not fit.
func fragments(url string) error {
	conn, err := dial(url, smallBuffer)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := writeParts(conn, "frag", "men", "ted"); err != nil {
		return err
	}
	return expect(conn, websocket.TextMessage, []byte("fragmented"))
}

func step(conn *websocket.Conn, name string) error {
	switch name {
	case "text":
		text := []byte("Grüße, 世界 👋")
		return exchange(conn, websocket.TextMessage, text, text)
	case "binary":
		data := pattern(256, 1)
		return exchange(conn, websocket.BinaryMessage, data, data)
	case "empty":
		if err := exchange(conn, websocket.TextMessage, nil, nil); err != nil {
			return err
		}
		return exchange(conn, websocket.BinaryMessage, nil, nil)
	case "large":
		data := pattern(1<<20, 7)
		return exchange(conn, websocket.BinaryMessage, data, data)
	case "ping":
		return ping(conn)
	case "server-fragments":
		return exchange(conn, websocket.TextMessage, []byte("please fragment"), []byte("in three parts"))
	case "server-ping":
		return exchange(conn, websocket.TextMessage, []byte("please ping"), []byte("pong came"))
	case "server-close":
		if err := conn.WriteMessage(websocket.TextMessage, []byte("please close")); err != nil {
			return err
		}
		return expectClose(conn, 4002, "as you wish")
	case "close":
		reason := websocket.FormatCloseMessage(4001, "that was all")
		if err := conn.WriteControl(websocket.CloseMessage, reason, time.Now().Add(time.Second)); err != nil {
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

func exchange(conn *websocket.Conn, kind int, data, want []byte) error {
	if err := conn.WriteMessage(kind, data); err != nil {
		return err
	}
	return expect(conn, kind, want)
}

func expect(conn *websocket.Conn, kind int, want []byte) error {
	got, data, err := conn.ReadMessage()
	if err != nil {
		return err
	}
	if got != kind || !bytes.Equal(data, want) {
		return fmt.Errorf("kind %d and %d bytes came instead of %d and %d", got, len(data), kind, len(want))
	}
	return nil
}

// ping waits for the pong inside reads, since gorilla handles control frames there; messages after it end them.
func ping(conn *websocket.Conn) error {
	var got string
	conn.SetPongHandler(func(payload string) error { got = payload; return nil })
	if err := conn.WriteControl(websocket.PingMessage, []byte("are you there"), time.Now().Add(time.Second)); err != nil {
		return err
	}
	for range 3 {
		if err := exchange(conn, websocket.TextMessage, []byte("after"), []byte("after")); err != nil {
			return err
		}
		if got == "are you there" {
			return nil
		}
	}
	return fmt.Errorf("the pong was %q", got)
}

func expectClose(conn *websocket.Conn, code int, reason string) error {
	_, _, err := conn.ReadMessage()
	var closed *websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != code || (closed.Text != reason && closed.Text != "") {
		return fmt.Errorf("%v instead of a close with %d", err, code)
	}
	return nil
}
