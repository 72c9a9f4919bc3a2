// This file ends opening handshakes that do not come to an end in time; when that is, is for whoever has a clock to say
// (RFC 9110 §15.5.9).

package protocol

// errRequestLate tells of a client that did not come to the end of its request.
var errRequestLate = badHandshake(408, "the opening handshake was not done in time (RFC 9110 §15.5.9)")

// RequestBegun reports whether a client has sent a part of a request, and not all of it.
func (m *Machine) RequestBegun() bool {
	return m.state == Connecting && m.cfg.Role == Server && !m.has(awaitVerdict) && m.opening != nil && len(m.opening.buf) > 0
}

// TimeOut ends the opening handshake of a client whose time is over. A request that has begun is answered with 408 (RFC 9110
// §15.5.9): the answer is in Output, the machine is Closed and Err says why. It returns false and changes nothing when there is nothing to
// answer: not a byte has come, or a whole request was reported.
func (m *Machine) TimeOut() bool {
	if !m.RequestBegun() {
		return false
	}
	m.failOpening(errRequestLate)
	return true
}
