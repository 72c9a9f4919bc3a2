// The C programs of testdata that drive loops, under sanitizers.

package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// loopProgram compiles a C program of testdata with sanitizers against the library.
func loopProgram(t testing.TB, name, sanitizers string) string {
	t.Helper()
	dir := library(t)
	path := filepath.Join(t.TempDir(), name)
	out, err := exec.Command("gcc", "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize="+sanitizers,
		"-fno-sanitize-recover=all", "-I../include", "-I../bindings/c", "testdata/"+name+".c", "-o", path, "-pthread", "-L"+dir, "-lws",
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
			if out := runProgram(t, loopProgram(t, name, "address,undefined")); out != "" {
				t.Log(out)
			}
		})
	}
}

// ThreadSanitizer works with a library that has Go inside as long as only the program is instrumented: it sees what the program and its
// threads share with the calls. Go has a race detector of its own.
func TestLoopThreadsUnderThreadSanitizer(t *testing.T) {
	t.Setenv("TSAN_OPTIONS", "handle_segv=0:halt_on_error=1:exitcode=66:report_signal_unsafe=0")
	path := loopProgram(t, "loop_threads", "thread")
	// It knows no address space that is laid out at random beyond 28 bits, which setarch switches off.
	if out, err := exec.Command("setarch", "-R", "true").CombinedOutput(); err != nil {
		t.Skipf("setarch -R: %v: %s", err, out)
	}
	runProgram(t, "setarch", "-R", path)
}
