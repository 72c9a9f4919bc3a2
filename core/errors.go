// This file defines Error: the stable code, the operation and the sentence that every failing call answers with.

package core

import (
	"errors"
	"net"
	"os"
	"strconv"
	"strings"

	"libws/core/protocol"
	"libws/core/wire"
)

// ErrorCode says what went wrong, in numbers that never change their meaning: 1xx the caller, 2xx the connection, 3xx the
// peer broke the protocol, 4xx the opening handshake, 5xx resources.
type ErrorCode int

// The error codes.
const (
	CodeArgument    ErrorCode = 100 // an argument is out of its range
	CodeHandle      ErrorCode = 101 // not a handle, or of another kind
	CodeState       ErrorCode = 102 // not possible in this state
	CodeBusy        ErrorCode = 103 // another call is already doing this
	CodeUTF8        ErrorCode = 104 // text is not valid UTF-8
	CodeCloseCode   ErrorCode = 105 // a close code that must not be sent
	CodeControlSize ErrorCode = 106 // control payload over 125 bytes
	CodeTooLarge    ErrorCode = 107 // larger than a limit of this end
	CodeForked      ErrorCode = 108 // used in a child after fork
	CodeURL         ErrorCode = 109 // not a ws:// URL
	CodeHeader      ErrorCode = 110 // an HTTP field that cannot be sent
	CodeOption      ErrorCode = 111 // no such option, or a value out of its range

	CodeClosed      ErrorCode = 200 // the connection or server is closed
	CodeAbnormal    ErrorCode = 201 // the peer vanished without a close frame
	CodeTimeout     ErrorCode = 202 // a deadline passed
	CodeInterrupted ErrorCode = 203 // a signal or a context ended the wait; nothing is lost
	CodeWouldBlock  ErrorCode = 204 // nothing to be had without waiting
	CodeSystem      ErrorCode = 205 // the operating system refused
	CodeResolve     ErrorCode = 206 // the host name has no address

	CodeProtocol     ErrorCode = 300 // the peer broke the protocol: closed with 1002
	CodePeerUTF8     ErrorCode = 301 // the peer sent bad UTF-8: closed with 1007
	CodePeerTooLarge ErrorCode = 302 // the peer exceeded a limit: closed with 1009
	CodePeerPolicy   ErrorCode = 303 // the peer broke a policy: closed with 1008

	CodeHandshake ErrorCode = 400 // the opening handshake was malformed or ended early
	CodeRefused   ErrorCode = 401 // the server answered with another status than 101
	CodeOrigin    ErrorCode = 402 // the origin is not in the allow-list

	CodeNoMemory  ErrorCode = 500 // out of memory
	CodeQueueFull ErrorCode = 501 // a bounded queue is full
	CodeTooMany   ErrorCode = 502 // too many of something
	CodeInternal  ErrorCode = 599 // a fault of libws
)

