package wire

// These tests hold the field lines of both kinds of head against RFC 9112 §2.2 and §5, and give the other head tests their tools.

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

var testLimits = HeadLimits{MaxBytes: 8192, MaxFields: 100, MaxTarget: 4096}

// parser is what both kinds of head offer.
type parser interface {
	Parse(b []byte, lim HeadLimits) (int, error)
	Get(name string) ([]byte, int)
	Reset()
}

// headKinds runs what holds for both kinds of head, with a start line for each.
var headKinds = []struct {
	name, startLine string
	make            func() parser
	fields          func(parser) []Field
}{
	{"Request", "GET / HTTP/1.1\r\n", func() parser { return new(RequestHead) }, func(p parser) []Field { return p.(*RequestHead).Fields }},
	{"Response", "HTTP/1.1 101 OK\r\n", func() parser { return new(ResponseHead) }, func(p parser) []Field { return p.(*ResponseHead).Fields }},
}

// feed gives p the first of chunks, then the first two, and so on, each time in other memory, until it has a verdict.
func feed(p parser, chunks [][]byte, lim HeadLimits) (n int, err error) {
	var sofar []byte
	for _, c := range chunks {
		sofar = append(bytes.Clone(sofar), c...)
		if n, err = p.Parse(sofar, lim); n != 0 || err != nil {
			return n, err
		}
	}
	return 0, nil
}

// status is the Status of a *HeadError, and 0 for nil.
func status(t testing.TB, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	var he *HeadError
	if !errors.As(err, &he) {
		t.Fatalf("error %T is no *HeadError", err)
	}
	return he.Status
}

// expectBad checks that good can be the start of a head, that the first byte of bad cannot follow it, and that this is seen
// with that byte, whole, byte by byte and cut at every place.
func expectBad(t *testing.T, newParser func() parser, good, bad string, lim HeadLimits, want *HeadError) {
	t.Helper()
	all := []byte(good + bad)
	for cut := range len(all) + 1 {
		p := newParser()
		n, err := p.Parse(all[:cut], lim)
		if n != 0 {
			t.Fatalf("%q is taken for a whole head", all[:cut])
		}
		if cut <= len(good) && err != nil {
			t.Fatalf("%q is refused too early: %v", all[:cut], err)
		}
		if cut > len(good) && err != want {
			t.Fatalf("%q: error %v, want %v", all[:cut], err, want)
		}
		n, again := p.Parse(all, lim)
		if n != 0 || again != want {
			t.Fatalf("%q after %d bytes of it: %d, %v; want %v", all, cut, n, again, want)
		}
	}
	if n, err := feed(newParser(), cuts(all)[1], lim); n != 0 || err != want {
		t.Fatalf("%q byte by byte: %d, %v; want %v", all, n, err, want)
	}
}

