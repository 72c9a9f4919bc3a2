// This file is the server's half of the opening handshake: the checks of a request, then Accept or Refuse
// (RFC 6455 §4.2, §4.4).

package protocol

import (
	"slices"
	"strconv"

	"libws/core/wire"
)

// InitServer starts a machine that waits for a client's opening handshake.
func (m *Machine) InitServer(cfg *Config) {
	m.Init(cfg)
	m.state = Connecting
}

// requestReceived checks a whole request head and reports it.
func (m *Machine) requestReceived() (Event, bool) {
	r := &m.opening.request
	if err := r.check(); err != nil {
		return m.failOpening(err), true
	}
	r.problem = r.checkUpgrade()
	if r.problem != nil && !m.cfg.PlainHTTP {
		return m.failOpening(r.problem), true
	}
	m.set(awaitVerdict)
	return Event{Kind: RequestEvent}, true
}

// check finds what makes a request unfit for any answer but a refusal, as a WebSocket opening or otherwise.
func (r *Request) check() *Error {
	host, hosts := r.head.Get("Host")
	if hosts != 1 {
		return badHandshake(400, "a request needs exactly one Host field (RFC 9112 §3.2)")
	}
	if !wire.ValidHost(host) {
		return badHandshake(400, "the Host field must be a host, with or without a port (RFC 9112 §3.2)")
	}
	r.host = host
	if r.head.Minor < 1 {
		return badHandshake(505, "the opening handshake needs HTTP/1.1 or higher (RFC 6455 §4.1)")
	}
	if !r.splitTarget() {
		return badHandshake(400, "the request target must be an absolute path or URI without user and fragment (RFC 6455 §3, RFC 9112 §3.2)")
	}
	return nil
}

// checkUpgrade finds the rule of RFC 6455 §4.2.1 that a request breaks, nil when it is a proper opening handshake.
func (r *Request) checkUpgrade() *Error {
	if string(r.head.Method) != "GET" {
		return badHandshake(405, "the opening handshake is a GET request (RFC 6455 §4.1)")
	}
	if _, n := r.head.Get("Content-Length"); n > 0 {
		return badHandshake(400, "an opening handshake has no body, so no Content-Length (RFC 9112 §6.1)")
	}
	if _, n := r.head.Get("Transfer-Encoding"); n > 0 {
		return badHandshake(400, "an opening handshake has no body, so no Transfer-Encoding (RFC 9112 §6.1)")
	}
	if !r.lists("Upgrade", "websocket") {
		return badHandshake(426, "this is a WebSocket endpoint: Upgrade must name websocket (RFC 6455 §4.2.1)")
	}
	if !r.lists("Connection", "upgrade") {
		return badHandshake(400, "Connection must name Upgrade (RFC 6455 §4.2.1)")
	}
	if v, n := r.head.Get("Sec-WebSocket-Version"); n != 1 || string(v) != "13" {
		return badHandshake(426, "Sec-WebSocket-Version must be 13, once (RFC 6455 §4.2.1, §4.4)")
	}
	if key, n := r.head.Get("Sec-WebSocket-Key"); n != 1 || !wire.ValidKey(key) {
		return badHandshake(400, "Sec-WebSocket-Key must be 16 bytes in base64, once (RFC 6455 §4.2.1)")
	}
	if _, n := r.head.Get("Origin"); n > 1 {
		return badHandshake(400, "Origin must not be repeated (RFC 6454 §7.3)")
	}
	return r.checkLists()
}

// checkLists checks the grammar of the two lists a client may offer (RFC 6455 §4.3, §11.3.2, §11.3.4).
func (r *Request) checkLists() *Error {
	for _, f := range r.head.Fields {
		switch {
		case wire.EqualFold(f.Name, "Sec-WebSocket-Protocol"):
			if err := wire.EachToken(f.Value, func([]byte) bool { return true }); err != nil {
				return badHandshake(400, "Sec-WebSocket-Protocol must be a list of tokens (RFC 6455 §11.3.4)")
			}
		case wire.EqualFold(f.Name, "Sec-WebSocket-Extensions"):
			if err := wire.EachExtension(f.Value, func([]byte, []wire.ExtParam) bool { return true }); err != nil {
				return badHandshake(400, "Sec-WebSocket-Extensions must be a list of extensions (RFC 6455 §9.1)")
			}
		}
	}
	return nil
}

// lists reports whether any field of this name lists the token, whatever the letter case (RFC 6455 §4.2.1).
func (r *Request) lists(name, token string) bool {
	for _, f := range r.head.Fields {
		if wire.EqualFold(f.Name, name) && wire.HasToken(f.Value, token) {
			return true
		}
	}
	return false
}

// AcceptOptions say how a server accepts an opening handshake.
type AcceptOptions struct {
	Subprotocol string        // one that the client offered, or none
	Header      []HeaderField // further fields of the 101 response
}

