package main

// Words shared by all outputs: wrapping, and the sentences about blocking, threads and errors that follow from a row.

import (
	"strings"

	"libws/capi/abi"
)

// wrap breaks text into lines of at most width characters; the second and later lines start with indent.
func wrap(text, indent string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			lines = append(lines, line)
			line = indent + word
			continue
		}
		if line != "" && line != indent {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// block starts a comment of C, C++ or Python lines with a prefix.
func block(b *strings.Builder, prefix, text, indent string) {
	for _, line := range wrap(text, indent, 116-len(prefix)) {
		b.WriteString(strings.TrimRight(prefix+line, " "))
		b.WriteByte('\n')
	}
}

// blocking says whether and until when a call waits.
func blocking(f *abi.Function) string {
	if f.Blocks == "" {
		return "Never."
	}
	return f.Blocks
}

// threading says from where a call may be made.
func threading(f *abi.Function) string {
	s := f.Threads
	if s == "" {
		s = "Any thread, at any time."
	}
	if f.Signal {
		s += " Signal handlers too."
	}
	return s
}

// failures lists every code that a call can leave.
func failures(f *abi.Function) []string {
	all := append([]string(nil), f.Errors...)
	if f.Body == abi.Go {
		all = append(all, abi.SharedErrors...)
	} else if !f.AfterFork {
		all = append(all, "WS_ERR_FORKED")
	}
	return all
}

// sections returns the functions in the order of the table, cut where the section changes.
func sections(t *abi.Table) [][]abi.Function {
	var cut [][]abi.Function
	for _, f := range t.Functions {
		if n := len(cut); n > 0 && cut[n-1][0].Section == f.Section {
			cut[n-1] = append(cut[n-1], f)
			continue
		}
		cut = append(cut, []abi.Function{f})
	}
	return cut
}

const generated = "Generated from capi/abi by capi/gen; do not edit."
