package wire

// This file checks the value of a Host field: the authority that a request asks for (RFC 9112 §3.2, RFC 3986 §3.2.2).

// ValidHost tells whether s is uri-host [ ":" port ]: a name, an IPv4 address or an IPv6 address in brackets, and a port of at most
// 65535. An empty name is one, as RFC 9112 §3.2 has it for targets without an authority. Names are not looked up, so they may consist
// of all that RFC 3986 admits, but for the comma.
//
// Stricter than RFC: a comma is what two Host fields are joined by on their way, and no host has one. IPvFuture is refused since no such
// address was ever defined.
func ValidHost[T string | []byte](s T) bool {
	end := 0
	if len(s) > 0 && s[0] == '[' {
		for end < len(s) && s[end] != ']' {
			end++
		}
		if end == len(s) || !isIPv6(s[1:end]) {
			return false
		}
		end++
	} else {
		for end < len(s) && s[end] != ':' {
			end++
		}
		if !isRegName(s[:end]) {
			return false
		}
	}
	return end == len(s) || s[end] == ':' && isPort(s[end+1:])
}

// isRegName: RFC 3986 §3.2.2, reg-name = *( unreserved / pct-encoded / sub-delims ).
func isRegName[T string | []byte](s T) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' {
			if len(s)-i < 3 || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
			i += 2
		} else if charClass[s[i]]&charHost == 0 {
			return false
		}
	}
	return true
}

// isPort: RFC 3986 §3.2.3, port = *DIGIT, which has to fit TCP.
func isPort[T string | []byte](s T) bool {
	n := 0
	for i := 0; i < len(s); i++ {
		if n = n*10 + int(s[i]) - '0'; !isDigit(s[i]) || n > 65535 {
			return false
		}
	}
	return true
}

// isIPv6 tells whether s is an IPv6 address without a zone: eight groups of up to four hexadecimal digits, the last two perhaps as
// an IPv4 address, and "::" in place of one or more groups, once.
func isIPv6[T string | []byte](s T) bool {
	groups, gap, i := 0, false, 0
	if len(s) >= 2 && s[0] == ':' && s[1] == ':' {
		gap, i = true, 2
	}
	for i < len(s) {
		start := i
		for i < len(s) && isHex(s[i]) {
			i++
		}
		if i < len(s) && s[i] == '.' {
			groups += 2
			return isIPv4(s[start:]) && (groups < 8) == gap && groups <= 8
		}
		if i == start || i-start > 4 {
			return false
		}
		if groups++; i == len(s) {
			break
		}
		if s[i] != ':' || i == len(s)-1 {
			return false
		}
		if i++; s[i] == ':' && !gap {
			gap = true
			i++
		}
	}
	return (groups < 8) == gap && groups <= 8
}

// isIPv4: RFC 3986 §3.2.2, four decimal octets without leading zeros.
func isIPv4[T string | []byte](s T) bool {
	octets := 0
	for i := 0; i < len(s); octets++ {
		n, start := 0, i
		for ; i < len(s) && isDigit(s[i]) && i-start < 3; i++ {
			n = n*10 + int(s[i]-'0')
		}
		if i == start || n > 255 || i-start > 1 && s[start] == '0' {
			return false
		}
		if i < len(s) {
			if s[i] != '.' || i == len(s)-1 {
				return false
			}
			i++
		}
	}
	return octets == 4
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
