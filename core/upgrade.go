// This file turns a net/http request into a connection (RFC 6455 §4.2).

package core

import (
	"net/http"
	"strconv"
	"strings"

	"libws/core/internal/sock"
	"libws/core/protocol"
)

// UpgradeOptions are what Upgrade and UpgradeFD need to know. Zero fields mean the defaults.
type UpgradeOptions struct {
	Options
	Subprotocols []string    // that the server speaks, in order of preference; the first that the client offers is chosen
	Origins      []string    // allow-list of origins, see Server.SetOrigins. Empty: any
	Header       http.Header // further fields of the 101 response
}

// Upgrade performs the server's opening handshake on a request of net/http and takes its connection over, bytes that were
// read already included. On an error the request was answered with the HTTP status that fits, and the handler just returns.
//
// The request's context does not bound the connection. Errors: CodeHandshake, CodeOrigin, CodeOption, CodeHeader, CodeSystem
// (the ResponseWriter cannot be hijacked), CodeAbnormal.
func Upgrade(w http.ResponseWriter, r *http.Request, o *UpgradeOptions) (*Conn, error) {
	const op = "Upgrade"
	if o == nil {
		o = &UpgradeOptions{}
	}
	set := defaultSettings()
	if err := set.apply(&o.Options); err != nil {
		return nil, answerHTTP(w, err, http.StatusInternalServerError)
	}
	c := newConn(nil, RoleServer, &set)
	c.m.InitServer(&c.cfg)
	c.m.Feed(rawRequest(r))
	if err := c.considerRequest(op, o); err != nil {
		return nil, answerHTTP(w, err, err.Status)
	}
	carrier, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, answerHTTP(w, &Error{Code: CodeSystem, Op: op, Msg: "the connection cannot be taken over from net/http", Err: err}, http.StatusInternalServerError)
	}
	if n := buffered.Reader.Buffered(); n > 0 {
		early, _ := buffered.Reader.Peek(n)
		c.m.Feed(append([]byte(nil), early...))
	}
	s := sock.NewNetConn(carrier)
	c.stream, c.peerAddr = s, s.PeerAddr()
	wait := sock.Wait{Deadline: set.deadline(OptHandshakeTimeoutMS)}
	if err := c.deliver(&sending{name: op, wait: wait}); err != nil {
		return nil, err
	}
	return c, nil
}

// considerRequest checks a request that the machine has been fed and puts the acceptance into its output.
func (c *Conn) considerRequest(op string, o *UpgradeOptions) *Error {
	if ev := c.m.Next(); ev.Kind != protocol.RequestEvent {
		if err := c.m.Err(); err != nil {
			return fromProtocol(op, err)
		}
		return &Error{Code: CodeHandshake, Op: op, Msg: "the request is not complete", Status: http.StatusBadRequest}
	}
	return c.considerOptions(op, o)
}

// considerOptions decides on the machine's request as the options say.
func (c *Conn) considerOptions(op string, o *UpgradeOptions) *Error {
	c.request = requestOf(c.m.Request())
	if !originAllowed(o.Origins, c.request.Origin) {
		return &Error{Code: CodeOrigin, Op: op, Msg: "the origin is not in the allow-list (RFC 6455 §10.2)", Status: http.StatusForbidden}
	}
	a := protocol.AcceptOptions{Subprotocol: choose(o.Subprotocols, c.request.Subprotocols), Header: fieldsOf(o.Header)}
	if err := c.grant(a); err != nil {
		e := err.(*Error)
		e.Op, e.Status = op, http.StatusInternalServerError
		return e
	}
	return nil
}

// rawRequest writes a request down again as it came, so that one set of checks serves every way in.
func rawRequest(r *http.Request) []byte {
	b := append([]byte(nil), r.Method...)
	b = append(append(append(b, ' '), r.RequestURI...), " HTTP/"...)
	b = strconv.AppendInt(b, int64(r.ProtoMajor), 10)
	b = strconv.AppendInt(append(b, '.'), int64(r.ProtoMinor), 10)
	b = append(b, "\r\n"...)
	field := func(name, value string) {
		b = append(append(append(append(b, name...), ": "...), value...), "\r\n"...)
	}
	if r.Host != "" {
		field("Host", r.Host)
	}
	for _, f := range fieldsOf(r.Header) {
		field(f.Name, f.Value)
	}
	if len(r.TransferEncoding) > 0 {
		field("Transfer-Encoding", strings.Join(r.TransferEncoding, ", "))
	} else if r.ContentLength > 0 && r.Header.Get("Content-Length") == "" {
		field("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	}
	return append(b, "\r\n"...)
}

// answerHTTP refuses a request of net/http, and returns the error.
func answerHTTP(w http.ResponseWriter, err *Error, status int) *Error {
	if status < 400 {
		status = http.StatusBadRequest
	}
	w.Header().Set("Connection", "close")
	switch status {
	case http.StatusUpgradeRequired: // RFC 6455 §4.4, RFC 9110 §7.8, §15.5.22
		w.Header().Add("Connection", "Upgrade") // behind "close", which net/http looks for in the first place
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Sec-WebSocket-Version", "13")
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", "GET")
	}
	http.Error(w, err.Msg, status)
	return err
}
