// Package core is libws for Go programs: WebSocket connections, servers and clients as RFC 6455 defines them.
//
// A Conn blocks on the caller's goroutine; nothing here starts a goroutine on the data path. A wait on a descriptor
// parks the goroutine in the runtime's poller, as with a net.Conn, and the descriptor keeps its flags. Bind and
// Server.Accept, Listen and Server.AcceptRequest serve; Dial connects; Upgrade turns a net/http request into a Conn,
// UpgradeFD a descriptor on which a request has begun to arrive; FromServer and FromClient adopt a descriptor whose
// opening handshake is done.
//
// Three ways to receive live side by side. RecvFrame shows every frame as it is, RecvMessage assembles fragments and
// answers pings, Receive and Messages do the same for Go programs that want a context and memory of their own. NextReader
// and NextWriter stream messages of any length in bounded memory. Any number of goroutines may send at once, one receives,
// and Close and ForceClose are safe from anywhere.
//
// Every error is an *Error with a stable Code; errors.Is works with ErrClosed, ErrTimeout and the others below, and
// errors.As finds the *CloseError that tells why the peer closed.
package core
