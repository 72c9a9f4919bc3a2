package wire

// These tests hold the lists of the opening handshake against RFC 9110 §5.6 and RFC 6455 §9.1, hostile ones included.

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestEachToken(t *testing.T) {
	for _, v := range []struct {
		clause, value string
		want          []string
		err           error
	}{
		{"RFC9110_5_6_1_Empty", "", nil, nil},
		{"RFC9110_5_6_1_One", "Upgrade", []string{"Upgrade"}, nil},
		{"RFC9110_5_6_1_Two", "keep-alive, Upgrade", []string{"keep-alive", "Upgrade"}, nil},
		{"RFC9110_5_6_1_NoSpace", "a,b,c", []string{"a", "b", "c"}, nil},
		{"RFC9110_5_6_1_MuchSpace", "\t a \t,\t b ", []string{"a", "b"}, nil},
		{"RFC9110_5_6_1_2_EmptyElements", ",, a ,\t, b,,", []string{"a", "b"}, nil},
		{"RFC9110_5_6_1_2_OnlyCommas", ", ,,", nil, nil},
		{"RFC9110_5_6_2_InnerSpace", "a, b c, d", []string{"a"}, ErrToken},
		{"RFC9110_5_6_2_Slash", "a, b/1", []string{"a"}, ErrToken},
		{"RFC9110_5_6_2_Quoted", `"a"`, nil, ErrToken},
		{"RFC9110_5_6_2_NonASCII", "caf\xc3\xa9", nil, ErrToken},
	} {
		t.Run(v.clause, func(t *testing.T) {
			var got []string
			err := EachToken([]byte(v.value), func(tok []byte) bool {
				got = append(got, string(tok))
				return true
			})
			if !reflect.DeepEqual(got, v.want) || !errors.Is(err, v.err) {
				t.Errorf("EachToken(%q) = %q, %v; want %q, %v", v.value, got, err, v.want, v.err)
			}
		})
	}
}

func TestEachToken_Stops(t *testing.T) {
	calls := 0
	if err := EachToken([]byte("a, b, ("), func([]byte) bool { calls++; return calls < 2 }); err != nil || calls != 2 {
		t.Errorf("%d calls, %v; want 2 and no error", calls, err)
	}
}

func TestHasToken_RFC6455_4_2_1(t *testing.T) {
	for _, v := range []struct {
		value, tok string
		want       bool
	}{
		{"Upgrade", "upgrade", true}, {"keep-alive, UPGRADE", "upgrade", true}, {"\tupgrade\t,x", "Upgrade", true},
		{"h2c/1.0, websocket", "websocket", true}, {`a"b, websocket`, "websocket", true}, {",,websocket,", "websocket", true},
		{"", "upgrade", false}, {"upgrades", "upgrade", false}, {"no upgrade", "upgrade", false}, {"websocket/13", "websocket", false},
		{"up,grade", "upgrade", false}, {"keep-alive", "upgrade", false},
	} {
		if got := HasToken([]byte(v.value), v.tok); got != v.want {
			t.Errorf("HasToken(%q, %q) = %v", v.value, v.tok, got)
		}
	}
}

// extensions writes what EachExtension reports, one string for each extension.
func extensions(value string) (got []string, err error) {
	err = EachExtension([]byte(value), func(name []byte, params []ExtParam) bool {
		s := string(name)
		for _, p := range params {
			s += ";" + string(p.Name)
			if p.HasValue {
				s += "=" + string(p.Value)
			} else if p.Value != nil {
				s += "!"
			}
		}
		got = append(got, s)
		return true
	})
	return got, err
}

