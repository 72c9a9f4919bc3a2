package wire

// This file reads the head of an HTTP/1.1 response, the server's half of an opening handshake (RFC 6455 §4.2.2, RFC 9112 §4).

// ResponseHead is the head of a response and the parser that reads it. The zero value is ready; Reset makes it ready again and
// keeps its memory. Reason and Fields alias the bytes given to the Parse that completed the head.
type ResponseHead struct {
	Minor  int // of the version: 1 for HTTP/1.1; the major version is 1
	Status int // 100 to 599
	Reason []byte
	Fields []Field

	scan      headScan
	reasonEnd int // a place in the head, like those of scan
}

var (
	errResponseMajor  = &HeadError{400, "the protocol's major version must be 1 (RFC 9112 §2.3)"}
	errResponseSpace  = &HeadError{400, "one space must follow version and status code (RFC 9112 §4)"}
	errResponseStatus = &HeadError{400, "the status code must be three digits from 100 to 599 (RFC 9110 §15)"}
	errResponseReason = &HeadError{400, "the reason phrase must not hold control characters (RFC 9112 §4)"}
)

// The status line, but for its reason, has its elements at fixed places.
const (
	responseMinorAt = len("HTTP/1.")
	responseCodeAt  = len("HTTP/1.1 ")
	reasonAt        = len("HTTP/1.1 101 ")
)

// Parse reads the head of a response from the start of b, like RequestHead.Parse.
func (h *ResponseHead) Parse(b []byte, lim HeadLimits) (n int, err error) {
	s := &h.scan
	if s.err != nil {
		return 0, s.err
	}
	if len(b) < s.pos {
		return 0, nil
	}
	w := s.window(b, lim)
	e := h.line(w)
	if e == nil && s.state >= headLine {
		e = s.fields(w, lim.MaxFields)
	}
	if n, err = s.verdict(w, lim, e); n > 0 {
		h.Reason = b[reasonAt:h.reasonEnd:h.reasonEnd]
		h.Fields = s.alias(b, h.Fields)
	}
	return n, err
}

// Reset forgets the head but not the memory of Fields.
func (h *ResponseHead) Reset() {
	h.scan.reset()
	clear(h.Fields)
	*h = ResponseHead{Fields: h.Fields[:0], scan: h.scan}
}

// Get returns the value of the first field called name, whatever its letter case, and how many there are. The head is complete.
func (h *ResponseHead) Get(name string) (value []byte, count int) { return getField(h.Fields, name) }

// line scans the status line as far as b goes.
func (h *ResponseHead) line(b []byte) *HeadError {
	s := &h.scan
	for s.pos < len(b) {
		c := b[s.pos]
		switch s.state {
		case headBegin:
			s.state = responseVersion
		case responseVersion:
			switch {
			case s.pos == responseCodeAt-1:
				if c != ' ' {
					return errResponseSpace
				}
				s.state = responseCode
			case s.pos == responseMinorAt:
				if !isDigit(c) {
					return errHeadVersion
				}
				h.Minor = int(c - '0')
			case s.pos == len("HTTP/") && isDigit(c) && c != '1':
				return errResponseMajor
			case c != "HTTP/1."[s.pos]:
				return errHeadVersion
			}
			s.pos++
		case responseCode:
			switch {
			case s.pos == reasonAt-1:
				// RFC 9112 §4: the space MUST be sent even when the reason phrase is absent.
				if c != ' ' {
					return errResponseSpace
				}
				s.state = responseReason
			case !isDigit(c), s.pos == responseCodeAt && (c < '1' || c > '5'):
				return errResponseStatus
			default:
				h.Status = h.Status*10 + int(c-'0')
			}
			s.pos++
		case responseReason:
			if s.pos = spanOf(b, s.pos, charValue); s.pos == len(b) {
				return nil
			}
			switch b[s.pos] {
			case '\r':
			case '\n':
				return errHeadBareLF
			default:
				return errResponseReason
			}
			h.reasonEnd = s.pos
			s.pos++
			s.state = responseLF
		case responseLF:
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
