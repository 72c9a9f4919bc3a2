package wire

// These tests hold the UTF-8 validator against RFC 3629 §4, against its plain twin and against unicode/utf8 (RFC 6455 §8.1).

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// utf8Vectors gives the index of the first byte that cannot continue valid UTF-8, or -1, and whether the text ends complete.
var utf8Vectors = []struct {
	clause, hex string
	bad         int
	complete    bool
}{
	{"RFC3629_3_Empty", "", -1, true},
	{"RFC3629_3_ASCII", "48656c6c6f", -1, true},
	{"RFC3629_3_NUL", "00", -1, true},
	{"RFC3629_3_U007F", "7f", -1, true},
	{"RFC3629_4_U0080", "c280", -1, true},
	{"RFC3629_4_U07FF", "dfbf", -1, true},
	{"RFC3629_4_U0800", "e0a080", -1, true},
	{"RFC3629_4_U0FFF", "e0bfbf", -1, true},
	{"RFC3629_4_U1000", "e18080", -1, true},
	{"RFC3629_4_UCFFF", "ecbfbf", -1, true},
	{"RFC3629_4_UD7FF", "ed9fbf", -1, true},
	{"RFC3629_4_UE000", "ee8080", -1, true},
	{"RFC3629_4_UFFFF_Noncharacter", "efbfbf", -1, true},
	{"RFC3629_4_UFDD0_Noncharacter", "efb790", -1, true},
	{"RFC3629_6_ByteOrderMark", "efbbbf41", -1, true},
	{"RFC3629_4_U10000", "f0908080", -1, true},
	{"RFC3629_4_U3FFFF", "f0bfbfbf", -1, true},
	{"RFC3629_4_U40000", "f1808080", -1, true},
	{"RFC3629_4_UFFFFF", "f3bfbfbf", -1, true},
	{"RFC3629_4_U10FFFF", "f48fbfbf", -1, true},
	{"RFC6455_8_1_Greek", "cebae1bdb9cf83cebcceb5", -1, true},

	{"RFC3629_4_TailFirst80", "80", 0, false},
	{"RFC3629_4_TailFirstBF", "41bf", 1, false},
	{"RFC3629_4_OverlongC0", "c080", 0, false},
	{"RFC3629_4_OverlongC1", "c1bf", 0, false},
	{"RFC3629_4_OverlongE080", "e08080", 1, false},
	{"RFC3629_4_OverlongE09F", "e09fbf", 1, false},
	{"RFC3629_4_OverlongF080", "f0808080", 1, false},
	{"RFC3629_4_OverlongF08F", "f08fbfbf", 1, false},
	{"RFC3629_3_SurrogateD800", "eda080", 1, false},
	{"RFC3629_3_SurrogateDFFF", "edbfbf", 1, false},
	{"RFC3629_4_U110000", "f4908080", 1, false},
	{"RFC3629_4_F5", "f5808080", 0, false},
	{"RFC3629_4_F8", "f888808080", 0, false},
	{"RFC3629_4_FE", "fe", 0, false},
	{"RFC3629_4_FF", "4142ff", 2, false},
	{"RFC3629_4_HeadForTail2", "c241", 1, false},
	{"RFC3629_4_HeadForTail2Of3", "e28241", 2, false},
	{"RFC3629_4_HeadForTail3Of4", "f09f98c3", 3, false},
	{"RFC3629_4_SecondTail7F", "e1807f", 2, false},
	{"RFC3629_4_SecondTailC0", "e180c0", 2, false},
	{"RFC3629_4_F4Then80ThenBad", "f4808041", 3, false},
	{"RFC6455_8_1_GreekThenSurrogate", "cebae1bdb9cf83cebcceb5eda080656469746564", 12, false},

	{"RFC3629_4_Unfinished1Of2", "41c2", -1, false},
	{"RFC3629_4_Unfinished1Of3", "e2", -1, false},
	{"RFC3629_4_Unfinished2Of3", "e282", -1, false},
	{"RFC3629_4_Unfinished1Of4", "f0", -1, false},
	{"RFC3629_4_Unfinished2Of4", "f48f", -1, false},
	{"RFC3629_4_Unfinished3Of4", "f09f98", -1, false},
}

