// Connections over every carrier: how they are made, refused and asked.

package core

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestFromDescriptor(t *testing.T) {
	for _, v := range []struct {
		make func(int) (*Conn, error)
		role Role
	}{{FromServer, RoleServer}, {FromClient, RoleClient}} {
		a, b := tcpPair(t)
		defer unix.Close(b)
		c, err := v.make(a)
		if err != nil {
			t.Fatal(err)
		}
		if c.FD() != a || c.State() != StateOpen || !c.IsOpen() || c.IsServer() != (v.role == RoleServer) || c.MaskKey() != 0 {
			t.Error(c.FD(), c.State(), c.IsServer())
		}
		if c.CloseCode() != CloseAbnormal || c.CloseReason() != "" || c.Subprotocol() != "" || c.Request() != nil || c.HTTPStatus() != 0 {
			t.Error(c.CloseCode(), c.Subprotocol(), c.HTTPStatus())
		}
		if addr, err := net.ResolveTCPAddr("tcp", c.PeerAddr()); err != nil || !addr.IP.IsLoopback() || addr.Port == 0 {
			t.Error(c.PeerAddr(), err)
		}
		c.Drop()
		if _, err := unix.FcntlInt(uintptr(a), unix.F_GETFD, 0); err != unix.EBADF {
			t.Error("the descriptor outlives the connection:", err)
		}
		for _, bad := range []int{-1, 1 << 20, a} {
			c, err := v.make(bad)
			wantCode(t, err, CodeArgument)
			if c != nil {
				t.Error("a connection came with an error")
			}
		}
	}
}

// On an error the descriptor is still the caller's.
func TestRefusedDescriptorStaysOpen(t *testing.T) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(p[0])
	defer unix.Close(p[1])
	_, err := FromServer(p[0])
	wantCode(t, err, CodeArgument)
	if _, err := unix.FcntlInt(uintptr(p[0]), unix.F_GETFD, 0); err != nil {
		t.Error(err)
	}
}

