// This file draws the masking keys of a client's frames (RFC 6455 §5.3).

package core

import (
	"crypto/rand"
	"sync"
)

// drawMask draws a masking key: RFC 6455 §5.3, from a strong source of entropy and not to be predicted.
func drawMask() [4]byte { return masks.draw() }

var masks maskSource

// maskSource buffers the system's random bytes, so that a key costs no system call of its own. A key is wiped once drawn.
type maskSource struct {
	mu   sync.Mutex
	buf  [1024]byte
	left int
}

func (s *maskSource) draw() (key [4]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 {
		_, _ = rand.Read(s.buf[:]) // never fails: it ends the process rather than return weak bytes
		s.left = len(s.buf)
	}
	at := len(s.buf) - s.left
	copy(key[:], s.buf[at:])
	clear(s.buf[at : at+4])
	s.left -= 4
	return key
}
