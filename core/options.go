// This file holds the options of connections and servers: one table of names, bounds and defaults.

package core

import (
	"strconv"
	"time"

	"libws/core/protocol"
)

// Option names one number that Conn.SetOption and Server.SetOption change. The numbers are stable for ever.
type Option int

// The options. Sizes are in bytes, times in milliseconds; NoTimeoutMS asks for none where none is possible.
const (
	OptMaxFrameBytes      Option = 1  // payload of one received frame; over it the connection closes with 1009
	OptMaxMessageBytes    Option = 2  // payload of one received message; over it the connection closes with 1009
	OptMaxHeadBytes       Option = 3  // head of the peer's opening handshake
	OptMaxHeadFields      Option = 4  // fields in it
	OptHandshakeTimeoutMS Option = 5  // the whole opening handshake
	OptRecvTimeoutMS      Option = 6  // each receiving call; none by default
	OptSendTimeoutMS      Option = 7  // each sending call; none by default
	OptCloseTimeoutMS     Option = 8  // the closing handshake
	OptAcceptTimeoutMS    Option = 9  // each call of Accept; none by default
	OptInterruptible      Option = 10 // 1: signals end blocking calls with CodeInterrupted; 2: so does time, in sending calls; 0, the default: they go on
	OptSendFrameBytes     Option = 11 // longer outgoing messages are split into fragments of this size
	OptMessageTimeoutMS   Option = 12 // from the first byte of a message to its last; none by default
	OptMaxPending         Option = 13 // server: opening handshakes under way at a time
)

// NoTimeoutMS is the value of a timeout option that means none.
const NoTimeoutMS = -1

// NoTimeout is the value of a timeout field of Options that means none.
const NoTimeout time.Duration = -1

// Options are the limits and timeouts of a connection. A zero field means the default. Sizes and times must not be negative,
// except that a timeout may be NoTimeout.
type Options struct {
	MaxFrameBytes    int64         // payload of one received frame: 16 MiB, but 64 KiB on FromServer, FromClient, Bind and UpgradeFD
	MaxMessageBytes  int64         // payload of one received message: 16 MiB
	SendFrameBytes   int64         // longer outgoing messages are split into fragments: 64 KiB
	MaxHeadBytes     int64         // head of the peer's opening handshake: 8 KiB
	MaxHeadFields    int64         // fields in it: 100
	HandshakeTimeout time.Duration // the whole opening handshake: 10 s; a request that has begun is answered with 408 then
	RecvTimeout      time.Duration // each receiving call: none
	SendTimeout      time.Duration // each sending call: none
	CloseTimeout     time.Duration // the closing handshake: 1 s
	MessageTimeout   time.Duration // from the first byte of a message to its last: none
	Interruptible    bool          // a signal ends blocking calls with CodeInterrupted, with nothing lost
}

// settings are options in force. They are plain numbers in milliseconds and bytes, indexed by Option.
type settings [OptMaxPending + 1]int64

// optionRow is the row of one option.
type optionRow struct {
	name     string
	def      int64
	min, max int64
	timeout  bool // NoTimeoutMS is allowed
	server   bool // only servers have it
}

const (
	mostBytes = 1 << 40
	mostMS    = 1 << 40
)

