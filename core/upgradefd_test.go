// Upgrading a descriptor on which a request has begun to arrive.

package core

import (
	"bufio"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestUpgradeFD(t *testing.T) {
	whole := request("/fd?x=1") + string(masked(0x81, "early"))
	for cut := range len(whole) + 1 { // what was read already, and what is still to come
		if cut%7 != 0 && cut < len(whole)-12 {
			continue
		}
		a, b := tcpPair(t)
		peer := newRawPeer(t, b)
		peer.say([]byte(whole[cut:])...)
		buffered := []byte(whole[:cut])
		c, err := UpgradeFD(a, buffered)
		if err != nil {
			t.Fatal(cut, err)
		}
		if string(buffered) != whole[:cut] {
			t.Fatal("the caller's buffer was changed")
		}
		res := response(t, bufio.NewReader(peer))
		if res.StatusCode != 101 || c.Request().Path != "/fd" || c.FD() != a || !c.IsServer() || c.HTTPStatus() != 101 {
			t.Fatal(res.Status, c.Request())
		}
		if f, err := c.RecvFrame(); err != nil || f.PayloadText() != "early" {
			t.Fatal(cut, f, err)
		}
		c.Drop()
		peer.Close()
		if _, err := unix.FcntlInt(uintptr(a), unix.F_GETFD, 0); err != unix.EBADF {
			t.Fatal("the descriptor outlives the connection:", err)
		}
	}
}

// On a failure the client is told why, and the descriptor is still the caller's.
func TestUpgradeFDRefuses(t *testing.T) {
	for _, v := range []struct {
		name, request string
		o             UpgradeOptions
		status        int
		code          ErrorCode
	}{
		{"plain GET", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", UpgradeOptions{}, 426, CodeHandshake},
		{"garbage", "\x00\x00", UpgradeOptions{}, 400, CodeHandshake},
		{"origin", request("/", "Origin: https://evil.example"), UpgradeOptions{Origins: []string{"https://good.example"}}, 403, CodeOrigin},
	} {
		t.Run(v.name, func(t *testing.T) {
			a, b := tcpPair(t)
			defer unix.Close(a)
			peer := newRawPeer(t, b)
			got := async(func() error { _, err := UpgradeFDWith(a, []byte(v.request), &v.o); return err })
			res := response(t, bufio.NewReader(peer))
			if res.StatusCode != v.status {
				t.Error(res.Status)
			}
			peer.Close()
			wantCode(t, await(t, got, "the error"), v.code)
			if _, err := unix.FcntlInt(uintptr(a), unix.F_GETFD, 0); err != nil {
				t.Error("the descriptor is gone:", err)
			}
		})
	}
	t.Run("half a request", func(t *testing.T) {
		a, b := tcpPair(t)
		defer unix.Close(a)
		peer := newRawPeer(t, b)
		_, err := UpgradeFDWith(a, []byte("GET / HTTP/1.1\r\n"), &UpgradeOptions{Options: Options{HandshakeTimeout: 20 * time.Millisecond}})
		wantCode(t, err, CodeTimeout)
		var e *Error
		if !errors.As(err, &e) || e.Status != 408 {
			t.Error(err)
		}
		if res := response(t, bufio.NewReader(peer)); res.StatusCode != 408 {
			t.Error(res.Status)
		}
	})
	_, err := UpgradeFD(-1, nil)
	wantCode(t, err, CodeArgument)
	p := make([]int, 2)
	if err := unix.Pipe(p); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(p[0])
	defer unix.Close(p[1])
	_, err = UpgradeFD(p[0], nil) // no socket
	wantCode(t, err, CodeArgument)
	_, err = UpgradeFDWith(0, nil, &UpgradeOptions{Options: Options{MaxHeadBytes: -1}})
	wantCode(t, err, CodeOption)
}