func TestEachExtension(t *testing.T) {
	for _, v := range []struct {
		clause, value string
		want          []string
		err           error
	}{
		{"RFC6455_9_1_Empty", "", nil, nil},
		{"RFC6455_9_1_One", "foo", []string{"foo"}, nil},
		{"RFC6455_9_1_Example", "bar; baz=2", []string{"bar;baz=2"}, nil},
		{"RFC6455_9_1_Combined", "foo, bar; baz=2", []string{"foo", "bar;baz=2"}, nil},
		{"RFC6455_9_1_Example2", "deflate-stream", []string{"deflate-stream"}, nil},
		{"RFC6455_9_1_Example3", "mux; max-channels=4; flow-control, deflate-stream", []string{"mux;max-channels=4;flow-control", "deflate-stream"}, nil},
		{"RFC6455_9_1_Example4", "private-extension", []string{"private-extension"}, nil},
		{"RFC7692_7_Offer", "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate",
			[]string{"permessage-deflate;client_max_window_bits;server_max_window_bits=10", "permessage-deflate"}, nil},
		{"RFC6455_9_1_Quoted", `a; b="10"; c`, []string{"a;b=10;c"}, nil},
		{"RFC9110_5_6_4_Escapes", `a; b="\1\0"; c="x\y", d`, []string{"a;b=10;c=xy", "d"}, nil},
		{"RFC9110_5_6_1_2_EmptyElements", ",, a ,\t, b;c,,", []string{"a", "b;c"}, nil},
		{"RFC9110_5_6_3_MuchSpace", "\t a \t; b \t=\t 1 ;\tc , d ", []string{"a;b=1;c", "d"}, nil},
		{"RFC9110_5_6_3_NoSpace", "a;b=1;c,d", []string{"a;b=1;c", "d"}, nil},

		{"RFC6455_9_1_NoName", "; b", nil, ErrExtension},
		{"RFC6455_9_1_NoParamName", "a; =1", nil, ErrExtension},
		{"RFC6455_9_1_EmptyParam", "x, a;;b", []string{"x"}, ErrExtension},
		{"RFC6455_9_1_TrailingSemicolon", "a;", nil, ErrExtension},
		{"RFC6455_9_1_NoValue", "a; b=", nil, ErrExtension},
		{"RFC6455_9_1_NoValueBeforeComma", "a; b=, c", nil, ErrExtension},
		{"RFC6455_9_1_TwoNames", "a b", nil, ErrExtension},
		{"RFC6455_9_1_TwoValues", "a; b=1 2", nil, ErrExtension},
		{"RFC6455_9_1_ValueAfterName", "a=1", nil, ErrExtension},
		{"RFC6455_9_1_QuotedName", `"a"`, nil, ErrExtension},
		{"RFC6455_9_1_QuotedEmpty", `a; b=""`, nil, ErrExtension},
		{"RFC6455_9_1_QuotedNotToken", `a; b="1 2"`, nil, ErrExtension},
		{"RFC6455_9_1_QuotedComma", `a; b="1,2"`, nil, ErrExtension},
		{"RFC6455_9_1_EscapedNotToken", `a; b="1\"2"`, nil, ErrExtension},
		{"RFC9110_5_6_4_Unclosed", `a; b="1`, nil, ErrExtension},
		{"RFC9110_5_6_4_UnclosedEmpty", `a; b="`, nil, ErrExtension},
		{"RFC9110_5_6_4_UnclosedEscape", `a; b="1\`, nil, ErrExtension},
		{"RFC9110_5_6_4_AfterQuote", `a; b="1"2`, nil, ErrExtension},
		{"RFC6455_9_1_NonASCII", "\xff", nil, ErrExtension},
	} {
		t.Run(v.clause, func(t *testing.T) {
			got, err := extensions(v.value)
			if !reflect.DeepEqual(got, v.want) || !errors.Is(err, v.err) {
				t.Errorf("EachExtension(%q) = %q, %v; want %q, %v", v.value, got, err, v.want, v.err)
			}
		})
	}
}

func TestEachExtension_Stops(t *testing.T) {
	calls := 0
	if err := EachExtension([]byte("a, b, ;"), func([]byte, []ExtParam) bool { calls++; return calls < 2 }); err != nil || calls != 2 {
		t.Errorf("%d calls, %v; want 2 and no error", calls, err)
	}
}

func TestEachExtension_ParamLimit(t *testing.T) {
	fits := "a" + strings.Repeat(";b", MaxExtensionParams)
	if got, err := extensions(fits); err != nil || len(got) != 1 || strings.Count(got[0], ";b") != MaxExtensionParams {
		t.Errorf("parameters at the limit: %q, %v", got, err)
	}
	if got, err := extensions("x, " + fits + ";b"); err != ErrExtensionParams || len(got) != 1 {
		t.Errorf("one parameter over the limit: %q, %v", got, err)
	}
	if got, err := extensions(fits + "," + fits); err != nil || len(got) != 2 {
		t.Errorf("parameters are counted across extensions: %q, %v", got, err)
	}
}

// Lists that make naive parsers slow: a hundred times a whole head of them must stay far below the 10 ms that one may take.
func TestLists_Hostile_AreLinear(t *testing.T) {
	const size = 100 * 8192
	for _, unit := range []string{`\`, ",", ";", `"`, " ", "a", "a,", `a;b="\b",`, `a;b="`, ", \t", "=", `\"`, `a; b="` + strings.Repeat(`\b`, 500) + `",`} {
		value := []byte(strings.Repeat(unit, size/len(unit)))
		for _, prefix := range []string{"", `a; b="`} {
			v := append([]byte(prefix), value...)
			start := time.Now()
			EachToken(v, func([]byte) bool { return true })
			EachExtension(v, func([]byte, []ExtParam) bool { return true })
			HasToken(v, "websocket")
			// Work that grows with the square of the length would take minutes; the bound leaves room for any machine.
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("%d bytes of %.20q after %q have taken %v", size, unit, prefix, d)
			}
		}
	}
}

