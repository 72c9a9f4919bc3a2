// This file finds which clauses of RFC 6455 the tests cite, in Go and in Python.

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	sectionName = regexp.MustCompile(`RFC6455(?:Section)?_?(\d+(?:_\d+)*)`)
	goTest      = regexp.MustCompile(`^func ((?:Test|Fuzz)\w+)\(`)
	pythonTest  = regexp.MustCompile(`^\s*(?:async )?def (test_\w+)\(`)
)

// sectionsInName reads clauses from names such as TestMask_RFC6455_5_3_Example.
func sectionsInName(name string) []string {
	var found []string
	for _, m := range sectionName.FindAllStringSubmatch(name, -1) {
		found = append(found, strings.ReplaceAll(m[1], "_", "."))
	}
	return found
}

// sectionsOnLine lists the clauses that one line of a test names. Tests speak of RFC 6455 unless they name another one.
func sectionsOnLine(line string) []string {
	if place := otherRFC.FindStringIndex(line); place != nil {
		return append(sectionsIn("RFC 6455 "+line[:place[0]]), sectionsIn(line)...)
	}
	return sectionsIn("RFC 6455 " + line)
}

// testFile reads the citations of one file of tests, in either language, line by line. A line inside a test belongs to that
// test; one above it, in its comment or in a table, to the test that follows. The first comment or docstring of the file
// cites for every test in it, whose name and first lines then say which clause is meant.
func testFile(root, path string) ([]citation, error) {
	source, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return nil, err
	}
	isTest, ends := goTest, "}"
	if strings.HasSuffix(path, ".py") {
		isTest, ends = pythonTest, ""
	}

	var found, waiting []citation
	var header []string
	inHeader, test := true, ""
	lines := strings.Split(string(source), "\n")
	for i, line := range lines {
		sections := sectionsOnLine(line)
		if m := isTest.FindStringSubmatch(line); m != nil {
			test, inHeader = m[1], false
			opening := spaced(test) + " " + strings.Join(lines[i+1:min(i+3, len(lines))], " ")
			for _, w := range waiting {
				w.name, w.text = test, spaced(test)+" "+w.text
				found = append(found, w)
			}
			waiting = nil
			found = append(found, citation{file: path, name: test})
			if named := sectionsInName(test); len(named) > 0 {
				found = append(found, citation{file: path, name: test, sections: named, text: opening})
			}
			if len(header) > 0 {
				found = append(found, citation{file: path, name: test, sections: header, text: opening, broad: true})
			}
		}
		// In Go a test ends with its brace; in Python with the next line that starts at the margin.
		if test != "" && !isTest.MatchString(line) {
			if ends != "" && line == ends || ends == "" && line != "" && line[0] != ' ' && line[0] != ')' {
				test = ""
			}
		}
		if strings.HasPrefix(line, "package ") || strings.HasPrefix(line, "import ") || strings.HasPrefix(line, "from ") {
			inHeader = false
		}
		switch {
		case len(sections) == 0:
		case inHeader:
			header = append(header, sections...)
		case test != "":
			found = append(found, citation{file: path, name: test, sections: sections, text: spaced(test) + " " + line})
		default:
			waiting = append(waiting, citation{file: path, sections: sections, text: line})
		}
	}
	return found, nil
}
