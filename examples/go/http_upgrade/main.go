// Integration with an HTTP server: a page on /, and a WebSocket on /ws of the same port by UpgradeFD.
package main

import (
	"bytes"
	"fmt"
	"net"
	"time"

	"libws/core"
	"libws/examples/go/program"

	"golang.org/x/sys/unix"
)

const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>waiting</title></head>
<body><p id="echo">waiting</p><script>
const ws = new WebSocket("ws://" + location.host + "/ws");
ws.onopen = () => ws.send("hello from the page");
ws.onmessage = (event) => {
  document.title = event.data;
  document.getElementById("echo").textContent = event.data;
  ws.close(1000, "done");
};
ws.onerror = () => { document.title = "error"; };
</script></body></html>
`

// Upgrade HTTP connection to WebSocket
func handleUpgrade(tcpFD int, httpBuffer []byte) error {
	conn, err := core.UpgradeFD(tcpFD, httpBuffer)
	if err != nil {
		_ = unix.Close(tcpFD)
		return err // Upgrade failed
	}
	// Handle WebSocket connection
	for conn.IsOpen() {
		frame, err := conn.RecvFrame()
		if err != nil {
			break
		}
		if frame.IsText() && frame.IsFinal {
			_, _ = conn.SendText(frame.PayloadText())
		} else if frame.IsPing() {
			_, _ = conn.SendPong()
		} else if !frame.IsControl() {
			_, _ = conn.SendFrame(&frame)
		}
		frame.Drop()
	}
	return conn.Close()
}

// serve reads one HTTP request and decides whether it is for the page or for the WebSocket.
func serve(tcp *net.TCPConn) {
	defer tcp.Close()
	_ = tcp.SetDeadline(time.Now().Add(10 * time.Second))
	buffer := make([]byte, 0, core.HeaderBuffer)
	for !bytes.Contains(buffer, []byte("\r\n\r\n")) {
		n, err := tcp.Read(buffer[len(buffer):cap(buffer)])
		if n == 0 || err != nil {
			return
		}
		buffer = buffer[:len(buffer)+n]
	}
	switch {
	case bytes.HasPrefix(buffer, []byte("GET /ws")):
		file, err := tcp.File()
		if err != nil {
			return
		}
		tcpFD, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		_ = file.Close()
		_ = tcp.Close() // the duplicate lives on
		if err == nil {
			_ = handleUpgrade(tcpFD, buffer)
		}
	case bytes.HasPrefix(buffer, []byte("GET / ")):
		answer(tcp, "200 OK", "text/html", page)
	default:
		answer(tcp, "404 Not Found", "text/plain", "there is / and /ws here\n")
	}
}

func answer(tcp net.Conn, status, kind, body string) {
	fmt.Fprintf(tcp, "HTTP/1.1 %s\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, kind, len(body), body)
}

func main() {
	a := program.Parse()
	listener, err := net.Listen("tcp", net.JoinHostPort(a.Host, fmt.Sprint(a.Port)))
	if err != nil {
		program.Fail(err)
	}
	program.Announce(a.Host, listener.Addr().(*net.TCPAddr).Port)
	for {
		tcp, err := listener.Accept()
		if err != nil {
			time.Sleep(10 * time.Millisecond) // out of descriptors, most likely: do not spin
			continue
		}
		go serve(tcp.(*net.TCPConn))
	}
}
