package main

// capi/layout.c: what C must know of the table at run time (struct sizes, error names), and the static checks of struct layout.

import (
	"fmt"
	"strings"

	"libws/capi/abi"
)

func layout(t *abi.Table) []byte {
	var b strings.Builder
	b.WriteString("/*\n * The table's facts for C: the layout of structs, checked when this is compiled, and the names of errors.\n * " +
		generated + "\n */\n#include <stddef.h>\n\n#include \"ws.h\"\n#include \"bodies.h\"\n\n")
	for _, s := range t.Structs {
		fmt.Fprintf(&b, "_Static_assert(sizeof(%s) == %d, \"%s\");\n", s.Name, 8*len(s.Fields), s.Name)
		for i, f := range s.Fields {
			fmt.Fprintf(&b, "_Static_assert(offsetof(%s, %s) == %d, \"%s.%s\");\n", s.Name, f.Name, 8*i, s.Name, f.Name)
		}
	}
	b.WriteString("\nint64_t libws_c_abi_version(void)\n{\n    return WS_ABI_VERSION;\n}\n")
	b.WriteString("\nconst char *libws_c_version(void)\n{\n    return WS_VERSION;\n}\n")
	b.WriteString("\nint64_t libws_c_struct_size(int64_t which)\n{\n    switch (which) {\n")
	for _, s := range t.Structs {
		fmt.Fprintf(&b, "    case %s:\n        return (int64_t)sizeof(%s);\n", s.Which, s.Name)
	}
	b.WriteString("    default:\n        libws_fail(WS_ERR_ARGUMENT, \"ws_struct_size: which is %lld; it must be one of WS_STRUCT_*\", (long long)which);\n        return -1;\n    }\n}\n")
	b.WriteString("\nconst char *libws_c_error_name(int64_t code)\n{\n    switch (code) {\n")
	for _, g := range t.Groups {
		if g.Name != "error" {
			continue
		}
		for _, c := range g.Consts {
			fmt.Fprintf(&b, "    case %s:\n        return %q;\n", c.Name, c.Name)
		}
	}
	b.WriteString("    default:\n        return \"WS_ERR_UNKNOWN\";\n    }\n}\n")
	return []byte(b.String())
}
