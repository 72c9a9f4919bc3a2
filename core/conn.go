// This file holds Conn: what one connection consists of, and what may be asked of it at any time.

package core

import (
	"encoding/binary"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"libws/core/internal/sock"
	"libws/core/protocol"
	"libws/core/wire"
)

// Conn is one WebSocket connection. It blocks the caller, never a goroutine of its own.
//
// Any goroutine may call anything: one receives at a time (a second gets CodeBusy), any number send, and frames never
// interleave. Close and ForceClose wake every blocked call within 100 ms. A Conn that is closed answers like a closed
// connection for ever; nothing else needs to be released.
type Conn struct {
	stream sock.Stream
	onFD   bool // stream waits in the kernel, so room to write can end a read

	mu      sync.Mutex // short: guards everything down to the next blank line, and is never held while waiting
	m       protocol.Machine
	cfg     protocol.Config
	set     settings
	over    bool  // nothing more can be received, and the socket is closed
	why     error // what ended it: *CloseError, *Error, or nil when it was this end
	cut     bool  // a write failed: nothing can be sent, what has arrived can still be received
	request *Request
	status  int       // HTTP status of the opening handshake, 0 when it was done elsewhere
	chosen  string    // the subprotocol
	closeBy time.Time // when Close waits no longer

	state     atomic.Uint32 // mirrors m.State, so that asking costs no lock
	closed    atomic.Bool   // Close, ForceClose or Drop was called
	forced    atomic.Bool   // a call of ForceClose has succeeded
	halted    atomic.Bool   // a signal interrupted Close, which another call may take up
	closing   chan struct{} // closed when that happened
	owed      atomic.Bool   // replies or carry may wait to be written by whoever holds the gate
	flushing  atomic.Bool   // a goroutine writes what is owed
	gate      gate          // who holds it writes
	receiver  gate          // who holds it receives
	peerAddr  string
	unread    atomic.Pointer[messageReader] // a streamed message that is not read to its end
	readBuf   []byte                        // receiver's
	control   [wire.MaxControlPayload]byte  // receiver's: payload of the control frame received last
	form      form                          // receiver's: what the machine was told of it
	fullReads int                           // receiver's: twice the reads that filled readBuf, less those that did not (noteRead)
	began     time.Time                     // receiver's: when the message under way began
	lateReads int                           // receiver's: reads for it past its deadline
	signals   sock.Signals                  // receiver's: how well its calls hear them

	// Guarded by the gate.
	header [headerRoom]byte // encoded small frames
	bufs   [2][]byte        // what one write consists of
	carry  []byte           // rest of a message whose write a signal ended; it goes out first

	writing bool // inside the stream's Write
}

// headerRoom is how many bytes of encoded frame a connection keeps room for; longer frames borrow a buffer.
const headerRoom = 512

// FromServer makes the server's end of a connection from a connected stream socket on which the opening handshake is done.
// The descriptor belongs to the connection from then on. On an error it is still the caller's.
func FromServer(fd int) (*Conn, error) { return fromFD("FromServer", fd, RoleServer, specSettings()) }

// FromClient makes the client's end of a connection from a connected stream socket on which the opening handshake is done.
// The descriptor belongs to the connection from then on. On an error it is still the caller's.
func FromClient(fd int) (*Conn, error) { return fromFD("FromClient", fd, RoleClient, specSettings()) }

// NewConn makes one end of a connection from a net.Conn on which the opening handshake is done. The net.Conn belongs to the
// connection from then on. One that breaks its contract ends it with CodeAbnormal: io.ErrNoProgress after 100 reads in a row without bytes or
// error, io.ErrShortWrite after a write of nothing, and an error for counts that cannot be.
//
// Deadlines must work: timeouts, contexts and Close rest on them. A net.Conn whose SetDeadline fails is refused with CodeArgument and stays
// the caller's; should that happen later, a call that needs one ends the connection.
func NewConn(carrier net.Conn, role Role, o *Options) (*Conn, error) {
	if carrier == nil {
		return nil, argumentError("NewConn", "the net.Conn must not be nil")
	}
	if role != RoleClient && role != RoleServer {
		return nil, argumentError("NewConn", "the role must be RoleClient or RoleServer")
	}
	set := defaultSettings()
	if err := set.apply(o); err != nil {
		return nil, err
	}
	if err := sock.StartPoller(); err != nil {
		return nil, systemError("NewConn", err)
	}
	if err := sock.NoDeadlines(carrier); err != nil {
		return nil, &Error{Code: CodeArgument, Op: "NewConn", Msg: "the net.Conn must take deadlines", Err: err}
	}
	c := newConn(sock.NewNetConn(carrier), role, &set)
	c.m.Init(&c.cfg)
	c.mirror()
	return c, nil
}

