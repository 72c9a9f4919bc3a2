// The fields and methods of WsConnection in Go.

package spec

import (
	"strings"
	"testing"

	"libws/core"

	"golang.org/x/sys/unix"
)

func init() {
	checks["WsConnection.fd"] = func(t *testing.T) {
		ours, theirs := descriptors(t)
		defer unix.Close(theirs)
		c, err := core.FromServer(ours)
		if err != nil || c.FD() != ours {
			t.Error(err)
		}
		c.Drop()
		if c.FD() != -1 {
			t.Error(c.FD())
		}
	}
	checks["WsConnection.is_server"] = func(t *testing.T) {
		server, _ := serverEnd(t)
		client, _ := clientEnd(t)
		if !server.IsServer() || client.IsServer() {
			t.Error(server.IsServer(), client.IsServer())
		}
	}
	checks["WsConnection.state"] = func(t *testing.T) {
		c, peer := serverEnd(t)
		if c.State() != core.StateOpen {
			t.Error(c.State())
		}
		if _, err := c.SendClose(core.CloseNormal); err != nil || c.State() != core.StateClosing {
			t.Error(c.State(), err)
		}
		say(t, peer, masked(0x88, "\x03\xe8"))
		_ = unix.Shutdown(peer, unix.SHUT_WR)
		if f, err := c.RecvFrame(); err != nil || !f.IsClose() || c.State() != core.StateClosed {
			t.Error(f, err, c.State())
		}
	}
	checks["WsConnection.mask_key"] = func(t *testing.T) { // the mask key of client to server frames
		c, peer := clientEnd(t)
		if c.MaskKey() != 0 {
			t.Error("a key before the first frame")
		}
		if _, err := c.SendText(""); err != nil {
			t.Fatal(err)
		}
		k := c.MaskKey()
		hear(t, peer, string([]byte{0x81, 0x80, byte(k >> 24), byte(k >> 16), byte(k >> 8), byte(k)}))
		server, _ := serverEnd(t)
		if _, err := server.SendText(""); err != nil || server.MaskKey() != 0 {
			t.Error(err, "a server masks nothing")
		}
	}
	from := func(make func(int) (*core.Conn, error), server bool) func(*testing.T) {
		return func(t *testing.T) {
			ours, theirs := descriptors(t)
			defer unix.Close(theirs)
			c, err := make(ours)
			if err != nil || !c.IsOpen() || c.IsServer() != server {
				t.Fatal(err)
			}
			c.Drop()
			for _, bad := range []int{-1, 1 << 20, ours} { // negative, never opened, closed by now
				c, err := make(bad)
				refused(t, err, core.CodeArgument)
				if c != nil {
					t.Error("a connection came with an error")
				}
			}
		}
	}
	checks["WsConnection.from_server()"] = from(core.FromServer, true)
	checks["WsConnection.from_client()"] = from(core.FromClient, false)
	checks["WsConnection.is_open()"] = func(t *testing.T) {
		c, _ := serverEnd(t)
		if !c.IsOpen() || over(t).IsOpen() {
			t.Error(c.State())
		}
	}
	sends("WsConnection.send_frame()", "\x82\x02ab", func(c *core.Conn) (int, error) {
		f := core.BinaryFrame([]byte("ab"))
		return c.SendFrame(&f)
	})
	sends("WsConnection.send_text()", "\x81\x03\xe2\x82\xac", func(c *core.Conn) (int, error) { return c.SendText("€") })
	sends("WsConnection.send_binary()", "\x82\x02\x00\xff", func(c *core.Conn) (int, error) { return c.SendBinary([]byte{0, 255}) })
	sends("WsConnection.send_ping()", "\x89\x00", (*core.Conn).SendPing)
	sends("WsConnection.send_pong()", "\x8a\x00", (*core.Conn).SendPong)
	sends("WsConnection.send_close()", "\x88\x02\x03\xe9", func(c *core.Conn) (int, error) { return c.SendClose(1001) })
	checks["WsConnection.recv_frame()"] = checkRecvFrame
	checks["WsConnection.close()"] = checkClose
	checks["WsConnection.force_close()"] = func(t *testing.T) { // without handshake: closes the socket at once
		c, peer := serverEnd(t)
		if err := c.ForceClose(); err != nil || c.State() != core.StateClosed || c.FD() != -1 {
			t.Error(err, c.State(), c.FD())
		}
		ended(t, peer)
		closed(t, c.ForceClose())
	}
	checks["WsConnection.drop()"] = func(t *testing.T) { // calls force_close
		c, peer := serverEnd(t)
		c.Drop()
		c.Drop()
		ended(t, peer)
		if c.State() != core.StateClosed || c.FD() != -1 {
			t.Error(c.State(), c.FD())
		}
	}
	checks["ws_upgrade()"] = checkUpgrade
}

