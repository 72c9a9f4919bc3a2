// Package protocol is the sans-I/O machine of one WebSocket connection: bytes in, events out, bytes to send (RFC 6455).
//
// A Machine owns no socket, clock, goroutine or source of randomness. The shell around it reads from its carrier, calls
// Feed, pulls events with Next until it answers NeedInput, and writes what Output holds. Feeding one byte at a time gives
// the same events as one large chunk. A Machine is not safe for concurrent use; its shell decides who may call it when.
package protocol

import "libws/core/wire"

// Role tells which end of the connection the machine plays; masking depends on it (RFC 6455 §5.1).
type Role uint8

const (
	Client Role = 1 // sends masked frames, refuses masked ones
	Server Role = 2 // sends unmasked frames, refuses unmasked ones
)

func (r Role) String() string {
	if r == Client {
		return "client"
	}
	return "server"
}

// Limits bound what a peer can make the machine hold or do. Every bound is positive; none means "unlimited".
type Limits struct {
	MaxFrame           int64           // payload bytes of one received frame, else 1009
	MaxMessage         int64           // payload bytes of one received message, else 1009
	FragmentGrace      int64           // fragments a message may have before their average size is looked at
	FragmentMinAverage int64           // bytes that the fragments of a message must average beyond the grace, else 1008
	SendFrame          int64           // payload bytes above which an outgoing message is split into fragments
	Head               wire.HeadLimits // of the peer's half of the opening handshake
}

// DefaultLimits are the bounds a connection starts with.
func DefaultLimits() Limits {
	return Limits{
		MaxFrame:           16 << 20,
		MaxMessage:         16 << 20,
		FragmentGrace:      1024,
		FragmentMinAverage: 16,
		SendFrame:          1<<63 - 1,
		Head:               wire.HeadLimits{MaxBytes: 8192, MaxFields: 100, MaxTarget: 4096},
	}
}

// Config says how machines behave. One Config may serve any number of machines; it must not change while they use it.
type Config struct {
	Role   Role
	Limits Limits

	// Frames delivers each frame as it is (FrameEvent) instead of assembled messages, and leaves pings to be answered
	// with Pong. Machine.SetFrames changes it for one connection.
	Frames bool

	// StreamOver, when positive, delivers messages of more payload bytes than this in parts (FragmentEvent) as they
	// arrive instead of holding them whole. MaxMessage still bounds the sum.
	StreamOver int64

	// ManualPong leaves pings to be answered with Pong in message mode too.
	ManualPong bool

	// PlainHTTP makes a server report requests that ask for no WebSocket (RequestEvent with Request.Problem set)
	// instead of refusing them by itself.
	PlainHTTP bool

	// Mask draws the masking key of each frame that a client sends. RFC 6455 §5.3 wants it unpredictable, from a strong
	// source of entropy. Needed for clients only.
	Mask func() [4]byte

	// Alloc and Free lend the memory in which messages are assembled. Alloc returns a slice of length 0 and at least
	// the capacity asked for. Free is called once the event that carried the message has been followed by another
	// call of Next. When nil the garbage collector does both.
	Alloc func(capacity int) []byte
	Free  func([]byte)

	// Grow, when set, takes a block of Alloc's and returns one with at least the capacity asked for that begins with its content. The
	// payload of no event lies in it. It and Alloc may return nil where memory is short: the connection fails with Exhausted then.
	Grow func(block []byte, capacity int) []byte

	// Batch, when set, points to the number of the batch of events that the shell is gathering, for shells that answer a batch
	// only when it is whole. It changes from batch to batch, also for Configs that are not in use for new machines any more. What
	// would end the connection behind a message of the current batch is held back until the next: a close frame is answered, and a
	// violation reported, once that message could be answered (RFC 6455 §5.5.1 lets the answer to a close frame wait for that).
	// Machine.Held tells. The number wraps past 0.
	Batch *uint8

	// Spare, when set, recycles the working memory of opening handshakes. A Spare must not be shared between threads.
	Spare *Spare
}
