package wire

// This file reads the field lines of an HTTP/1.1 head, strictly and within bounds, for both opening handshakes (RFC 9112 §2.2, §5).

import "math"

// HeadLimits bounds a head. Each bound is what still passes; zero lets nothing pass, there is no "unlimited".
type HeadLimits struct {
	MaxBytes  int // of the whole head, from its first byte to the empty line at its end; at most 2 GiB are used
	MaxFields int // field lines
	MaxTarget int // bytes of a request's target
}

// HeadError tells which rule a head has broken.
type HeadError struct {
	Status int    // what a server answers to such a request; no meaning for the head of a response
	Rule   string // the rule in words
}

// Error gives the rule.
func (e *HeadError) Error() string { return "wire: bad HTTP head: " + e.Rule }

// The rules that requests and responses share.
var (
	errHeadBytes   = &HeadError{431, "the head must not be longer than its limit"}
	errHeadFields  = &HeadError{431, "there must not be more field lines than the limit"}
	errHeadFold    = &HeadError{400, "a field line must not start with white space (RFC 9112 §5.2)"}
	errHeadName    = &HeadError{400, "a field name must be a token (RFC 9110 §5.1)"}
	errHeadNoName  = &HeadError{400, "a field line must start with a field name (RFC 9112 §5)"}
	errHeadColon   = &HeadError{400, "a colon must follow a field name at once (RFC 9112 §5.1)"}
	errHeadValue   = &HeadError{400, "a field value must not hold control characters (RFC 9110 §5.5)"}
	errHeadBareCR  = &HeadError{400, "a CR must be followed by LF (RFC 9112 §2.2)"}
	errHeadBareLF  = &HeadError{400, "a line must end with CR LF (RFC 9112 §2.2)"}
	errHeadVersion = &HeadError{400, "the protocol version must be HTTP/ and two digits with a dot between them (RFC 9112 §2.3)"}
)

// Field is one field line: its name as received, its value without the white space around it. Both alias the head.
type Field struct{ Name, Value []byte }

// getField implements the heads' Get.
func getField(fields []Field, name string) (value []byte, count int) {
	for i := range fields {
		if EqualFold(fields[i].Name, name) {
			if count == 0 {
				value = fields[i].Value
			}
			count++
		}
	}
	return value, count
}

// headScan is the part of a head's parser that requests and responses share. It holds places instead of slices, so the caller
// may move the head to other memory between two calls, and the place scanned up to, so each byte is looked at once.
type headScan struct {
	state headState
	pos   int // everything before it has been looked at
	start int // where the element at pos starts
	spans []fieldSpan
	err   *HeadError // what has ended the scan
}

// fieldSpan is a Field as places in the head.
type fieldSpan struct{ nameStart, nameEnd, valueStart, valueEnd uint32 }

// headState is what a head's parser expects next. The states of the start line come first, differently for requests
// (request.go) and responses (response.go), then those of the field lines.
type headState uint8

const (
	headBegin headState = iota // nothing has been read

	requestEmptyLF // the LF of an empty line before the request
	requestMethod
	requestTarget
	requestVersion
	requestLF

	responseVersion
	responseCode
	responseReason
	responseLF

	headLine    // the start of a field line, or the CR of the empty line at the end
	headName    // the rest of a field name, and its colon
	headSpace   // the white space before a value
	headValue   // the rest of a value, and the CR after it
	headValueLF // the LF after a value
	headEndLF   // the LF of the empty line
	headDone
)

func (s *headScan) reset() { *s = headScan{spans: s.spans[:0]} }

// window returns the part of b that may be looked at under lim.
func (s *headScan) window(b []byte, lim HeadLimits) []byte {
	return b[:max(0, min(len(b), lim.MaxBytes, math.MaxInt32))]
}

// verdict ends a call of Parse in which the scan of window b has stopped with err.
func (s *headScan) verdict(b []byte, lim HeadLimits, err *HeadError) (n int, _ error) {
	switch {
	case err != nil:
		s.err = err
	case s.state == headDone:
		return s.pos, nil
	case len(b) < min(lim.MaxBytes, math.MaxInt32):
		return 0, nil
	case s.state == requestTarget:
		s.err = errRequestTarget
	default:
		// All that the limit admits has been read, and the head goes on.
		s.err = errHeadBytes
	}
	return 0, s.err
}

// fields scans the field lines and the empty line after them, from the state headLine on, as far as b goes.
func (s *headScan) fields(b []byte, maxFields int) *HeadError {
	for s.pos < len(b) {
		c := b[s.pos]
		switch s.state {
		case headLine:
			switch {
			case c == '\r':
				s.state = headEndLF
			case c == '\n':
				return errHeadBareLF
			case c == ' ' || c == '\t':
				// RFC 9112 §5.2, §2.2: a server MUST reject obs-fold or replace it, and white space before the first field line.
				return errHeadFold
			case c == ':':
				return errHeadNoName
			case !isToken(c):
				return errHeadName
			case len(s.spans) >= maxFields:
				return errHeadFields
			default:
				s.start = s.pos
				s.state = headName
			}
			s.pos++
		case headName:
			if s.pos = spanOf(b, s.pos, charToken); s.pos == len(b) {
				return nil
			}
			switch b[s.pos] {
			case ':':
			case ' ', '\t':
				// RFC 9112 §5.1: a server MUST reject white space between field name and colon.
				return errHeadColon
			case '\r', '\n':
				return errHeadColon
			default:
				return errHeadName
			}
			if s.spans == nil {
				s.spans = make([]fieldSpan, 0, 16)
			}
			s.spans = append(s.spans, fieldSpan{nameStart: uint32(s.start), nameEnd: uint32(s.pos)})
			s.pos++
			s.state = headSpace
		case headSpace:
			if c == ' ' || c == '\t' {
				s.pos++
				continue
			}
			s.start = s.pos
			s.state = headValue
		case headValue:
			if s.pos = spanOf(b, s.pos, charValue); s.pos == len(b) {
				return nil
			}
			switch b[s.pos] {
			case '\r':
			case '\n':
				// Stricter than RFC: RFC 9112 §2.2 lets a recipient take a bare LF for the end of a line; peers that differ on
				// that can be played off against each other.
				return errHeadBareLF
			default:
				return errHeadValue
			}
			f := &s.spans[len(s.spans)-1]
			end := s.pos
			for end > s.start && (b[end-1] == ' ' || b[end-1] == '\t') {
				end--
			}
			f.valueStart, f.valueEnd = uint32(s.start), uint32(end)
			s.pos++
			s.state = headValueLF
		case headValueLF:
			if c != '\n' {
				// RFC 9112 §2.2: a bare CR makes the element invalid.
				return errHeadBareCR
			}
			s.pos++
			s.state = headLine
		case headEndLF:
			if c != '\n' {
				return errHeadBareCR
			}
			s.pos++
			s.state = headDone
			return nil
		}
	}
	return nil
}

// alias turns the spans into slices of b, reusing the memory of fields.
func (s *headScan) alias(b []byte, fields []Field) []Field {
	if cap(fields) < len(s.spans) {
		fields = make([]Field, 0, len(s.spans))
	}
	fields = fields[:0]
	for _, f := range s.spans {
		fields = append(fields, Field{
			Name:  b[f.nameStart:f.nameEnd:f.nameEnd],
			Value: b[f.valueStart:f.valueEnd:f.valueEnd],
		})
	}
	return fields
}