// ended fails unless the peer's stream is at its end.
func ended(t *testing.T, fd int) {
	t.Helper()
	if n, err := unix.Read(fd, make([]byte, 100)); n != 0 || err != nil {
		t.Errorf("%d bytes, %v, want the end of the stream", n, err)
	}
}

// sends checks a sending method: it returns the bytes sent, and an error on a connection that is closed.
func sends(item, wire string, send func(*core.Conn) (int, error)) {
	checks[item] = func(t *testing.T) {
		c, peer := serverEnd(t)
		if n, err := send(c); n != len(wire) || err != nil {
			t.Error(n, err)
		}
		hear(t, peer, wire)
		client, peer := clientEnd(t)
		if n, err := send(client); n != len(wire)+4 || err != nil { // a client adds its mask
			t.Error(n, err)
		}
		hear(t, peer, wire[:1]+string([]byte{wire[1] | 0x80}))
		n, err := send(over(t))
		closed(t, err)
		if n != 0 {
			t.Error(n)
		}
	}
}

// Returns a frame with opcode -1 on error or connection closed. Handles the close handshake and answers close frames.
func checkRecvFrame(t *testing.T) {
	c, peer := serverEnd(t)
	say(t, peer, masked(0x81, "text")+masked(0x89, "ping"))
	if f, err := c.RecvFrame(); err != nil || !f.IsText() || f.PayloadText() != "text" {
		t.Error(f, err)
	}
	if f, err := c.RecvFrame(); err != nil || !f.IsPing() || f.PayloadText() != "ping" {
		t.Error(f, err)
	}
	if _, err := c.SendPong(); err != nil {
		t.Error(err)
	}
	hear(t, peer, "\x8a\x04ping")
	say(t, peer, masked(0x88, "\x0f\xa0why"))
	_ = unix.Shutdown(peer, unix.SHUT_WR)
	if f, err := c.RecvFrame(); err != nil || f.CloseCode() != 4000 || c.CloseReason() != "why" || c.IsOpen() {
		t.Error(f, err)
	}
	hear(t, peer, "\x88\x02\x0f\xa0")
	ended(t, peer)
	f, err := c.RecvFrame()
	closed(t, err)
	if f.Opcode != core.NoFrame {
		t.Error(f)
	}
	c, peer = serverEnd(t) // a peer that breaks the protocol
	say(t, peer, "\x81\x00")
	_ = unix.Shutdown(peer, unix.SHUT_WR)
	f, err = c.RecvFrame()
	refused(t, err, core.CodeProtocol)
	if f.Opcode != core.NoFrame || c.IsOpen() {
		t.Error(f, c.State())
	}
	hear(t, peer, "\x88")
	c, peer = serverEnd(t) // a peer that vanishes
	_ = unix.Shutdown(peer, unix.SHUT_RDWR)
	_, err = c.RecvFrame()
	refused(t, err, core.CodeAbnormal)
}

// Close gracefully: sends a close frame if open.
func checkClose(t *testing.T) {
	c, peer := serverEnd(t)
	say(t, peer, masked(0x88, "\x03\xe8")) // the answer lies ready
	_ = unix.Shutdown(peer, unix.SHUT_WR)
	if err := c.Close(); err != nil || c.State() != core.StateClosed || c.FD() != -1 || c.CloseCode() != core.CloseNormal {
		t.Error(err, c.State(), c.FD(), c.CloseCode())
	}
	hear(t, peer, "\x88\x02\x03\xe8")
	ended(t, peer)
	closed(t, c.Close())
}

// Performs the server's handshake on an existing connection; fails when the request is none.
func checkUpgrade(t *testing.T) {
	request := "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	for _, cut := range []int{len(request), len(request) / 2, 0} { // the rest is read from the socket
		ours, theirs := descriptors(t)
		say(t, theirs, request[cut:])
		c, err := core.UpgradeFD(ours, []byte(request[:cut]))
		if err != nil || c.FD() != ours || !c.IsOpen() || !c.IsServer() {
			t.Fatal(err)
		}
		hear(t, theirs, "HTTP/1.1 101 ")
		answer := make([]byte, 1024)
		n, _ := unix.Read(theirs, answer)
		if !strings.Contains(string(answer[:n]), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") { // RFC 6455 §1.3
			t.Errorf("%s", answer[:n])
		}
		c.Drop()
		unix.Close(theirs)
	}
	ours, theirs := descriptors(t)
	defer unix.Close(ours) // after a failure the descriptor is still ours
	_ = unix.Shutdown(theirs, unix.SHUT_WR)
	c, err := core.UpgradeFD(ours, []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	refused(t, err, core.CodeHandshake)
	if c != nil {
		t.Error("a connection came with an error")
	}
	hear(t, theirs, "HTTP/1.1 426 ")
	unix.Close(theirs)
	_, err = core.UpgradeFD(-1, nil)
	refused(t, err, core.CodeArgument)
}
