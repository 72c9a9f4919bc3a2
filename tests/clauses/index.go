// This file joins the clauses with what cites them and writes the index.

package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A clause is one MUST or MUST NOT of RFC 6455, in our words.
type clause struct {
	section string
	not     bool   // MUST NOT
	rule    string // what must be, or must not be, done
	// words is a regular expression, without regard to case, that a citation must also match to be about this clause; a
	// section with a single rule needs none.
	words string
	// also lists further sections under which the same rule is cited.
	also []string
	// named lists the functions or tests of this clause by hand, by folder and name, as in protocol:checkHeader; what
	// cites the clause is then not looked for among functions, or among tests.
	named []string
	// exempt says why the clause does not apply to this library; such a clause needs no code.
	exempt string
}

// all returns every clause, in the order of the RFC.
func all() []clause {
	return slices.Concat(openingClauses, framingClauses, closingClauses, fieldClauses)
}

// entry is a clause with its number within the section, the code that obeys it and the tests that hold the code to it.
type entry struct {
	clause
	id    string
	code  []citation
	tests []citation
}

// sources reads every citation of the project: the core's code, and all tests.
func sources(root string) (code, tests []citation, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		if d.IsDir() {
			if relative != "." && !regexp.MustCompile(`^(core|capi|tests|bindings)(/|$)`).MatchString(relative) || relative == "tests/clauses" {
				return filepath.SkipDir
			}
			return nil
		}
		base := filepath.Base(relative)
		switch {
		case strings.HasSuffix(base, "_test.go"), strings.HasSuffix(base, ".py") && strings.HasPrefix(base, "test_"):
			found, err := testFile(root, relative)
			tests = append(tests, found...)
			return err
		case strings.HasSuffix(base, ".go") && strings.HasPrefix(relative, "core/"):
			found, err := goCode(root, relative)
			code = append(code, found...)
			return err
		}
		return nil
	})
	return code, tests, err
}

// join finds code and tests of each clause.
func join(clauses []clause, code, tests []citation) ([]entry, error) {
	count := map[string]int{}
	entries := make([]entry, 0, len(clauses))
	for _, c := range clauses {
		count[c.section]++
		e := entry{clause: c, id: c.section + "-" + strconv.Itoa(count[c.section])}
		if c.exempt == "" {
			words, err := regexp.Compile("(?is)" + c.words)
			if err != nil {
				return nil, fmt.Errorf("clause %s: %w", e.id, err)
			}
			sections := append([]string{c.section}, c.also...)
			about := func(from []citation) []citation {
				var chosen, cited []citation
				for _, place := range from {
					if place.isNamed(c.named) {
						chosen = addOnce(chosen, place)
					} else if place.cites(sections) && words.MatchString(place.text) {
						cited = addOnce(cited, place)
					}
				}
				if len(chosen) > 0 {
					return chosen
				}
				return cited
			}
			for _, name := range c.named {
				if !slices.ContainsFunc(slices.Concat(code, tests), func(p citation) bool { return p.isNamed([]string{name}) }) {
					return nil, fmt.Errorf("clause %s: there is no %s", e.id, name)
				}
			}
			e.code, e.tests = about(code), about(tests)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func addOnce(places []citation, place citation) []citation {
	for _, p := range places {
		if p.file == place.file && p.name == place.name {
			return places
		}
	}
	return append(places, place)
}

// empty lists the clauses that no code or no test cites and that no reason excuses.
func empty(entries []entry) []string {
	var found []string
	for _, e := range entries {
		if e.exempt != "" {
			continue
		}
		if len(e.code) == 0 {
			found = append(found, fmt.Sprintf("§%s has no code: %s", e.id, e.rule))
		}
		if len(e.tests) == 0 {
			found = append(found, fmt.Sprintf("§%s has no test: %s", e.id, e.rule))
		}
	}
	return found
}

// cell names up to three places, so that a row stays readable; functions before variables and types.
func cell(places []citation) string {
	const shown = 3
	sorted := slices.Clone(places)
	slices.SortStableFunc(sorted, func(a, b citation) int { return strings.Compare(a.file, b.file) })
	var names []string
	for _, place := range sorted[:min(shown, len(sorted))] {
		names = append(names, fmt.Sprintf("[%s](../%s) `%s`", strings.TrimPrefix(strings.TrimPrefix(place.file, "core/"), "tests/"), place.file, place.name))
	}
	if more := len(sorted) - shown; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	if len(names) == 0 {
		return "**none**"
	}
	return strings.Join(names, "<br>")
}

// render writes the index as Markdown.
func render(entries []entry) string {
	var b strings.Builder
	applies, exempt := 0, 0
	for _, e := range entries {
		if e.exempt == "" {
			applies++
		} else {
			exempt++
		}
	}
	b.WriteString("<!-- Generated by `make generate` from tests/clauses and the sources. DO NOT EDIT. -->\n")
	b.WriteString("# RFC 6455, clause by clause\n\n")
	fmt.Fprintf(&b, "Each MUST and MUST NOT of RFC 6455 in our words: %d that apply, with the code that obeys and the tests that hold it\n", applies)
	fmt.Fprintf(&b, "to that, then %d that do not apply, with the reason. The number after the dash counts the rules of one section.\n\n", exempt)
	b.WriteString("| clause | rule | code | tests |\n|---|---|---|---|\n")
	for _, e := range entries {
		if e.exempt == "" {
			fmt.Fprintf(&b, "| §%s | %s %s | %s | %s |\n", e.id, e.must(), e.rule, cell(e.code), cell(e.tests))
		}
	}
	b.WriteString("\n## What does not apply\n\n| clause | rule | why not |\n|---|---|---|\n")
	for _, e := range entries {
		if e.exempt != "" {
			fmt.Fprintf(&b, "| §%s | %s %s | %s |\n", e.id, e.must(), e.rule, e.exempt)
		}
	}
	return b.String()
}

func (c clause) must() string {
	if c.not {
		return "MUST NOT:"
	}
	return "MUST:"
}
