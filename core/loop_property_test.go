// The property that makes the loop and the blocking Conn two shells of one machine: whatever the bytes, however they are cut and
// however connections interleave, both report the same.
package core

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"libws/core/wire"

	"golang.org/x/sys/unix"
)

// account is all that a peer's bytes lead to: what was reported, what was answered.
type account struct{ told, answered []string }

func (a account) String() string {
	return strings.Join(a.told, "\n") + "\nanswered: " + strings.Join(a.answered, "\n")
}

// brief is String with long texts cut.
func (a account) brief() string {
	cut := func(list []string) string {
		var b strings.Builder
		for _, s := range list {
			fmt.Fprintf(&b, "%.30q (%d bytes), ", s, len(s))
		}
		return b.String()
	}
	return "told " + cut(a.told) + "\nanswered " + cut(a.answered)
}

// script makes the bytes of one peer: messages, fragments, pings, and an end of some kind.
func script(r *rand.Rand, p *loopPeer) []byte {
	b := []byte{} // an empty one is a script, too
	texts := []string{"", "plain", "grüße, €, 𝄞", strings.Repeat("ä", 3000), strings.Repeat("long ", 9000)}
	pings := 0
	for range r.IntN(12) {
		s := texts[r.IntN(len(texts))]
		switch r.IntN(6) {
		case 0:
			b = append(b, p.frame(OpBinary, true, s)...)
		case 1, 2:
			b = append(b, p.frame(OpText, true, s)...)
		case 3: // cut anywhere, inside code points too, with a ping in between
			cut := r.IntN(len(s) + 1)
			b = append(b, p.frame(OpText, false, s[:cut])...)
			b = append(b, p.frame(OpPing, true, strconv.Itoa(pings))...)
			b = append(b, p.frame(OpContinuation, true, s[cut:])...)
			pings++
		case 4:
			b = append(b, p.frame(OpPing, true, strconv.Itoa(pings))...)
			pings++
		default:
			b = append(b, p.frame(OpPong, true, "unasked")...)
		}
	}
	switch r.IntN(8) {
	case 0:
		b = append(b, p.frame(OpClose, true, "")...)
	case 1:
		b = append(b, p.frame(OpClose, true, string(wire.AppendClosePayload(nil, 3000+CloseCode(r.IntN(2000)), "so long")))...)
	case 2:
		b = append(b, p.frame(OpClose, true, "\x03")...)
	case 3:
		b = append(b, p.frame(OpText, true, "bad \xFF bytes")...)
	case 4:
		b = append(b, p.frame(OpContinuation, true, "alone")...)
	case 5:
		b = append(b, p.frame(3, true, "reserved")...)
	case 6:
		b = append(b, 0x81, 0x01, 'a')
	default: // the end in the middle of something, perhaps
		if len(b) > 0 {
			b = b[:r.IntN(len(b)+1)]
		}
	}
	if r.IntN(2) == 0 { // what follows is not looked at, unless the end has not come yet
		b = append(b, p.frame(OpText, true, "behind")...)
	}
	return b
}

// blockingAccount feeds bytes to a blocking Conn.
func blockingAccount(t *testing.T, bytes []byte) account {
	t.Helper()
	ours, theirs := socketpair(t)
	c, err := FromServer(ours)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Drop()
	if err := c.SetOption(OptMaxFrameBytes, 16<<20); err != nil {
		t.Fatal(err)
	}
	p := &loopPeer{t: t, fd: theirs}
	p.m.Init(peerConfig(RoleClient))
	defer p.close()
	written := async(func() error {
		for rest := bytes; len(rest) > 0; {
			n, err := unix.SendmsgN(theirs, rest, nil, nil, unix.MSG_NOSIGNAL)
			if err != nil {
				return nil // the connection has failed already
			}
			rest = rest[n:]
		}
		return unix.Shutdown(theirs, unix.SHUT_WR)
	})
	var a account
	for {
		f, err := c.RecvMessage()
		if err != nil {
			var ce *CloseError
			if errors.As(err, &ce) {
				a.told = append(a.told, fmt.Sprintf("close %d 0 %s", ce.Code, ce.Reason))
			} else {
				var e *Error
				errors.As(err, &e)
				a.told = append(a.told, fmt.Sprintf("close %d %d", max(e.CloseCode, 0), e.Code))
			}
			break
		}
		if f.IsClose() {
			continue // the error that follows tells
		}
		a.told = append(a.told, fmt.Sprintf("%v %s", f.Opcode, f.Payload))
	}
	_ = c.ForceClose()
	<-written
	nonblock(t, theirs)
	a.answered = p.read()
	return a
}

