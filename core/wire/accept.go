package wire

// This file makes and checks the keys of the opening handshake: Sec-WebSocket-Key and Sec-WebSocket-Accept (RFC 6455 §4.1, §4.2.2).

import (
	"crypto/fips140"
	"crypto/sha1"
	"encoding/base64"
)

// GUID is what the server appends to the client's key before hashing it (RFC 6455 §1.3).
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

const (
	nonceSize = 16 // bytes of a key before base64 (RFC 6455 §4.1, item 7)
	keySize   = 24 // and after it
)

// AcceptKey returns the Sec-WebSocket-Accept value that proves that a server has read key, the value of a valid
// Sec-WebSocket-Key (RFC 6455 §4.2.2, item 5.4). It does not allocate when key has the 24 bytes of a valid one.
func AcceptKey(key []byte) (accept [28]byte) {
	var buf [keySize + len(GUID)]byte
	sum := sumSHA1(append(append(buf[:0], key...), GUID...))
	base64.StdEncoding.Encode(accept[:], sum[:])
	return accept
}

// sumSHA1 hashes b. SHA-1 serves here as a checksum that the RFC prescribes, not as a security function, so a process that
// enforces FIPS 140 may use it too.
func sumSHA1(b []byte) (sum [sha1.Size]byte) {
	fips140.WithoutEnforcement(func() { sum = sha1.Sum(b) })
	return sum
}

// EncodeKey returns the Sec-WebSocket-Key value for a nonce of 16 random bytes (RFC 6455 §4.1, item 7). It does not allocate.
func EncodeKey(nonce [nonceSize]byte) (key [keySize]byte) {
	base64.StdEncoding.Encode(key[:], nonce[:])
	return key
}

// ValidKey tells whether key is a Sec-WebSocket-Key: the base64 form of exactly 16 bytes (RFC 6455 §4.2.1, item 5).
//
// Stricter than RFC: the unused bits of the last digit must be zero, so each nonce has one key only. It does not allocate.
func ValidKey(key []byte) bool {
	if len(key) != keySize || key[22] != '=' || key[23] != '=' {
		return false
	}
	for _, c := range key[:21] {
		if !isBase64(c) {
			return false
		}
	}
	// 16 bytes are 128 bits: 21 digits of 6 bits and two bits of the 22nd, whose other four are zero.
	switch key[21] {
	case 'A', 'Q', 'g', 'w':
		return true
	}
	return false
}

func isBase64(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/'
}
