// This file holds Request, what a server may read of a client's opening handshake (RFC 6455 §4.2.1).

package core

import (
	"net/http"
	"slices"
	"sort"
	"strings"

	"libws/core/protocol"
	"libws/core/wire"
)

// HeaderField is one HTTP field.
type HeaderField = protocol.HeaderField

// Request is a client's request. It must not be changed.
type Request struct {
	Method       string
	Target       string        // as it was sent
	Path         string        // of the target, still percent-encoded; at least "/"
	Query        string        // of the target, still percent-encoded, without the question mark
	Host         string        // and port, asked for: those of a target in absolute form, else the Host field
	Origin       string        // "" when the client sent none
	Subprotocols []string      // offered, in the client's order of preference
	Fields       []HeaderField // in the order they came
}

// Header returns the value of a field, whatever its letter case, and whether it is there. The values of a repeated field are
// joined by commas (RFC 9110 §5.3).
func (r *Request) Header(name string) (string, bool) {
	var values []string
	for _, f := range r.Fields {
		if wire.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return strings.Join(values, ", "), values != nil
}

// requestOf copies what the machine knows, so that its memory can be used again.
func requestOf(p *protocol.Request) *Request {
	r := &Request{
		Method: p.Method(), Target: p.Target(), Path: p.Path(), Query: p.Query(),
		Host: p.Host(), Origin: p.Origin(), Subprotocols: p.Subprotocols(),
	}
	for _, f := range p.Fields() {
		r.Fields = append(r.Fields, HeaderField{Name: string(f.Name), Value: string(f.Value)})
	}
	return r
}

// fieldsOf lists the fields of a header in a fixed order.
func fieldsOf(h http.Header) []HeaderField {
	if len(h) == 0 {
		return nil
	}
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	sort.Strings(names)
	var fields []HeaderField
	for _, name := range names {
		for _, value := range h[name] {
			fields = append(fields, HeaderField{Name: name, Value: value})
		}
	}
	return fields
}

// choose returns the first of the server's subprotocols that the client offered, "" when there is none.
func choose(ours, offered []string) string {
	for _, p := range ours {
		if slices.Contains(offered, p) {
			return p
		}
	}
	return ""
}

// originAllowed tells whether an allow-list of origins lets a request in. Without a list every origin is. A request without an
// origin, or with an empty one, comes from no browser and always is (RFC 6455 §4.2.2 item 4, §10.2): the list protects people whose
// browsers run foreign pages, and says nothing about who else asks. "null" is an origin like any other (RFC 6454 §7).
func originAllowed(allowed []string, origin string) bool {
	return len(allowed) == 0 || origin == "" || slices.ContainsFunc(allowed, func(a string) bool { return wire.EqualFold(a, origin) })
}
