// The raw peer of the loop's tests: the other end of a connection, which sends what it likes and never blocks.
package core

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"libws/core/protocol"
	"libws/core/wire"

	"golang.org/x/sys/unix"
)

// loopPeer is the raw other end of a connection: it sends bytes and reads frames, and never blocks.
type loopPeer struct {
	t   *testing.T
	fd  int
	m   protocol.Machine
	eof bool
	err error
	got []string // what it has received, as "kind payload"
}

func peerConfig(role Role) *protocol.Config {
	limits := protocol.DefaultLimits()
	limits.MaxFrame, limits.MaxMessage = 1<<30, 1<<30
	return &protocol.Config{Role: role, Limits: limits, Mask: drawMask}
}

// dialled listens and returns a client that is accepted and has said nothing, and the port for others.
func (l *testLoop) dialled() (p *loopPeer, port int) {
	l.t.Helper()
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		l.t.Fatal(err)
	}
	p = dialTCP(l.t, port)
	l.until("the connection is accepted", func() bool { return l.pending == 1 })
	return p, port
}

// dialTCP connects to a port and leaves the handshake to the caller.
func dialTCP(t *testing.T, port int) *loopPeer {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		_ = unix.Close(fd)
		t.Fatal(err)
	}
	_ = unix.SetNonblock(fd, true)
	p := &loopPeer{t: t, fd: fd}
	p.m.Init(peerConfig(RoleClient))
	t.Cleanup(p.close)
	return p
}

func (p *loopPeer) close() {
	if p.fd >= 0 {
		_ = unix.Close(p.fd)
		p.fd = -1
	}
}

// reset closes the peer's end with a RST.
func (p *loopPeer) reset() {
	_ = unix.SetsockoptLinger(p.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	p.close()
}

// raw writes bytes; all of them fit.
func (p *loopPeer) raw(b []byte) {
	p.t.Helper()
	for len(b) > 0 {
		n, err := unix.SendmsgN(p.fd, b, nil, nil, unix.MSG_NOSIGNAL)
		if err != nil {
			p.t.Fatalf("the peer cannot write %d bytes: %v", len(b), err)
		}
		b = b[n:]
	}
}

// landed waits until what was written is at the other end. TCP may take its time for that; other sockets do not.
func (p *loopPeer) landed() {
	p.t.Helper()
	if domain, err := unix.GetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_DOMAIN); err != nil || domain != unix.AF_INET {
		return
	}
	until(p.t, "the arrival of what was written", func() bool {
		n, err := unix.IoctlGetInt(p.fd, unix.TIOCOUTQ)
		return n == 0 || err != nil
	})
}

// frame encodes a frame as this peer sends it.
func (p *loopPeer) frame(op Opcode, fin bool, payload string) []byte {
	h := wire.Header{Fin: fin, Opcode: op, Length: int64(len(payload))}
	b := []byte(payload)
	if p.m.Role() == RoleClient {
		h.Masked, h.Key = true, [4]byte{0x11, 0xA2, 0x33, 0xC4}
		wire.Mask(b, h.Key, 0)
	}
	return append(wire.AppendHeader(nil, h), b...)
}

func (p *loopPeer) send(op Opcode, payload string) {
	p.t.Helper()
	p.raw(p.frame(op, true, payload))
}

func (p *loopPeer) sendClose(code CloseCode, reason string) {
	p.t.Helper()
	p.send(OpClose, string(wire.AppendClosePayload(nil, code, reason)))
}

// read takes what has arrived and returns everything received so far, in the form "text hello", "close 1000 reason".
func (p *loopPeer) read() []string {
	p.t.Helper()
	var b [64 << 10]byte
	for !p.eof && p.err == nil {
		n, err := unix.Read(p.fd, b[:])
		switch {
		case err == unix.EAGAIN:
			return p.got
		case err == unix.EINTR:
			continue
		case err != nil:
			p.err = err
			return p.got
		case n == 0:
			p.eof = true
			return p.got
		}
		p.m.Feed(b[:n])
		p.pull()
	}
	return p.got
}

func (p *loopPeer) pull() {
	for {
		ev := p.m.Next()
		switch ev.Kind {
		case protocol.NeedInput:
			return
		case protocol.MessageEvent:
			p.got = append(p.got, ev.Opcode.String()+" "+string(ev.Payload))
		case protocol.CloseEvent:
			p.got = append(p.got, fmt.Sprintf("close %d %s", int(ev.Code), p.m.CloseReason()))
		case protocol.PingEvent:
			p.got = append(p.got, "ping "+string(ev.Payload))
		case protocol.PongEvent:
			p.got = append(p.got, "pong "+string(ev.Payload))
		default:
			p.got = append(p.got, ev.Kind.String())
		}
	}
}

// await polls the loop until the peer has received n things.
func (p *loopPeer) await(l *testLoop, n int) []string {
	p.t.Helper()
	l.until(fmt.Sprintf("the peer receives %d", n), func() bool { return len(p.read()) >= n })
	return p.got
}

// awaitEOF polls the loop until the peer sees the end of the stream.
func (p *loopPeer) awaitEOF(l *testLoop) {
	p.t.Helper()
	l.until("the peer sees the end", func() bool { p.read(); return p.eof || p.err != nil })
	if p.err != nil {
		p.t.Errorf("the connection ended with %v, not in order", p.err)
	}
}

const upgradeRequest = "GET /chat?x=1 HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// upgrade performs the opening handshake on a raw peer.
func (p *loopPeer) upgrade(l *testLoop) {
	p.t.Helper()
	p.raw([]byte(upgradeRequest))
	p.head(l, "101")
}

// serve accepts the opening handshake of the loop's client.
func (p *loopPeer) serve(l *testLoop) {
	p.t.Helper()
	p.m.InitServer(peerConfig(RoleServer))
	p.await(l, 1)
	if err := p.m.Accept(protocol.AcceptOptions{}); err != nil {
		p.t.Fatal(err)
	}
	p.raw(p.m.AppendOutput(nil))
	p.pull()
	p.got = nil // the request, and that it is open
}

// head reads an HTTP head of the peer's and checks its status. What follows stays unread.
func (p *loopPeer) head(l *testLoop, status string) string {
	p.t.Helper()
	var all []byte
	l.until("the response", func() bool {
		for !bytes.HasSuffix(all, []byte("\r\n\r\n")) {
			var b [1]byte
			n, err := unix.Read(p.fd, b[:])
			if n != 1 || err != nil {
				return n == 0 && err == nil
			}
			all = append(all, b[0])
		}
		return true
	})
	if !strings.HasPrefix(string(all), "HTTP/1.1 "+status) {
		p.t.Fatalf("got %.200q, want status %s", all, status)
	}
	return string(all)
}