// Error is what every failing call of this package returns.
type Error struct {
	Code      ErrorCode
	Op        string    // the call that failed
	Msg       string    // one readable sentence, naming the argument and its bound or the rule with its clause
	CloseCode CloseCode // peer's violation: what the peer was told; 0 otherwise
	Status    int       // opening handshake: the HTTP status; 0 otherwise
	Err       error     // the cause, when there is one
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("libws: ")
	if e.Op != "" {
		b.WriteString(e.Op)
		b.WriteString(": ")
	}
	b.WriteString(e.Msg)
	if e.CloseCode != 0 {
		b.WriteString(" (close code ")
		b.WriteString(strconv.Itoa(int(e.CloseCode)))
		b.WriteByte(')')
	}
	if e.Status != 0 {
		b.WriteString(" (HTTP status ")
		b.WriteString(strconv.Itoa(e.Status))
		b.WriteByte(')')
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is compare codes with the Err… values of this package. A timeout is also os.ErrDeadlineExceeded, a closed
// connection also net.ErrClosed.
func (e *Error) Is(target error) bool {
	switch target {
	case os.ErrDeadlineExceeded:
		return e.Code == CodeTimeout
	case net.ErrClosed:
		return e.Code == CodeClosed
	}
	t, ok := target.(*Error)
	return ok && t.Op == "" && t.Code == e.Code
}

// Timeout makes a timeout a net.Error's timeout.
func (e *Error) Timeout() bool { return e.Code == CodeTimeout }

// Temporary tells whether the same call may succeed when it is made again on the same connection or server, as Accept after
// the failed handshake of one client.
func (e *Error) Temporary() bool {
	switch e.Code {
	case CodeBusy, CodeInterrupted, CodeWouldBlock, CodeTooMany, CodeHandshake, CodeOrigin:
		return true
	}
	return false
}

// One value per code for errors.Is. They are never returned themselves: each returned error names its operation.
var (
	ErrArgument    = &Error{Code: CodeArgument, Msg: "an argument is out of its range"}
	ErrState       = &Error{Code: CodeState, Msg: "not possible in this state"}
	ErrBusy        = &Error{Code: CodeBusy, Msg: "another call is already doing this"}
	ErrUTF8        = &Error{Code: CodeUTF8, Msg: "text is not valid UTF-8"}
	ErrCloseCode   = &Error{Code: CodeCloseCode, Msg: "a close code that must not be sent"}
	ErrControlSize = &Error{Code: CodeControlSize, Msg: "a control frame carries at most 125 bytes"}
	ErrTooLarge    = &Error{Code: CodeTooLarge, Msg: "larger than a limit"}
	ErrURL         = &Error{Code: CodeURL, Msg: "not a ws:// URL"}
	ErrHeader      = &Error{Code: CodeHeader, Msg: "an HTTP field that cannot be sent"}
	ErrOption      = &Error{Code: CodeOption, Msg: "no such option, or a value out of its range"}

	ErrClosed      = &Error{Code: CodeClosed, Msg: "closed"}
	ErrAbnormal    = &Error{Code: CodeAbnormal, Msg: "the peer vanished without a close frame"}
	ErrTimeout     = &Error{Code: CodeTimeout, Msg: "a deadline passed"}
	ErrInterrupted = &Error{Code: CodeInterrupted, Msg: "interrupted"}
	ErrSystem      = &Error{Code: CodeSystem, Msg: "the operating system refused"}
	ErrResolve     = &Error{Code: CodeResolve, Msg: "the host name has no address"}

	ErrProtocol     = &Error{Code: CodeProtocol, Msg: "the peer broke the protocol"}
	ErrPeerUTF8     = &Error{Code: CodePeerUTF8, Msg: "the peer sent text that is not UTF-8"}
	ErrPeerTooLarge = &Error{Code: CodePeerTooLarge, Msg: "the peer exceeded a limit"}
	ErrPeerPolicy   = &Error{Code: CodePeerPolicy, Msg: "the peer broke a policy"}

	ErrHandshake = &Error{Code: CodeHandshake, Msg: "the opening handshake failed"}
	ErrRefused   = &Error{Code: CodeRefused, Msg: "the server refused"}
	ErrOrigin    = &Error{Code: CodeOrigin, Msg: "the origin is not allowed"}
	ErrNoMemory  = &Error{Code: CodeNoMemory, Msg: "out of memory"}
	ErrTooMany   = &Error{Code: CodeTooMany, Msg: "too many"}
)

// CloseError tells with which code and reason the peer closed. It is the cause of the Error with CodeClosed that receiving
// calls return once the peer's close frame has come; errors.As finds it.
type CloseError struct {
	Code   CloseCode // CloseNoStatus when the close frame was empty
	Reason string
}

func (e *CloseError) Error() string {
	s := "the peer closed with " + strconv.Itoa(int(e.Code))
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	return s
}

func newError(code ErrorCode, op, msg string) *Error { return &Error{Code: code, Op: op, Msg: msg} }

func argumentError(op, msg string) *Error { return newError(CodeArgument, op, msg) }

func systemError(op string, err error) *Error {
	return &Error{Code: CodeSystem, Op: op, Msg: "the operating system refused", Err: err}
}

// noMemory tells that a call found no memory for what it was given.
func noMemory(op string) *Error { return newError(CodeNoMemory, op, "there is no memory for it") }

// misuseCodes and violationCodes translate the machine's complaints.
var misuseCodes = map[protocol.Kind]ErrorCode{
	protocol.MisuseArgument:     CodeArgument,
	protocol.MisuseState:        CodeState,
	protocol.MisuseClosed:       CodeClosed,
	protocol.MisuseUTF8:         CodeUTF8,
	protocol.MisuseCloseCode:    CodeCloseCode,
	protocol.MisuseControlSize:  CodeControlSize,
	protocol.MisuseHeader:       CodeHeader,
	protocol.HandshakeViolation: CodeHandshake,
	protocol.Refused:            CodeRefused,
	protocol.EndedEarly:         CodeHandshake,
	protocol.Exhausted:          CodeNoMemory,
}

// fromProtocol turns an error of the machine into one of this package.
func fromProtocol(op string, err error) *Error {
	var p *protocol.Error
	if !errors.As(err, &p) {
		return &Error{Code: CodeInternal, Op: op, Msg: "unexpected failure", Err: err}
	}
	e := &Error{Op: op, Msg: p.Rule, CloseCode: p.CloseCode, Status: p.Status}
	if p.Kind != protocol.Violation {
		e.Code = misuseCodes[p.Kind]
		return e
	}
	switch p.CloseCode {
	case wire.CloseInvalidData:
		e.Code = CodePeerUTF8
	case wire.CloseTooLarge:
		e.Code = CodePeerTooLarge
	case wire.ClosePolicy:
		e.Code = CodePeerPolicy
	default:
		e.Code = CodeProtocol
	}
	return e
}
