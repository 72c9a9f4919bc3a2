// Listening sockets of the loop, TCP and Unix, and what is refused as one.

package poller

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestListenAcceptConnect(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		ap := netip.MustParseAddrPort(address)
		fd, port, err := ListenTCP(ap, false)
		if err == unix.EADDRNOTAVAIL || err != nil && ap.Addr().Is6() {
			t.Logf("%s: %v", address, err)
			continue
		}
		if err != nil || port == 0 {
			t.Fatal(port, err)
		}
		if _, errno := Accept(fd); errno != unix.EAGAIN || Waiting(fd) {
			t.Errorf("nobody came: %v", errno)
		}
		client, err := ConnectTCP(netip.AddrPortFrom(ap.Addr(), uint16(port)))
		if err != nil {
			t.Fatal(err)
		}
		if !readable(fd, 10_000) {
			t.Fatal("nobody comes")
		}
		if !Waiting(fd) {
			t.Error("somebody came, and nobody waits")
		}
		server, errno := Accept(fd)
		if errno != 0 || SocketError(client) != 0 {
			t.Fatal(errno)
		}
		for _, s := range []int{server, client} {
			if on, err := unix.GetsockoptInt(s, unix.IPPROTO_TCP, unix.TCP_NODELAY); on == 0 || err != nil {
				t.Errorf("TCP_NODELAY %d, %v", on, err)
			}
			if err := Adopt(s); err != nil {
				t.Error(err)
			}
		}
		if Adopt(fd) != unix.EINVAL || AdoptListener(fd) != nil || AdoptListener(client) != unix.EINVAL || AdoptListener(-1) != unix.EBADF {
			t.Error("listeners and connections are mixed up")
		}
		Close(server)
		Close(client)
		if _, _, err := ListenTCP(netip.AddrPortFrom(ap.Addr(), uint16(port)), false); err == nil {
			t.Error("a port that is taken was taken again")
		}
		Close(fd)
	}
}

// An IPv6 zone is the number of a network interface or its name; one that is neither is an error, not left out (RFC 4007 §11.2).
func TestZones(t *testing.T) {
	for _, zone := range []string{"no-such-interface", "99999999999"} {
		nowhere := netip.MustParseAddrPort("[fe80::1%" + zone + "]:8")
		fd, err := ConnectTCP(nowhere)
		if err == nil || !strings.Contains(err.Error(), zone) {
			t.Errorf("connect: %d, %v", fd, err)
		}
		if fd, _, err := ListenTCP(nowhere, false); err == nil || !strings.Contains(err.Error(), zone) {
			t.Errorf("listen: %d, %v", fd, err)
		}
	}
	if _, err := net.InterfaceByName("lo"); err != nil {
		t.Skip(err)
	}
	fd, _, err := ListenTCP(netip.MustParseAddrPort("[::1%lo]:0"), false)
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	defer Close(fd)
	if sa, err := unix.Getsockname(fd); err != nil || sa.(*unix.SockaddrInet6).Addr != netip.MustParseAddr("::1").As16() {
		t.Errorf("bound to %v, %v", sa, err)
	}
}

func TestConnectIsRefused(t *testing.T) {
	fd, port, err := ListenTCP(netip.MustParseAddrPort("127.0.0.1:0"), false)
	if err != nil {
		t.Fatal(err)
	}
	Close(fd)
	client, err := ConnectTCP(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port)))
	if err != nil {
		return // at once
	}
	defer Close(client)
	readable(client, 10_000)
	if errno := SocketError(client); errno != unix.ECONNREFUSED {
		t.Errorf("got %v", errno)
	}
}

// A socket file that nobody listens on is replaced, one in use and any other file are not.
func TestListenUnixReplacesDesertedSockets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	fd, err := ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ListenUnix(path); err == nil {
		t.Error("a socket in use was replaced")
	}
	Close(fd)
	if fd, err = ListenUnix(path); err != nil {
		t.Fatalf("a deserted socket: %v", err)
	}
	Close(fd)
	other := path + ".txt"
	if err := os.WriteFile(other, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ListenUnix(other); err == nil {
		t.Error("a file was replaced")
	}
	if b, _ := os.ReadFile(other); string(b) != "precious" {
		t.Errorf("the file holds %q", b)
	}
}

// A listener whose connections are packets is none of streams, whatever it is made of.
func TestAdoptListenerTakesStreamsOnly(t *testing.T) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skip(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: filepath.Join(t.TempDir(), "packets")}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 5); err != nil {
		t.Fatal(err)
	}
	if err := AdoptListener(fd); err != unix.EPROTOTYPE {
		t.Errorf("got %v", err)
	}
}

// There is room for many descriptors at once; none of them stays open.
func TestMakeRoom(t *testing.T) {
	fd, _, err := ListenTCP(netip.MustParseAddrPort("127.0.0.1:0"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	before := openDescriptors(t)
	for range 2 {
		MakeRoom(fd)
	}
	if after := openDescriptors(t); after != before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("the system does not tell the size of the table:", err)
	}
	_, rest, _ := strings.Cut(string(status), "FDSize:")
	line, _, _ := strings.Cut(rest, "\n")
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if size, err := strconv.Atoi(strings.TrimSpace(line)); err != nil || uint64(size) < min(limit.Cur, roomFor) {
		t.Errorf("room for %d descriptors, %v", size, err)
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
