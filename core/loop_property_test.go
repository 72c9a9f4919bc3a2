// The property that makes the loop and the blocking Conn two shells of one machine: whatever the bytes, the opening handshake included,
// however they are cut, handed over or told in parts, and however connections interleave, both report the same.
package core

import (
	"bytes"
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

// script is what one peer sends.
type script struct {
	bytes    []byte
	upgrades bool // it begins with a request
}

// newScript makes a script. Some begin with a request, which is a proper one most of the time.
func newScript(r *rand.Rand, p *loopPeer) script {
	if r.IntN(3) > 0 {
		return script{bytes: frames(r, p)}
	}
	request := upgradeRequest
	switch r.IntN(8) {
	case 0:
		request = strings.Replace(request, "Version: 13", "Version: 8", 1)
	case 1:
		request = strings.Replace(request, "Host: a\r\n", "", 1)
	case 2:
		return script{bytes: []byte(request[:1+r.IntN(len(request)-1)]), upgrades: true}
	}
	return script{bytes: append([]byte(request), frames(r, p)...), upgrades: true}
}

// frames makes messages, fragments, pings, and an end of some kind.
func frames(r *rand.Rand, p *loopPeer) []byte {
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

// answers reads what a peer was answered, the response to its request first.
func (s script) answers(p *loopPeer, raw []byte) (list []string) {
	if s.upgrades {
		head, rest, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
		list, raw = append(list, string(head)), rest
		if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
			return append(list, string(rest))
		}
	}
	p.m.Feed(raw)
	p.pull()
	return append(list, p.got...)
}

// blockingAccount feeds a script to a blocking Conn, the first bytes as what was read already.
func blockingAccount(t *testing.T, s script) account {
	t.Helper()
	ours, theirs := socketpair(t)
	p := &loopPeer{t: t, fd: theirs}
	p.m.Init(peerConfig(RoleClient))
	defer p.close()
	written := async(func() error {
		for rest := s.bytes; len(rest) > 0; {
			n, err := unix.SendmsgN(theirs, rest, nil, nil, unix.MSG_NOSIGNAL)
			if err != nil {
				return nil // the connection has failed already
			}
			rest = rest[n:]
		}
		return unix.Shutdown(theirs, unix.SHUT_WR)
	})
	a := account{told: converse(t, s, ours)}
	<-written
	nonblock(t, theirs)
	a.answered = s.answers(p, p.take(1<<20))
	return a
}

// converse opens a blocking Conn on a descriptor and receives from it to its end.
func converse(t *testing.T, s script, fd int) (told []string) {
	t.Helper()
	how := FromServer
	if s.upgrades {
		how = func(fd int) (*Conn, error) { return UpgradeFDWith(fd, nil, nil) }
	}
	c, err := how(fd)
	if err != nil {
		_ = unix.Close(fd)
		var e *Error
		errors.As(err, &e)
		return []string{fmt.Sprintf("close %d %d", CloseAbnormal, e.Code)}
	}
	defer c.Drop()
	if err := c.SetOption(OptMaxFrameBytes, 16<<20); err != nil {
		t.Fatal(err)
	}
	for {
		f, err := c.RecvMessage()
		if err != nil {
			var ce *CloseError
			if errors.As(err, &ce) {
				told = append(told, fmt.Sprintf("close %d 0 %s", ce.Code, ce.Reason))
			} else {
				var e *Error
				errors.As(err, &e)
				told = append(told, fmt.Sprintf("close %d %d", max(e.CloseCode, 0), e.Code))
			}
			_ = c.ForceClose()
			return told
		}
		if f.IsClose() {
			continue // the error that follows tells
		}
		told = append(told, fmt.Sprintf("%v %s", f.Opcode, f.Payload))
	}
}

// loopAccounts feeds the scripts of several peers to one loop, in random pieces and order.
func loopAccounts(t *testing.T, r *rand.Rand, scripts []script) []account {
	t.Helper()
	streamOver := []int64{NoTimeoutMS, 1, 100, 5000}[r.IntN(4)]
	l := newTestLoop(t, LoopOptions{Poison: true, PingInterval: NoTimeout, StreamOverBytes: streamOver})
	l.cap = 1 + r.IntN(6)
	accounts := make([]account, len(scripts))
	peers := make([]*loopPeer, len(scripts))
	parts := make([]strings.Builder, len(scripts)) // of messages that come in parts
	rest := make([][]byte, len(scripts))
	index := map[ConnID]int{}
	open := len(scripts)
	for i, s := range scripts {
		ours, theirs := socketpair(t)
		nonblock(t, theirs)
		p := &loopPeer{t: t, fd: theirs}
		p.m.Init(peerConfig(RoleClient))
		t.Cleanup(p.close)
		adopt := func(fd int, input []byte) (ConnID, error) { return l.Adopt(fd, RoleServer, input) }
		if s.upgrades {
			adopt = l.AdoptUpgrade
		}
		given := max(0, r.IntN(2*len(s.bytes)+1)-len(s.bytes)) // what was read already
		id, err := adopt(ours, s.bytes[:given])
		if err != nil {
			t.Fatal(err)
		}
		peers[i], index[id], rest[i] = p, i, s.bytes[given:]
	}
	collect := func() {
		l.once()
		for _, e := range l.take() {
			a, whole := &accounts[index[e.Conn]], &parts[index[e.Conn]]
			switch e.Kind {
			case LoopFragment:
				if e.Flags&LoopFirst != 0 {
					whole.Reset()
				}
				whole.WriteString(e.Payload)
				if e.Flags&LoopFinal != 0 {
					a.told = append(a.told, fmt.Sprintf("%v %s", Opcode(e.Op), whole.String()))
				}
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
		var raw []byte
		l.until("the answers", func() bool { raw = append(raw, p.take(1<<20)...); return p.eof || p.err != nil })
		accounts[i].answered = scripts[i].answers(p, raw)
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
		var scripts []script
		p := &loopPeer{t: t}
		p.m.Init(peerConfig(RoleClient))
		for range 1 + r.IntN(6) {
			scripts = append(scripts, newScript(r, p))
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
	for _, code := range []string{"0", "1002", "1005", "1006", "1007", "3000 to 4999"} {
		if ends[code] == 0 && rounds >= 100 {
			t.Errorf("no connection ended with %s", code)
		}
	}
}
