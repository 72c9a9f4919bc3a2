// This file holds the legality of received frame headers in one pure function (RFC 6455 §5.1, §5.2, §5.4, §5.5, §10.4).

package protocol

import "libws/core/wire"

// The rules of framing a peer can break.
var (
	errRSV            = violation(wire.CloseProtocolError, "reserved bits are set without an extension (RFC 6455 §5.2)")
	errReservedOpcode = violation(wire.CloseProtocolError, "the opcode is reserved (RFC 6455 §5.2)")
	errNotMinimal     = violation(wire.CloseProtocolError, "the payload length is not in its shortest form (RFC 6455 §5.2)")
	errTopBit         = violation(wire.CloseProtocolError, "the payload length has its top bit set (RFC 6455 §5.2)")
	errUnmasked       = violation(wire.CloseProtocolError, "a client must mask its frames (RFC 6455 §5.1)")
	errMasked         = violation(wire.CloseProtocolError, "a server must not mask its frames (RFC 6455 §5.1)")
	errPeerFragmented = violation(wire.CloseProtocolError, "a control frame is fragmented (RFC 6455 §5.5)")
	errPeerControl    = violation(wire.CloseProtocolError, "a control frame has over 125 bytes (RFC 6455 §5.5)")
	errLoneContinue   = violation(wire.CloseProtocolError, "a continuation without a message (RFC 6455 §5.4)")
	errInterleaved    = violation(wire.CloseProtocolError, "a new message inside a fragmented one (RFC 6455 §5.4)")
	errFrameTooLarge  = violation(wire.CloseTooLarge, "the frame is larger than the limit (RFC 6455 §10.4)")
	errTooLarge       = violation(wire.CloseTooLarge, "the message is larger than the limit (RFC 6455 §10.4)")
	errFragmentFlood  = violation(wire.ClosePolicy, "too many tiny fragments in one message (RFC 6455 §10.4)")
	errPeerUTF8       = violation(wire.CloseInvalidData, "text is not valid UTF-8 (RFC 6455 §8.1)")
)

// reception is what legality depends on beside the header itself.
type reception struct {
	role      Role
	inMessage bool  // a fragmented message has begun
	frames    bool  // frame mode: the size of a message is the caller's affair
	fragments int64 // fragments of that message so far
	size      int64 // its payload bytes so far
}

// checkHeader returns the rule that a received header breaks, or nil.
func checkHeader(h wire.Header, r reception, lim *Limits) *Error {
	switch {
	case h.RSV != 0:
		return errRSV // RFC 6455 §5.2: MUST be 0 unless an extension defines them
	case h.Opcode.IsReserved():
		return errReservedOpcode // RFC 6455 §5.2: an unknown opcode fails the connection
	case r.role == Server && !h.Masked:
		return errUnmasked // RFC 6455 §5.1: the server MUST close on an unmasked frame
	case r.role == Client && h.Masked:
		return errMasked // RFC 6455 §5.1: the client MUST close on a masked frame
	case h.Opcode.IsControl():
		return checkControl(h)
	case h.Opcode == wire.OpContinuation && !r.inMessage:
		return errLoneContinue // RFC 6455 §5.4
	case h.Opcode != wire.OpContinuation && r.inMessage:
		return errInterleaved // RFC 6455 §5.4: fragments of messages MUST NOT be interleaved
	}
	return checkSize(h, r, lim)
}

// checkControl: RFC 6455 §5.5, control frames have at most 125 bytes and are never fragmented.
func checkControl(h wire.Header) *Error {
	if !h.Fin {
		return errPeerFragmented
	}
	if h.Length > wire.MaxControlPayload {
		return errPeerControl
	}
	return nil
}

// checkSize: RFC 6455 §10.4, implementations protect themselves against large frames, messages and floods of fragments.
func checkSize(h wire.Header, r reception, lim *Limits) *Error {
	if h.Length > lim.MaxFrame {
		return errFrameTooLarge
	}
	if !r.frames && h.Length > lim.MaxMessage-r.size {
		return errTooLarge
	}
	if n := r.fragments + 1; n > lim.FragmentGrace && (r.size+h.Length)/n < lim.FragmentMinAverage {
		return errFragmentFlood
	}
	return nil
}

// headerError translates the codec's complaint about a length.
func headerError(err error) *Error {
	if err == wire.ErrLengthTopBit {
		return errTopBit
	}
	return errNotMinimal
}
