// This file lets a server read the request of a connection: target, fields, origin, offered subprotocols (RFC 6455 §4.2.1).

package protocol

import (
	"bytes"
	"strings"

	"libws/core/wire"
)

// Request is a client's opening handshake as the server received it. It owns its memory until Machine.ReleaseOpening.
type Request struct {
	head        wire.RequestHead
	host        []byte
	path, query []byte
	problem     *Error
	subprotocol string
}

func (r *Request) reset() {
	r.head.Reset()
	r.host, r.path, r.query, r.problem, r.subprotocol = nil, nil, nil, nil, ""
}

// Request returns the request being decided on or that opened the connection; nil before one came and after
// ReleaseOpening.
func (m *Machine) Request() *Request {
	if m.opening == nil || m.cfg.Role != Server || m.opening.request.head.Method == nil {
		return nil
	}
	return &m.opening.request
}

// Problem returns why the request is no WebSocket opening handshake, nil when it is one. Only a machine configured for
// plain HTTP reports requests with a problem.
func (r *Request) Problem() *Error { return r.problem }

// Method returns the HTTP method.
func (r *Request) Method() string { return string(r.head.Method) }

// Target returns the request target as it was sent.
func (r *Request) Target() string { return string(r.head.Target) }

// Path returns the path part of the target, still percent-encoded; at least "/".
func (r *Request) Path() string { return string(r.path) }

// Query returns what follows the question mark of the target, still percent-encoded, without the mark.
func (r *Request) Query() string { return string(r.query) }

// Host returns the host and port that the request asks for: those of a target in absolute form, else the Host field.
func (r *Request) Host() string { return string(r.host) }

// Origin returns the Origin field, "" when the client sent none (RFC 6455 §10.2).
func (r *Request) Origin() string { v, _ := r.Header("Origin"); return v }

// Header returns the value of a field and whether it is there. The values of a repeated field are joined by commas.
func (r *Request) Header(name string) (string, bool) { return joined(r.head.Fields, name) }

// Fields returns every field in the order it came. The slices belong to the request.
func (r *Request) Fields() []wire.Field { return r.head.Fields }

// Subprotocols returns the subprotocols that the client offered, in its order of preference (RFC 6455 §4.1).
func (r *Request) Subprotocols() []string {
	var all []string
	for _, f := range r.head.Fields {
		if wire.EqualFold(f.Name, "Sec-WebSocket-Protocol") {
			_ = wire.EachToken(f.Value, func(t []byte) bool { all = append(all, string(t)); return true })
		}
	}
	return all
}

// Subprotocol returns the subprotocol that Accept agreed on.
func (r *Request) Subprotocol() string { return r.subprotocol }

// splitTarget finds path and query in the origin form or the absolute form of a target (RFC 9112 §3.2). RFC 9112 §3.2.2: the host of
// an absolute form takes the place of the Host field, and RFC 9110 §4.2.1, §4.2.4: it must not be empty or carry a user.
func (r *Request) splitTarget() bool {
	t := r.head.Target
	if len(t) == 0 || bytes.IndexByte(t, '#') >= 0 {
		return false // RFC 6455 §3: fragment identifiers MUST NOT be used
	}
	if t[0] != '/' {
		scheme, rest, ok := bytes.Cut(t, []byte("://"))
		if !ok {
			return false
		}
		switch strings.ToLower(string(scheme)) {
		case "http", "https", "ws", "wss":
		default:
			return false
		}
		i := bytes.IndexAny(rest, "/?")
		if i < 0 {
			i = len(rest)
		}
		if i == 0 || rest[0] == ':' || !wire.ValidHost(rest[:i]) {
			return false
		}
		r.host, t = rest[:i], rest[i:]
	}
	r.path, r.query, _ = bytes.Cut(t, []byte("?"))
	if len(r.path) == 0 {
		r.path = []byte("/")
	}
	return true
}

// mayGoOn reports whether another request may follow on the same connection (RFC 9112 §9.3): never behind a body, since
// bodies are not read.
func (r *Request) mayGoOn() bool {
	_, length := r.head.Get("Content-Length")
	_, coding := r.head.Get("Transfer-Encoding")
	return length == 0 && coding == 0 && r.head.Minor >= 1 && !r.lists("Connection", "close")
}
