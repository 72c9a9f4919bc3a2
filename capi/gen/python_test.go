// The generated Python keeps the interpreter's lock only in calls that cannot block.

package main

import (
	"fmt"
	"strings"
	"testing"

	"libws/capi/abi"
)

// A call that may block lets other Python threads run; one that cannot keeps the GIL. Each has types for its arguments and result.
func TestPythonKeepsTheGILOnlyWhereNothingBlocks(t *testing.T) {
	table := abi.Current()
	text := string(python(&table))
	for i := range table.Functions {
		f := &table.Functions[i]
		library := "holds"
		if f.Blocks != "" {
			library = "waits"
		}
		wanted := fmt.Sprintf("self.%s = _bind(%s, %q, %s, (", f.Name, library, f.Name, pythonResult(f.Result))
		if strings.Count(text, wanted) != 1 {
			t.Errorf("no %q", wanted)
		}
	}
	for _, needed := range []string{"waits = ctypes.CDLL(path)", "holds = ctypes.PyDLL(path)", "self._check()"} {
		if !strings.Contains(text, needed) {
			t.Errorf("no %q", needed)
		}
	}
}
