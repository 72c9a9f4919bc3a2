package main

// bindings/python/libws/_abi.py: the C ABI for ctypes, nothing but constants, structs and prototypes.

import (
	"fmt"
	"strings"

	"libws/capi/abi"
)

const pythonIntro = `"""The C ABI of libws.so for ctypes: constants, structs and prototypes, and no behaviour.

Library opens the shared object twice. Calls that may block are made through ctypes.CDLL, which lets other Python threads run
meanwhile; calls that cannot block are made through ctypes.PyDLL, which is quicker because it keeps the GIL. Opening checks
that the library speaks this ABI and has structs of the same size.

%s
"""
# ruff: noqa: E501

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, c_char_p, c_int64, c_void_p
from typing import Any, Callable, Dict, Tuple

`

const pythonBind = `

class AbiMismatchError(ImportError):
    """The library found is not the one that this file was generated for."""


def _bind(library: Any, name: str, restype: Any, argtypes: Tuple[Any, ...]) -> Any:
    try:
        function = getattr(library, name)
    except AttributeError:
        raise AbiMismatchError(f"{library._name} has no {name}: it is older than this binding") from None
    function.restype = restype
    function.argtypes = argtypes
    return function

`

const pythonCheck = `
    def _check(self) -> None:
        version = self.ws_abi_version()
        if version != WS_ABI_VERSION:
            raise AbiMismatchError(f"{self.path} speaks ABI {version}, this binding ABI {WS_ABI_VERSION}")
        for which, struct in STRUCTS.items():
            size = self.ws_struct_size(which)
            if size != ctypes.sizeof(struct):
                raise AbiMismatchError(f"{self.path}: {struct.__name__} has {size} bytes, here {ctypes.sizeof(struct)}")
`

func python(t *abi.Table) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, pythonIntro, generated)
	fmt.Fprintf(&b, "WS_ABI_VERSION = %d\nWS_VERSION = %q\nWS_LENGTH_MAX = %d\n", t.Version, t.Release, t.MaxLength)
	for _, g := range t.Groups {
		b.WriteByte('\n')
		block(&b, "# ", g.Doc, "")
		for _, c := range g.Consts {
			fmt.Fprintf(&b, "%s = %d\n", c.Name, c.Value)
		}
	}
	b.WriteString("\n# What a star import brings: the constants that users of the package see.\n__all__ = [\n    \"AbiMismatchError\",\n")
	for _, g := range t.Groups {
		for _, c := range g.Consts {
			fmt.Fprintf(&b, "    %q,\n", c.Name)
		}
	}
	b.WriteString("]\n")
	for _, g := range t.Groups {
		if g.Name != "error" {
			continue
		}
		b.WriteString("\nERROR_MEANINGS: Dict[int, str] = {\n")
		for _, c := range g.Consts {
			fmt.Fprintf(&b, "    %s: %q,\n", c.Name, c.Doc)
		}
		b.WriteString("}\n")
	}
	for _, s := range t.Structs {
		fmt.Fprintf(&b, "\n\nclass %s(Structure):\n", s.Name)
		b.WriteString("    \"\"\"" + strings.Join(wrap(s.Doc, "    ", 112), "\n") + "\"\"\"\n\n    _fields_ = [\n")
		for _, f := range s.Fields {
			fmt.Fprintf(&b, "        (%q, %s),\n", f.Name, pythonField(f.Type))
		}
		b.WriteString("    ]\n")
		if s.Sized {
			b.WriteString("\n    def __init__(self) -> None:\n        super().__init__(ctypes.sizeof(type(self)))\n")
		}
	}
	b.WriteString("\n\nSTRUCTS: Dict[int, Any] = {\n")
	for _, s := range t.Structs {
		b.WriteString("    " + s.Which + ": " + s.Name + ",\n")
	}
	b.WriteString("}\n")
	b.WriteString(pythonBind)
	b.WriteString("\nclass Library:\n    \"\"\"The functions of one libws.so, under their C names.\"\"\"\n\n    __slots__ = (\n        \"path\",\n")
	for _, f := range t.Functions {
		fmt.Fprintf(&b, "        %q,\n", f.Name)
	}
	b.WriteString("    )\n\n    path: str\n")
	for i := range t.Functions {
		f := &t.Functions[i]
		fmt.Fprintf(&b, "    %s: Callable[[%s], %s]\n", f.Name, pythonHints(f), pythonResultHint(f.Result))
	}
	b.WriteString("\n    def __init__(self, path: str) -> None:\n        self.path = path\n")
	b.WriteString("        waits = ctypes.CDLL(path)\n        holds = ctypes.PyDLL(path)\n")
	for i := range t.Functions {
		f := &t.Functions[i]
		library := "holds"
		if f.Blocks != "" {
			library = "waits"
		}
		args := make([]string, len(f.Params))
		for j, p := range f.Params {
			args[j] = pythonParam(f, p)
		}
		list := strings.Join(args, ", ")
		if len(args) == 1 {
			list += ","
		}
		fmt.Fprintf(&b, "        self.%s = _bind(%s, %q, %s, (%s))\n", f.Name, library, f.Name, pythonResult(f.Result), list)
	}
	b.WriteString("        self._check()\n")
	b.WriteString(pythonCheck)
	return []byte(b.String())
}

func pythonField(t abi.Type) string {
	switch t.Kind {
	case abi.Text:
		return "c_char_p"
	case abi.Value:
		return t.Name
	case abi.Int, abi.Address:
		return "c_int64"
	default:
		return "c_void_p"
	}
}

// pythonParam gives counted texts and bytes as c_void_p, which takes bytes, arrays and addresses alike.
func pythonParam(f *abi.Function, p abi.Param) string {
	switch p.Type.Kind {
	case abi.Text:
		if f.LengthOf(p.Name) != "" {
			return "c_void_p"
		}
		return "c_char_p"
	case abi.In, abi.InOut:
		return "POINTER(" + p.Type.Name + ")"
	case abi.IntIn, abi.IntOut:
		return "POINTER(c_int64)"
	case abi.Int, abi.Address:
		return "c_int64"
	default:
		return "c_void_p"
	}
}

func pythonResult(t abi.Type) string {
	switch t.Kind {
	case abi.Text:
		return "c_char_p"
	case abi.Value:
		return t.Name
	case abi.Context:
		return "c_void_p"
	default:
		return "c_int64"
	}
}

func pythonHints(f *abi.Function) string {
	hints := make([]string, len(f.Params))
	for i, p := range f.Params {
		hints[i] = "int"
		if isPointer(p.Type) {
			hints[i] = "Any"
		}
	}
	return strings.Join(hints, ", ")
}

func pythonResultHint(t abi.Type) string {
	switch t.Kind {
	case abi.Text:
		return "Any"
	case abi.Value:
		return t.Name
	case abi.Context:
		return "Any"
	default:
		return "int"
	}
}
