package main

// include/ws.h: the C ABI as C and C++ programs see it.

import (
	"fmt"
	"strings"

	"libws/capi/abi"
)

const headerIntro = `/*
 * ws.h: WebSocket (RFC 6455) for C and C++, on libws.so.
 *
 * Handles. Connections, servers and loops are int64_t > 0. Every call checks its handle: one that was never given out is
 * WS_ERR_HANDLE, a closed one answers for ever like a closed connection or server, and never another object answers.
 *
 * Event loops. A connection of a loop has an id instead of a handle, which works in the same way; ids start with ws_loop_poll's
 * events and end with them. ws_is_open, ws_state, ws_is_server, ws_peer_address, ws_subprotocol, ws_request_*, ws_copy_text,
 * ws_copy_header, ws_accept_upgrade, ws_refuse, ws_set and ws_get take it, too, and never wait; texts that they lend live until
 * the next poll of the loop. Its request is known until the poll after it was answered; ws_request_* is WS_ERR_STATE from then
 * on. What else is done to it has calls of its own.
 *
 * Errors. A call that fails returns -1, a NULL pointer, or a WsFrame whose opcode is -1, and leaves a code and a message for
 * ws_last_error and ws_last_error_message, kept per thread; a call that succeeds leaves them alone. Only ws_is_open and
 * ws_server_is_valid return 0 when they fail: what cannot be asked is not open. Arguments are checked first: when one is wrong,
 * nothing was sent and nothing has changed. A call that fails with WS_ERR_FORKED was made in a forked child, one with
 * WS_ERR_INTERNAL met a defect of the library; both are possible wherever they are listed.
 *
 * Memory. Whatever is passed in stays the caller's and is not kept. Texts are UTF-8. Lengths are in bytes, from 0 to
 * WS_LENGTH_MAX, and a NULL pointer with the length 0 is an empty text or payload. A text without a length ends at its first
 * NUL; messages and close reasons, which may hold NUL, have calls that take a length. Names, lists, URLs and header lines
 * never hold one.
 *
 * Threads. Any thread may call anything; where a call is limited it says so. Closing wakes the calls that are blocked.
 * pthread_cancel ends no call: a thread that is cancelled inside the library returns from the call first. A call needs up to
 * 64 KiB of the thread's stack.
 *
 * Forks. In a forked child every call that needs the library's state fails with WS_ERR_FORKED; exec is fine. The parent goes on,
 * and what it closes is closed for its peers, though a child has copies of the descriptors.
 *
 * Signals. Handlers and their masks stay the program's. Install them with SA_ONSTACK: threads inside the library run on small
 * stacks. Calls that can wait add that flag to handlers that lack it, but a handler that is installed while another thread
 * waits is not seen until a call is made.
 *
 * %s
 */
`

