package wire

// This file parses the values of the opening handshake's header fields: lists of tokens and of extensions (RFC 9110 §5.6, RFC 6455 §9.1).

import (
	"bytes"
	"errors"
)

var (
	// ErrToken reports an element of a list that is not a token (RFC 9110 §5.6.2).
	ErrToken = errors.New("wire: list element is not a token")

	// ErrExtension reports a Sec-WebSocket-Extensions value that does not fit the grammar of RFC 6455 §9.1.
	ErrExtension = errors.New("wire: extension list is malformed")

	// ErrExtensionParams reports an extension with more parameters than MaxExtensionParams.
	ErrExtensionParams = errors.New("wire: extension has too many parameters")
)

// MaxExtensionParams bounds the parameters of one extension; permessage-deflate has four (RFC 7692 §7.1).
const MaxExtensionParams = 32

// EachToken calls f with each element of value, a comma-separated list of tokens like Connection, Sec-WebSocket-Protocol and
// mostly Upgrade, until f returns false. Empty elements are skipped (RFC 9110 §5.6.1.2). ErrToken comes after the elements
// before the malformed one have been given to f. The time is linear in len(value), and nothing is allocated.
func EachToken(value []byte, f func(tok []byte) bool) error {
	for len(value) > 0 {
		var elem []byte
		elem, value = nextElement(value)
		if len(elem) == 0 {
			continue
		}
		if !isTokenString(elem) {
			return ErrToken
		}
		if !f(elem) {
			return nil
		}
	}
	return nil
}

// HasToken tells whether the comma-separated list value has the element tok, whatever the letter case. Other elements may be
// anything, since Upgrade lists protocols with versions (RFC 9110 §7.8).
func HasToken(value []byte, tok string) bool {
	for len(value) > 0 {
		var elem []byte
		elem, value = nextElement(value)
		if EqualFold(elem, tok) {
			return true
		}
	}
	return false
}

// nextElement cuts the element before the first comma off value and trims it.
func nextElement(value []byte) (elem, rest []byte) {
	if i := bytes.IndexByte(value, ','); i >= 0 {
		return trimSpace(value[:i]), value[i+1:]
	}
	return trimSpace(value), nil
}

// ExtParam is a parameter of an extension. A quoted value is given without its quotes and escapes.
type ExtParam struct {
	Name, Value []byte
	HasValue    bool // "name=value", as opposed to "name"
}

// EachExtension calls f with each extension of a Sec-WebSocket-Extensions value until f returns false. Name and params are valid
// during the call only. An error comes after the extensions before the malformed one have been given to f, so a caller that
// acts on the list waits for the end. The time is linear in len(value).
func EachExtension(value []byte, f func(name []byte, params []ExtParam) bool) error {
	p := extParser{rest: value}
	var params []ExtParam
	for {
		p.skipSpace()
		if len(p.rest) == 0 {
			return nil
		}
		if p.take(',') {
			continue // RFC 9110 §5.6.1.2: empty elements are skipped.
		}
		name := p.token()
		if name == nil {
			return ErrExtension
		}
		params = params[:0]
		for p.skipSpace(); p.take(';'); p.skipSpace() {
			param, ok := p.param()
			if !ok {
				return ErrExtension
			}
			if len(params) == MaxExtensionParams {
				return ErrExtensionParams
			}
			params = append(params, param)
		}
		if len(p.rest) > 0 && !p.take(',') {
			return ErrExtension
		}
		if !f(name, params) {
			return nil
		}
	}
}

// extParser walks over a Sec-WebSocket-Extensions value: rest is what is still to be read.
type extParser struct{ rest []byte }

func (p *extParser) skipSpace() {
	for len(p.rest) > 0 && isSpace(p.rest[0]) {
		p.rest = p.rest[1:]
	}
}

// take skips c if it is next.
func (p *extParser) take(c byte) bool {
	if len(p.rest) == 0 || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// token reads the token that is next; nil when there is none.
func (p *extParser) token() []byte {
	n := 0
	for n < len(p.rest) && isToken(p.rest[n]) {
		n++
	}
	if n == 0 {
		return nil
	}
	tok := p.rest[:n:n]
	p.rest = p.rest[n:]
	return tok
}

// param reads a parameter: what follows a semicolon (RFC 6455 §9.1: extension-param).
func (p *extParser) param() (param ExtParam, ok bool) {
	p.skipSpace()
	if param.Name = p.token(); param.Name == nil {
		return param, false
	}
	// RFC 6455 takes its grammar from RFC 2616, where white space may stand around "=" (§2.1).
	p.skipSpace()
	if !p.take('=') {
		return param, true
	}
	param.HasValue = true
	p.skipSpace()
	if p.take('"') {
		param.Value = p.quoted()
	} else {
		param.Value = p.token()
	}
	return param, param.Value != nil
}

// quoted reads the rest of a quoted-string (RFC 9110 §5.6.4), whose first quote has been read; nil when it is malformed.
func (p *extParser) quoted() []byte {
	var plain []byte // the value without escapes, once there has been one
	n, escaped := 0, false
	for ; n < len(p.rest) && p.rest[n] != '"'; n++ {
		if p.rest[n] == '\\' {
			if !escaped {
				plain, escaped = append([]byte(nil), p.rest[:n]...), true
			}
			if n++; n == len(p.rest) {
				return nil
			}
		}
		// RFC 6455 §9.1: the value after unescaping MUST be a token.
		if !isToken(p.rest[n]) {
			return nil
		}
		if escaped {
			plain = append(plain, p.rest[n])
		}
	}
	if n == 0 || n == len(p.rest) {
		return nil // empty, thus no token, or without the closing quote
	}
	if !escaped {
		plain = p.rest[:n:n]
	}
	p.rest = p.rest[n+1:]
	return plain
}
