package main

import (
	"fmt"
	"os"
	"testing"
)

func TestProcessorsFollowThreads(t *testing.T) {
	for threads, want := range map[int]int{1: 4, 3: 4, 4: 8, 7: 8, 8: 16, 100: 128, 255: 256, 256: 256, 100_000: 256} {
		if got := processorsFor(threads); got != want {
			t.Errorf("%d threads: %d processors, want %d", threads, got, want)
		}
	}
}

// With a processor for each thread, many threads get on several times as fast as with one for all, and none is left behind.
func TestThreadsDoNotStarve(t *testing.T) {
	path := program(t, "threads")
	trips := func(processors string) (total, slowest int) {
		if processors == "" {
			t.Setenv("GOMAXPROCS", "")
			_ = os.Unsetenv("GOMAXPROCS")
		} else {
			t.Setenv("GOMAXPROCS", processors)
		}
		out := runProgram(t, path)
		t.Log(out)
		if _, err := fmt.Sscanf(out, "%d round trips, %d of", &total, &slowest); err != nil {
			t.Fatalf("%v in %q", err, out)
		}
		return total, slowest
	}
	one, _ := trips("1")
	each, slowest := trips("")
	if each < 3*one {
		t.Errorf("%d round trips with a processor for each thread, %d with one for all", each, one)
	}
	if slowest < each/40/20 {
		t.Errorf("the slowest of 40 pairs made %d of %d round trips", slowest, each)
	}
}
