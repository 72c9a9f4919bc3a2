package wire

// This file knows the close codes of RFC 6455 §7.4 with their IANA registry, and codes the payload of a close frame (§5.5.1).

import (
	"encoding/binary"
	"errors"
	"strconv"
)

// CloseCode is the status code that tells why a connection is closed (RFC 6455 §7.4).
type CloseCode uint16

// The codes of RFC 6455 §7.4.1 and of IANA's WebSocket Close Code Number Registry (§11.7).
const (
	CloseNormal         CloseCode = 1000
	CloseGoingAway      CloseCode = 1001
	CloseProtocolError  CloseCode = 1002
	CloseUnsupported    CloseCode = 1003 // a type of data that the endpoint cannot accept
	CloseNoStatus       CloseCode = 1005 // never on the wire: the close frame had no code
	CloseAbnormal       CloseCode = 1006 // never on the wire: there was no close frame
	CloseInvalidData    CloseCode = 1007 // data that does not fit its type, like text that is not UTF-8
	ClosePolicy         CloseCode = 1008
	CloseTooLarge       CloseCode = 1009
	CloseExtension      CloseCode = 1010 // the client misses an extension that the server did not accept
	CloseUnexpected     CloseCode = 1011 // the server met a condition that keeps it from going on
	CloseServiceRestart CloseCode = 1012
	CloseTryAgainLater  CloseCode = 1013
	CloseBadGateway     CloseCode = 1014
	CloseTLSHandshake   CloseCode = 1015 // never on the wire: the TLS handshake failed
)

// MaxCloseReason bounds the reason of a close frame: a control payload (RFC 6455 §5.5) without the code's two bytes.
const MaxCloseReason = MaxControlPayload - 2

var (
	// ErrCloseOneByte reports a close payload of one byte, which is no code (RFC 6455 §5.5.1).
	ErrCloseOneByte = errors.New("wire: close payload of one byte")

	// ErrCloseCode reports a close code that must not appear in a close frame (RFC 6455 §7.4).
	ErrCloseCode = errors.New("wire: close code that is not allowed in a close frame")

	// ErrCloseReason reports a close reason that is not UTF-8 (RFC 6455 §5.5.1).
	ErrCloseReason = errors.New("wire: close reason is not UTF-8")
)

// OnWire tells whether a close frame may carry c.
//
// Stricter than RFC: §7.4.2 leaves 1004 and 1016-2999 to later specifications; none has defined them, so they are refused.
func (c CloseCode) OnWire() bool {
	switch {
	case c >= CloseNormal && c <= CloseUnsupported:
		return true
	case c >= CloseInvalidData && c <= CloseBadGateway:
		// RFC 6455 §7.4.1: 1005, 1006 and 1015 MUST NOT be set as a status code in a close frame.
		return true
	}
	// RFC 6455 §7.4.2: 3000-3999 are for libraries and frameworks, 4000-4999 for private use; 0-999 are not used.
	return c >= 3000 && c <= 4999
}

// String gives the number and, where the registry has one, the meaning.
func (c CloseCode) String() string {
	s := strconv.Itoa(int(c))
	if m := c.meaning(); m != "" {
		s += " (" + m + ")"
	}
	return s
}

func (c CloseCode) meaning() string {
	switch c {
	case CloseNormal:
		return "normal closure"
	case CloseGoingAway:
		return "going away"
	case CloseProtocolError:
		return "protocol error"
	case CloseUnsupported:
		return "unsupported data"
	case CloseNoStatus:
		return "no status received"
	case CloseAbnormal:
		return "abnormal closure"
	case CloseInvalidData:
		return "invalid payload data"
	case ClosePolicy:
		return "policy violation"
	case CloseTooLarge:
		return "message too large"
	case CloseExtension:
		return "missing extension"
	case CloseUnexpected:
		return "unexpected condition"
	case CloseServiceRestart:
		return "service restart"
	case CloseTryAgainLater:
		return "try again later"
	case CloseBadGateway:
		return "bad gateway"
	case CloseTLSHandshake:
		return "TLS handshake failed"
	}
	return ""
}

// ParseClosePayload splits the payload of a received close frame. An empty one gives CloseNoStatus (RFC 6455 §7.1.5).
// The reason aliases p. With ErrCloseCode the code is the forbidden one, with ErrCloseReason it is the valid one received,
// and with ErrCloseOneByte it is 0. It does not allocate.
func ParseClosePayload(p []byte) (code CloseCode, reason []byte, err error) {
	switch len(p) {
	case 0:
		return CloseNoStatus, nil, nil
	case 1:
		// RFC 6455 §5.5.1: if there is a body, its first two bytes MUST be a status code.
		return 0, nil, ErrCloseOneByte
	}
	code = CloseCode(binary.BigEndian.Uint16(p))
	if !code.OnWire() {
		return code, nil, ErrCloseCode
	}
	// RFC 6455 §5.5.1, §8.1: what follows the code is UTF-8.
	if !ValidUTF8(p[2:]) {
		return code, nil, ErrCloseReason
	}
	return code, p[2:], nil
}

// AppendClosePayload appends the payload of a close frame to dst. CloseNoStatus stands for the empty payload, as in
// ParseClosePayload; then the reason, which cannot be sent without a code, is left out. Whether code and reason may be sent
// (OnWire, ValidUTF8String, MaxCloseReason) is the caller's to check.
func AppendClosePayload(dst []byte, code CloseCode, reason string) []byte {
	if code == CloseNoStatus {
		return dst
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(code))
	return append(dst, reason...)
}
