// Go has a processor for each thread of the host that is inside, however they come.

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestProcessorsFollowThreads(t *testing.T) {
	for threads, want := range map[int]int{1: 4, 3: 4, 4: 8, 7: 8, 8: 16, 100: 128, 255: 256, 256: 256, 100_000: 256} {
		if got := processorsFor(threads); got != want {
			t.Errorf("%d threads: %d processors, want %d", threads, got, want)
		}
	}
}

// Threads that come at once ask in any order; the last to be answered takes no processors away from the others.
func TestProcessorsForThreadsThatComeAtOnce(t *testing.T) {
	t.Setenv("GOMAXPROCS", "")
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	ask := reflect.ValueOf(libws_make_room)
	for round := range 300 {
		runtime.GOMAXPROCS(4)
		var all sync.WaitGroup
		for threads := range 100 {
			all.Go(func() { ask.Call([]reflect.Value{reflect.ValueOf(int64(threads + 1)).Convert(ask.Type().In(0))}) })
		}
		all.Wait()
		if n := runtime.GOMAXPROCS(0); n != 128 {
			t.Fatalf("round %d: %d processors for 100 threads", round, n)
		}
	}
}

// Each of many pairs of threads makes its round trips, and Go has a processor for each thread, as its own trace of the scheduler tells.
func TestProcessorsForEveryThread(t *testing.T) {
	p := startThreads(t, "")
	threads := p.threads()
	for p.processors() <= threads { // until the trace shows what the last threads brought about
	}
	p.end()
}

// Whoever starts the program decides how many processors there are; then threads take turns, and each still gets its own.
func TestProcessorsOfTheUsersChoice(t *testing.T) {
	p := startThreads(t, "3")
	p.threads()
	for range 3 { // the first may be as old as the threads
		if n := p.processors(); n != 3 {
			t.Errorf("%d processors, 3 were asked for", n)
		}
	}
	p.end()
}

// threadsProgram is testdata/threads.c amid its work.
type threadsProgram struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.Closer
	said  *bufio.Scanner
	trace chan string // lines of the trace and of errors; read at once, for the scheduler waits for whoever reads its trace
}

// startThreads starts it with a number of processors, or with none asked for. It has two minutes.
func startThreads(t *testing.T, processors string) *threadsProgram {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program(t, "threads"))
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "GOMAXPROCS=") && !strings.HasPrefix(v, "GODEBUG=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "GODEBUG=schedtrace=20")
	if processors != "" {
		cmd.Env = append(cmd.Env, "GOMAXPROCS="+processors)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &threadsProgram{t, cmd, stdin, bufio.NewScanner(stdout), make(chan string, 1<<14)}
	go func() {
		defer close(p.trace)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			p.trace <- lines.Text()
		}
	}()
	return p
}

// threads waits until every pair has made its round trips and returns how many threads there are.
func (p *threadsProgram) threads() (n int) {
	p.t.Helper()
	if !p.said.Scan() {
		p.t.Fatalf("not every pair made its round trips in time: %s", p.rest())
	}
	if _, err := fmt.Sscanf(p.said.Text(), "%d threads", &n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// processors returns the number in the next line of the trace.
func (p *threadsProgram) processors() (n int) {
	p.t.Helper()
	for line := range p.trace {
		if _, after, ok := strings.Cut(line, ": gomaxprocs="); ok {
			if _, err := fmt.Sscan(after, &n); err != nil {
				p.t.Fatal(err)
			}
			return n
		}
	}
	p.t.Fatal("the trace ended before it showed enough processors")
	return 0
}

// rest returns what else the program wrote as errors.
func (p *threadsProgram) rest() string {
	var lines []string
	for line := range p.trace {
		if !strings.HasPrefix(line, "SCHED ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// end lets the threads go.
func (p *threadsProgram) end() {
	p.t.Helper()
	_ = p.stdin.Close()
	rest := p.rest()
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("%v\n%s", err, rest)
	}
}
