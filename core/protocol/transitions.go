// This file is the one place where the state of a connection changes: a table of state × step (RFC 6455 §4, §7).

package protocol

// State is the connection's state as the API names it.
type State uint8

const (
	Connecting State = iota // the opening handshake is under way
	Open                    // data may flow
	Closing                 // our close frame is sent, the peer's has not come
	Closed                  // nothing will be sent or delivered any more; Output may still hold the last bytes
)

var stateNames = [...]string{"CONNECTING", "OPEN", "CLOSING", "CLOSED"}

func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "UNKNOWN"
}

// step is what can move a connection from one state to another.
type step uint8

const (
	stepOpened        step = iota // the opening handshake succeeded
	stepRefused                   // the opening handshake was refused, by either end
	stepCloseSent                 // we sent a close frame first
	stepCloseReceived             // the peer's close frame came (and, unless ours went first, is answered)
	stepFailed                    // the peer broke a rule
	stepEnded                     // the carrier ended
	steps
)

// never marks a step that the machine does not take in that state.
const never State = 0xFF

// transitions says where each step leads. RFC 6455 §4.1, §4.2: Connecting → Open; §7.1.2, §7.1.3: Open → Closing → Closed;
// §7.1.7: a failure closes from anywhere.
var transitions = [4][steps]State{
	//           opened refused closeSent closeReceived failed  ended
	Connecting: {Open, Closed, never, never, Closed, Closed},
	Open:       {never, never, Closing, Closed, Closed, Closed},
	Closing:    {never, never, never, Closed, Closed, Closed},
	Closed:     {never, never, never, never, Closed, Closed},
}

// move takes one step. A step that the table forbids leaves the state as it is and is reported.
func (m *Machine) move(s step) bool {
	next := transitions[m.state][s]
	if next == never {
		return false
	}
	m.state = next
	return true
}
