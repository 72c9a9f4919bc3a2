// The built library: its symbols, its soname, and the C programs of testdata that are run against it.

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"libws/capi/abi"
)

// built is the library, made once for all tests as the Makefile makes it.
var built struct {
	sync.Once
	dir string
	err error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// library returns the folder with libws.so.
func library(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("the library is not built with -short")
	}
	built.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "libws"); built.err != nil {
			return
		}
		here, err := filepath.Abs(".")
		if err != nil {
			built.err = err
			return
		}
		out, err := exec.Command("go", "build", "-trimpath", "-buildmode=c-shared", "-o", filepath.Join(built.dir, "libws.so"),
			"-ldflags", "-extldflags '-Wl,-soname,libws.so.0 \"-Wl,--version-script="+filepath.Join(here, "libws.map")+"\"'", ".").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("%w\n%s", err, out)
			return
		}
		built.err = os.Symlink("libws.so", filepath.Join(built.dir, "libws.so.0"))
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.dir
}

// program compiles a C program of testdata against the library.
func program(t testing.TB, name string) string {
	t.Helper()
	dir := library(t)
	path := filepath.Join(t.TempDir(), name)
	out, err := exec.Command("gcc", "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-I../include", "testdata/"+name+".c", "-o", path,
		"-pthread", "-L"+dir, "-lws", "-Wl,-rpath,"+dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

func runProgram(t testing.TB, path string, args ...string) string {
	t.Helper()
	cmd := exec.Command(path, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	if !late.Stop() {
		t.Fatalf("%s hung\n%s", path, out.String())
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", path, err, out.String())
	}
	return out.String()
}

// Nothing but the table's functions is exported, and all of them are.
func TestExportedSymbolsAreTheTable(t *testing.T) {
	out, err := exec.Command("nm", "-D", "--defined-only", "--format=posix", filepath.Join(library(t), "libws.so")).Output()
	if err != nil {
		t.Fatal(err)
	}
	exported := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		exported[strings.Fields(line)[0]] = true
	}
	table := abi.Current()
	for _, f := range table.Functions {
		if !exported[f.Name] {
			t.Errorf("%s is not exported", f.Name)
		}
		delete(exported, f.Name)
	}
	for name := range exported {
		t.Errorf("%s is exported, but is not in the table", name)
	}
	list, err := os.ReadFile("libws.symbols")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(list), "\n"); got != len(table.Functions) {
		t.Errorf("libws.symbols has %d lines, the table %d functions", got, len(table.Functions))
	}
}

func TestSoname(t *testing.T) {
	out, err := exec.Command("readelf", "-d", filepath.Join(library(t), "libws.so")).Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "[libws.so.0]") {
		t.Errorf("no soname libws.so.0 in\n%s", out)
	}
}

// Each program checks one chapter of the ABI's promises from C.
func TestFromC(t *testing.T) {
	for _, name := range []string{"errors", "handles", "into", "memory", "no_memory", "process", "senders", "late"} {
		t.Run(name, func(t *testing.T) {
			if out := runProgram(t, program(t, name), filepath.Join(library(t), "libws.so")); out != "" {
				t.Log(out)
			}
		})
	}
}

// The low-level Python binding opens the library, which makes it compare versions and struct sizes, and refuses another one.
func TestPythonOpensTheLibrary(t *testing.T) {
	const script = `
import ctypes, sys
sys.path.insert(0, "../bindings/python/libws")
import _abi
library = _abi.Library(sys.argv[1])
for name in _abi.Library.__slots__[1:]:
    function = getattr(library, name)
    assert function.argtypes is not None and function.restype is not None, name
assert library.ws_send_text(1, b"x") == -1 and library.ws_last_error() == _abi.WS_ERR_HANDLE
frame = library.ws_frame_text(b"hello")
assert frame.opcode == 1 and library.ws_frame_payload_text(frame) == b"hello" and library.ws_frame_drop(frame) == 0
options = _abi.WsConnectOptions()
assert options.struct_size == ctypes.sizeof(options) and not options.headers
for name, value in ("WS_ABI_VERSION", _abi.WS_ABI_VERSION + 1), ("STRUCTS", {_abi.WS_STRUCT_FRAME: _abi.WsConnectOptions}):
    setattr(_abi, name, value)
    try:
        _abi.Library(sys.argv[1])
    except _abi.AbiMismatchError:
        pass
    else:
        raise AssertionError(name + " is not compared")
    _abi.WS_ABI_VERSION = library.ws_abi_version()
`
	out, err := exec.Command("python3", "-c", script, filepath.Join(library(t), "libws.so")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// BenchmarkCallFromC is a call that enters Go and finds its handle; one that stays in C is measured beside it.
func BenchmarkCallFromC(b *testing.B) {
	path := program(b, "crossing")
	for b.Loop() {
		var into, stay float64
		out := runProgram(b, path, "3000000")
		if _, err := fmt.Sscan(out, &into, &stay); err != nil {
			b.Fatalf("%v in %q", err, out)
		}
		b.ReportMetric(into, "ns/call-into-Go")
		b.ReportMetric(stay, "ns/call-in-C")
	}
}
