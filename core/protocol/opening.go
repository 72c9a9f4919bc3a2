// This file drives the opening handshake of either role over the bytes of one HTTP head (RFC 6455 §4).

package protocol

import (
	"strings"

	"libws/core/wire"
)

// HeaderField is one HTTP field to be sent.
type HeaderField struct{ Name, Value string }

// opening is the working memory of one opening handshake.
type opening struct {
	buf      []byte // the peer's head so far
	request  Request
	response Response
	want     [28]byte // client: the Sec-WebSocket-Accept that must come
	offered  []string // client: the subprotocols that were offered
	interim  int      // client: 1xx responses that were passed over
}

// Spare recycles the memory of opening handshakes, and of output that AppendOutput moves on, within one thread.
type Spare struct {
	free   []*opening
	output [][]byte
}

const (
	spareMost    = 64       // openings kept for reuse, and as many output buffers
	spareBytes   = 16 << 10 // the largest head buffer kept
	spareOutput  = 512      // bytes of a fresh output buffer, which hold a plain 101 response
	interimsMost = 8        // 1xx responses a client passes over
)

// grab returns the memory that output is appended to.
func (m *Machine) grab() []byte {
	s := m.cfg.Spare
	if m.out != nil || s == nil {
		return m.out
	}
	if last := len(s.output) - 1; last >= 0 {
		b := s.output[last]
		s.output = s.output[:last]
		return b
	}
	return make([]byte, 0, spareOutput)
}

// giveOutput takes memory of grab back.
func (s *Spare) giveOutput(b []byte) {
	if s != nil && len(s.output) < spareMost && cap(b) >= spareOutput && cap(b) <= spareBytes {
		s.output = append(s.output, b[:0])
	}
}

func (m *Machine) startOpening() {
	if s := m.cfg.Spare; s != nil && len(s.free) > 0 {
		m.opening = s.free[len(s.free)-1]
		s.free = s.free[:len(s.free)-1]
		return
	}
	m.opening = new(opening)
}

// ReleaseOpening gives back the memory of the opening handshake: Request and Response are gone afterwards.
func (m *Machine) ReleaseOpening() {
	o := m.opening
	if o == nil || m.state == Connecting {
		return
	}
	m.opening = nil
	if s := m.cfg.Spare; s != nil && len(s.free) < spareMost && cap(o.buf) <= spareBytes {
		o.reset()
		s.free = append(s.free, o)
	}
}

// reset makes an opening ready for the next head, keeping its memory.
func (o *opening) reset() {
	o.buf = o.buf[:0]
	o.request.reset()
	o.response.head.Reset()
	o.response.subprotocol = ""
	o.offered, o.interim = nil, 0
}

// errEndedEarly tells of a carrier that ended inside the opening handshake.
var errEndedEarly = &Error{Kind: EndedEarly, Rule: "the connection ended inside the opening handshake (RFC 6455 §4)"}

// nextOpening takes the peer's head from the input.
func (m *Machine) nextOpening() (Event, bool) {
	if m.has(awaitVerdict) || len(m.in) == 0 {
		return Event{}, false
	}
	if m.opening == nil {
		m.startOpening()
	}
	o := m.opening
	// One byte beyond the limit is enough for the parser to see that the head breaks it.
	had := len(o.buf)
	room := max(0, m.cfg.Limits.Head.MaxBytes+1-had)
	o.buf = append(o.buf, m.in[:min(room, len(m.in))]...)
	var n int
	var err error
	if m.cfg.Role == Server {
		n, err = o.request.head.Parse(o.buf, m.cfg.Limits.Head)
	} else {
		n, err = o.response.head.Parse(o.buf, m.cfg.Limits.Head)
	}
	if err != nil {
		return m.failOpening(headFailure(err)), true
	}
	if n == 0 {
		m.in = m.in[len(o.buf)-had:]
		return Event{}, false
	}
	m.in = m.in[n-had:]
	o.buf = o.buf[:n]
	if m.cfg.Role == Server {
		return m.requestReceived()
	}
	return m.responseReceived()
}

func headFailure(err error) *Error {
	if he, ok := err.(*wire.HeadError); ok {
		return badHandshake(he.Status, he.Rule)
	}
	return badHandshake(400, err.Error())
}

// failOpening ends the opening handshake over a broken rule. A server answers with the status that fits.
func (m *Machine) failOpening(err *Error) Event {
	if m.cfg.Role == Server {
		m.out = appendRefusal(m.grab(), Refusal{Status: err.Status, Header: refusalFields(err.Status), Body: []byte(err.Rule + "\n")}, false, m.opening.request.wantsBody())
	}
	return m.fail(err)
}

// refusalFields are the fields that a status asks for: RFC 6455 §4.4 names the version we speak, RFC 9110 §15.5.6 the
// methods, RFC 9110 §7.8, §15.5.22 the protocol.
func refusalFields(status int) []HeaderField {
	switch status {
	case 405:
		return []HeaderField{{"Allow", "GET"}}
	case 426:
		return []HeaderField{{"Connection", "Upgrade"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}}
	}
	return nil
}

// checkFields refuses fields that would break the head: bad names, line breaks, or names the handshake itself sets.
func checkFields(fields []HeaderField) error {
	for _, f := range fields {
		if !wire.ValidToken(f.Name) {
			return misuse(MisuseHeader, "a header name must be a token without spaces or control characters (RFC 9110 §5.1): "+quoted(f.Name))
		}
		if !wire.ValidFieldValue(f.Value) {
			return misuse(MisuseHeader, "the value of header "+f.Name+" must have no line breaks or control characters (RFC 9110 §5.5)")
		}
		name := strings.ToLower(f.Name)
		if strings.HasPrefix(name, "sec-websocket-") || reservedFields[name] {
			return misuse(MisuseHeader, "header "+f.Name+" is set by the handshake itself (RFC 6455 §4.1)")
		}
	}
	return nil
}

var reservedFields = map[string]bool{"upgrade": true, "connection": true, "content-length": true, "transfer-encoding": true, "host": true}

// quoted shows a bad name in a message without its control characters.
func quoted(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return `"` + strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return '?'
		}
		return r
	}, s) + `"`
}

// appendFields writes fields in the form of RFC 9112 §5.
func appendFields(dst []byte, fields []HeaderField) []byte {
	for _, f := range fields {
		dst = append(dst, f.Name...)
		dst = append(dst, ": "...)
		dst = append(dst, f.Value...)
		dst = append(dst, "\r\n"...)
	}
	return dst
}

// joined returns the values of every field with this name, joined by commas, and whether there is one (RFC 9110 §5.3).
func joined(fields []wire.Field, name string) (string, bool) {
	var first []byte
	var all []byte
	count := 0
	for _, f := range fields {
		if !wire.EqualFold(f.Name, name) {
			continue
		}
		switch count++; count {
		case 1:
			first = f.Value
		case 2:
			all = append(append(all, first...), ", "...)
			all = append(all, f.Value...)
		default:
			all = append(append(all, ", "...), f.Value...)
		}
	}
	if count > 1 {
		return string(all), true
	}
	return string(first), count > 0
}
