// Package spec walks the 78 items of the WebSocket API reference through package core, in the order of tests/spec/items.txt.
// Each check asserts the item's sentence, the error case included.
package spec

import (
	"bufio"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"libws/core"

	"golang.org/x/sys/unix"
)

// patience is how long a check waits for what must come.
const patience = 20 * time.Second

// checks holds one check per item. The files of this package fill it.
var checks = map[string]func(*testing.T){}

func TestSpec(t *testing.T) {
	items := readItems(t)
	if len(items) != 78 {
		t.Fatalf("%d items are listed, the reference has 78", len(items))
	}
	listed := map[string]bool{}
	for _, item := range items {
		if listed[item] {
			t.Errorf("%s is listed twice", item)
		}
		listed[item] = true
		check, ok := checks[item]
		if !ok {
			t.Errorf("%s is missing", item)
			continue
		}
		t.Run(item, check)
	}
	for item := range checks {
		if !listed[item] {
			t.Errorf("%s is checked and not listed", item)
		}
	}
}

func readItems(t *testing.T) []string {
	t.Helper()
	f, err := os.Open("../items.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var items []string
	for s := bufio.NewScanner(f); s.Scan(); {
		if line := strings.TrimSpace(s.Text()); line != "" && !strings.HasPrefix(line, "#") {
			items = append(items, line)
		}
	}
	return items
}

// closed fails unless err is the error of a closed connection or server.
func closed(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, core.ErrClosed) {
		t.Errorf("got %v, want an error with CodeClosed", err)
	}
}

// refused fails unless err has the code.
func refused(t *testing.T, err error, code core.ErrorCode) {
	t.Helper()
	var e *core.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("got %v, want code %d", err, code)
	}
}

// descriptors returns the two ends of a socketpair.
func descriptors(t *testing.T) (int, int) {
	t.Helper()
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p[0], p[1]
}

// serverEnd returns a server's connection and the descriptor of its peer, which speaks in raw bytes.
func serverEnd(t *testing.T) (*core.Conn, int) {
	t.Helper()
	ours, theirs := descriptors(t)
	c, err := core.FromServer(ours)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Drop)
	t.Cleanup(func() { unix.Close(theirs) })
	return c, theirs
}

// clientEnd is serverEnd for a client.
func clientEnd(t *testing.T) (*core.Conn, int) {
	t.Helper()
	ours, theirs := descriptors(t)
	c, err := core.FromClient(ours)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Drop)
	t.Cleanup(func() { unix.Close(theirs) })
	return c, theirs
}

// over returns a connection that was open once.
func over(t *testing.T) *core.Conn {
	t.Helper()
	c, _ := serverEnd(t)
	c.Drop()
	return c
}

func say(t *testing.T, fd int, s string) {
	t.Helper()
	if n, err := unix.Write(fd, []byte(s)); n != len(s) || err != nil {
		t.Fatal(n, err)
	}
}

// hear fails unless exactly want comes next.
func hear(t *testing.T, fd int, want string) {
	t.Helper()
	got := make([]byte, 0, len(want))
	for len(got) < len(want) {
		n, err := unix.Read(fd, got[len(got):cap(got)])
		if n <= 0 || err != nil {
			break
		}
		got = got[:len(got)+n]
	}
	if string(got) != want {
		t.Errorf("the peer got % x, want % x", got, want)
	}
}

// masked is a client's frame under the all-zero mask.
func masked(first byte, payload string) string {
	return string([]byte{first, 0x80 | byte(len(payload)), 0, 0, 0, 0}) + payload
}

// soon returns what comes through ch.
func soon[T any](t *testing.T, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal(what, "never came")
		panic("unreachable")
	}
}
