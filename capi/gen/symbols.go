package main

// capi/libws.map and capi/libws.symbols: what the linker exports, and the list that tests compare the library with.

import (
	"sort"
	"strings"

	"libws/capi/abi"
)

func names(t *abi.Table) []string {
	list := make([]string, len(t.Functions))
	for i, f := range t.Functions {
		list[i] = f.Name
	}
	sort.Strings(list)
	return list
}

func versionScript(t *abi.Table) []byte {
	return []byte("# " + generated + "\n{\n  global:\n    " + strings.Join(names(t), ";\n    ") + ";\n  local:\n    *;\n};\n")
}

func symbols(t *abi.Table) []byte {
	return []byte(strings.Join(names(t), "\n") + "\n")
}
