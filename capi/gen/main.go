// Command gen writes everything that follows from the table in capi/abi: the header, the C shim, the symbol lists, the low-level
// C++ and Python bindings and the reference. Its test runs the same code without writing, so that drift fails go test.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"libws/capi/abi"
)

// output is one generated file.
type output struct {
	path    string // relative to the root of the repository
	content []byte
}

// outputs renders every generated file of a table, in a fixed order.
func outputs(t abi.Table) ([]output, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	return []output{
		{"include/ws.h", header(&t)},
		{"capi/bodies.h", bodies(&t)},
		{"capi/shim.c", shim(&t)},
		{"capi/layout.c", layout(&t)},
		{"capi/libws.map", versionScript(&t)},
		{"capi/libws.symbols", symbols(&t)},
		{"bindings/cpp/ws_abi.hpp", cpp(&t)},
		{"bindings/python/libws/_abi.py", python(&t)},
		{"bindings/REFERENCE.md", reference(&t)},
	}, nil
}

// doMain writes the generated files of a table under root, or only compares them with what is there. It returns the paths that
// differed.
func doMain(root string, t abi.Table, write bool) (stale []string, err error) {
	files, err := outputs(t)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		path := filepath.Join(root, f.path)
		old, err := os.ReadFile(path)
		if err == nil && bytes.Equal(old, f.content) {
			continue
		}
		if err != nil && !os.IsNotExist(err) {
			return stale, err
		}
		stale = append(stale, f.path)
		if !write {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return stale, err
		}
		if err := os.WriteFile(path, f.content, 0o644); err != nil {
			return stale, err
		}
	}
	return stale, nil
}

func main() {
	root := flag.String("root", ".", "the root of the repository")
	check := flag.Bool("check", false, "compare only; exit 1 when a file is out of date")
	flag.Parse()
	stale, err := doMain(*root, abi.Current(), !*check)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(2)
	}
	for _, path := range stale {
		if *check {
			fmt.Println("out of date:", path)
		} else {
			fmt.Println("wrote", path)
		}
	}
	if *check && len(stale) > 0 {
		os.Exit(1)
	}
}