func TestHead_BadFieldLines(t *testing.T) {
	for _, v := range []struct {
		clause, good, bad string
		want              *HeadError
	}{
		{"RFC9112_5_2_ObsFold", "A: b\r\n", " c\r\n\r\n", errHeadFold},
		{"RFC9112_5_2_ObsFoldTab", "A: b\r\n", "\tc\r\n\r\n", errHeadFold},
		{"RFC9112_2_2_SpaceBeforeFirstField", "", " A: b\r\n\r\n", errHeadFold},
		{"RFC9112_5_1_SpaceBeforeColon", "Host", " : a\r\n\r\n", errHeadColon},
		{"RFC9112_5_1_TabBeforeColon", "Host", "\t: a\r\n\r\n", errHeadColon},
		{"RFC9112_5_NoColon", "Host", "\r\n\r\n", errHeadColon},
		{"RFC9112_5_NoColonBareLF", "Host", "\n\n", errHeadColon},
		{"RFC9112_5_NoName", "", ": a\r\n\r\n", errHeadNoName},
		{"RFC9110_5_1_NULInName", "Ho", "\x00st: a\r\n\r\n", errHeadName},
		{"RFC9110_5_1_ParenthesisInName", "Ho", "(st): a\r\n\r\n", errHeadName},
		{"RFC9110_5_1_NonASCIIName", "", "\xc3\xa9: a\r\n\r\n", errHeadName},
		{"RFC9110_5_1_NULFirst", "", "\x00: a\r\n\r\n", errHeadName},
		{"RFC9110_5_5_NULInValue", "Host: a", "\x00b\r\n\r\n", errHeadValue},
		{"RFC9110_5_5_NULAfterColon", "Host:", "\x00\r\n\r\n", errHeadValue},
		{"RFC9110_5_5_BackspaceInValue", "Host: a", "\x08\r\n\r\n", errHeadValue},
		{"RFC9110_5_5_DELInValue", "Host: a", "\x7f\r\n\r\n", errHeadValue},
		{"RFC9112_2_2_BareCRInValue", "Host: a\r", "b\r\n\r\n", errHeadBareCR},
		{"RFC9112_2_2_CRCR", "Host: a\r", "\r\n\r\n", errHeadBareCR},
		{"RFC9112_2_2_BareLFAfterValue", "Host: a", "\nB: c\r\n\r\n", errHeadBareLF},
		{"RFC9112_2_2_BareLFAfterEmptyValue", "Host:", "\nB: c\r\n\r\n", errHeadBareLF},
		{"RFC9112_2_2_BareLFAtEnd", "Host: a\r\n", "\n", errHeadBareLF},
		{"RFC9112_2_2_BareCRAtEnd", "Host: a\r\n\r", "x", errHeadBareCR},
	} {
		for _, kind := range headKinds {
			t.Run(v.clause+"/"+kind.name, func(t *testing.T) {
				expectBad(t, kind.make, kind.startLine+v.good, v.bad, testLimits, v.want)
				if v.want.Status != 400 {
					t.Errorf("status %d, want 400", v.want.Status)
				}
			})
		}
	}
}

func TestHead_GoodFieldLines(t *testing.T) {
	for _, v := range []struct {
		clause, lines string
		want          [][2]string
	}{
		{"RFC9112_5_None", "", nil},
		{"RFC9112_5_NoSpace", "A:b\r\n", [][2]string{{"A", "b"}}},
		{"RFC9112_5_WhiteSpaceAround", "A: \t b c\t \r\n", [][2]string{{"A", "b c"}}},
		{"RFC9112_5_EmptyValue", "A:\r\nB: \t \r\n", [][2]string{{"A", ""}, {"B", ""}}},
		{"RFC9110_5_5_TabInside", "A: b\tc\r\n", [][2]string{{"A", "b\tc"}}},
		{"RFC9110_5_5_ObsText", "A: \xff\x80\r\n", [][2]string{{"A", "\xff\x80"}}},
		{"RFC9110_5_6_2_EveryTchar", "!#$%&'*+-.^_`|~09azAZ: x\r\n", [][2]string{{"!#$%&'*+-.^_`|~09azAZ", "x"}}},
		{"RFC9110_5_3_Repeated", "A: b\r\nB: c\r\nA: d\r\n", [][2]string{{"A", "b"}, {"B", "c"}, {"A", "d"}}},
		{"RFC9112_5_ColonsInValue", "Host: [::1]:80\r\n", [][2]string{{"Host", "[::1]:80"}}},
	} {
		for _, kind := range headKinds {
			t.Run(v.clause+"/"+kind.name, func(t *testing.T) {
				head := kind.startLine + v.lines + "\r\n"
				for _, chunks := range cuts([]byte(head)) {
					for _, rest := range []string{"", "\x81\x00 more"} {
						p := kind.make()
						n, err := feed(p, append(chunks[:len(chunks):len(chunks)], []byte(rest)), testLimits)
						if rest != "" && n == 0 {
							t.Fatalf("%q in %d chunks is not complete", head, len(chunks))
						}
						if n != len(head) || err != nil {
							t.Fatalf("%q in %d chunks: %d, %v", head, len(chunks), n, err)
						}
						expectFields(t, kind.fields(p), v.want)
					}
				}
			})
		}
	}
}

func expectFields(t *testing.T, got []Field, want [][2]string) {
	t.Helper()
	var pairs [][2]string
	for _, f := range got {
		pairs = append(pairs, [2]string{string(f.Name), string(f.Value)})
	}
	if !reflect.DeepEqual(pairs, want) {
		t.Fatalf("fields %q, want %q", pairs, want)
	}
}