// Accept answers the reported request with 101 (RFC 6455 §4.2.2): the response is in Output and Next goes on with Opened. On an
// error nothing has changed, and the request still waits for a verdict.
func (m *Machine) Accept(a AcceptOptions) error {
	if !m.has(awaitVerdict) {
		return errNoRequest
	}
	r := &m.opening.request
	if r.problem != nil {
		return misuse(MisuseState, "the request is no opening handshake: "+r.problem.Rule)
	}
	// RFC 6455 §4.2.2: the subprotocol MUST be one that the client offered.
	if a.Subprotocol != "" && !slices.Contains(r.Subprotocols(), a.Subprotocol) {
		return misuse(MisuseArgument, "the client did not offer subprotocol "+quoted(a.Subprotocol)+" (RFC 6455 §4.2.2)")
	}
	if err := checkFields(a.Header); err != nil {
		return err
	}
	key, _ := r.head.Get("Sec-WebSocket-Key")
	accept := wire.AcceptKey(key)
	out := append(m.grab(), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	out = append(append(out, accept[:]...), "\r\n"...)
	if a.Subprotocol != "" {
		out = append(append(append(out, "Sec-WebSocket-Protocol: "...), a.Subprotocol...), "\r\n"...)
	}
	m.out = append(appendFields(out, a.Header), "\r\n"...)
	r.subprotocol = a.Subprotocol
	m.clear(awaitVerdict)
	m.set(openDue)
	m.move(stepOpened)
	return nil
}

// Refusal is an HTTP answer other than 101.
type Refusal struct {
	Status    int // 200 to 599
	Header    []HeaderField
	Body      []byte
	KeepAlive bool // go on with the next request of the same connection, where the request allows it
}

// Refuse answers the reported request with another status than 101 (RFC 6455 §4.2.2). The answer is in Output; the machine
// is Closed after it, or waits for the next request when KeepAlive was asked for and is possible. On an error nothing has
// changed.
func (m *Machine) Refuse(r Refusal) error {
	if !m.has(awaitVerdict) {
		return errNoRequest
	}
	if r.Status < 200 || r.Status > 599 {
		return misuse(MisuseArgument, "the status of a refusal must be 200 to 599")
	}
	if err := checkFields(r.Header); err != nil {
		return err
	}
	req := &m.opening.request
	keep := r.KeepAlive && req.mayGoOn()
	for _, f := range refusalFields(r.Status) {
		if !hasField(r.Header, f.Name) {
			r.Header = append(r.Header[:len(r.Header):len(r.Header)], f)
		}
	}
	m.out = appendRefusal(m.grab(), r, keep, req.wantsBody())
	m.clear(awaitVerdict)
	if keep {
		m.opening.reset()
		return nil
	}
	m.move(stepRefused)
	return nil
}

func hasField(fields []HeaderField, name string) bool {
	return slices.ContainsFunc(fields, func(f HeaderField) bool { return wire.EqualFold(f.Name, name) })
}

// appendHead encodes the head of a refusal, its length included (RFC 9112 §6.3).
func appendHead(dst []byte, r Refusal, keep bool) []byte {
	dst = strconv.AppendInt(append(dst, "HTTP/1.1 "...), int64(r.Status), 10)
	dst = append(append(append(dst, ' '), reasonPhrase(r.Status)...), "\r\n"...)
	if !keep {
		dst = append(dst, "Connection: close\r\n"...)
	}
	dst = appendFields(dst, r.Header)
	if len(r.Body) > 0 && !hasField(r.Header, "Content-Type") {
		dst = append(dst, "Content-Type: text/plain; charset=utf-8\r\n"...)
	}
	if r.Status != 204 && r.Status != 304 {
		dst = strconv.AppendInt(append(dst, "Content-Length: "...), int64(len(r.Body)), 10)
		dst = append(dst, "\r\n"...)
	}
	return append(dst, "\r\n"...)
}

// appendRefusal encodes a refusal: RFC 9110 §9.3.2, §15.3.5, §15.3.6, §15.4.5, an answer to HEAD and some statuses have no content.
func appendRefusal(dst []byte, r Refusal, keep, content bool) []byte {
	switch r.Status {
	case 204, 205, 304:
		r.Body = nil
	}
	dst = appendHead(dst, r, keep)
	if !content {
		return dst
	}
	return append(dst, r.Body...)
}

// wantsBody reports whether an answer to the request may have content.
func (r *Request) wantsBody() bool { return string(r.head.Method) != "HEAD" }

// reasonPhrase names the statuses that a WebSocket server answers with (RFC 9110 §15); others need no phrase.
func reasonPhrase(status int) string {
	switch status {
	case 200:
		return "OK"
	case 204:
		return "No Content"
	case 205:
		return "Reset Content"
	case 301:
		return "Moved Permanently"
	case 302:
		return "Found"
	case 304:
		return "Not Modified"
	case 400:
		return "Bad Request"
	case 401:
		return "Unauthorized"
	case 403:
		return "Forbidden"
	case 404:
		return "Not Found"
	case 405:
		return "Method Not Allowed"
	case 408:
		return "Request Timeout"
	case 413:
		return "Content Too Large"
	case 414:
		return "URI Too Long"
	case 426:
		return "Upgrade Required"
	case 429:
		return "Too Many Requests"
	case 431:
		return "Request Header Fields Too Large"
	case 500:
		return "Internal Server Error"
	case 501:
		return "Not Implemented"
	case 503:
		return "Service Unavailable"
	case 505:
		return "HTTP Version Not Supported"
	}
	return ""
}
