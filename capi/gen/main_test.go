// The generator: its files are current, drift is found and repaired, and bad tables are refused.

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"libws/capi/abi"
)

const root = "../.."

// Whoever changes the table or the generator runs `go run ./capi/gen`; this fails until they do.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	stale, err := doMain(root, abi.Current(), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stale {
		t.Errorf("%s is out of date; run go run ./capi/gen", path)
	}
}

func TestDriftIsFoundAndRepaired(t *testing.T) {
	dir := t.TempDir()
	table := abi.Current()
	stale, err := doMain(dir, table, false)
	if err != nil || len(stale) == 0 {
		t.Fatalf("an empty folder: stale %q, %v; want every file", stale, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "include")); !os.IsNotExist(err) {
		t.Fatal("comparing wrote something")
	}
	every := len(stale)
	if stale, err = doMain(dir, table, true); err != nil || len(stale) != every {
		t.Fatalf("writing: %q, %v; want %d files", stale, err, every)
	}
	if stale, err = doMain(dir, table, false); err != nil || len(stale) != 0 {
		t.Fatalf("after writing: stale %q, %v", stale, err)
	}
	header := filepath.Join(dir, "include/ws.h")
	content, err := os.ReadFile(header)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(header, bytes.Replace(content, []byte("int64_t ws_close("), []byte("int32_t ws_close("), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if stale, err = doMain(dir, table, false); err != nil || len(stale) != 1 || stale[0] != "include/ws.h" {
		t.Fatalf("after an edit by hand: stale %q, %v; want the header", stale, err)
	}
}

func TestOutputsAreTheSameEachTime(t *testing.T) {
	first, err := outputs(abi.Current())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		again, err := outputs(abi.Current())
		if err != nil {
			t.Fatal(err)
		}
		for i := range again {
			if !bytes.Equal(first[i].content, again[i].content) {
				t.Fatalf("%s differs between two runs", again[i].path)
			}
		}
	}
}

func TestBadTablesAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*abi.Table){
		"name twice":       func(t *abi.Table) { t.Functions = append(t.Functions, t.Functions[0]) },
		"no prefix":        func(t *abi.Table) { t.Functions[0].Name = "abi_version" },
		"no doc":           func(t *abi.Table) { t.Functions[0].Doc = "" },
		"unknown error":    func(t *abi.Table) { t.Functions[0].Errors = []string{"WS_ERR_NEW"} },
		"length misplaced": func(t *abi.Table) { t.Functions[0].Params = []abi.Param{{Name: "n", LengthOf: "data", Doc: "n"}} },
		"bytes without length": func(t *abi.Table) {
			t.Functions[0].Params = []abi.Param{{Name: "data", Type: abi.Type{Kind: abi.Bytes}, Doc: "data"}}
		},
		"unknown struct": func(t *abi.Table) {
			t.Functions[0].Params = []abi.Param{{Name: "s", Type: abi.Type{Kind: abi.In, Name: "WsNone"}, Doc: "s"}}
		},
		"twin of another shape": func(t *abi.Table) { t.Function("ws_send_text").Twin = "ws_send_close" },
		"value twice":           func(t *abi.Table) { t.Groups[0].Consts[1].Value = t.Groups[0].Consts[0].Value },
	} {
		table := copyOf(abi.Current())
		spoil(&table)
		if _, err := outputs(table); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// copyOf lets a test change a table without changing the rows that others see.
func copyOf(t abi.Table) abi.Table {
	t.Functions = append([]abi.Function(nil), t.Functions...)
	groups := append([]abi.ConstGroup(nil), t.Groups...)
	for i := range groups {
		groups[i].Consts = append([]abi.Const(nil), groups[i].Consts...)
	}
	t.Groups = groups
	t.Structs = append([]abi.Struct(nil), t.Structs...)
	return t
}
