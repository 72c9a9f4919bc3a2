package main

// The C shim: every exported function, defined in C. It checks the fork flag and what the table says of the arguments, keeps the
// error slot of the thread, measures texts and calls the body in Go or C.

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"libws/capi/abi"
)

// bodyName is the function that does the work of a row.
func bodyName(f *abi.Function) string {
	prefix := "libws_go_"
	if f.Body == abi.C {
		prefix = "libws_c_"
	}
	return prefix + strings.TrimPrefix(f.Serving(), "ws_")
}

// bodies is the header that declares the C bodies, so that the compiler compares them with the shim's calls.
func bodies(t *abi.Table) []byte {
	var b strings.Builder
	b.WriteString("/*\n * What the bodies in C look like to the shim: a text comes with its length, and a frame is written to frame_out.\n" +
		" * 0 or the result is success, -1 or NULL is failure with the thread's error slot filled.\n * " + generated +
		"\n *\n * Go's build cache does not look at include/ws.h, but at this file. The header's SHA-256:\n * " +
		fmt.Sprintf("%x", sha256.Sum256(header(t))) + "\n */\n#ifndef LIBWS_BODIES_H\n#define LIBWS_BODIES_H\n\n#include \"error.h\"\n\n")
	for i := range t.Functions {
		f := &t.Functions[i]
		if f.Body != abi.C || f.Twin != "" {
			continue
		}
		var params []string
		for _, p := range f.Params {
			params = append(params, declare(p.Type, p.Name))
			if p.Type.Kind == abi.Text && f.LengthOf(p.Name) == "" {
				params = append(params, "int64_t "+p.Name+"_len")
			}
		}
		result := declare(f.Result, "")
		if f.Result.Kind == abi.Value {
			params = append(params, f.Result.Name+" *frame_out")
			result = "int64_t "
		}
		if len(params) == 0 {
			params = []string{"void"}
		}
		fmt.Fprintf(&b, "%s%s(%s);\n", result, bodyName(f), strings.Join(params, ", "))
	}
	b.WriteString("\n#endif\n")
	return []byte(b.String())
}

func shim(t *abi.Table) []byte {
	var b strings.Builder
	b.WriteString("/*\n * The functions that libws.so exports. Each checks the fork flag and its arguments, then calls its body in Go or C.\n * " +
		generated + "\n */\n#include <string.h>\n\n#include \"ws.h\"\n#include \"bodies.h\"\n#include \"signals.h\"\n#include \"_cgo_export.h\"\n")
	for i := range t.Functions {
		b.WriteByte('\n')
		shimFunction(&b, t, &t.Functions[i])
	}
	return []byte(b.String())
}

// failed is the statement that leaves a shim function whose call failed.
func failed(f *abi.Function) string {
	switch {
	case f.Result.Kind == abi.Value:
		return "return libws_no_frame;"
	case f.Result.Kind == abi.Text || f.Result.Kind == abi.Context:
		return "return NULL;"
	case f.Fails == abi.Zero:
		return "return 0;"
	default:
		return "return -1;"
	}
}

