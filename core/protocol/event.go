// This file names what a machine reports: the kinds of event and what each one carries.

package protocol

import "libws/core/wire"

// EventKind tells what happened.
type EventKind uint8

const (
	NeedInput     EventKind = iota // nothing more to say until Feed, FeedEOF, Filled, Accept or Refuse
	RequestEvent                   // server: a request head is whole; Request tells, Accept or Refuse decides
	Opened                         // the opening handshake is done
	FrameEvent                     // frame mode: one whole data, ping or pong frame
	MessageEvent                   // message mode: one whole message
	FragmentEvent                  // message mode, streaming: the next part of a message
	PingEvent                      // message mode: a ping, already answered unless ManualPong
	PongEvent                      // message mode: a pong
	CloseEvent                     // the peer's close frame; the answer is in Output
	FailedEvent                    // the peer broke a rule: Err tells which; what must be sent is in Output
	EndEvent                       // end of input: Code is the received close code, or 1006 when none came
)

var eventNames = [...]string{"need input", "request", "opened", "frame", "message", "fragment", "ping", "pong", "close", "failed", "end"}

func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return "unknown"
}

// Event is one report. Payload belongs to the machine or aliases the fed bytes; it is valid until the next call of Next,
// Feed or Direct.
type Event struct {
	Kind    EventKind
	Opcode  wire.Opcode    // of the frame; of the message's first frame for MessageEvent and FragmentEvent
	Final   bool           // FIN: last frame or last part of a message
	First   bool           // FragmentEvent: the first part of a message
	Masked  bool           // the frame came masked
	Code    wire.CloseCode // CloseEvent, FailedEvent, EndEvent
	Payload []byte         // unmasked; of a close frame the whole body: two bytes of code, then the reason
}