func TestHead_Get_RFC9110_5_1_CaseInsensitive(t *testing.T) {
	for _, kind := range headKinds {
		p := kind.make()
		head := kind.startLine + "HOST: a\r\nhost: b\r\nX-~: c\r\n\r\n"
		if n, err := p.Parse([]byte(head), testLimits); n != len(head) || err != nil {
			t.Fatal(n, err)
		}
		if v, n := p.Get("Host"); string(v) != "a" || n != 2 {
			t.Errorf("%s: Get(Host) = %q, %d; want the first of 2", kind.name, v, n)
		}
		if v, n := p.Get("X-^"); v != nil || n != 0 {
			t.Errorf("%s: letter case is seen in characters that are no letters", kind.name)
		}
		if v, n := p.Get("Hos"); v != nil || n != 0 {
			t.Errorf("%s: Get(Hos) = %q, %d", kind.name, v, n)
		}
	}
}

// The limits are what still passes; the byte after them is refused, whatever the chunks.
func TestHead_Limits(t *testing.T) {
	for _, kind := range headKinds {
		head := kind.startLine + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n"
		ok := func(name string, lim HeadLimits) {
			for _, chunks := range cuts([]byte(head)) {
				if n, err := feed(kind.make(), chunks, lim); n != len(head) || err != nil {
					t.Errorf("%s, %s in %d chunks: %d, %v", kind.name, name, len(chunks), n, err)
				}
			}
		}
		ok("bytes at the limit", HeadLimits{len(head), 100, 100})
		ok("fields at the limit", HeadLimits{8192, 3, 100})

		for size := range len(head) {
			lim := HeadLimits{size, 100, 100}
			want := errHeadBytes
			if kind.name == "Request" && (size == 4 || size == 5) {
				want = errRequestTarget // the limit ends in the target
			}
			if want.Status != 431 && want.Status != 414 {
				t.Fatalf("status %d", want.Status)
			}
			if size == 0 {
				if n, err := kind.make().Parse(nil, lim); n != 0 || err != want {
					t.Errorf("%s with no bytes admitted: %d, %v", kind.name, n, err)
				}
				continue
			}
			expectBad(t, kind.make, head[:size-1], head[size-1:], lim, want)
		}
		if errHeadFields.Status != 431 {
			t.Errorf("too many fields get status %d, want 431", errHeadFields.Status)
		}
		at := strings.Index(head, "C:")
		expectBad(t, kind.make, head[:at], head[at:], HeadLimits{8192, 2, 100}, errHeadFields)
		at = strings.Index(head, "A:")
		expectBad(t, kind.make, head[:at], head[at:], HeadLimits{8192, 0, 100}, errHeadFields)
		if _, err := kind.make().Parse([]byte(head), HeadLimits{}); err != errHeadBytes {
			t.Errorf("%s: limits of zero give %v", kind.name, err)
		}
		if _, err := kind.make().Parse([]byte(head), HeadLimits{-1, -1, -1}); err != errHeadBytes {
			t.Errorf("%s: negative limits give %v", kind.name, err)
		}
	}
}

// A bad byte before the limit is the error, though more bytes than the limit are there.
func TestHead_LimitAfterBadByte(t *testing.T) {
	for _, kind := range headKinds {
		head := kind.startLine + "A : 1\r\n\r\n"
		expectBad(t, kind.make, kind.startLine+"A", head[len(kind.startLine)+1:], HeadLimits{len(kind.startLine) + 2, 100, 100}, errHeadColon)
	}
}

// One byte at a time must cost linear time: squared, these bytes would take minutes.
func TestHead_ByteByByte_IsLinear(t *testing.T) {
	const size = 1 << 20
	lim := HeadLimits{MaxBytes: 2 * size, MaxFields: size, MaxTarget: size}
	for _, kind := range headKinds {
		for name, body := range map[string]string{
			"long value":  "A: " + strings.Repeat("x", size) + "\r\n\r\n",
			"white space": "A: x" + strings.Repeat(" ", size) + "\r\n\r\n",
			"long name":   strings.Repeat("x", size) + ":\r\n\r\n",
			"many fields": strings.Repeat("A:b\r\n", size/5) + "\r\n",
		} {
			head := []byte(kind.startLine + body)
			p := kind.make()
			start := time.Now()
			for i := range head {
				n, err := p.Parse(head[:i+1], lim)
				if err != nil || n != 0 && n != len(head) {
					t.Fatalf("%s, %s: %d, %v", kind.name, name, n, err)
				}
				if i&0xFFFF == 0 && time.Since(start) > 20*time.Second {
					t.Fatalf("%s, %s: %d bytes have taken %v", kind.name, name, i, time.Since(start))
				}
			}
		}
	}
}

