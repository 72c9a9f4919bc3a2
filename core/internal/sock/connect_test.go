// TCP connections: made, cancelled, and never to oneself.

package sock

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestListenAcceptConnect(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1", "::"} {
		listener, port, err := Listen(netip.AddrPortFrom(netip.MustParseAddr(host), 0))
		if err == unix.EADDRNOTAVAIL || err == unix.EAFNOSUPPORT {
			continue // a machine without IPv6
		}
		if err != nil || port == 0 {
			t.Fatal(host, port, err)
		}
		if _, err := Accept(listener); err != unix.EAGAIN {
			t.Fatal(err)
		}
		to := netip.MustParseAddr(host)
		if to.IsUnspecified() {
			to = netip.MustParseAddr("127.0.0.1") // one socket takes both families
		}
		c, err := Connect(t.Context(), netip.AddrPortFrom(to, uint16(port)), Wait{Deadline: time.Now().Add(patience)})
		if err != nil {
			t.Fatal(host, err)
		}
		s, err := Accept(listener)
		if err != nil {
			t.Fatal(host, err)
		}
		if got, want := c.PeerAddr(), netip.AddrPortFrom(to, uint16(port)).String(); got != want {
			t.Error(got, want)
		}
		for _, fd := range []*FD{c, s} {
			flags, err := unix.FcntlInt(uintptr(fd.FD()), unix.F_GETFL, 0)
			if err != nil || flags&unix.O_NONBLOCK != 0 {
				t.Error("a connection is to be blocking", flags, err)
			}
			if on, err := unix.GetsockoptInt(fd.FD(), unix.IPPROTO_TCP, unix.TCP_NODELAY); err != nil || on == 0 {
				t.Error("Nagle's algorithm is on", err)
			}
			if flags, _ := unix.FcntlInt(uintptr(fd.FD()), unix.F_GETFD, 0); flags&unix.FD_CLOEXEC == 0 {
				t.Error("a descriptor leaks into children")
			}
			fd.Close()
		}
		unix.Close(listener)
		if _, err := Connect(t.Context(), netip.AddrPortFrom(to, uint16(port)), Wait{}); err == nil {
			t.Error("connected to nobody")
		}
	}
}

func TestConnectIsCancelled(t *testing.T) {
	listener, port, err := Listen(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(listener)
	if err := unix.Listen(listener, 0); err != nil { // a full queue leaves further attempts waiting
		t.Fatal(err)
	}
	to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
	for silent := 0; silent < 3; { // one may be the machine's doing
		c, err := Connect(t.Context(), to, Wait{Deadline: time.Now().Add(30 * time.Millisecond)})
		if err == ErrTimeout {
			silent++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := make(chan error, 1)
	for _, early := range []bool{false, true} {
		go func() {
			_, err := Connect(ctx, to, Wait{})
			got <- err
		}()
		if !early {
			blocked(t, "sock.(*FD).connect")
			cancel()
		}
		if err := soon(t, got); err != ErrWoken {
			t.Fatal(err)
		}
	}
}

func TestReadable(t *testing.T) {
	for want, sa := range map[string]unix.Sockaddr{
		"1.2.3.4:5":        &unix.SockaddrInet4{Port: 5, Addr: [4]byte{1, 2, 3, 4}},
		"[::1]:6":          &unix.SockaddrInet6{Port: 6, Addr: [16]byte{15: 1}},
		"1.2.3.4:7":        &unix.SockaddrInet6{Port: 7, Addr: [16]byte{10: 0xFF, 11: 0xFF, 12: 1, 13: 2, 14: 3, 15: 4}},
		"[fe80::1%3]:8":    &unix.SockaddrInet6{Port: 8, ZoneId: 3, Addr: [16]byte{0: 0xFE, 1: 0x80, 15: 1}},
		"/run/some.socket": &unix.SockaddrUnix{Name: "/run/some.socket"},
		"":                 nil,
	} {
		if got := Readable(sa); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A zone is the number of a network interface or its name.
func TestZones(t *testing.T) {
	zones := map[string]uint32{"3": 3}
	if lo, err := net.InterfaceByName("lo"); err == nil {
		zones["lo"] = uint32(lo.Index)
	}
	for zone, want := range zones {
		sa, family, err := Sockaddr(netip.MustParseAddrPort("[fe80::1%" + zone + "]:8"))
		if err != nil {
			t.Fatal(err)
		}
		if a, ok := sa.(*unix.SockaddrInet6); !ok || a.ZoneId != want || family != unix.AF_INET6 {
			t.Error(zone, sa, family)
		}
	}
	nowhere := netip.MustParseAddrPort("[fe80::1%no-such-interface]:8")
	if _, err := Connect(t.Context(), nowhere, Wait{}); err == nil || !strings.Contains(err.Error(), "no-such-interface") {
		t.Error(err)
	}
	if _, _, err := Listen(nowhere); err == nil || !strings.Contains(err.Error(), "no-such-interface") {
		t.Error(err)
	}
}

// The kernel connects a socket to itself when it happens to have the port that is asked for; nobody listens there.
func TestConnectNeverMeetsItself(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := adopt(fd)
	defer f.Close()
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	own, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.connect(own, &Wait{Deadline: time.Now().Add(patience)}); !errors.Is(err, unix.ECONNREFUSED) {
		t.Error(err)
	}
}
