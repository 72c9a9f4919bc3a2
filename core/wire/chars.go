package wire

// This file classes the bytes of HTTP/1.1 heads: tokens, field values and request targets (RFC 9110 §5.5, §5.6.2, RFC 9112 §3.2).

const (
	charToken  = 1 << iota // tchar
	charValue              // field-vchar, SP and HTAB
	charTarget             // what a request target may consist of
	charHost               // what a host's name may consist of, percent signs aside
)

var charClass = func() (t [256]uint8) {
	for c := range t {
		visible := c > 0x20 && c < 0x7F
		if visible || c >= 0x80 || c == ' ' || c == '\t' {
			// RFC 9110 §5.5: CR, LF and NUL are dangerous; other control characters are invalid.
			t[c] |= charValue
		}
		if visible {
			t[c] |= charTarget
		}
	}
	for c := '0'; c <= '9'; c++ {
		t[c] |= charToken
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c] |= charToken
		t[c-'a'+'A'] |= charToken
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] |= charToken
	}
	for c := range t {
		if t[c]&charToken != 0 {
			t[c] |= charHost
		}
	}
	for _, c := range "()=;" {
		t[c] |= charHost
	}
	for _, c := range "#%^`|" {
		t[c] &^= charHost
	}
	// RFC 6455 §3, RFC 9112 §3.2: a target has no fragment. Of the other characters that RFC 3986 does not admit, these are
	// the ones that every browser escapes.
	for _, c := range `#"<>` {
		t[c] &^= charTarget
	}
	return t
}()

func isToken(c byte) bool { return charClass[c]&charToken != 0 }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isSpace(c byte) bool { return c == ' ' || c == '\t' }

func isTokenString[T string | []byte](s T) bool { return len(s) > 0 && allOf(s, charToken) }

func allOf[T string | []byte](s T, class uint8) bool {
	for i := 0; i < len(s); i++ {
		if charClass[s[i]]&class == 0 {
			return false
		}
	}
	return true
}

// spanOf returns the index of the first byte of b from i on that is not of the class, or len(b).
func spanOf(b []byte, i int, class uint8) int {
	for i < len(b) && charClass[b[i]]&class != 0 {
		i++
	}
	return i
}

// ValidToken tells whether s is a token (RFC 9110 §5.6.2): a field name, a method, a subprotocol.
func ValidToken(s string) bool { return isTokenString(s) }

// ValidFieldValue tells whether s can be sent as a field value: tabs, spaces, visible ASCII and bytes from 80 up, thus
// neither CR, LF, NUL nor another control character (RFC 9110 §5.5). White space at either end is dropped by the receiver.
func ValidFieldValue(s string) bool { return allOf(s, charValue) }

// ValidTarget tells whether s can be sent as the target of an opening handshake: an absolute path, with or without a query
// (RFC 6455 §3, RFC 9112 §3.2.1), without a fragment.
func ValidTarget(s string) bool { return len(s) > 0 && s[0] == '/' && allOf(s, charTarget) }

// trimSpace cuts the optional white space (RFC 9110 §5.6.3) off both ends of b.
func trimSpace(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// EqualFold tells whether b and s are equal but for the case of ASCII letters.
func EqualFold[T string | []byte](b T, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range len(b) {
		if lower(b[i]) != lower(s[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}
