// This file performs the server's opening handshake on a descriptor on which a request has begun to arrive (RFC 6455 §4.2).

package core

import (
	"libws/core/internal/sock"
	"libws/core/protocol"
)

// UpgradeFD performs the server's opening handshake on a connected stream socket, for HTTP servers of one's own. buffered is
// what was read from it so far: an incomplete request is completed from the socket, and bytes behind the request are kept as
// the first frames. It is copied. Frames of at most MaxFrameSize bytes are received.
//
// The descriptor belongs to the connection from then on. On an error it is still the caller's, to be closed; the client was
// answered with the HTTP status in the error. It blocks, at most for the handshake timeout.
//
// Errors: CodeArgument (no connected stream socket), CodeHandshake, CodeOrigin, CodeTimeout, CodeAbnormal.
func UpgradeFD(fd int, buffered []byte) (*Conn, error) {
	return upgradeFD(fd, buffered, &UpgradeOptions{}, specSettings())
}

// UpgradeFDWith is UpgradeFD with options. Its connections receive frames of up to 16 MiB.
func UpgradeFDWith(fd int, buffered []byte, o *UpgradeOptions) (*Conn, error) {
	if o == nil {
		o = &UpgradeOptions{}
	}
	return upgradeFD(fd, buffered, o, defaultSettings())
}

func upgradeFD(fd int, buffered []byte, o *UpgradeOptions, set settings) (*Conn, error) {
	const op = "UpgradeFD"
	if err := set.apply(&o.Options); err != nil {
		return nil, err
	}
	s, err := adopt(op, fd)
	if err != nil {
		return nil, err
	}
	c := newConn(s.Borrow(), RoleServer, &set)
	c.m.InitServer(&c.cfg)
	c.mirror()
	if len(buffered) > 0 {
		c.m.Feed(append([]byte(nil), buffered...))
	}
	r := receiving{name: op, wait: sock.Wait{Deadline: set.deadline(OptHandshakeTimeoutMS), Interruptible: set[OptInterruptible] != 0}}
	if err := c.open(&r); err != nil {
		c.finish(err)
		return nil, err
	}
	c.m.Retain()
	if refused := c.considerOptions(op, o); refused != nil {
		_ = c.m.Refuse(protocol.Refusal{Status: refused.Status, Body: []byte(refused.Msg + "\n")})
		wait := sock.Wait{Deadline: set.deadline(OptCloseTimeoutMS)}
		if c.flush(&sending{name: op, wait: wait}) == nil {
			c.linger(wait)
		}
		c.finish(refused)
		return nil, refused
	}
	if err := c.flush(&sending{name: op, wait: r.wait}); err != nil {
		c.finish(err)
		return nil, err
	}
	s.Keep()
	return c, nil
}