// The time of a list may not grow faster than its length in memory either: what escapes need is bounded by the value.
func TestEachExtension_Allocations(t *testing.T) {
	value := []byte("permessage-deflate; client_max_window_bits; server_max_window_bits=10, x; y")
	if n := testing.AllocsPerRun(50, func() {
		EachExtension(value, func([]byte, []ExtParam) bool { return true })
		EachToken(value, func([]byte) bool { return true })
		HasToken(value, "x")
	}); n > 2 {
		t.Errorf("parsing lists allocates %v times", n)
	}
}

func FuzzLists(f *testing.F) {
	for _, s := range []string{"", "a, b", `permessage-deflate; a="\1"; b=2, c`, ",;=\"\\", `a; b="1\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		// What is reported, written in the plainest way, is reported again.
		got, err := extensions(value)
		if plain := strings.Join(got, ","); err == nil {
			if again, err := extensions(plain); err != nil || !reflect.DeepEqual(again, got) {
				t.Fatalf("%q gives %q; that gives %q, %v", value, got, again, err)
			}
		}
		// A list of tokens without empty elements is a list of extensions.
		var toks []string
		if EachToken([]byte(value), func(tok []byte) bool { toks = append(toks, string(tok)); return true }) == nil {
			if err != nil || !reflect.DeepEqual(toks, got) {
				t.Fatalf("%q: tokens %q, extensions %q, %v", value, toks, got, err)
			}
		}
		for _, tok := range toks {
			if !ValidToken(tok) || !HasToken([]byte(value), strings.ToUpper(tok)) {
				t.Fatalf("%q: token %q", value, tok)
			}
		}
	})
}

func BenchmarkLists(b *testing.B) {
	value := []byte("permessage-deflate; client_max_window_bits; server_max_window_bits=10")
	b.Run("EachExtension", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			EachExtension(value, func([]byte, []ExtParam) bool { return true })
		}
	})
	b.Run("HasToken", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			HasToken([]byte("keep-alive, Upgrade"), "upgrade")
		}
	})
	for _, unit := range []string{`\`, ","} {
		hostile := []byte(strings.Repeat(unit, 8192))
		b.Run(fmt.Sprintf("Hostile/%s", unit), func(b *testing.B) {
			for b.Loop() {
				EachExtension(hostile, func([]byte, []ExtParam) bool { return true })
			}
		})
	}
}