func fromFD(op string, fd int, role Role, set settings) (*Conn, error) {
	s, err := adopt(op, fd)
	if err != nil {
		return nil, err
	}
	c := newConn(s, role, &set)
	c.m.Init(&c.cfg)
	c.mirror()
	return c, nil
}

func adopt(op string, fd int) (*sock.FD, error) {
	if fd < 0 {
		return nil, argumentError(op, "the descriptor must not be negative")
	}
	if err := sock.StartPoller(); err != nil {
		return nil, systemError(op, err)
	}
	s, err := sock.NewFD(fd)
	if err != nil {
		return nil, &Error{Code: CodeArgument, Op: op, Msg: "the descriptor must be a connected stream socket", Err: err}
	}
	return s, nil
}

// newConn prepares a connection whose machine is still to be initialised.
func newConn(s sock.Stream, role Role, set *settings) *Conn {
	c := &Conn{stream: s, set: *set, closing: make(chan struct{})}
	_, c.onFD = s.(*sock.FD)
	c.cfg = protocol.Config{Role: role, Limits: set.limits(), Mask: drawMask}
	if s != nil {
		c.peerAddr = s.PeerAddr()
	}
	return c
}

// mirror publishes the machine's state. The caller holds mu, or nobody else knows the connection yet.
func (c *Conn) mirror() {
	s := c.m.State()
	if c.cut && s == StateOpen {
		s = StateClosing
	}
	c.state.Store(uint32(s))
}

// State returns the state of the connection. It does not look at the socket: a peer that vanished is noticed by the next
// receiving or sending call.
func (c *Conn) State() State { return State(c.state.Load()) }

// IsOpen tells whether messages may be sent and received.
func (c *Conn) IsOpen() bool { return c.State() == StateOpen }

// IsServer tells whether this is the server's end.
func (c *Conn) IsServer() bool { return c.cfg.Role == RoleServer }

// FD returns the descriptor, -1 when the connection is closed or runs on a net.Conn. It stays the connection's.
func (c *Conn) FD() int { return c.stream.FD() }

// MaskKey returns the masking key of the last frame that a client sent, its first byte on the wire the most significant; 0
// before the first and for servers (RFC 6455 §5.3).
func (c *Conn) MaskKey() uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := c.m.LastMask()
	return binary.BigEndian.Uint32(key[:])
}

// CloseCode returns the code of the peer's close frame: CloseNoStatus when that frame had none, CloseAbnormal while none has
// come (RFC 6455 §7.1.5).
func (c *Conn) CloseCode() CloseCode {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m.CloseCode()
}

// CloseReason returns the reason in the peer's close frame (RFC 6455 §7.1.6).
func (c *Conn) CloseReason() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m.CloseReason()
}

// PeerAddr returns the peer's address as host:port, or the path of a Unix socket, "" when it has none.
func (c *Conn) PeerAddr() string { return c.peerAddr }

// Subprotocol returns the subprotocol that the opening handshake agreed on, "" for none.
func (c *Conn) Subprotocol() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.chosen
}

// Request returns the client's request as a server received it, nil for clients and where the opening handshake was done
// elsewhere.
func (c *Conn) Request() *Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.request
}

// HTTPStatus returns the HTTP status of the opening handshake: 101 when it succeeded, 0 when it was done elsewhere.
func (c *Conn) HTTPStatus() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status
}

// SetOption changes one option. Calls under way keep the timeouts they began with.
func (c *Conn) SetOption(o Option, value int64) error {
	if err := o.check(value, false); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set[o] = value
	c.cfg.Limits = c.set.limits()
	return nil
}

// Option returns the value of one option.
func (c *Conn) Option(o Option) (int64, error) {
	if o < 1 || int(o) >= len(optionTable) || optionTable[o].server {
		return 0, newError(CodeOption, "Option", "there is no such option here")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.set[o], nil
}
