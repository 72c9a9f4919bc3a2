package abi

// The rules that a table obeys, so that the generator need not doubt it.

import (
	"fmt"
	"strings"
)

// Check returns the first rule that the table breaks, or nil.
func (t *Table) Check() error {
	names := map[string]bool{}
	once := func(name string) error {
		if name == "" || names[name] {
			return fmt.Errorf("name %q is empty or taken", name)
		}
		names[name] = true
		return nil
	}
	errors := map[string]bool{}
	for _, g := range t.Groups {
		values := map[int64]bool{}
		for _, c := range g.Consts {
			if err := once(c.Name); err != nil {
				return err
			}
			if !strings.HasPrefix(c.Name, g.Prefix) || c.Doc == "" {
				return fmt.Errorf("%s: lacks the prefix %s or a doc", c.Name, g.Prefix)
			}
			if values[c.Value] {
				return fmt.Errorf("%s: value %d is taken", c.Name, c.Value)
			}
			values[c.Value] = true
			if g.Name == "error" {
				errors[c.Name] = true
			}
		}
	}
	structs := map[string]bool{}
	for _, s := range t.Structs {
		if err := once(s.Name); err != nil {
			return err
		}
		if !names[s.Which] {
			return fmt.Errorf("%s: no constant %q", s.Name, s.Which)
		}
		if s.Sized && s.Fields[0].Name != "struct_size" {
			return fmt.Errorf("%s: struct_size must come first", s.Name)
		}
		structs[s.Name] = true
	}
	for i := range t.Functions {
		f := &t.Functions[i]
		if err := once(f.Name); err != nil {
			return err
		}
		if err := f.check(errors, structs); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		if f.Twin != "" {
			twin := t.Function(f.Twin)
			if twin == nil {
				return fmt.Errorf("%s: no twin %q", f.Name, f.Twin)
			}
			if got, want := f.shape(), twin.shape(); got != want {
				return fmt.Errorf("%s: %s, but its twin %s: %s", f.Name, got, f.Twin, want)
			}
		}
	}
	return nil
}

func (f *Function) check(errors, structs map[string]bool) error {
	if !strings.HasPrefix(f.Name, "ws_") || f.Section == "" || f.Doc == "" || f.Returns == "" {
		return fmt.Errorf("lacks the prefix ws_, a section, a doc or what it returns")
	}
	if f.Signal && (f.Body != C || f.Blocks != "") {
		return fmt.Errorf("a signal handler may interrupt Go, so it can neither enter it nor wait")
	}
	if f.Fails != Cannot && f.Body == C && len(f.Errors) == 0 {
		return fmt.Errorf("can fail, but names no error")
	}
	for _, e := range f.Errors {
		if !errors[e] {
			return fmt.Errorf("no error code %s", e)
		}
	}
	for i, p := range f.Params {
		if p.Name == "" || p.Doc == "" {
			return fmt.Errorf("parameter %d lacks a name or a doc", i)
		}
		if (p.Type.Kind == Value || p.Type.Kind == In || p.Type.Kind == InOut) && !structs[p.Type.Name] {
			return fmt.Errorf("%s: no struct %q", p.Name, p.Type.Name)
		}
		if p.LengthOf != "" && (i == 0 || f.Params[i-1].Name != p.LengthOf || p.Type.Kind != Int) {
			return fmt.Errorf("%s: must be a number right after %s", p.Name, p.LengthOf)
		}
		if (p.Type.Kind == Bytes || p.Type.Kind == Room || p.Type.Kind == IntIn) && f.LengthOf(p.Name) == "" {
			return fmt.Errorf("%s: nothing tells its length", p.Name)
		}
	}
	switch f.Result.Kind {
	case Int, Text, Context:
	case Value:
		if f.Result.Name != "WsFrame" {
			return fmt.Errorf("only WsFrame is returned by value: it has an opcode to fail with")
		}
	default:
		return fmt.Errorf("results are numbers, texts, contexts or frames")
	}
	if f.Result.Kind != Int && f.Fails == Zero {
		return fmt.Errorf("only a number fails with 0")
	}
	return nil
}

// Function finds a row by name.
func (t *Table) Function(name string) *Function {
	for i := range t.Functions {
		if t.Functions[i].Name == name {
			return &t.Functions[i]
		}
	}
	return nil
}

// LengthOf names the parameter that tells the length of the given pointer parameter, or "".
func (f *Function) LengthOf(pointer string) string {
	for _, p := range f.Params {
		if p.LengthOf == pointer {
			return p.Name
		}
	}
	return ""
}

// Serving names the row whose body does the work of this one.
func (f *Function) Serving() string {
	if f.Twin != "" {
		return f.Twin
	}
	return f.Name
}

// shape is what the body of f gets: kinds in order, with a length after each text.
func (f *Function) shape() string {
	var b strings.Builder
	for _, p := range f.Params {
		fmt.Fprintf(&b, "%d%s ", p.Type.Kind, p.Type.Name)
		if p.Type.Kind == Text && f.LengthOf(p.Name) == "" {
			fmt.Fprintf(&b, "%d ", Int)
		}
	}
	fmt.Fprintf(&b, "-> %d%s", f.Result.Kind, f.Result.Name)
	return b.String()
}