// Each vector alone and behind texts that take the fast ways, whole, byte by byte and cut at every place.
func TestUTF8_Vectors(t *testing.T) {
	leads := []string{"", strings.Repeat("a", 15), strings.Repeat("a", 16), strings.Repeat("a", 37), strings.Repeat("ж", 20) + "abc", strings.Repeat("€", 11)}
	for _, v := range utf8Vectors {
		t.Run(v.clause, func(t *testing.T) {
			raw, err := hex.DecodeString(v.hex)
			if err != nil {
				t.Fatal(err)
			}
			for _, lead := range leads {
				for _, tail := range []string{"", strings.Repeat("z", 40)} {
					if tail != "" && v.bad < 0 && !v.complete {
						continue
					}
					text := []byte(lead + string(raw) + tail)
					bad := v.bad
					if bad >= 0 {
						bad += len(lead)
					}
					for _, chunks := range cuts(text) {
						expectUTF8(t, chunks, bad, v.complete)
					}
					if got := ValidUTF8(text); got != v.complete {
						t.Errorf("ValidUTF8(%x) = %v", text, got)
					}
					if got := ValidUTF8String(string(text)); got != v.complete {
						t.Errorf("ValidUTF8String(%x) = %v", text, got)
					}
				}
			}
		})
	}
}

// cuts returns b as one chunk, byte by byte, and cut in two at every place.
func cuts(b []byte) [][][]byte {
	bytewise := make([][]byte, len(b))
	for i := range b {
		bytewise[i] = b[i : i+1]
	}
	all := [][][]byte{{b}, bytewise}
	for i := range len(b) + 1 {
		all = append(all, [][]byte{b[:i], b[i:]})
	}
	return all
}

func expectUTF8(t *testing.T, chunks [][]byte, bad int, complete bool) {
	t.Helper()
	var v UTF8
	got, at := -1, 0
	for _, c := range chunks {
		i := v.Write(c)
		if got >= 0 && i != 0 {
			t.Fatalf("Write after a bad byte returns %d, want 0", i)
		}
		if got < 0 && i != -1 {
			got = at + i
		}
		at += len(c)
	}
	if got != bad || v.Complete() != complete {
		t.Fatalf("%x in %d chunks: bad byte at %d, complete %v; want %d, %v", bytes.Join(chunks, nil), len(chunks), got, v.Complete(), bad, complete)
	}
}

// Each vector at each place of the blocks that vectors and words look at, against the plain twin, with vectors and without.
func TestUTF8_EveryPlaceOfABlock(t *testing.T) {
	check := func() {
		for _, filler := range []string{"a", "ж", "€", "😀"} {
			for size := range 200 {
				lead := strings.Repeat("a", size%len(filler)) + strings.Repeat(filler, size/len(filler))
				for _, v := range utf8Vectors {
					raw, _ := hex.DecodeString(v.hex)
					text := append([]byte(lead), raw...)
					for _, tail := range []string{"", "z", strings.Repeat(filler, 20), strings.Repeat("z", 90)} {
						text := append(text[:len(text):len(text)], tail...)
						bad, complete := validatePlain(text)
						expectUTF8(t, [][]byte{text}, bad, complete)
						expectUTF8(t, [][]byte{text[:size/2], text[size/2:]}, bad, complete)
					}
				}
			}
		}
	}
	check()
	withoutVectors(check)
}

// All sequences of up to two bytes and every continuation of the heads with a restricted second byte, against unicode/utf8.
func TestUTF8_RFC3629_4_EverySequence(t *testing.T) {
	check := func(p []byte) {
		if got, want := ValidUTF8(p), utf8.Valid(p); got != want {
			t.Fatalf("ValidUTF8(%x) = %v, want %v", p, got, want)
		}
	}
	for a := range 256 {
		check([]byte{byte(a)})
		for b := range 256 {
			check([]byte{byte(a), byte(b)})
			for _, c := range []byte{0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF} {
				check([]byte{byte(a), byte(b), c})
				for _, d := range []byte{0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF} {
					check([]byte{byte(a), byte(b), c, d})
				}
			}
		}
	}
}

func TestUTF8_EveryCodePoint(t *testing.T) {
	var all []byte
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if r < 0xD800 || r > 0xDFFF {
			all = utf8.AppendRune(all, r)
		}
	}
	var v UTF8
	if i := v.Write(all); i >= 0 || !v.Complete() {
		t.Errorf("bad byte at %d, complete %v", i, v.Complete())
	}
}