func shimFunction(b *strings.Builder, t *abi.Table, f *abi.Function) {
	fmt.Fprintf(b, "%s\n{\n", prototype(f))
	fail := failed(f)
	guard := func(condition, call string) {
		fmt.Fprintf(b, "    if (LIBWS_UNLIKELY(%s)) {\n        %s;\n        %s\n    }\n", condition, call, fail)
	}
	if !f.AfterFork {
		guard("libws_forked", fmt.Sprintf("libws_fail_forked(%q)", f.Name))
	}
	if f.Blocks != "" {
		b.WriteString("    libws_shield_handlers();\n") // where a thread waits, signals come
	}
	for _, p := range f.Params {
		if isPointer(p.Type) && p.Null == abi.Never {
			guard(p.Name+" == NULL", fmt.Sprintf("libws_fail_null(%q, %q)", f.Name, p.Name))
		}
		if p.LengthOf != "" {
			guard(fmt.Sprintf("%s < 0 || %s > WS_LENGTH_MAX", p.Name, p.Name),
				fmt.Sprintf("libws_fail_length(%q, %q, %s)", f.Name, p.Name, p.Name))
			guard(fmt.Sprintf("%s == NULL && %s > 0", p.LengthOf, p.Name),
				fmt.Sprintf("libws_fail_missing(%q, %q, %q, %s)", f.Name, p.LengthOf, p.Name, p.Name))
		}
	}
	var args []string
	for _, p := range f.Params {
		if s := sized(t, p); s != "" {
			fmt.Fprintf(b, "    %s %s_whole;\n    if (%s != NULL) {\n", s, p.Name, p.Name)
			fmt.Fprintf(b, "        if (libws_copy_sized(%q, %q, &%s_whole, sizeof %s_whole, %s) < 0) {\n            %s\n        }\n",
				f.Name, p.Name, p.Name, p.Name, p.Name, fail)
			fmt.Fprintf(b, "        %s = &%s_whole;\n    }\n", p.Name, p.Name)
		}
		args = append(args, argument(f, p))
		if p.Type.Kind == abi.Text && f.LengthOf(p.Name) == "" {
			if p.Null == abi.Absent {
				args = append(args, fmt.Sprintf("%s == NULL ? 0 : (int64_t)strlen(%s)", p.Name, p.Name))
			} else {
				args = append(args, fmt.Sprintf("(int64_t)strlen(%s)", p.Name))
			}
		}
	}
	if f.Result.Kind == abi.Value {
		args = append(args, "&frame_out")
	}
	if f.Body == abi.Go {
		args = append(args, "libws_slot()")
	}
	called := "" // a body that serves two rows knows the name of one
	if shared(t, f) {
		called = fmt.Sprintf("        libws_called(%q);\n", f.Name)
	}
	switch {
	case f.Result.Kind == abi.Value:
		fmt.Fprintf(b, "    %s frame_out;\n", f.Result.Name)
		call := bodyName(f) + "(" + strings.Join(args, ", ") + ")"
		fmt.Fprintf(b, "    if (LIBWS_UNLIKELY(%s < 0)) {\n%s        %s\n    }\n    return frame_out;\n}\n", call, called, fail)
	case called != "" && f.Result.Kind == abi.Int && f.Fails == abi.MinusOne:
		fmt.Fprintf(b, "    int64_t result = %s(%s);\n    if (LIBWS_UNLIKELY(result < 0)) {\n%s    }\n    return result;\n}\n",
			bodyName(f), strings.Join(args, ", "), called)
	default:
		as := ""
		if f.Result.Kind == abi.Context && f.Body == abi.Go {
			as = "(void *)(intptr_t)"
		}
		fmt.Fprintf(b, "    return %s%s(%s);\n}\n", as, bodyName(f), strings.Join(args, ", "))
	}
}

// shared tells whether the body of a row serves another row, too.
func shared(t *abi.Table, f *abi.Function) bool {
	for i := range t.Functions {
		if g := &t.Functions[i]; g.Name != f.Name && g.Serving() == f.Serving() {
			return true
		}
	}
	return false
}

// argument writes a parameter as the body takes it: cgo knows no const.
func argument(f *abi.Function, p abi.Param) string {
	if f.Body == abi.C {
		return p.Name
	}
	switch p.Type.Kind {
	case abi.Text:
		return "(char *)" + p.Name
	case abi.Bytes:
		return "(void *)" + p.Name
	case abi.In:
		return "(" + p.Type.Name + " *)" + p.Name
	case abi.IntIn:
		return "(int64_t *)" + p.Name
	case abi.Context: // a number to Go, which takes what looks like an address of its own for one
		return "(int64_t)(intptr_t)" + p.Name
	}
	return p.Name
}

// sized names the struct of a parameter that may come from a program built for another release, or "".
func sized(t *abi.Table, p abi.Param) string {
	for _, s := range t.Structs {
		if p.Type.Kind == abi.In && s.Sized && s.Name == p.Type.Name {
			return s.Name
		}
	}
	return ""
}
