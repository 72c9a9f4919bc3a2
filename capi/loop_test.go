package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// loopProgram compiles a C program of testdata with sanitizers against the library.
func loopProgram(t testing.TB, name string) string {
	t.Helper()
	dir := library(t)
	path := filepath.Join(t.TempDir(), name)
	out, err := exec.Command("gcc", "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined",
		"-fno-sanitize-recover=undefined", "-I../include", "-I../bindings/c", "testdata/"+name+".c", "-o", path, "-pthread", "-L"+dir, "-lws",
		"-Wl,-rpath,"+dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// Each program checks one chapter of what event loops promise to C.
func TestLoopsFromC(t *testing.T) {
	// Go reads its own signals: a program that is sanitized must leave them alone.
	t.Setenv("ASAN_OPTIONS", "detect_leaks=1:allow_user_segv_handler=1:handle_segv=0:exitcode=99")
	t.Setenv("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1:exitcode=99")
	for _, name := range []string{"loop_errors", "loop_events", "loop_threads", "loop_sockets", "loop_callbacks"} {
		t.Run(name, func(t *testing.T) {
			if out := runProgram(t, loopProgram(t, name)); out != "" {
				t.Log(out)
			}
		})
	}
}
