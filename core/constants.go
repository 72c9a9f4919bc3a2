// This file names the numbers of the API: opcodes, close codes, states, roles and buffer sizes (RFC 6455 §5.2, §7.4).

package core

import (
	"libws/core/protocol"
	"libws/core/wire"
)

// Opcode is the opcode of a frame (RFC 6455 §5.2).
type Opcode = wire.Opcode

// The opcodes of RFC 6455.
const (
	OpContinuation = wire.OpContinuation // 0
	OpText         = wire.OpText         // 1
	OpBinary       = wire.OpBinary       // 2
	OpClose        = wire.OpClose        // 8
	OpPing         = wire.OpPing         // 9
	OpPong         = wire.OpPong         // 10

	// NoFrame is the opcode of the frame that comes with an error. It never stands on the wire.
	NoFrame Opcode = 0xFF
)

// CloseCode is the status code of a close frame (RFC 6455 §7.4).
type CloseCode = wire.CloseCode

// The close codes of RFC 6455 §7.4.1.
const (
	CloseNormal        CloseCode = 1000 // normal closure
	CloseGoingAway     CloseCode = 1001 // the endpoint is going away
	CloseProtocolError CloseCode = 1002 // protocol error
	CloseUnsupported   CloseCode = 1003 // unsupported data type
	CloseNoStatus      CloseCode = 1005 // the close frame had no code; never on the wire
	CloseAbnormal      CloseCode = 1006 // no close frame came; never on the wire
	CloseInvalidData   CloseCode = 1007 // payload that does not fit the type of the message
	ClosePolicy        CloseCode = 1008 // policy violation
	CloseTooLarge      CloseCode = 1009 // message too large
	CloseExtension     CloseCode = 1010 // a needed extension is missing
	CloseUnexpected    CloseCode = 1011 // unexpected condition
)

// State is the state of a connection.
type State = protocol.State

// The states of a connection.
const (
	StateConnecting = protocol.Connecting // 0: the opening handshake is under way
	StateOpen       = protocol.Open       // 1: messages may flow
	StateClosing    = protocol.Closing    // 2: our close frame is sent, the peer's has not come
	StateClosed     = protocol.Closed     // 3: over
)

// Role tells which end of a connection this is; a client masks what it sends (RFC 6455 §5.1).
type Role = protocol.Role

// The two roles.
const (
	RoleClient = protocol.Client
	RoleServer = protocol.Server
)

// Sizes in bytes.
const (
	MaxFrameSize = 65536             // payload of a frame: received by default at most, sent at most
	HeaderBuffer = 8192              // head of an opening handshake, by default at most
	RecvBuffer   = 4096              // what one read asks of the socket
	SendBuffer   = MaxFrameSize + 14 // payload and the longest frame header
)