func TestUTF8_BadStaysBadUntilReset(t *testing.T) {
	var v UTF8
	if i := v.Write([]byte("ab\xFFcd")); i != 2 {
		t.Fatalf("bad byte at %d, want 2", i)
	}
	for _, p := range []string{"", "a", strings.Repeat("a", 100)} {
		if i := v.Write([]byte(p)); i != 0 || v.Complete() {
			t.Errorf("Write(%q) after a bad byte: %d, complete %v", p, i, v.Complete())
		}
	}
	v.Reset()
	if i := v.Write([]byte("é")); i != -1 || !v.Complete() {
		t.Errorf("after Reset: %d, complete %v", i, v.Complete())
	}
}

// ASCII is no tail, whichever of the fast ways would take it.
func TestUTF8_RFC3629_4_UnfinishedThenASCII(t *testing.T) {
	for _, head := range []string{"\xC3", "\xE2\x82", "\xF0\x9F\x98"} {
		for n := 1; n < 140; n++ {
			var v UTF8
			if i := v.Write([]byte(head)); i != -1 || v.Complete() {
				t.Fatalf("%x: %d, complete %v", head, i, v.Complete())
			}
			if i := v.Write([]byte(strings.Repeat("z", n))); i != 0 || v.Complete() {
				t.Fatalf("%d ASCII bytes after %x: %d, complete %v", n, head, i, v.Complete())
			}
		}
	}
}

func TestUTF8_NoAllocation(t *testing.T) {
	p := []byte(strings.Repeat("aé€😀", 100))
	s := string(p)
	var v UTF8
	if n := testing.AllocsPerRun(100, func() {
		v.Write(p)
		ValidUTF8(p)
		ValidUTF8String(s)
	}); n != 0 {
		t.Errorf("validating allocates %v times", n)
	}
}

// validatePlain is the plain twin of UTF8.Write.
func validatePlain(p []byte) (bad int, complete bool) {
	s := uint8(utf8Accept)
	for i, b := range p {
		if s = nextPlain(s, b); s == utf8Reject {
			return i, false
		}
	}
	return -1, s == utf8Accept
}

func FuzzUTF8Twin(f *testing.F) {
	for _, v := range utf8Vectors {
		raw, _ := hex.DecodeString(v.hex)
		f.Add(raw, uint8(1))
		f.Add(append([]byte(strings.Repeat("aж", 30)), raw...), uint8(5))
		f.Add(append([]byte(strings.Repeat("€😀", 20)), raw...), uint8(100))
	}
	f.Fuzz(func(t *testing.T, p []byte, size uint8) {
		bad, complete := validatePlain(p)
		if want := utf8.Valid(p); complete != want {
			t.Fatalf("the plain twin says %v to %x, unicode/utf8 %v", complete, p, want)
		}
		expectUTF8(t, [][]byte{p}, bad, complete)
		var chunks [][]byte
		for rest := p; len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			chunks = append(chunks, rest[:n])
			rest = rest[n:]
		}
		expectUTF8(t, chunks, bad, complete)
		withoutVectors(func() { expectUTF8(t, [][]byte{p}, bad, complete) })
	})
}

func BenchmarkUTF8(b *testing.B) {
	texts := map[string]string{
		"ascii":   "The quick brown fox jumps over the lazy dog. ",
		"german":  "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. ",
		"russian": "Съешь же ещё этих мягких французских булок, да выпей чаю. ",
		"chinese": "視野無限廣,窗外有藍天。微風迎客,軟語伴茶。",
		"emoji":   "😀😃😄😁😆😅🤣😂🙂🙃",
	}
	for _, name := range []string{"ascii", "german", "russian", "chinese", "emoji"} {
		for _, n := range []int{20, 125, 4 << 10, 64 << 10} {
			p := []byte(strings.Repeat(texts[name], n/len(texts[name])+1))[:n]
			for n > 0 && !utf8.Valid(p) {
				p = p[:len(p)-1]
			}
			run := func(what string, f func()) {
				b.Run(fmt.Sprintf("%s/%s/%d", what, name, n), func(b *testing.B) {
					b.SetBytes(int64(len(p)))
					for b.Loop() {
						f()
					}
				})
			}
			run("ValidUTF8", func() { ValidUTF8(p) })
			run("automaton", func() { withoutVectors(func() { ValidUTF8(p) }) })
			run("plain", func() { validatePlain(p) })
			run("unicode/utf8", func() { utf8.Valid(p) })
		}
	}
}
