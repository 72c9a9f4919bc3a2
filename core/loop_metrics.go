// This file counts: plain numbers that the data path adds to, and a histogram of round-trip times.

package core

import "math/bits"

// LoopMetrics is a snapshot of what a loop has done and holds: eight-byte numbers, the same in Go and in C.
type LoopMetrics struct {
	Open          int64 // connections that are open
	Pending       int64 // connections whose opening handshake is under way
	Total         int64 // connections ever accepted, adopted or dialled
	Refused       int64 // of them, those that never opened
	AcceptsFailed int64 // times the system refused to accept, out of descriptors for example

	MessagesIn  int64 // text and binary messages received, each once, whatever its frames
	MessagesOut int64 // taken for sending; pings, pongs and close frames are no messages (RFC 6455 §5.5)
	BytesIn     int64 // read from sockets, opening handshakes and headers included
	BytesOut    int64 // written to sockets
	QueueBytes  int64 // output that waits, of all connections

	RefusedFull   int64 // messages refused under QueueFail or for want of memory, and publications of other loops beyond 64 MiB that wait for this one
	DroppedNewest int64 // messages dropped under QueueDropNewest
	DroppedOldest int64 // messages dropped under QueueDropOldest and QueueConflate
	Conflated     int64 // messages replaced by a newer one with their key
	ClosedSlow    int64 // connections closed under QueueClose1008 and QueueClose1013

	Pings    int64 // round trips measured
	RTTP50US int64 // median of the round-trip times, in microseconds, within a sixteenth; 0 without any
	RTTP99US int64 // 99th percentile

	Closes      [16]int64 // connections that ended, by close code 1000 to 1015
	Closes3000  int64     // with a code of 3000 to 3999
	Closes4000  int64     // with a code of 4000 to 4999
	MemoryBytes int64     // mapped for queues and messages
}

// countClose counts the end of an open connection.
func (m *LoopMetrics) countClose(code CloseCode) {
	switch {
	case code >= 4000:
		m.Closes4000++
	case code >= 3000:
		m.Closes3000++
	case code >= 1000 && code < 1016:
		m.Closes[code-1000]++
	}
}

// Metrics returns a snapshot.
func (l *Loop) Metrics() LoopMetrics {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.metrics
	m.Pending = int64(l.pending)
	m.Pings = l.rtt.total
	m.RTTP50US, m.RTTP99US = l.rtt.percentile(50), l.rtt.percentile(99)
	l.hubMember.mu.Lock()
	m.RefusedFull += l.hubMember.lost
	l.hubMember.mu.Unlock()
	m.MemoryBytes = l.pool.Mapped() + receiveBytes
	return m
}

// rttHistogram counts microseconds in buckets that grow: sixteen per power of two.
type rttHistogram struct {
	buckets [29 * 16]uint32
	total   int64
}

func rttBucket(us uint32) int {
	if us < 16 {
		return int(us)
	}
	shift := bits.Len32(us) - 5 // leaves the top five bits, of which the first is always set
	return (shift+1)*16 + int(us>>shift)&15
}

// rttValue returns the middle of a bucket.
func rttValue(bucket int) int64 {
	if bucket < 16 {
		return int64(bucket)
	}
	shift := bucket/16 - 1
	low := int64(16+bucket%16) << shift
	return low + int64(1)<<shift/2
}

func (h *rttHistogram) add(us uint32) {
	h.buckets[rttBucket(us)]++
	h.total++
}

// percentile returns the value that p percent of the samples do not exceed.
func (h *rttHistogram) percentile(p int64) int64 {
	rank := (h.total*p + 99) / 100
	for i, n := range h.buckets {
		if rank -= int64(n); rank <= 0 && n > 0 {
			return rttValue(i)
		}
	}
	return 0
}
