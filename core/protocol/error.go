// This file defines Error: which rule was broken, by whom, and what the peer is told about it.

package protocol

import (
	"strconv"

	"libws/core/wire"
)

// Kind tells misuse by the local caller apart from violations by the peer.
type Kind uint8

const (
	// The local caller asked for something that must not be sent. Nothing was sent and nothing has changed.
	MisuseArgument    Kind = iota // a value out of its range
	MisuseState                   // not in this state of the connection
	MisuseClosed                  // a close frame was sent or the connection has ended
	MisuseUTF8                    // text that is not UTF-8
	MisuseCloseCode               // a code that must not appear in a close frame
	MisuseControlSize             // control payload over 125 bytes
	MisuseHeader                  // an HTTP field that cannot be sent as asked

	// The peer broke a rule; the connection has failed.
	Violation          // of framing, fragments, UTF-8, close or limits: CloseCode is what the peer is told
	HandshakeViolation // of the opening handshake: Status is what a client is answered
	Refused            // client: the server answered with Status instead of 101
	EndedEarly         // the carrier ended inside the opening handshake

	// This end failed the connection.
	Exhausted // it had no memory for a message: CloseCode is what the peer is told
)

// Misuse reports whether the local caller, not the peer, is to blame.
func (k Kind) Misuse() bool { return k <= MisuseHeader }

// told tells that a close frame tells the peer.
func (e *Error) told() bool { return e.Kind == Violation || e.Kind == Exhausted }

// Error names one broken rule.
type Error struct {
	Kind      Kind
	Rule      string         // one readable sentence with its clause
	CloseCode wire.CloseCode // Violation, Exhausted: sent in our close frame
	Status    int            // HandshakeViolation, Refused: HTTP status
}

func (e *Error) Error() string {
	switch {
	case e.told():
		return e.Rule + " (close code " + strconv.Itoa(int(e.CloseCode)) + ")"
	case e.Status != 0:
		return e.Rule + " (HTTP status " + strconv.Itoa(e.Status) + ")"
	}
	return e.Rule
}

func misuse(k Kind, rule string) *Error { return &Error{Kind: k, Rule: rule} }

func violation(code wire.CloseCode, rule string) *Error {
	return &Error{Kind: Violation, Rule: rule, CloseCode: code}
}

func badHandshake(status int, rule string) *Error {
	return &Error{Kind: HandshakeViolation, Rule: rule, Status: status}
}

// The rules a caller can break. One value each, so that refusing costs no allocation.
var (
	errNotOpenYet      = misuse(MisuseState, "the opening handshake is not done yet (RFC 6455 §4)")
	errCloseSent       = misuse(MisuseClosed, "nothing may be sent after the close frame (RFC 6455 §5.5.1)")
	errClosed          = misuse(MisuseClosed, "the connection is closed (RFC 6455 §7.1.4)")
	errOpcode          = misuse(MisuseArgument, "the opcode must be 0, 1, 2, 8, 9 or 10 (RFC 6455 §5.2)")
	errControlLong     = misuse(MisuseControlSize, "a control frame carries at most 125 bytes (RFC 6455 §5.5)")
	errControlFragment = misuse(MisuseState, "a control frame must not be fragmented (RFC 6455 §5.5)")
	errNothingToGoOn   = misuse(MisuseState, "a continuation needs a message that was begun (RFC 6455 §5.4)")
	errMessageOpen     = misuse(MisuseState, "the fragmented message must be finished first (RFC 6455 §5.4)")
	errTextUTF8        = misuse(MisuseUTF8, "text must be valid UTF-8 (RFC 6455 §5.6)")
	errCloseCode       = misuse(MisuseCloseCode, "the close code must be 1000-1003, 1007-1014 or 3000-4999 (RFC 6455 §7.4)")
	errCloseReasonUTF8 = misuse(MisuseUTF8, "the close reason must be valid UTF-8 (RFC 6455 §5.5.1)")
	errCloseReasonLong = misuse(MisuseControlSize, "a close reason has at most 123 bytes (RFC 6455 §5.5)")
	errCloseBody       = misuse(MisuseArgument, "a close frame is empty or starts with a two-byte code (RFC 6455 §5.5.1)")
	errModeInMessage   = misuse(MisuseState, "frames and messages cannot be switched inside a message")
	errNoRequest       = misuse(MisuseState, "there is no request to decide on")
)