// loopAccounts feeds the bytes of several peers to one loop, in random pieces and order.
func loopAccounts(t *testing.T, r *rand.Rand, scripts [][]byte) []account {
	t.Helper()
	l := newTestLoop(t, LoopOptions{Poison: true, PingInterval: NoTimeout})
	l.cap = 1 + r.IntN(6)
	accounts := make([]account, len(scripts))
	peers := make([]*loopPeer, len(scripts))
	index := map[ConnID]int{}
	open := len(scripts)
	rest := append([][]byte(nil), scripts...)
	for i := range scripts {
		id, p := l.connect()
		peers[i], index[id] = p, i
	}
	collect := func() {
		l.once()
		for _, e := range l.take() {
			a := &accounts[index[e.Conn]]
			switch e.Kind {
			case LoopMessage:
				a.told = append(a.told, fmt.Sprintf("%v %s", Opcode(e.Op), e.Payload))
			case LoopClose:
				open--
				if e.Error == 0 {
					a.told = append(a.told, fmt.Sprintf("close %d 0 %s", e.Code, e.Payload))
				} else if e.Error == CodeAbnormal {
					a.told = append(a.told, fmt.Sprintf("close 0 %d", e.Error))
				} else {
					a.told = append(a.told, fmt.Sprintf("close %d %d", e.Code, e.Error))
				}
			}
		}
	}
	pending := len(scripts)
	for pending > 0 || open > 0 {
		i := r.IntN(len(scripts))
		if b := rest[i]; b != nil {
			n := min(len(b), []int{1, 2, 3, 10, 100, 5000, 100_000}[r.IntN(7)])
			if n > 0 {
				n, err := unix.SendmsgN(peers[i].fd, b[:n], nil, nil, unix.MSG_NOSIGNAL)
				switch err {
				case nil:
					rest[i] = b[n:]
				case unix.EAGAIN:
				default:
					rest[i] = b[:0]
				}
			}
			if len(rest[i]) == 0 {
				_ = unix.Shutdown(peers[i].fd, unix.SHUT_WR)
				rest[i] = nil
				pending--
			}
		}
		if r.IntN(2) == 0 || pending == 0 {
			collect()
		}
	}
	for i, p := range peers {
		l.until("the answers", func() bool { p.read(); return p.eof || p.err != nil })
		accounts[i].answered = p.got
	}
	return accounts
}

func TestLoopAgreesWithBlockingConn(t *testing.T) {
	rounds := 150
	if testing.Short() {
		rounds = 20
	}
	seed := rand.Uint64()
	if s, err := strconv.ParseUint(os.Getenv("LIBWS_SEED"), 10, 64); err == nil {
		seed = s
	}
	r := rand.New(rand.NewPCG(seed, 4))
	ends := map[string]int{}
	for range rounds {
		var scripts [][]byte
		p := &loopPeer{t: t}
		p.m.Init(peerConfig(RoleClient))
		for range 1 + r.IntN(6) {
			scripts = append(scripts, script(r, p))
		}
		for i, got := range loopAccounts(t, r, scripts) {
			want := blockingAccount(t, scripts[i])
			if got.String() != want.String() {
				t.Fatalf("seed %d: the loop\n%s\nthe blocking Conn\n%s", seed, got.brief(), want.brief())
			}
			end := strings.SplitN(got.told[len(got.told)-1], " ", 3)[1]
			if end >= "3000" {
				end = "3000 to 4999"
			}
			ends[end]++
		}
	}
	t.Logf("ends by code: %v", ends)
	for _, code := range []string{"0", "1002", "1005", "1007", "3000 to 4999"} {
		if ends[code] == 0 && rounds >= 100 {
			t.Errorf("no connection ended with %s", code)
		}
	}
}
