package abi

// The rows about the library itself: versions, errors, counts. All but the count are C that never enters Go.

var libraryFunctions = []Function{
	{
		Name: "ws_abi_version", Section: "Library", Body: C, AfterFork: true, Fails: Cannot,
		Doc:    "Tells the version of the ABI, to be compared with WS_ABI_VERSION of the header that a program was built with.",
		Result: num, Returns: "The version; another number means another meaning of a struct or a call.", Signal: true,
	},
	{
		Name: "ws_version", Section: "Library", Body: C, AfterFork: true, Fails: Cannot,
		Doc:    "Tells the release of the library, for people.",
		Result: text, Returns: "Text such as \"0.1.0\".", Owner: "The library's; it lives for ever.", Signal: true,
	},
	{
		Name: "ws_struct_size", Section: "Library", Body: C, AfterFork: true,
		Doc:    "Tells the size of a struct of the ABI in bytes, so that a binding without a C compiler can compare it with its own.",
		Params: []Param{{Name: "which", Type: num, Doc: "One of WS_STRUCT_*."}},
		Result: num, Returns: "The size, or -1 when there is no such struct.", Errors: []string{"WS_ERR_ARGUMENT"},
	},
	{
		Name: "ws_last_error", Section: "Library", Body: C, AfterFork: true, Fails: Cannot,
		Doc: "Tells the code of the last failure of a call of this thread, like errno: a call that succeeds leaves it alone, and no " +
			"other thread changes it.",
		Result: num, Returns: "One of WS_ERR_*; WS_ERR_NONE when no call of this thread has failed yet.",
	},
	{
		Name: "ws_last_error_message", Section: "Library", Body: C, AfterFork: true, Fails: Cannot,
		Doc:    "Tells the last failure of a call of this thread in English: which argument or rule, and the bound.",
		Result: text, Returns: "UTF-8 text; empty when no call of this thread has failed yet. Never NULL.",
		Owner: "The library's; it lives until the next call that fails in this thread, or the thread's end.",
	},
	{
		Name: "ws_last_http_status", Section: "Library", Body: C, AfterFork: true, Fails: Cannot,
		Doc: "Tells the HTTP status that belongs to the last failure of a call of this thread: the one that the server answered with " +
			"when ws_connect failed with WS_ERR_REFUSED, or the one that a server call answered a bad request with.",
		Result: num, Returns: "The status, or 0 when the last failure has none.", Clause: "RFC 6455 §4.1",
	},
	{
		Name: "ws_last_errno", Section: "Library", Body: C, AfterFork: true, Fails: Cannot,
		Doc: "Tells the operating system's reason for the last failure of a call of this thread, as errno numbers it: ECONNREFUSED when nobody listens " +
			"where ws_connect went, EADDRINUSE when a port is taken. WS_ERR_SYSTEM always has one; WS_ERR_ABNORMAL, WS_ERR_CLOSED, WS_ERR_ARGUMENT and " +
			"others have it where the system was the cause.",
		Result: num, Returns: "The number, or 0 when the last failure has none, as with WS_ERR_RESOLVE.",
	},
	{
		Name: "ws_clear_error", Section: "Library", Body: C, AfterFork: true, Fails: Cannot,
		Doc: "Forgets the last failure of a call of this thread, as errno = 0 does: before a call whose NULL may mean failure or absence, or whose 0 " +
			"may mean failure or no.",
		Result: num, Returns: "The code that ws_last_error told.",
	},
	{
		Name: "ws_error_name", Section: "Library", Body: C, AfterFork: true, Fails: Cannot,
		Doc:    "Tells the name of an error code.",
		Params: []Param{{Name: "code", Type: num, Doc: "What ws_last_error gave."}},
		Result: text, Returns: "Text such as \"WS_ERR_CLOSED\"; \"WS_ERR_UNKNOWN\" when there is no such code. Never NULL.",
		Owner: "The library's; it lives for ever.", Signal: true,
	},
	{
		Name: "ws_handle_count", Section: "Library",
		Doc:    "Counts the handles that are not closed, of every kind, for tests that look for leaks.",
		Result: num, Returns: "The number, or -1.",
	},
}