func header(t *abi.Table) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, headerIntro, generated)
	b.WriteString(`#ifndef LIBWS_WS_H
#define LIBWS_WS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define WS_API __attribute__((visibility("default")))
#else
#define WS_API
#endif

#if defined(__cplusplus) && __cplusplus >= 201103L
#define WS_NOEXCEPT noexcept
#else
#define WS_NOEXCEPT
#endif

#ifdef __cplusplus
extern "C" {
#endif

`)
	fmt.Fprintf(&b, "/** What ws_abi_version of the library that fits this header returns. */\n#define WS_ABI_VERSION %d\n\n", t.Version)
	fmt.Fprintf(&b, "/** The release that this header came with. */\n#define WS_VERSION %q\n\n", t.Release)
	fmt.Fprintf(&b, "/** The largest length that any call takes, in bytes. */\n#define WS_LENGTH_MAX %s\n", literal(t.MaxLength))
	for _, g := range t.Groups {
		b.WriteString("\n")
		b.WriteString("/*\n")
		block(&b, " * ", g.Doc, "")
		b.WriteString(" */\n")
		for _, c := range g.Consts {
			oneComment(&b, "", c.Doc+rangeText(c.Option)+rangeText(c.Loop))
			fmt.Fprintf(&b, "#define %s %s\n", c.Name, literal(c.Value))
		}
	}
	for _, s := range t.Structs {
		b.WriteString("\n/**\n")
		block(&b, " * ", s.Doc, "")
		fmt.Fprintf(&b, " */\ntypedef struct %s {\n", s.Name)
		for _, f := range s.Fields {
			oneComment(&b, "    ", f.Doc)
			fmt.Fprintf(&b, "    %s;\n", declare(f.Type, f.Name))
		}
		fmt.Fprintf(&b, "} %s;\n", s.Name)
		if s.Sized {
			fmt.Fprintf(&b, "\n/** The start value of %s: everything at its default. */\n#define %s { sizeof(%s)", s.Name, initMacro(s.Name), s.Name)
			for _, f := range s.Fields[1:] {
				if isPointer(f.Type) {
					b.WriteString(", NULL")
				} else {
					b.WriteString(", 0")
				}
			}
			b.WriteString(" }\n")
		}
	}
	for _, section := range sections(t) {
		fmt.Fprintf(&b, "\n/* ---- %s ---- */\n", section[0].Section)
		for i := range section {
			b.WriteByte('\n')
			comment(&b, &section[i])
			fmt.Fprintf(&b, "WS_API %s WS_NOEXCEPT;\n", prototype(&section[i]))
		}
	}
	b.WriteString("\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n")
	return []byte(b.String())
}

// comment documents one function.
func comment(b *strings.Builder, f *abi.Function) {
	b.WriteString("/**\n")
	block(b, " * ", f.Doc, "")
	b.WriteString(" *\n")
	for _, p := range f.Params {
		block(b, " * ", "@param "+p.Name+" "+p.Doc+nullText(p), "    ")
	}
	returns := f.Returns
	if f.Owner != "" {
		returns += " " + f.Owner
	}
	block(b, " * ", "@return "+returns, "    ")
	block(b, " * ", "Blocks: "+blocking(f), "    ")
	block(b, " * ", "Threads: "+threading(f), "    ")
	if list := failures(f); len(list) > 0 && f.Fails != abi.Cannot {
		block(b, " * ", "Errors: "+strings.Join(list, ", ")+".", "    ")
	} else {
		block(b, " * ", "Errors: none.", "")
	}
	if f.Clause != "" {
		block(b, " * ", "Clause: "+f.Clause+".", "    ")
	}
	b.WriteString(" */\n")
}

// nullText says what NULL means for a parameter, when its own doc does not.
func nullText(p abi.Param) string {
	if isPointer(p.Type) && p.Null == abi.WhenEmpty {
		return " NULL is fine when the length is 0."
	}
	return ""
}

// rangeText says what an option may be set to.
func rangeText(o *abi.OptionRange) string {
	if o == nil {
		return ""
	}
	return fmt.Sprintf(" For: %s. Range: %s. Default: %s.", o.Handles, rangeOf(o), bound(o.Default))
}

// rangeOf writes the values that an option takes.
func rangeOf(o *abi.OptionRange) string {
	s := fmt.Sprintf("%s to %s (%s)", bound(o.Min), bound(o.Max), o.Unit)
	if o.None {
		s += " or WS_TIMEOUT_NONE"
	}
	return s
}

func bound(v int64) string {
	if v == 1<<63-1 {
		return "WS_TIMEOUT_NONE"
	}
	return fmt.Sprint(v)
}

// oneComment writes a doc comment, on one line when it fits.
func oneComment(b *strings.Builder, indent, text string) {
	lines := wrap(text, "", 108-len(indent))
	if len(lines) == 1 {
		fmt.Fprintf(b, "%s/** %s */\n", indent, lines[0])
		return
	}
	fmt.Fprintf(b, "%s/**\n", indent)
	for _, line := range lines {
		fmt.Fprintf(b, "%s * %s\n", indent, line)
	}
	fmt.Fprintf(b, "%s */\n", indent)
}
