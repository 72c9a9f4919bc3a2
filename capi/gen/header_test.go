// The generated headers compile alone in every language they serve, and document every function.

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"libws/capi/abi"
)

// The header stands alone in every dialect that programs may use, and says nothing that a strict compiler minds.
func TestHeadersCompileAlone(t *testing.T) {
	include, err := filepath.Abs(filepath.Join(root, "include"))
	if err != nil {
		t.Fatal(err)
	}
	cpp, err := filepath.Abs(filepath.Join(root, "bindings/cpp"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ compiler, standard, suffix, header string }{
		{"gcc", "c99", "c", "ws.h"},
		{"gcc", "c11", "c", "ws.h"},
		{"g++", "c++11", "cc", "ws.h"},
		{"g++", "c++17", "cc", "ws.h"},
		{"g++", "c++17", "cc", "ws_abi.hpp"},
	} {
		source := filepath.Join(t.TempDir(), "alone."+c.suffix)
		// Twice: the guard holds. A use of each macro: they expand to what they say.
		text := "#include \"" + c.header + "\"\n#include \"" + c.header + "\"\n" +
			"int64_t use(void);\nint64_t use(void)\n{\n    WsConnectOptions o = WS_CONNECT_OPTIONS_INIT;\n" +
			"    WsLoopOptions l = WS_LOOP_OPTIONS_INIT;\n    return o.struct_size + l.struct_size + WS_TIMEOUT_NONE + WS_LENGTH_MAX + WS_OPT_MAX_FRAME_BYTES + WS_VERSION[0];\n}\n"
		if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		strict := []string{"-std=" + c.standard, "-Wall", "-Wextra", "-pedantic", "-Wconversion", "-Wsign-conversion", "-Werror", "-fsyntax-only"}
		if c.compiler == "g++" {
			strict = append(strict, "-Wold-style-cast")
		}
		out, err := exec.Command(c.compiler, append(strict, "-I"+include, "-I"+cpp, source)...).CombinedOutput()
		if err != nil {
			t.Errorf("%s as %s: %v\n%s", c.header, c.standard, err, out)
		}
	}
}

// Whoever reads the header alone finds with each function what its row says.
func TestHeaderDocumentsEveryFunction(t *testing.T) {
	table := abi.Current()
	text := string(header(&table))
	for i := range table.Functions {
		f := &table.Functions[i]
		declaration := "WS_API " + prototype(f) + " WS_NOEXCEPT;"
		at := strings.Index(text, declaration)
		if at < 0 {
			t.Errorf("%s is not declared", f.Name)
			continue
		}
		doc := text[strings.LastIndex(text[:at], "/**"):at]
		if strings.Count(doc, "*/") != 1 {
			t.Errorf("%s has no comment of its own", f.Name)
		}
		flat := strings.Join(strings.Fields(strings.ReplaceAll(doc, " * ", " ")), " ")
		for _, p := range f.Params {
			if !strings.Contains(flat, "@param "+p.Name+" ") {
				t.Errorf("%s: nothing about %s", f.Name, p.Name)
			}
		}
		for _, needed := range []string{"@return ", "Blocks: ", "Threads: ", "Errors: "} {
			if !strings.Contains(flat, needed) {
				t.Errorf("%s: nothing about %q", f.Name, needed)
			}
		}
		for _, e := range f.Errors {
			if !strings.Contains(flat, e) {
				t.Errorf("%s: does not name %s", f.Name, e)
			}
		}
	}
}