func TestNewConn(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	_, err := NewConn(nil, RoleServer, nil)
	wantCode(t, err, CodeArgument)
	_, err = NewConn(a, 0, nil)
	wantCode(t, err, CodeArgument)
	_, err = NewConn(a, RoleServer, &Options{MaxFrameBytes: -1})
	wantCode(t, err, CodeOption)
	c, err := NewConn(a, RoleServer, &Options{MaxFrameBytes: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Drop()
	if v, _ := c.Option(OptMaxFrameBytes); v != 5 || c.FD() != -1 || c.PeerAddr() != "pipe" {
		t.Error(v, c.FD(), c.PeerAddr())
	}
}

// Whoever did the opening handshake may have left a deadline.
func TestNewConnHasNoDeadline(t *testing.T) {
	a, b := netPair(t, "tcp", "127.0.0.1:0")
	defer b.Close()
	if err := a.SetDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	c := must(NewConn(a, RoleServer, nil))(t)
	defer c.Drop()
	if _, err := b.Write(masked(0x81, "late")); err != nil {
		t.Fatal(err)
	}
	if f, err := c.RecvMessage(); err != nil || f.PayloadText() != "late" {
		t.Error(f, err)
	}
	if _, err := c.SendText("later"); err != nil {
		t.Error(err)
	}
}

// A carrier that another closes, and one whose peer is gone, end the connection.
func TestCarrierGoesAway(t *testing.T) {
	for name, open := range map[string]func() (net.Conn, net.Conn){
		"tcp":  func() (net.Conn, net.Conn) { return netPair(t, "tcp", "127.0.0.1:0") },
		"pipe": net.Pipe,
	} {
		for call, run := range map[string]func(*Conn) error{
			"receive": func(c *Conn) error { _, err := c.RecvMessage(); return err },
			"send": func(c *Conn) error {
				for { // until the system has noticed
					if _, err := c.SendText("x"); err != nil {
						return err
					}
				}
			},
		} {
			for _, ours := range []bool{true, false} {
				t.Run(fmt.Sprint(name, " ", call, " ours ", ours), func(t *testing.T) {
					a, b := open()
					defer a.Close()
					defer b.Close()
					c := must(NewConn(a, RoleServer, nil))(t)
					defer c.Drop()
					if ours {
						a.Close()
					} else {
						b.Close()
					}
					wantCode(t, run(c), CodeAbnormal)
					if c.IsOpen() {
						t.Error("the connection is open:", c.State())
					}
				})
			}
		}
	}
}

// A carrier that cannot write without waiting, such as TLS or a pipe, answers pings all the same.
func TestPingOverAPipe(t *testing.T) {
	a, b := net.Pipe()
	c, err := NewConn(a, RoleServer, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Drop()
	got := async(func() error {
		f, err := c.RecvMessage()
		if err == nil && f.PayloadText() != "text" {
			t.Error(f)
		}
		return err
	})
	pongs := async(func() string {
		all := make([]byte, 8)
		n := 0
		for n < len(all) {
			m, err := b.Read(all[n:])
			if err != nil {
				break
			}
			n += m
		}
		return string(all[:n])
	})
	for _, part := range [][]byte{masked(0x89, "p1"), masked(0x89, "p2"), masked(0x81, "text")} {
		if _, err := b.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := await(t, got, "the message"); err != nil {
		t.Fatal(err)
	}
	if all := await(t, pongs, "the pongs"); all != "\x8a\x02p1\x8a\x02p2" {
		t.Errorf("% x", all)
	}
	b.Close()
}

// What a connection promises holds on any net.Conn: with encryption in between, without a buffer, and of a type that nobody knows.
func TestAnyCarrier(t *testing.T) {
	for name, open := range map[string]func(testing.TB) (net.Conn, net.Conn){
		"TLS":  tlsPair,
		"pipe": func(testing.TB) (net.Conn, net.Conn) { return net.Pipe() },
		"foreign": func(t testing.TB) (net.Conn, net.Conn) {
			a, b := netPair(t, "tcp", "127.0.0.1:0")
			return foreign{a}, foreign{b}
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := open(t)
			client, server := must(NewConn(a, RoleClient, nil))(t), must(NewConn(b, RoleServer, nil))(t)
			defer client.Drop()
			defer server.Drop()
			ended := async(func() error { return echoAll(server) })
			for _, size := range []int{0, 1, 125, 126, 65535, 65536, 1 << 20} {
				text := strings.Repeat("x", size)
				sent := async(func() error { _, err := client.SendText(text); return err })
				if f, err := client.RecvMessage(); err != nil || f.PayloadText() != text {
					t.Fatal(size, len(f.Payload), err)
				}
				if err := await(t, sent, "the sender"); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := client.SendPingPayload([]byte("p")); err != nil {
				t.Fatal(err)
			}
			if f, err := client.RecvFrame(); err != nil || f.Opcode != OpPong || f.PayloadText() != "p" {
				t.Fatal(f, err)
			}
			for range 2 { // neither end of a wait costs anything
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
				_, err := client.Receive(ctx)
				cancel()
				wantCode(t, err, CodeTimeout)
				if err := client.SetOption(OptRecvTimeoutMS, 10); err != nil {
					t.Fatal(err)
				}
				_, err = client.RecvMessage()
				wantCode(t, err, CodeTimeout)
				if err := client.SetOption(OptRecvTimeoutMS, NoTimeoutMS); err != nil {
					t.Fatal(err)
				}
				if err := client.Send(t.Context(), OpText, []byte("on")); err != nil {
					t.Fatal(err)
				}
				if f, err := client.RecvMessage(); err != nil || f.PayloadText() != "on" {
					t.Fatal(f, err)
				}
			}
			if err := client.CloseWith(4001, "bye"); err != nil {
				t.Fatal(err)
			}
			var why *CloseError
			if err := await(t, ended, "the server"); !errors.As(err, &why) || why.Code != 4001 || why.Reason != "bye" {
				t.Fatal(err)
			}
			if client.CloseCode() != 4001 {
				t.Fatal(client.CloseCode())
			}
		})
	}
}

// foreign hides what a net.Conn is.
type foreign struct{ net.Conn }

// echoAll sends every message back until the connection ends, and tells how it did.
func echoAll(c *Conn) error {
	for {
		m, err := c.Receive(context.Background())
		if err == nil {
			_, err = c.SendMessage(m.Opcode, m.Data)
		}
		if err != nil {
			return err
		}
	}
}

// A TLS connection never recovers from a write that ran out of time. That is told, and does not look like one timeout after another.
func TestTimeoutOnTLS(t *testing.T) {
	a, b := tlsPair(t)
	defer b.Close()
	c := must(NewConn(a, RoleClient, nil))(t)
	defer c.Drop()
	if err := c.SetOption(OptSendTimeoutMS, 20); err != nil {
		t.Fatal(err)
	}
	err := error(nil)
	for err == nil {
		_, err = c.SendBinary(make([]byte, 10_000))
	}
	wantCode(t, err, CodeTimeout)
	if err := c.SetOption(OptSendTimeoutMS, NoTimeoutMS); err != nil {
		t.Fatal(err)
	}
	_, err = c.SendText("x")
	wantCode(t, err, CodeAbnormal)
	got := async(func() error { _, err := c.RecvMessage(); return err })
	until(t, "the receiver blocks", func() bool { return c.receiver.held() && blocked("core.(*Conn).fill") })
	within(t, 4*time.Second, "ForceClose", func() { // TLS would try for five seconds to say that it ends
		if err := c.ForceClose(); err != nil {
			t.Fatal(err)
		}
		wantCode(t, await(t, got, "the receiver"), CodeClosed)
	})
}

// undated is a net.Conn without deadlines: setting one fails, and taking it away too when none is true.
type undated struct {
	net.Conn
	none bool
}

func (u undated) set(t time.Time) error {
	if u.none || !t.IsZero() {
		return os.ErrNoDeadline
	}
	return nil
}
func (u undated) SetDeadline(t time.Time) error      { return u.set(t) }
func (u undated) SetReadDeadline(t time.Time) error  { return u.set(t) }
func (u undated) SetWriteDeadline(t time.Time) error { return u.set(t) }

// A net.Conn that says that it has no deadlines is refused; one that says so later loses the call that needs one, which comes back.
func TestNewConnWithoutDeadlines(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	_, err := NewConn(undated{a, true}, RoleServer, nil)
	if wantCode(t, err, CodeArgument); !errors.Is(err, os.ErrNoDeadline) {
		t.Error(err)
	}
	for name, call := range map[string]func(*Conn) error{
		"receive under a context": func(c *Conn) error {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Millisecond, cancel)
			_, err := c.Receive(ctx)
			return err
		},
		"receive with a timeout": func(c *Conn) error {
			_ = c.SetOption(OptRecvTimeoutMS, 1)
			_, err := c.RecvMessage()
			return err
		},
		"send under a context": func(c *Conn) error {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Millisecond, cancel)
			return c.Send(ctx, OpText, []byte("nobody reads this"))
		},
		"close": (*Conn).Close,
	} {
		t.Run(name, func(t *testing.T) {
			a, b := net.Pipe()
			defer b.Close()
			c := must(NewConn(undated{a, false}, RoleServer, nil))(t)
			if err := await(t, async(func() error { return call(c) }), "the end of the call"); err == nil && name != "close" {
				t.Error("it succeeds")
			}
			c.Drop()
		})
	}
}
