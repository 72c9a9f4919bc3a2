// Every test of this package runs once with goroutines that park and once with threads that block.

package core

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// The tests run twice: as Go programs wait, then, where it makes a difference, as C programs do. The loop has its own poller.
func TestMain(m *testing.M) {
	flag.Parse()
	if starved() || hungry() {
		return
	}
	code := m.Run()
	if code == 0 {
		BlockThreads()
		if skip := flag.Lookup("test.skip"); skip.Value.String() == "" {
			_ = skip.Value.Set("^TestLoop")
		}
		if code = m.Run(); code != 0 {
			fmt.Println("after BlockThreads")
		}
	}
	os.Exit(code)
}
