// This file gives the tests connected sockets of every kind, and ways to wait for what happens elsewhere.

package core

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// socketpair returns two connected descriptors.
func socketpair(t testing.TB) (int, int) {
	t.Helper()
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p[0], p[1]
}

// tcpPair returns two descriptors of one TCP connection over loopback.
func tcpPair(t testing.TB) (int, int) {
	t.Helper()
	a, b := netPair(t, "tcp", "127.0.0.1:0")
	return detach(t, a), detach(t, b)
}

// unixPair returns two descriptors of one connection through a Unix socket with a name.
func unixPair(t testing.TB) (int, int) {
	t.Helper()
	a, b := netPair(t, "unix", filepath.Join(t.TempDir(), "s"))
	return detach(t, a), detach(t, b)
}

func netPair(t testing.TB, network, address string) (net.Conn, net.Conn) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := net.Dial(network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

// tlsPair returns the client's and the server's end of one TLS connection.
func tlsPair(t testing.TB) (client, server net.Conn) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert := must(x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key))(t)
	a, b := netPair(t, "tcp", "127.0.0.1:0")
	s := tls.Server(b, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}}})
	c := tls.Client(a, &tls.Config{InsecureSkipVerify: true})
	done := async(s.Handshake)
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	if err := await(t, done, "the server's half of the TLS handshake"); err != nil {
		t.Fatal(err)
	}
	return c, s
}

// forEachCarrier runs a test with a server's connection on a descriptor and with one on a net.Conn, and with their bare peers.
func forEachCarrier(t *testing.T, test func(t *testing.T, c *Conn, peer *rawPeer)) {
	for kind, open := range map[string]func(a net.Conn) (*Conn, error){
		"descriptor": func(a net.Conn) (*Conn, error) { return FromServer(detach(t, a)) },
		"net.Conn":   func(a net.Conn) (*Conn, error) { return NewConn(a, RoleServer, nil) },
	} {
		t.Run(kind, func(t *testing.T) {
			a, b := netPair(t, "tcp", "127.0.0.1:0")
			c := must(open(a))(t)
			defer c.Drop()
			test(t, c, newRawPeer(t, detach(t, b)))
		})
	}
}

// detach takes the descriptor out of a net.Conn.
func detach(t testing.TB, c net.Conn) int {
	t.Helper()
	f, err := c.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	f.Close()
	c.Close()
	return fd
}

// sockets are the kinds of descriptor that a connection must run on.
var sockets = []struct {
	name string
	pair func(testing.TB) (int, int)
}{{"socketpair", socketpair}, {"tcp", tcpPair}, {"unix", unixPair}}

// connect makes a client and a server on two descriptors.
func connect(t testing.TB, cfd, sfd int) (client, server *Conn) {
	t.Helper()
	client, err := FromClient(cfd)
	if err != nil {
		t.Fatal(err)
	}
	server, err = FromServer(sfd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Drop)
	t.Cleanup(server.Drop)
	return client, server
}

// pair is connect on a socketpair.
func pair(t testing.TB) (client, server *Conn) {
	t.Helper()
	a, b := socketpair(t)
	return connect(t, a, b)
}

// code returns the ErrorCode of err.
func code(err error) ErrorCode {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// wantCode fails unless err has the code.
func wantCode(t testing.TB, err error, want ErrorCode) {
	t.Helper()
	if code(err) != want {
		t.Fatalf("got %v (code %d), want code %d", err, code(err), want)
	}
}

func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// within fails when f takes longer than limit.
func within(t testing.TB, limit time.Duration, what string, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if took := time.Since(start); took > limit {
		t.Errorf("%s took %v, the bound is %v", what, took, limit)
	}
}

// timed tells how long f takes.
func timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

// tries is how often what depends on the machine's being in time is tried: one that does other things too is late now and then, a defect
// always.
const tries = 10

// promptly makes a test of one that measures what is promised within a bound. The best of some tries counts.
func promptly(bound time.Duration, measure func(t *testing.T) time.Duration) func(t *testing.T) {
	return func(t *testing.T) {
		t.Helper()
		best := measure(t)
		for try := 1; best > bound && try < tries; try++ {
			best = min(best, measure(t))
		}
		if best > bound {
			t.Errorf("it took %v at best, the bound is %v", best, bound)
		}
	}
}

// async runs f and returns a channel that its result comes through.
func async[T any](f func() T) <-chan T {
	ch := make(chan T, 1)
	go func() { ch <- f() }()
	return ch
}

// await returns what comes through ch, and fails when nothing does.
func await[T any](t testing.TB, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		buf := make([]byte, 1<<16)
		t.Fatalf("%s never came\n%s", what, buf[:runtime.Stack(buf, true)])
		panic("unreachable")
	}
}

// until polls a condition that another goroutine or the kernel brings about.
func until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); {
		if time.Now().After(end) {
			t.Fatalf("%s never happened", what)
		}
		runtime.Gosched()
	}
}

// inLine tells how many wait for the gate.
func inLine(c *Conn) int {
	c.gate.mu.Lock()
	defer c.gate.mu.Unlock()
	return len(c.gate.queue)
}

// blocked tells whether a goroutine waits in the kernel or for the network on behalf of the given function, one that the caller's goroutine
// has started: those of an earlier test, which come to their ends there, must not be taken for it.
func blocked(function string) bool {
	buf := make([]byte, 1<<18)
	self, _, _ := bytes.Cut(buf[:runtime.Stack(buf, false)], []byte(" ["))
	ours := []byte(" in " + string(self) + "\n")
	for _, g := range bytes.Split(buf[:runtime.Stack(buf, true)], []byte("\n\n")) {
		head, _, _ := bytes.Cut(g, []byte("\n"))
		waits := bytes.Contains(head, []byte("[syscall")) || bytes.Contains(head, []byte("[IO wait"))
		if waits && bytes.Contains(g, []byte(function)) && bytes.Contains(g, ours) {
			return true
		}
	}
	return false
}

// senderBlocks waits until the sender that has c's turn is blocked in the given function.
func senderBlocks(t testing.TB, c *Conn, function string) {
	t.Helper()
	until(t, "the sender blocks", func() bool { return c.gate.held() && blocked(function) })
}

// signalled runs f on a thread that gets a signal each millisecond until f returns.
func signalled[T any](t testing.TB, what string, f func() T) T {
	t.Helper()
	thread := make(chan int, 1)
	got := async(func() T { lockThread(); thread <- unix.Gettid(); return f() })
	id := <-thread
	for end := time.Now().Add(patience); time.Now().Before(end); {
		select {
		case v := <-got:
			return v
		case <-time.After(time.Millisecond):
			_ = unix.Tgkill(unix.Getpid(), id, unix.SIGURG)
		}
	}
	t.Fatalf("no signal ends %s", what)
	panic("unreachable")
}

// lockThread ties a goroutine to its thread, which ends with it, so that signals can be aimed.
func lockThread() { runtime.LockOSThread() }
