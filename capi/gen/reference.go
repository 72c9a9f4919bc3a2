package main

// bindings/REFERENCE.md: the whole ABI for readers.

import (
	"fmt"
	"strings"

	"libws/capi/abi"
)

const referenceIntro = "# libws reference\n\n" +
	"Every constant, struct and function of the C ABI (`include/ws.h`), which the C, C++ and Python bindings are made of. " +
	generated + "\n\n" +
	"A call that fails returns −1, NULL, or a `WsFrame` with opcode −1, and leaves a code and a message for `ws_last_error` and " +
	"`ws_last_error_message`, kept per thread; a call that succeeds leaves them alone. Only `ws_is_open` and `ws_server_is_valid` return 0 when they fail. Arguments are checked first: when one is wrong, nothing " +
	"was sent. Lengths are in bytes, 0 to `WS_LENGTH_MAX`; NULL with the length 0 is empty. Handles are checked in every call: one that was " +
	"never given out is `WS_ERR_HANDLE`, a closed one answers for ever like a closed connection or server.\n"

func reference(t *abi.Table) []byte {
	var b strings.Builder
	b.WriteString(referenceIntro)
	b.WriteString("\n## Contents\n\n")
	b.WriteString("- [Constants](#constants)\n- [Structs](#structs)\n")
	for _, section := range sections(t) {
		name := section[0].Section
		fmt.Fprintf(&b, "- [%s](#%s): ", name, strings.ReplaceAll(strings.ToLower(name), " ", "-"))
		for i, f := range section {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "[`%s`](#%s)", f.Name, f.Name)
		}
		b.WriteByte('\n')
	}
	b.WriteString("\n## Constants\n\n")
	fmt.Fprintf(&b, "`WS_ABI_VERSION` is %d, `WS_LENGTH_MAX` %d.\n", t.Version, t.MaxLength)
	for _, g := range t.Groups {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n", strings.TrimSuffix(g.Prefix, "_")+"_*", g.Doc)
		if g.Consts[0].Option != nil {
			b.WriteString("| option | value | meaning | handles | range | default |\n|---|---|---|---|---|---|\n")
		} else {
			b.WriteString("| constant | value | meaning |\n|---|---|---|\n")
		}
		for _, c := range g.Consts {
			fmt.Fprintf(&b, "| `%s` | %d | %s |", c.Name, c.Value, c.Doc)
			if o := c.Option; o != nil {
				fmt.Fprintf(&b, " %s | %s | %s |", o.Handles, rangeOf(o), bound(o.Default))
			}
			if o := c.Loop; o != nil {
				if c.Option != nil {
					b.WriteString("\n| | | |")
				}
				fmt.Fprintf(&b, " %s | %s | %s |", o.Handles, rangeOf(o), bound(o.Default))
			}
			b.WriteByte('\n')
		}
	}
	b.WriteString("\n## Structs\n")
	for _, s := range t.Structs {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n| field | meaning |\n|---|---|\n", s.Name, s.Doc)
		for _, f := range s.Fields {
			fmt.Fprintf(&b, "| `%s` | %s |\n", declare(f.Type, f.Name), f.Doc)
		}
	}
	for _, section := range sections(t) {
		fmt.Fprintf(&b, "\n## %s\n", section[0].Section)
		for i := range section {
			describe(&b, &section[i])
		}
	}
	return []byte(b.String())
}

// describe writes the entry of one function.
func describe(b *strings.Builder, f *abi.Function) {
	fmt.Fprintf(b, "\n### %s\n\n```c\n%s;\n```\n\n%s\n\n", f.Name, prototype(f), f.Doc)
	for _, p := range f.Params {
		fmt.Fprintf(b, "- `%s`: %s%s\n", p.Name, p.Doc, nullText(p))
	}
	returns := f.Returns
	if f.Owner != "" {
		returns += " " + f.Owner
	}
	fmt.Fprintf(b, "- Returns: %s\n", returns)
	fmt.Fprintf(b, "- Blocks: %s\n- Threads: %s\n", blocking(f), threading(f))
	if list := failures(f); len(list) > 0 && f.Fails != abi.Cannot {
		fmt.Fprintf(b, "- Errors: `%s`\n", strings.Join(list, "`, `"))
	} else {
		b.WriteString("- Errors: none\n")
	}
	if f.Clause != "" {
		fmt.Fprintf(b, "- Clause: %s\n", f.Clause)
	}
	if f.Spec != "" {
		fmt.Fprintf(b, "- Serves: `%s` of the API specification\n", f.Spec)
	}
}
