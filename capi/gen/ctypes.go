package main

// How the types of the table are written in C.

import (
	"fmt"
	"strings"

	"libws/capi/abi"
)

// declare writes a parameter or field in C.
func declare(t abi.Type, name string) string {
	switch t.Kind {
	case abi.Text:
		return "const char *" + name
	case abi.Bytes:
		return "const void *" + name
	case abi.Value:
		return t.Name + " " + name
	case abi.In:
		return "const " + t.Name + " *" + name
	case abi.InOut:
		return t.Name + " *" + name
	case abi.IntIn:
		return "const int64_t *" + name
	case abi.IntOut:
		return "int64_t *" + name
	case abi.Room, abi.Context:
		return "void *" + name
	case abi.Callback:
		return t.Name + " " + name
	default: // Int, Address
		return "int64_t " + name
	}
}

// isPointer tells whether a parameter can be NULL.
func isPointer(t abi.Type) bool {
	switch t.Kind {
	case abi.Int, abi.Address, abi.Value:
		return false
	}
	return true
}

// prototype is the declaration of a function without its semicolon.
func prototype(f *abi.Function) string {
	params := make([]string, len(f.Params))
	for i, p := range f.Params {
		params[i] = declare(p.Type, p.Name)
	}
	list := strings.Join(params, ", ")
	if list == "" {
		list = "void"
	}
	return declare(f.Result, f.Name) + "(" + list + ")"
}

// literal writes a constant so that C and C++ give it the right type.
func literal(v int64) string {
	if v == 1<<63-1 {
		return "INT64_MAX"
	}
	if v > 1<<31-1 || v < -1<<31 {
		return fmt.Sprintf("INT64_C(%d)", v)
	}
	return fmt.Sprint(v)
}

// initMacro names the initializer of a sized struct: WsConnectOptions → WS_CONNECT_OPTIONS_INIT.
func initMacro(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String()) + "_INIT"
}
