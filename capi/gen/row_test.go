// Adding a function is one row of the table and one Go body: a library is generated and built from a table with one row more.

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"libws/capi/abi"
)

// extraRow uses what the event loop's rows will need besides what the current ones have: an array of structs to fill, an
// out-parameter, a context, and a wait.
func extraRow() (abi.Struct, abi.Const, abi.Function) {
	num := abi.Type{Kind: abi.Int}
	return abi.Struct{
			Name: "WsSample", Which: "WS_STRUCT_SAMPLE", Doc: "A sample.",
			Fields: []abi.Field{
				{Name: "index", Type: num, Doc: "Where it is in the array."},
				{Name: "context", Type: abi.Type{Kind: abi.Context}, Doc: "The caller's."},
			},
		}, abi.Const{Name: "WS_STRUCT_SAMPLE", Value: 99, Doc: "WsSample."},
		abi.Function{
			Name: "ws_sample", Section: "Samples", Doc: "Fills samples.",
			Params: []abi.Param{
				{Name: "samples", Type: abi.Type{Kind: abi.InOut, Name: "WsSample"}, Null: abi.WhenEmpty, Doc: "Room for the samples."},
				{Name: "cap", Type: num, LengthOf: "samples", Doc: "For how many."},
				{Name: "context", Type: abi.Type{Kind: abi.Context}, Null: abi.Absent, Doc: "Is put into each."},
				{Name: "sum_out", Type: abi.Type{Kind: abi.IntOut}, Doc: "Gets the sum of the indices."},
			},
			Result: num, Returns: "The number of samples.", Blocks: "Until they are there.", Errors: []string{"WS_ERR_ARGUMENT"},
		}
}

const extraBody = `package main

// #include "error.h"
import "C"

import "unsafe"

//export libws_go_sample
func libws_go_sample(samples *C.WsSample, room, context C.int64_t, sum *C.int64_t, e *slot) (result C.int64_t) {
	defer contain(&result, e, "ws_sample")
	*sum = 0
	for i := range unsafe.Slice(samples, int(room)) {
		unsafe.Slice(samples, int(room))[i] = C.WsSample{index: C.int64_t(i), context: *(*unsafe.Pointer)(unsafe.Pointer(&context))}
		*sum += C.int64_t(i)
	}
	return room
}
`

const extraProgram = `
#include "ws.h"
int main(void)
{
    WsSample samples[5];
    int64_t sum = -1;
    if (ws_sample(samples, 5, &sum, &sum) != 5 || sum != 10 || samples[4].index != 4 || samples[4].context != (void *)&sum) {
        return 1;
    }
    if (ws_sample(samples, -1, NULL, &sum) != -1 || ws_last_error() != WS_ERR_ARGUMENT) {
        return 2;
    }
    if (ws_sample(NULL, 1, NULL, &sum) != -1 || ws_sample(samples, 1, NULL, NULL) != -1 || ws_sample(NULL, 0, NULL, &sum) != 0) {
        return 3;
    }
    return ws_struct_size(WS_STRUCT_SAMPLE) == (int64_t)sizeof(WsSample) ? 0 : 4;
}
`

const extraScript = `
import ctypes, sys
sys.path.insert(0, sys.argv[2])
import _abi
library = _abi.Library(sys.argv[1])
samples, total = (_abi.WsSample * 5)(), ctypes.c_int64()
assert library.ws_sample(samples, 5, None, ctypes.byref(total)) == 5, library.ws_last_error_message()
assert total.value == 10 and samples[4].index == 4
`

// One row and one Go body are a new function, in the header, the shim, the symbol lists, C++, Python and the reference.
func TestOneRowIsOneFunction(t *testing.T) {
	dir := t.TempDir()
	for _, part := range []string{"go.mod", "go.sum", "core", "capi"} {
		copyTree(t, filepath.Join(root, part), filepath.Join(dir, part))
	}
	table := copyOf(abi.Current())
	s, c, f := extraRow()
	table.Structs = append(table.Structs, s)
	table.Functions = append(table.Functions, f)
	for i := range table.Groups {
		if table.Groups[i].Name == "struct" {
			table.Groups[i].Consts = append(table.Groups[i].Consts, c)
		}
	}
	if _, err := doMain(dir, table, true); err != nil {
		t.Fatal(err)
	}
	for path, wanted := range map[string]string{
		"include/ws.h":                  "WS_API int64_t ws_sample(WsSample *samples, int64_t cap, void *context, int64_t *sum_out) WS_NOEXCEPT;",
		"capi/shim.c":                   "return libws_go_sample(samples, cap, (int64_t)(intptr_t)context, sum_out, libws_slot());",
		"capi/layout.c":                 "_Static_assert(offsetof(WsSample, context) == 8",
		"capi/libws.map":                "    ws_sample;\n",
		"capi/libws.symbols":            "\nws_sample\n",
		"bindings/cpp/ws_abi.hpp":       "static_assert(sizeof(WsSample) == 16",
		"bindings/python/libws/_abi.py": `self.ws_sample = _bind(waits, "ws_sample", c_int64, (POINTER(WsSample), c_int64, c_void_p, POINTER(c_int64)))`,
		"bindings/REFERENCE.md":         "### ws_sample\n",
	} {
		content, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(content, []byte(wanted)) {
			t.Errorf("%s lacks %q", path, wanted)
		}
	}
	if testing.Short() {
		t.Skip("the library is not built with -short")
	}
	write(t, filepath.Join(dir, "capi/sample.go"), extraBody)
	library := filepath.Join(dir, "libws.so")
	build := exec.Command("go", "build", "-trimpath", "-buildmode=c-shared", "-o", library,
		"-ldflags", "-extldflags '-Wl,-soname,libws.so.0 -Wl,--version-script="+filepath.Join(dir, "capi/libws.map")+"'", "./capi")
	run(t, dir, build)
	write(t, filepath.Join(dir, "program.c"), extraProgram)
	run(t, dir, exec.Command("gcc", "-Wall", "-Wextra", "-Werror", "-Iinclude", "program.c", "-o", "program", library, "-Wl,-rpath,"+dir))
	if err := os.Symlink(library, filepath.Join(dir, "libws.so.0")); err != nil {
		t.Fatal(err)
	}
	run(t, dir, exec.Command("./program"))
	write(t, filepath.Join(dir, "script.py"), extraScript)
	run(t, dir, exec.Command("python3", "script.py", library, filepath.Join(dir, "bindings/python/libws")))
}

func run(t *testing.T, dir string, cmd *exec.Cmd) {
	t.Helper()
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// copyTree copies sources; tests and their data stay behind.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case entry.IsDir() && entry.Name() == "testdata":
			return filepath.SkipDir
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case strings.HasSuffix(path, "_test.go"):
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}
