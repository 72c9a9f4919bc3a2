// Package abi is the one table of the C ABI: every constant, option, error code, struct and function that libws.so offers, with
// the documentation that every language gets. The generator turns it into the header, the shim, the symbol lists, the low-level
// bindings and the reference; nothing else in the repository describes the ABI a second time.
//
// This file says what a table is made of. It imports nothing of the module.
package abi

// Table is a whole ABI. Tests make larger ones to prove that a row is all that a new function needs.
type Table struct {
	Version   int64  // ws_abi_version: grows when a struct or a meaning changes, never for an addition
	Release   string // ws_version: the release of the library
	MaxLength int64  // the largest length that any call takes, in bytes
	Groups    []ConstGroup
	Structs   []Struct
	Functions []Function
}

// ConstGroup is a family of constants that share a prefix, such as the opcodes.
type ConstGroup struct {
	Name   string // what a heading or an enum calls it: "opcode"
	Prefix string // what its names share: "WS_OPCODE_"
	Doc    string
	Consts []Const
}

// Const is one named number. Its value never changes once released.
type Const struct {
	Name  string
	Value int64
	Doc   string
	// Only options have these: the smallest and largest value that ws_set takes, what holds when nothing is set, and which
	// handles take it.
	Option *OptionRange
	Loop   *OptionRange // the same for loops
}

// OptionRange says what an option may be set to.
type OptionRange struct {
	Min, Max, Default int64
	Unit              string // "bytes", "milliseconds", "fields", "0 or 1"
	Handles           string // "server, connection"
	None              bool   // WS_TIMEOUT_NONE is allowed beyond Max
}

// Struct is a C struct that crosses the ABI. All of its fields are eight bytes wide, so no compiler pads it.
type Struct struct {
	Name   string
	Which  string // the constant that names it for ws_struct_size
	Doc    string
	Sized  bool // the first field is struct_size: old programs keep working when fields are appended
	Fields []Field
}

// Field is one member of a Struct.
type Field struct {
	Name string
	Type Type
	Doc  string
}

// Kind is the shape of a Type.
type Kind int

// The shapes that a value can have where it crosses the ABI.
const (
	Int      Kind = iota // int64_t
	Text                 // const char *: UTF-8 ended by NUL, or counted by another parameter
	Bytes                // const void *: bytes counted by another parameter
	Address              // int64_t that holds an address (only in structs that the spec fixed)
	Value                // a struct by value (results only)
	In                   // const struct *: one, or an array counted by another parameter
	InOut                // struct *: written by the call; one, or an array counted by another parameter
	IntIn                // const int64_t *: an array counted by another parameter
	IntOut               // int64_t *: one number that the call writes
	Room                 // void *: bytes counted by another parameter, which the call writes
	Context              // void *: a value of the caller's that the library only hands back
	Callback             // a function of the caller's; its C type is named by Type.Name
)

// Type is what a parameter, a field or a result is in C.
type Type struct {
	Kind Kind
	Name string // of the struct or the callback type
}

// Null says when a pointer parameter may be NULL.
type Null int

// The three answers.
const (
	Never     Null = iota // NULL is WS_ERR_ARGUMENT
	WhenEmpty             // NULL is fine when the length is 0
	Absent                // NULL means that the thing is not given
)

// Param is one parameter of a Function.
type Param struct {
	Name     string
	Type     Type
	Null     Null
	LengthOf string // on a number: the pointer parameter whose length (bytes, or elements of an array) this is
	Doc      string
}

// Failure is what a call gives back when it fails.
type Failure int

// The results of a failed call. MinusOne stands for NULL when the result is a pointer and for opcode −1 when it is a WsFrame.
const (
	MinusOne Failure = iota
	Zero             // questions such as ws_is_open: no is the answer, and the error says why
	Cannot           // the call has no failure
)

// Body is where the work of a function is done.
type Body int

// The places of work.
const (
	Go Body = iota // //export of package capi
	C              // a C function of capi, libws_c_NAME, that never enters Go
)

// Function is one exported ws_* function: a row of the table.
type Function struct {
	Name    string
	Section string
	Spec    string // the item of the API that it is, as "WsConnection.send_text"; empty for our own additions
	Doc     string // meaning, units, ownership
	Params  []Param
	Result  Type
	Returns string // what the result says
	Owner   string // who owns memory in the result, and until when
	Fails   Failure
	Errors  []string // every code that it can leave; those that all calls share are added by the generator
	Blocks  string   // empty: never blocks; otherwise until when
	Threads string   // empty: any thread, at any time
	Signal  bool     // may be called from a signal handler
	Clause  string   // "RFC 6455 §5.6"
	Body    Body
	// AfterFork marks calls that read or free the caller's memory alone and go on working in a forked child.
	AfterFork bool
	// Twin is the function whose body serves this one too: same parameters, except that lengths of NUL-terminated texts are
	// measured instead of given. Empty: it has its own.
	Twin string
}

// SharedErrors are the codes that every function whose work is done in Go can leave besides its own.
var SharedErrors = []string{"WS_ERR_FORKED", "WS_ERR_INTERNAL"}

// Current is the ABI of this version of the library.
func Current() Table {
	return Table{
		Version:   1,
		Release:   "0.1.0",
		MaxLength: maxLength,
		Groups:    groups(),
		Structs:   append(structs(), loopStructs()...),
		Functions: functions(),
	}
}

func functions() []Function {
	var all []Function
	for _, section := range [][]Function{
		libraryFunctions, frameFunctions, connectionFunctions, receiveFunctions, closeFunctions,
		clientFunctions, serverFunctions, requestFunctions, optionFunctions, loopFunctions, loopSendFunctions, loopPackedFunctions,
	} {
		all = append(all, section...)
	}
	return all
}
