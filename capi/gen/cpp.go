package main

// bindings/cpp/ws_abi.hpp: the constants as C++ enums, and the check that header and library fit.

import (
	"fmt"
	"strings"

	"libws/capi/abi"
)

func cpp(t *abi.Table) []byte {
	var b strings.Builder
	b.WriteString("// The C ABI of libws.so for C++17: its constants as enums, its structs checked, and a look at the library's version.\n// " +
		generated + "\n#ifndef LIBWS_WS_ABI_HPP\n#define LIBWS_WS_ABI_HPP\n\n#include <cstddef>\n#include <cstdint>\n\n#include \"ws.h\"\n\nnamespace ws {\n")
	for _, g := range t.Groups {
		if g.Name == "size" || g.Name == "timeout" || g.Name == "struct" {
			continue
		}
		b.WriteByte('\n')
		block(&b, "/// ", g.Doc, "")
		fmt.Fprintf(&b, "enum class %s : std::int64_t {\n", cppEnum(g.Name))
		for _, c := range g.Consts {
			cppValue(&b, "    ", cppName(c.Name, g.Prefix)+" = "+c.Name+",", c.Doc)
		}
		b.WriteString("};\n")
	}
	b.WriteString("\nnamespace abi {\n\n")
	fmt.Fprintf(&b, "inline constexpr std::int64_t version = WS_ABI_VERSION;\ninline constexpr std::int64_t length_max = WS_LENGTH_MAX;\n")
	for _, g := range t.Groups {
		if g.Name == "size" || g.Name == "timeout" {
			for _, c := range g.Consts {
				cppValue(&b, "", "inline constexpr std::int64_t "+cppName(c.Name, "WS_")+" = "+c.Name+";", c.Doc)
			}
		}
	}
	b.WriteByte('\n')
	for _, s := range t.Structs {
		fmt.Fprintf(&b, "static_assert(sizeof(%s) == %d, \"%s has another size than in the library\");\n", s.Name, 8*len(s.Fields), s.Name)
	}
	b.WriteString("\n/// Tells whether the library that was loaded fits the header that this program was built with.\n" +
		"inline bool fits() noexcept {\n    return ws_abi_version() == WS_ABI_VERSION")
	for _, s := range t.Structs {
		fmt.Fprintf(&b, " &&\n           ws_struct_size(%s) == static_cast<std::int64_t>(sizeof(%s))", s.Which, s.Name)
	}
	b.WriteString(";\n}\n\n} // namespace abi\n} // namespace ws\n\n#endif\n")
	return []byte(b.String())
}

// cppValue writes a constant with what it means: behind it where that fits into the line, else above.
func cppValue(b *strings.Builder, indent, constant, doc string) {
	doc = strings.Join(strings.Fields(doc), " ")
	if line := indent + constant + " ///< " + doc; len([]rune(line)) <= 120 {
		b.WriteString(line + "\n")
		return
	}
	block(b, indent+"/// ", doc, "")
	b.WriteString(indent + constant + "\n")
}

// cppEnum names the enum of a group; errors are called as in <system_error>.
func cppEnum(group string) string {
	if group == "error" {
		return "errc"
	}
	return group
}

// cppName turns WS_OPCODE_TEXT into text.
func cppName(name, prefix string) string {
	return strings.ToLower(strings.TrimPrefix(name, prefix))
}
