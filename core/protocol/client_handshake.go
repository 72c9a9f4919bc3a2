// This file is the client's half of the opening handshake: the request it sends and the checks of the response
// (RFC 6455 §4.1).

package protocol

import (
	"slices"

	"libws/core/wire"
)

// ClientRequest is what a client asks for. Every part is checked before anything is sent.
type ClientRequest struct {
	Host         string   // of the Host field: name or address, with the port unless it is the scheme's own
	Target       string   // path and query, starting with "/"
	Key          [16]byte // nonce, from a strong source of entropy (RFC 6455 §4.1 item 7)
	Origin       string   // "" sends none
	Subprotocols []string // in order of preference
	Header       []HeaderField
}

// Response is the server's answer to a client's opening handshake. It owns its memory until Machine.ReleaseOpening.
type Response struct {
	head        wire.ResponseHead
	subprotocol string
}

// Response returns the server's answer, nil before it came and after ReleaseOpening.
func (m *Machine) Response() *Response {
	if m.opening == nil || m.cfg.Role != Client || m.opening.response.head.Status == 0 {
		return nil
	}
	return &m.opening.response
}

// Status returns the HTTP status.
func (r *Response) Status() int { return r.head.Status }

// Header returns the value of a field and whether it is there. The values of a repeated field are joined by commas.
func (r *Response) Header(name string) (string, bool) { return joined(r.head.Fields, name) }

// Fields returns every field in the order it came. The slices belong to the response.
func (r *Response) Fields() []wire.Field { return r.head.Fields }

// Subprotocol returns the subprotocol that the server chose, "" when it chose none.
func (r *Response) Subprotocol() string { return r.subprotocol }

// InitClient starts a machine that opens a connection: its request is in Output. On an error nothing may be sent.
func (m *Machine) InitClient(cfg *Config, req ClientRequest) error {
	m.Init(cfg)
	m.state = Connecting
	if err := req.check(); err != nil {
		m.state = Closed
		return err
	}
	m.startOpening()
	key := wire.EncodeKey(req.Key)
	m.opening.want = wire.AcceptKey(key[:])
	m.opening.offered = slices.Clone(req.Subprotocols)
	m.out = req.append(m.grab(), key[:])
	return nil
}

// check refuses what would break the request's head or its grammar (RFC 6455 §4.1).
func (q *ClientRequest) check() error {
	if q.Host == "" || !wire.ValidHost(q.Host) {
		return misuse(MisuseArgument, "the host must be a name or address, with or without a port (RFC 9112 §3.2)")
	}
	if !wire.ValidTarget(q.Target) {
		return misuse(MisuseArgument, "the path must start with / and have no spaces, control characters or fragment (RFC 6455 §3)")
	}
	if !wire.ValidFieldValue(q.Origin) {
		return misuse(MisuseHeader, "the origin must have no line breaks or control characters (RFC 6454 §6.2)")
	}
	for i, p := range q.Subprotocols {
		if !wire.ValidToken(p) {
			return misuse(MisuseHeader, "a subprotocol must be a token (RFC 6455 §4.1): "+quoted(p))
		}
		if slices.Contains(q.Subprotocols[:i], p) {
			return misuse(MisuseArgument, "subprotocol "+p+" is offered twice (RFC 6455 §4.1)")
		}
	}
	return checkFields(q.Header)
}

// append encodes the request (RFC 6455 §4.1 items 1–12).
func (q *ClientRequest) append(dst []byte, key []byte) []byte {
	dst = append(append(dst, "GET "...), q.Target...)
	dst = append(append(dst, " HTTP/1.1\r\nHost: "...), q.Host...)
	dst = append(dst, "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "...)
	dst = append(append(dst, key...), "\r\nSec-WebSocket-Version: 13\r\n"...)
	if q.Origin != "" {
		dst = append(append(append(dst, "Origin: "...), q.Origin...), "\r\n"...)
	}
	for i, p := range q.Subprotocols {
		if i == 0 {
			dst = append(dst, "Sec-WebSocket-Protocol: "...)
		} else {
			dst = append(dst, ", "...)
		}
		dst = append(dst, p...)
	}
	if len(q.Subprotocols) > 0 {
		dst = append(dst, "\r\n"...)
	}
	return append(appendFields(dst, q.Header), "\r\n"...)
}

// responseReceived checks a whole response head and opens the connection or fails it.
func (m *Machine) responseReceived() (Event, bool) {
	o := m.opening
	r := &o.response
	status := r.head.Status
	if status < 200 && status != 101 {
		// RFC 9110 §15.2: interim responses may come before the final one.
		if o.interim++; o.interim > interimsMost {
			return m.failOpening(badHandshake(status, "too many interim responses (RFC 9110 §15.2)")), true
		}
		o.buf = o.buf[:0]
		r.head.Reset()
		return m.nextOpening()
	}
	if status != 101 {
		return m.fail(&Error{Kind: Refused, Status: status, Rule: "the server did not accept the opening handshake (RFC 6455 §4.1)"}), true
	}
	if err := r.check(o); err != nil {
		return m.failOpening(err), true
	}
	m.move(stepOpened)
	return Event{Kind: Opened}, true
}

// check: RFC 6455 §4.1, the client MUST validate the server's response as follows, items 1–6.
func (r *Response) check(o *opening) *Error {
	if r.head.Minor < 1 {
		return badHandshake(101, "the response must be HTTP/1.1 or higher (RFC 6455 §4.2.2)")
	}
	if v, n := r.head.Get("Upgrade"); n != 1 || !wire.EqualFold(v, "websocket") {
		return badHandshake(101, "the response must have Upgrade: websocket (RFC 6455 §4.1)")
	}
	connection := false
	for _, f := range r.head.Fields {
		if wire.EqualFold(f.Name, "Connection") && wire.HasToken(f.Value, "upgrade") {
			connection = true
		}
	}
	if !connection {
		return badHandshake(101, "the response must have Connection: Upgrade (RFC 6455 §4.1)")
	}
	if v, n := r.head.Get("Sec-WebSocket-Accept"); n != 1 || string(v) != string(o.want[:]) {
		return badHandshake(101, "Sec-WebSocket-Accept does not fit the key (RFC 6455 §4.1)")
	}
	if _, n := r.head.Get("Sec-WebSocket-Extensions"); n > 0 {
		return badHandshake(101, "the server chose an extension that was not offered (RFC 6455 §4.1)")
	}
	v, n := r.head.Get("Sec-WebSocket-Protocol")
	if n > 1 || n == 1 && !slices.Contains(o.offered, string(v)) {
		return badHandshake(101, "the server chose a subprotocol that was not offered (RFC 6455 §4.1)")
	}
	r.subprotocol = string(v)
	return nil
}