// After the end, Parse only follows the head to other memory; a shorter slice than before is no head.
func TestHead_MovedAndShortened(t *testing.T) {
	for _, kind := range headKinds {
		head := []byte(kind.startLine + "A: b\r\n\r\n")
		p := kind.make()
		if n, err := p.Parse(head, testLimits); n != len(head) || err != nil {
			t.Fatal(n, err)
		}
		moved := bytes.Clone(head)
		clear(head)
		if n, err := p.Parse(moved, testLimits); n != len(moved) || err != nil {
			t.Fatalf("%s: moved: %d, %v", kind.name, n, err)
		}
		if v, _ := p.Get("a"); string(v) != "b" {
			t.Errorf("%s: the value of a moved head is %q", kind.name, v)
		}
		if n, err := p.Parse(moved[:5], testLimits); n != 0 || err != nil {
			t.Errorf("%s: shortened: %d, %v", kind.name, n, err)
		}
	}
}

func TestHead_Reset_KeepsMemory(t *testing.T) {
	for _, kind := range headKinds {
		p := kind.make()
		bad, good := []byte(kind.startLine+" "), []byte(kind.startLine+strings.Repeat("Name: value\r\n", 50)+"\r\n")
		if _, err := p.Parse(bad, testLimits); err == nil {
			t.Fatal("a bad head passes")
		}
		parse := func() {
			p.Reset()
			if n, err := p.Parse(good, testLimits); n != len(good) || err != nil || len(kind.fields(p)) != 50 {
				t.Fatalf("%s after Reset: %d, %v", kind.name, n, err)
			}
		}
		parse()
		if n := testing.AllocsPerRun(50, parse); n != 0 {
			t.Errorf("%s: parsing again allocates %v times", kind.name, n)
		}
		p.Reset()
		if f := kind.fields(p); len(f) != 0 || f[:1][0].Name != nil {
			t.Errorf("%s: Reset keeps hold of the old head", kind.name)
		}
	}
}

func TestHeadError_Message(t *testing.T) {
	if got := errHeadFold.Error(); !strings.Contains(got, errHeadFold.Rule) || !strings.Contains(got, "§5.2") {
		t.Errorf("message %q", got)
	}
}

// fuzzHead checks what holds for any input: chunks change nothing, the limits hold, fields are what the grammar admits.
func fuzzHead(t *testing.T, kind int, data []byte, size uint8, lim HeadLimits) (parser, int) {
	t.Helper()
	k := headKinds[kind]
	whole := k.make()
	n, err := whole.Parse(data, lim)
	if n < 0 || n > len(data) || n > lim.MaxBytes || n > 0 && err != nil || len(data) >= lim.MaxBytes && n == 0 && err == nil {
		t.Fatalf("%q: %d, %v", data, n, err)
	}
	status(t, err)

	chunked := k.make()
	m, cerr := 0, error(nil)
	for end := 0; m == 0 && cerr == nil && end < len(data); {
		end = min(end+int(size)+1, len(data))
		m, cerr = chunked.Parse(data[:end], lim)
	}
	if len(data) > 0 && (m != n || cerr != err) {
		t.Fatalf("%q: whole %d, %v; in chunks of %d: %d, %v", data, n, err, int(size)+1, m, cerr)
	}
	if n == 0 {
		return whole, 0
	}
	fields := k.fields(whole)
	if !reflect.DeepEqual(fields, k.fields(chunked)) {
		t.Fatalf("%q: other fields in chunks", data)
	}
	if len(fields) > lim.MaxFields {
		t.Fatalf("%d fields", len(fields))
	}
	for _, f := range fields {
		if !ValidToken(string(f.Name)) || !ValidFieldValue(string(f.Value)) || strings.Trim(string(f.Value), " \t") != string(f.Value) {
			t.Fatalf("%q: field %q: %q", data, f.Name, f.Value)
		}
	}
	return whole, n
}

// writeFields appends fields as a head has them.
func writeFields(b []byte, fields []Field) []byte {
	for _, f := range fields {
		b = fmt.Appendf(b, "%s: %s\r\n", f.Name, f.Value)
	}
	return append(b, "\r\n"...)
}
