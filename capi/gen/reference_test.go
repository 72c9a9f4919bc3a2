// The generated reference: its links lead somewhere.

package main

import (
	"regexp"
	"strings"
	"testing"

	"libws/capi/abi"
)

// Every link of the contents leads to a heading.
func TestReferenceLinksLeadSomewhere(t *testing.T) {
	table := abi.Current()
	text := string(reference(&table))
	headings := map[string]bool{}
	for _, h := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		headings[strings.ReplaceAll(strings.ToLower(h[1]), " ", "-")] = true
	}
	links := regexp.MustCompile(`\]\(#(.*?)\)`).FindAllStringSubmatch(text, -1)
	if len(links) < len(table.Functions) {
		t.Fatalf("%d links for %d functions", len(links), len(table.Functions))
	}
	for _, link := range links {
		if !headings[link[1]] {
			t.Errorf("nothing is called #%s", link[1])
		}
	}
}
