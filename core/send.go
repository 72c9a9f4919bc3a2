// This file offers what a caller sends: frames, messages and control frames (RFC 6455 §5.4–§5.6, §6.1).

package core

import (
	"context"
	"unsafe"

	"libws/core/wire"
)

// SendFrame sends one frame. IsFinal and continuations are honoured, IsMasked is not looked at: the role decides. A final
// data frame that is longer than OptSendFrameBytes is sent as fragments. It returns the bytes that went on the wire, headers
// included.
//
// It blocks while the peer does not read, at most for OptSendTimeoutMS. Errors: CodeArgument, CodeState (fragments out of
// order), CodeUTF8, CodeCloseCode, CodeControlSize (nothing was sent); CodeClosed, CodeAbnormal, CodeTimeout,
// CodeInterrupted, CodeSystem. After a timeout or a signal before the first byte, nothing was sent and the same call can be made
// again; after a timeout inside a message the connection cannot send any more.
func (c *Conn) SendFrame(f *Frame) (int, error) {
	if f == nil {
		return 0, argumentError("SendFrame", "the frame must not be nil")
	}
	return c.send(context.Background(), outgoing{name: "SendFrame", op: f.Opcode, fin: f.IsFinal, payload: f.Payload})
}

// SendText sends a text message, which must be valid UTF-8. It returns and fails like SendFrame.
func (c *Conn) SendText(msg string) (int, error) {
	return c.send(context.Background(), outgoing{name: "SendText", op: OpText, fin: true, payload: bytesOf(msg)})
}

// SendBinary sends a binary message. It returns and fails like SendFrame.
func (c *Conn) SendBinary(data []byte) (int, error) {
	return c.send(context.Background(), outgoing{name: "SendBinary", op: OpBinary, fin: true, payload: data})
}

// SendMessage sends a text or binary message. It returns and fails like SendFrame.
func (c *Conn) SendMessage(op Opcode, data []byte) (int, error) {
	if op != OpText && op != OpBinary {
		return 0, argumentError("SendMessage", "the opcode of a message must be 1 (text) or 2 (binary)")
	}
	return c.send(context.Background(), outgoing{name: "SendMessage", op: op, fin: true, payload: data})
}

// SendFragment sends one fragment of a message: the first with OpText or OpBinary, the others with OpContinuation, the last
// with final set (RFC 6455 §5.4). Fragments are sent as they are. It returns and fails like SendFrame.
func (c *Conn) SendFragment(op Opcode, data []byte, final bool) (int, error) {
	if !op.IsData() {
		return 0, argumentError("SendFragment", "the opcode of a fragment must be 0 (continuation), 1 (text) or 2 (binary)")
	}
	return c.send(context.Background(), outgoing{name: "SendFragment", op: op, fin: final, payload: data, whole: true})
}

// SendPing sends a ping without payload. It returns and fails like SendFrame.
func (c *Conn) SendPing() (int, error) { return c.SendPingPayload(nil) }

// SendPingPayload sends a ping with at most 125 bytes of payload. It returns and fails like SendFrame.
func (c *Conn) SendPingPayload(payload []byte) (int, error) {
	return c.send(context.Background(), outgoing{name: "SendPing", op: OpPing, fin: true, payload: payload})
}

// SendPong answers the latest unanswered ping with its payload (RFC 6455 §5.5.3); without one it sends an empty pong. It
// returns and fails like SendFrame.
func (c *Conn) SendPong() (int, error) {
	return c.send(context.Background(), outgoing{name: "SendPong", op: OpPong, fin: true, answer: true})
}

// SendPongPayload sends a pong with at most 125 bytes of payload. It returns and fails like SendFrame.
func (c *Conn) SendPongPayload(payload []byte) (int, error) {
	return c.send(context.Background(), outgoing{name: "SendPong", op: OpPong, fin: true, payload: payload})
}

// SendClose sends a close frame with a status code and no reason. Frames can still be received until the peer's close frame
// comes; Close waits for it. It returns and fails like SendFrame, but a close frame that finds no room in time still goes out
// once the peer reads.
func (c *Conn) SendClose(code CloseCode) (int, error) { return c.SendCloseReason(code, "") }

// SendCloseReason is SendClose with a reason of at most 123 bytes of UTF-8.
func (c *Conn) SendCloseReason(code CloseCode, reason string) (int, error) {
	if err := checkClose("SendClose", code, reason); err != nil {
		return 0, err
	}
	var body [wire.MaxControlPayload]byte
	return c.send(context.Background(), outgoing{name: "SendClose", op: OpClose, fin: true, payload: wire.AppendClosePayload(body[:0], code, reason)})
}

// Send sends a text or binary message, for at most as long as ctx lives. Its errors are SendFrame's; when ctx ended the wait,
// its error is the cause. What OptInterruptible 2 cuts counts as sent, and goes out later: Flush waits for it.
func (c *Conn) Send(ctx context.Context, op Opcode, data []byte) error {
	if op != OpText && op != OpBinary {
		return argumentError("Send", "the opcode of a message must be 1 (text) or 2 (binary)")
	}
	_, err := c.send(ctx, outgoing{name: "Send", op: op, fin: true, payload: data, unsized: true})
	return err
}

// checkClose checks what goes into a close frame before anything happens (RFC 6455 §5.5.1, §7.4).
func checkClose(op string, code CloseCode, reason string) error {
	switch {
	case !code.OnWire():
		return newError(CodeCloseCode, op, "the close code must be 1000-1003, 1007-1014 or 3000-4999 (RFC 6455 §7.4)")
	case len(reason) > wire.MaxControlPayload-2:
		return newError(CodeControlSize, op, "a close reason has at most 123 bytes (RFC 6455 §5.5)")
	case !wire.ValidUTF8String(reason):
		return newError(CodeUTF8, op, "the close reason must be valid UTF-8 (RFC 6455 §5.5.1)")
	}
	return nil
}

// bytesOf lends the bytes of a string, which are only read.
func bytesOf(s string) []byte {
	if s == "" {
		return nil
	}
	return unsafe.Slice(unsafe.StringData(s), len(s))
}
