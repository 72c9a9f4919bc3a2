// The index of clauses is current, and its own parts find what they look for.

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The committed index is what the sources say today, and no clause lacks code or a test.
func TestIndexIsCurrent(t *testing.T) {
	root := filepath.Join("..", "..")
	index, missing, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range missing {
		t.Error(line)
	}
	committed, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(output)))
	if err != nil {
		t.Fatal(err)
	}
	if string(committed) != index {
		t.Errorf("%s is not current: run make generate", output)
	}
}

// Each clause is stated once, with either words to be found by or a reason why it does not apply.
func TestClausesAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range all() {
		if !regexp.MustCompile(`^\d+(\.\d+)*$`).MatchString(c.section) {
			t.Errorf("section %q", c.section)
		}
		if c.rule == "" || seen[c.section+c.rule] {
			t.Errorf("§%s: rule missing or stated twice: %q", c.section, c.rule)
		}
		seen[c.section+c.rule] = true
		if c.exempt != "" && (c.words != "" || c.named != nil || c.also != nil) {
			t.Errorf("§%s is exempt and yet looks for code: %s", c.section, c.rule)
		}
		if strings.Contains(c.rule+c.exempt, "|") {
			t.Errorf("§%s: a bar would break the table", c.section)
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d clauses", len(seen))
	}
}

func TestSectionsInText(t *testing.T) {
	for text, want := range map[string][]string{
		"RFC 6455 §5.5.1: close":                     {"5.5.1"},
		"RFC 6455 §5.5.1, §7.1.5 and RFC 9112 §3.2":  {"5.5.1", "7.1.5"},
		"RFC 9110 §5.6":                              nil,
		"a clause without its RFC, §5.1":             nil,
		"(RFC 3629 §4, RFC 6455 §8.1). RFC 6455 §10": {"8.1", "10"},
	} {
		if got := sectionsIn(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	if got := sectionsInName("TestMask_RFC6455_5_3_Example"); !slices.Equal(got, []string{"5.3"}) {
		t.Errorf("%v", got)
	}
	if got := sectionsInName("TestRFC6455Section5_7Examples"); !slices.Equal(got, []string{"5.7"}) {
		t.Errorf("%v", got)
	}
}

// A made-up project: what cites a clause is found, what speaks of another one is not.
func TestJoin(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("core/check.go", `// This file checks (RFC 6455 §5.2).
package core

import "errors"

var errRSV = errors.New("reserved bits (RFC 6455 §5.2)")

type machine struct{}

func (m *machine) check() error {
	if true {
		return errRSV // RFC 6455 §5.2: the length is minimal
	}
	return nil
}
`)
	write("core/check_test.go", `// These tests check (RFC 6455 §5.2).
package core

func TestReservedBits(t *testing.T) {}
func TestOther_RFC6455_5_5(t *testing.T) {}
func lengthHelper() {}
`)
	write("tests/hostile/test_frames.py", `"""These tests break frames."""
import pytest

# RFC 6455 §5.2: minimal length
@parametrize
def test_length(server):
    assert server

def test_nothing():
    pass
`)
	code, tests, err := sources(root)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := join([]clause{
		{section: "5.2", rule: "reserved bits", words: "reserved"},
		{section: "5.2", rule: "minimal", words: "minimal"},
		{section: "5.5", rule: "control frames"},
		{section: "5.9", rule: "named", named: []string{"core:machine.check", "hostile:test_nothing"}},
		{section: "5.6", rule: "does not apply", exempt: "no reason"},
	}, code, tests)
	if err != nil {
		t.Fatal(err)
	}
	names := func(places []citation) string {
		var found []string
		for _, p := range places {
			found = append(found, p.file+":"+p.name)
		}
		return strings.Join(found, " ")
	}
	for i, want := range []struct{ id, code, tests string }{
		{"5.2-1", "core/check.go:errRSV", "core/check_test.go:TestReservedBits"},
		{"5.2-2", "core/check.go:machine.check", "tests/hostile/test_frames.py:test_length"},
		{"5.5-1", "", "core/check_test.go:TestOther_RFC6455_5_5"},
		{"5.9-1", "core/check.go:machine.check", "tests/hostile/test_frames.py:test_nothing"},
		{"5.6-1", "", ""},
	} {
		e := entries[i]
		if e.id != want.id || names(e.code) != want.code || names(e.tests) != want.tests {
			t.Errorf("%s: code %q, tests %q, want %+v", e.id, names(e.code), names(e.tests), want)
		}
	}
	if _, err := join([]clause{{section: "5.9", rule: "named", named: []string{"core:machine.gone"}}}, code, tests); err == nil {
		t.Error("a name that no longer exists was accepted")
	}
	if missing := empty(entries); len(missing) != 1 || !strings.Contains(missing[0], "§5.5-1 has no code") {
		t.Errorf("empty cells: %q", missing)
	}
	if index := render(entries); !strings.Contains(index, "4 that apply") || !strings.Contains(index, "| §5.6-1 | MUST: does not apply | no reason |") {
		t.Error(index)
	}
}
