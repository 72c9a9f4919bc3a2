package wire

// This file reads the head of an HTTP/1.1 request, the client's half of an opening handshake (RFC 6455 §4.2.1, RFC 9112 §3).

// RequestHead is the head of a request and the parser that reads it. The zero value is ready; Reset makes it ready again and
// keeps its memory. Method, Target and Fields alias the bytes given to the Parse that completed the head.
type RequestHead struct {
	Method []byte
	Target []byte
	Minor  int // of the version: 1 for HTTP/1.1; the major version is 1
	Fields []Field

	scan      headScan
	methodEnd int // places in the head, like those of scan
	targetEnd int
	methodAt  int
}

// maxMethod is the longest method that is read; the longest registered one has 17 bytes.
const maxMethod = 32

var (
	errRequestMethod  = &HeadError{400, "a request must start with a method, a token of at most 32 bytes (RFC 9112 §3.1)"}
	errRequestPreface = &HeadError{400, "HTTP/2 must not be spoken here (RFC 9113 §3.4)"}
	errRequestTarget  = &HeadError{414, "the request target must not be longer than its limit"}
	errRequestNoSpace = &HeadError{400, "one space must separate method, target and version (RFC 9112 §3)"}
	errRequestChar    = &HeadError{400, "the request target must be visible ASCII without quote, angle brackets and fragment (RFC 9112 §3.2)"}
	errRequestVersion = &HeadError{505, "the protocol's major version must be 1 (RFC 9110 §15.6.6)"}
	errRequestLine    = &HeadError{400, "a request line must end with CR LF after the version (RFC 9112 §3)"}
)

// Parse reads the head of a request from the start of b and returns its size once it is complete.
//
// When n is 0 and err is nil, the head goes on after b: call Parse again with the same bytes and more behind them. They may
// have moved to other memory; no byte is looked at twice, so feeding byte by byte takes linear time. A call after the head is
// complete only sets the slices anew, for a head that has been moved. An error is a *HeadError, comes with the first byte
// that proves it, whatever the chunks, and stays until Reset. Nothing is allocated per field except room in Fields, which
// is used again after Reset.
func (h *RequestHead) Parse(b []byte, lim HeadLimits) (n int, err error) {
	s := &h.scan
	if s.err != nil {
		return 0, s.err
	}
	if len(b) < s.pos {
		return 0, nil
	}
	w := s.window(b, lim)
	e := h.line(w, lim.MaxTarget)
	if e == nil && s.state >= headLine {
		e = s.fields(w, lim.MaxFields)
	}
	if n, err = s.verdict(w, lim, e); n > 0 {
		h.Method = b[h.methodAt:h.methodEnd:h.methodEnd]
		h.Target = b[h.methodEnd+1 : h.targetEnd : h.targetEnd]
		h.Fields = s.alias(b, h.Fields)
	}
	return n, err
}

// Reset forgets the head but not the memory of Fields.
func (h *RequestHead) Reset() {
	h.scan.reset()
	clear(h.Fields)
	*h = RequestHead{Fields: h.Fields[:0], scan: h.scan}
}

// Get returns the value of the first field called name, whatever its letter case, and how many there are. The head is complete.
func (h *RequestHead) Get(name string) (value []byte, count int) { return getField(h.Fields, name) }

// line scans the request line as far as b goes.
func (h *RequestHead) line(b []byte, maxTarget int) *HeadError {
	s := &h.scan
	for s.pos < len(b) {
		c := b[s.pos]
		switch s.state {
		case headBegin:
			if c == '\r' && s.pos == 0 {
				// RFC 9112 §2.2: a server SHOULD ignore at least one empty line before the request line. One it is.
				s.state = requestEmptyLF
				s.pos++
				continue
			}
			if !isToken(c) {
				return errRequestMethod
			}
			h.methodAt = s.pos
			s.state = requestMethod
		case requestEmptyLF:
			if c != '\n' {
				return errHeadBareCR
			}
			s.pos++
			s.state = headBegin
		case requestMethod:
			s.pos = spanOf(b, s.pos, charToken)
			if s.pos-h.methodAt > maxMethod {
				// Stricter than RFC: RFC 9112 §3 suggests 501 for a long method; 32 bytes without a space are not HTTP.
				return errRequestMethod
			}
			if s.pos == len(b) {
				return nil
			}
			if b[s.pos] != ' ' {
				return errRequestMethod
			}
			h.methodEnd = s.pos
			s.pos++
			s.state = requestTarget
		case requestTarget:
			s.pos = spanOf(b, s.pos, charTarget)
			size := s.pos - h.methodEnd - 1
			if size > max(maxTarget, 0) {
				return errRequestTarget
			}
			if s.pos == len(b) {
				return nil
			}
			switch c = b[s.pos]; {
			case c == ' ' && size > 0:
			case c == ' ' || c == '\r' || c == '\n':
				return errRequestNoSpace
			default:
				return errRequestChar
			}
			h.targetEnd = s.pos
			s.pos++
			s.state = requestVersion
		case requestVersion:
			at := s.pos - h.targetEnd - 1
			if at == len("HTTP/1.1") {
				if c != '\r' {
					return errRequestLine
				}
				s.pos++
				s.state = requestLF
				continue
			}
			if at == len("HTTP/") && isDigit(c) && c != '1' {
				// RFC 9113 §3.4: the preface of HTTP/2 is made to fail in HTTP/1.1 servers.
				if string(b[h.methodAt:h.methodEnd]) == "PRI" {
					return errRequestPreface
				}
				return errRequestVersion
			}
			if !h.versionByte(at, c) {
				return errHeadVersion
			}
			s.pos++
		case requestLF:
			if c != '\n' {
				return errHeadBareCR
			}
			s.pos++
			s.state = headLine
			return nil
		default:
			return nil
		}
	}
	return nil
}

// versionByte checks byte c at place at of the version, and keeps the minor version.
func (h *RequestHead) versionByte(at int, c byte) bool {
	if at == len("HTTP/1.") {
		h.Minor = int(c - '0')
		return isDigit(c)
	}
	return c == "HTTP/1."[at]
}
