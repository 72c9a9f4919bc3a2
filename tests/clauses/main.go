// Command clauses writes tests/CLAUSES.md: each MUST of RFC 6455, the code that obeys it and the tests that prove it.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

const output = "tests/CLAUSES.md"

// generate returns the index of the project below root and the clauses with an empty cell.
func generate(root string) (index string, missing []string, err error) {
	code, tests, err := sources(root)
	if err != nil {
		return "", nil, err
	}
	entries, err := join(all(), code, tests)
	if err != nil {
		return "", nil, err
	}
	return render(entries), empty(entries), nil
}

func main() {
	index, missing, err := generate(".")
	if err == nil {
		err = os.WriteFile(filepath.FromSlash(output), []byte(index), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "clauses:", err)
		os.Exit(1)
	}
	for _, line := range missing {
		fmt.Fprintln(os.Stderr, "clauses:", line)
	}
	if len(missing) > 0 {
		os.Exit(1)
	}
}