var optionTable = [...]optionRow{
	OptMaxFrameBytes:      {name: "MAX_FRAME_BYTES", def: 16 << 20, min: 1, max: mostBytes},
	OptMaxMessageBytes:    {name: "MAX_MESSAGE_BYTES", def: 16 << 20, min: 1, max: mostBytes},
	OptMaxHeadBytes:       {name: "MAX_HEAD_BYTES", def: HeaderBuffer, min: 128, max: 1 << 20},
	OptMaxHeadFields:      {name: "MAX_HEAD_FIELDS", def: 100, min: 1, max: 10000},
	OptHandshakeTimeoutMS: {name: "HANDSHAKE_TIMEOUT_MS", def: 10_000, min: 1, max: mostMS, timeout: true},
	OptRecvTimeoutMS:      {name: "RECV_TIMEOUT_MS", def: NoTimeoutMS, min: 1, max: mostMS, timeout: true},
	OptSendTimeoutMS:      {name: "SEND_TIMEOUT_MS", def: NoTimeoutMS, min: 1, max: mostMS, timeout: true},
	OptCloseTimeoutMS:     {name: "CLOSE_TIMEOUT_MS", def: 1000, min: 1, max: mostMS},
	OptAcceptTimeoutMS:    {name: "ACCEPT_TIMEOUT_MS", def: NoTimeoutMS, min: 1, max: mostMS, timeout: true, server: true},
	OptInterruptible:      {name: "INTERRUPTIBLE", def: 0, min: 0, max: 2},
	OptSendFrameBytes:     {name: "SEND_FRAME_BYTES", def: MaxFrameSize, min: 1, max: mostBytes},
	OptMessageTimeoutMS:   {name: "MESSAGE_TIMEOUT_MS", def: NoTimeoutMS, min: 1, max: mostMS, timeout: true},
	OptMaxPending:         {name: "MAX_PENDING", def: 1024, min: 1, max: 1 << 20, server: true},
}

// defaultSettings are those of connections that this package opens itself.
func defaultSettings() (s settings) {
	for i, row := range optionTable {
		s[i] = row.def
	}
	return s
}

// specSettings are those of connections in the spec's shape: frames have at most MaxFrameSize bytes.
func specSettings() settings {
	s := defaultSettings()
	s[OptMaxFrameBytes] = MaxFrameSize
	return s
}

// check returns why an option may not have a value.
func (o Option) check(v int64, server bool) *Error {
	if o < 1 || int(o) >= len(optionTable) || optionTable[o].server && !server {
		return newError(CodeOption, "SetOption", "there is no option "+strconv.Itoa(int(o))+" here")
	}
	row := &optionTable[o]
	if row.timeout && v == NoTimeoutMS || v >= row.min && v <= row.max {
		return nil
	}
	return newError(CodeOption, "SetOption", row.name+" must be "+strconv.FormatInt(row.min, 10)+" to "+strconv.FormatInt(row.max, 10))
}

// apply puts the fields of o that are not zero over s.
func (s *settings) apply(o *Options) *Error {
	if o == nil {
		return nil
	}
	for _, f := range []struct {
		opt   Option
		value int64
	}{
		{OptMaxFrameBytes, o.MaxFrameBytes},
		{OptMaxMessageBytes, o.MaxMessageBytes},
		{OptSendFrameBytes, o.SendFrameBytes},
		{OptMaxHeadBytes, o.MaxHeadBytes},
		{OptMaxHeadFields, o.MaxHeadFields},
		{OptHandshakeTimeoutMS, milliseconds(o.HandshakeTimeout)},
		{OptRecvTimeoutMS, milliseconds(o.RecvTimeout)},
		{OptSendTimeoutMS, milliseconds(o.SendTimeout)},
		{OptCloseTimeoutMS, milliseconds(o.CloseTimeout)},
		{OptMessageTimeoutMS, milliseconds(o.MessageTimeout)},
	} {
		if f.value == 0 {
			continue
		}
		if err := f.opt.check(f.value, true); err != nil {
			return err
		}
		s[f.opt] = f.value
	}
	if o.Interruptible {
		s[OptInterruptible] = 1
	}
	return nil
}

// milliseconds rounds up, so that a short timeout is not none.
func milliseconds(d time.Duration) int64 {
	if d == NoTimeout {
		return NoTimeoutMS
	}
	if d < 0 {
		return -2
	}
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}

// limits gives the machine its bounds.
func (s *settings) limits() protocol.Limits {
	l := protocol.DefaultLimits()
	l.MaxFrame, l.MaxMessage, l.SendFrame = s[OptMaxFrameBytes], s[OptMaxMessageBytes], s[OptSendFrameBytes]
	l.Head.MaxBytes, l.Head.MaxFields = int(s[OptMaxHeadBytes]), int(s[OptMaxHeadFields])
	return l
}

// deadline returns when a call that begins now must end, zero when it need not.
func (s *settings) deadline(o Option) time.Time {
	ms := s[o]
	if ms == NoTimeoutMS {
		return time.Time{}
	}
	return time.Now().Add(time.Duration(ms) * time.Millisecond)
}
