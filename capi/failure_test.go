// Failures on their way to C: the thread's slot is filled, messages are UTF-8 and cut between characters, codes are core's.

package main

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"

	"libws/capi/abi"
	"libws/core"
)

func messageOf(e *slot) string {
	b := unsafe.Slice((*byte)(unsafe.Pointer(&e.message)), len(e.message))
	return string(b[:strings.IndexByte(string(b), 0)])
}

func TestFailuresFillTheSlot(t *testing.T) {
	var e slot
	err := &core.Error{Code: core.CodeRefused, Op: "Dial", Msg: "the server refused", Status: 503, Err: errors.New("a cause")}
	if fail(&e, "ws_connect", err) != -1 || e.code != 401 || e.http_status != 503 {
		t.Errorf("code %d, status %d", int64(e.code), int64(e.http_status))
	}
	if got := messageOf(&e); got != "ws_connect: the server refused (HTTP status 503): a cause" {
		t.Errorf("message %q", got)
	}
	if fail(&e, "ws_connect", errors.New("foreign")); e.code != 599 || e.http_status != 0 || messageOf(&e) != "ws_connect: foreign" {
		t.Errorf("a foreign error: %d %q", int64(e.code), messageOf(&e))
	}
}

// What is quoted from an argument or a peer need not be UTF-8; the message is.
func TestMessagesAreUTF8(t *testing.T) {
	var e slot
	report(&e, core.CodeURL, 0, "ws_connect: \"\xff\xfe\" is no URL")
	if got := messageOf(&e); got != "ws_connect: \"\ufffd\" is no URL" {
		t.Errorf("message %q", got)
	}
}

// A message that is too long ends between two characters, with its NUL.
func TestLongMessagesAreCutBetweenCharacters(t *testing.T) {
	for n := range 8 {
		var e slot
		report(&e, core.CodeSystem, 0, strings.Repeat("x", n)+strings.Repeat("€", 400))
		got := messageOf(&e)
		if !utf8.ValidString(got) || len(got) < len(e.message)-4 || len(got) >= len(e.message) {
			t.Errorf("%d bytes, valid %v", len(got), utf8.ValidString(got))
		}
	}
}

// The two numberings are one.
func TestErrorCodesAreCores(t *testing.T) {
	cores := map[string]core.ErrorCode{
		"ARGUMENT": core.CodeArgument, "HANDLE": core.CodeHandle, "STATE": core.CodeState, "BUSY": core.CodeBusy, "UTF8": core.CodeUTF8,
		"CLOSE_CODE": core.CodeCloseCode, "CONTROL_SIZE": core.CodeControlSize, "TOO_LARGE": core.CodeTooLarge, "FORKED": core.CodeForked,
		"URL": core.CodeURL, "HEADER": core.CodeHeader, "OPTION": core.CodeOption, "CLOSED": core.CodeClosed, "ABNORMAL": core.CodeAbnormal,
		"TIMEOUT": core.CodeTimeout, "INTERRUPTED": core.CodeInterrupted, "WOULD_BLOCK": core.CodeWouldBlock, "SYSTEM": core.CodeSystem,
		"RESOLVE": core.CodeResolve, "PROTOCOL": core.CodeProtocol, "PEER_UTF8": core.CodePeerUTF8, "PEER_TOO_LARGE": core.CodePeerTooLarge,
		"PEER_POLICY": core.CodePeerPolicy, "HANDSHAKE": core.CodeHandshake, "REFUSED": core.CodeRefused, "ORIGIN": core.CodeOrigin,
		"NO_MEMORY": core.CodeNoMemory, "QUEUE_FULL": core.CodeQueueFull, "TOO_MANY": core.CodeTooMany, "INTERNAL": core.CodeInternal,
		"NONE": 0,
	}
	table := abi.Current()
	for _, g := range table.Groups {
		for _, c := range g.Consts {
			if g.Name != "error" {
				continue
			}
			want, known := cores[strings.TrimPrefix(c.Name, g.Prefix)]
			if !known || int64(want) != c.Value {
				t.Errorf("%s is %d, core's is %d (known: %v)", c.Name, c.Value, want, known)
			}
			delete(cores, strings.TrimPrefix(c.Name, g.Prefix))
		}
	}
	for name := range cores {
		t.Errorf("the table lacks %s", name)
	}
}
