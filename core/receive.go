// This file offers what a caller receives: single frames or whole messages (RFC 6455 §5.4, §5.5, §6.2).

package core

import (
	"context"
	"iter"

	"libws/core/protocol"
)

// RecvFrame receives the next frame as it is: fragments, pings and pongs are seen, and a ping is left for SendPong to answer.
// The peer's close frame is answered and returned, and the connection is then closed.
//
// With OptInterruptible a peer whose frames keep the call from waiting, and so from hearing signals, ends it like a signal after 50 ms.
//
// The payload is the connection's and valid until the next receiving call. With an error the frame's opcode is NoFrame.
// Errors: CodeClosed (errors.As finds the *CloseError of a peer that closed before), CodeAbnormal, CodeTimeout and
// CodeInterrupted (nothing is lost), CodeBusy, CodeState (RecvMessage or NextReader stopped inside a message), CodeProtocol,
// CodePeerUTF8, CodePeerTooLarge and CodePeerPolicy (the peer was told, and the connection is closed), CodeSystem.
func (c *Conn) RecvFrame() (Frame, error) { return c.recv(context.Background(), "RecvFrame", true) }

// RecvMessage receives the next message: fragments are assembled, pings answered and pongs passed over. The peer's close frame
// is answered and returned as a frame with OpClose, and the connection is then closed. RecvFrame and RecvMessage may be mixed
// between messages. Payload and errors are those of RecvFrame.
func (c *Conn) RecvMessage() (Frame, error) {
	return c.recv(context.Background(), "RecvMessage", false)
}

// Message is one message in memory of its own.
type Message struct {
	Opcode Opcode // OpText or OpBinary
	Data   []byte
}

// IsText tells whether the message is text.
func (m *Message) IsText() bool { return m.Opcode == OpText }

// Text returns the data as a string.
func (m *Message) Text() string { return string(m.Data) }

// Receive receives the next message, for at most as long as ctx lives; nothing is lost when ctx ends. When the peer closes,
// the error's code is CodeClosed and errors.As finds a *CloseError. The other errors are RecvFrame's.
func (c *Conn) Receive(ctx context.Context) (Message, error) {
	f, err := c.recv(ctx, "Receive", false)
	if err != nil {
		return Message{}, err
	}
	if f.Opcode == OpClose {
		c.mu.Lock()
		defer c.mu.Unlock()
		return Message{}, c.ended("Receive")
	}
	data := make([]byte, len(f.Payload))
	f.CopyPayload(data)
	return Message{Opcode: f.Opcode, Data: data}, nil
}

// Messages ranges over the messages of the connection. It ends without an error when the peer closed with CloseNormal,
// CloseGoingAway or no code; any other end is yielded last, as an error.
func (c *Conn) Messages(ctx context.Context) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			m, err := c.Receive(ctx)
			if err != nil {
				if !c.endedWell(err) {
					yield(Message{}, err)
				}
				return
			}
			if !yield(m, nil) {
				return
			}
		}
	}
}

// endedWell tells whether err is the end that both ends wanted.
func (c *Conn) endedWell(err error) bool {
	e, ok := err.(*Error)
	if !ok || e.Code != CodeClosed {
		return false
	}
	why, ok := e.Err.(*CloseError)
	return ok && (why.Code == CloseNormal || why.Code == CloseGoingAway || why.Code == CloseNoStatus)
}

// recv is every call that receives a frame or a message.
func (c *Conn) recv(ctx context.Context, name string, frames bool) (Frame, error) {
	r, err := c.beginReceive(ctx, name)
	if err != nil {
		return noFrame(), err
	}
	defer c.endReceive(&r)
	return c.recvWith(&r, frames)
}

// recvWith receives on behalf of a call that has begun.
func (c *Conn) recvWith(r *receiving, frames bool) (Frame, error) {
	if err := c.shape(r, frames, 0); err != nil {
		return noFrame(), err
	}
	for {
		ev, err := c.nextEvent(r)
		if err != nil {
			return noFrame(), err
		}
		switch ev.Kind {
		case protocol.FrameEvent, protocol.MessageEvent, protocol.CloseEvent:
			if ev.Opcode.IsControl() { // the machine's memory for these is used again by Close
				ev.Payload = c.control[:copy(c.control[:], ev.Payload)]
			}
			return Frame{Opcode: ev.Opcode, Payload: ev.Payload, IsFinal: ev.Final, IsMasked: ev.Masked}, nil
		}
	}
}

// Pending tells whether a receiving call has something to do before it looks at the socket: input that was read with what came before
// it, or the end of the connection. Such input makes the descriptor readable no more, so whoever waits for it asks here first. The
// call may still wait for the rest of a message.
func (c *Conn) Pending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over || c.closed.Load() || c.m.Pending()
}

// shape says in which form the next data is wanted. Inside a message it cannot change.
func (c *Conn) shape(r *receiving, frames bool, streamOver int64) error {
	if c.unread.Load() != nil {
		return newError(CodeState, r.name, "the message of NextReader must be read to its end first")
	}
	want := form{frames, streamOver}
	if c.form == want {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	inMessage := c.m.InMessage()
	if inMessage && c.form.streamOver > 0 && streamOver == 0 { // its parts would go to nobody
		return elsewhereError(r.name)
	}
	if err := c.m.SetFrames(frames); err != nil {
		return elsewhereError(r.name)
	}
	c.form.frames = frames
	if !inMessage {
		c.cfg.StreamOver = streamOver
		c.form = want
	}
	return nil
}

func elsewhereError(name string) *Error {
	return newError(CodeState, name, "another receiving call stopped inside a message; the same call must receive the rest of it")
}

// form is how data is given out. Only the receiver changes it, so it is compared without a lock.
type form struct {
	frames     bool  // one by one, not whole messages
	streamOver int64 // messages longer than this come in parts; 0: whole
}
