// This file reads ws:// URLs (RFC 6455 §3).

package core

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"libws/core/wire"
)

// endpoint is what a ws:// URL says.
type endpoint struct {
	host   string // name or address, without brackets
	port   uint16
	field  string // for the Host field: the port only when it is not the scheme's own
	target string // path and query
}

// parseURL reads a URL strictly: what cannot be sent is refused before anything happens.
func parseURL(op, raw string) (endpoint, *Error) {
	bad := func(msg string) (endpoint, *Error) { return endpoint{}, newError(CodeURL, op, msg) }
	u, err := url.Parse(raw)
	if err != nil {
		return bad("the URL cannot be read: it must look like ws://host:port/path?query (RFC 6455 §3)")
	}
	switch strings.ToLower(u.Scheme) {
	case "ws":
	case "wss":
		return bad("wss:// needs TLS, which this version does not have; use ws://")
	default:
		return bad("the URL must begin with ws:// (RFC 6455 §3)")
	}
	switch {
	case u.Opaque != "" || u.Hostname() == "":
		return bad("the URL needs a host: ws://host:port/path (RFC 6455 §3)")
	case u.User != nil:
		return bad("the URL must not carry a user name or password (RFC 6455 §3)")
	case strings.Contains(raw, "#"):
		return bad("the URL must not have a fragment (RFC 6455 §3)")
	}
	e := endpoint{host: u.Hostname(), port: 80, target: u.EscapedPath()}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return bad("the port of the URL must be 1 to 65535")
		}
		e.port = uint16(n)
	}
	if e.target == "" {
		e.target = "/"
	}
	if u.RawQuery != "" || u.ForceQuery {
		e.target += "?" + u.RawQuery
	}
	e.field = hostField(e.host, e.port)
	if !visible(e.field) || !wire.ValidTarget(e.target) {
		return bad("the URL must have no spaces, control characters or letters beyond ASCII in host and query (RFC 3986 §3)")
	}
	if !resolvable(e.host) {
		return bad("the host must be a name of letters, digits, dots, hyphens and underscores, or an address (RFC 3986 §3.2.2)")
	}
	return e, nil
}

// resolvable tells whether a host can be an address or have one. RFC 3986 §3.2.2 admits more, which no resolver knows.
func resolvable(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return strings.Trim(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == ""
}

// hostField writes the Host field: RFC 6455 §4.1 item 4, the port is left out when it is the default. The zone of an address is
// of local meaning only (RFC 6874 §4).
func hostField(host string, port uint16) string {
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		host = "[" + a.WithZone("").String() + "]"
	}
	if port == 80 {
		return host
	}
	return host + ":" + strconv.Itoa(int(port))
}

// address is the form that messages name an endpoint by.
func (e *endpoint) address() string { return net.JoinHostPort(e.host, strconv.Itoa(int(e.port))) }

// visible tells whether s is visible ASCII, as the Host field must be.
func visible(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7F }) < 0
}
