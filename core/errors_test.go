// Errors: errors.Is and errors.As, their text, and codes that stay.

package core

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"

	"libws/core/protocol"
)

func TestErrorsIs(t *testing.T) {
	sentinels := []*Error{
		ErrArgument, ErrState, ErrBusy, ErrUTF8, ErrCloseCode, ErrControlSize, ErrTooLarge, ErrURL, ErrHeader, ErrOption, ErrClosed, ErrAbnormal,
		ErrTimeout, ErrInterrupted, ErrSystem, ErrResolve, ErrProtocol, ErrPeerUTF8, ErrPeerTooLarge, ErrPeerPolicy, ErrHandshake, ErrRefused,
		ErrOrigin, ErrTooMany,
	}
	seen := map[ErrorCode]bool{}
	for _, s := range sentinels {
		if seen[s.Code] {
			t.Error("two values for code", s.Code)
		}
		seen[s.Code] = true
		err := fmt.Errorf("wrapped: %w", newError(s.Code, "Op", "message"))
		for _, other := range sentinels {
			if errors.Is(err, other) != (s == other) {
				t.Errorf("code %d is code %d: %v", s.Code, other.Code, errors.Is(err, other))
			}
		}
		if errors.Is(err, os.ErrDeadlineExceeded) != (s == ErrTimeout) || errors.Is(err, net.ErrClosed) != (s == ErrClosed) {
			t.Error(s, "and the errors of os and net")
		}
	}
	if errors.Is(ErrClosed, newError(CodeClosed, "Op", "")) {
		t.Error("only the values without an operation are to be compared with")
	}
}

func TestErrorText(t *testing.T) {
	e := &Error{Code: CodeProtocol, Op: "RecvFrame", Msg: "a rule", CloseCode: 1002, Status: 400, Err: io.EOF}
	if got := e.Error(); got != "libws: RecvFrame: a rule (close code 1002) (HTTP status 400): EOF" {
		t.Error(got)
	}
	if !errors.Is(e, io.EOF) {
		t.Error("the cause is lost")
	}
	if got := (&CloseError{Code: 1001, Reason: "bye"}).Error(); got != "the peer closed with 1001: bye" {
		t.Error(got)
	}
	if got := (&CloseError{Code: 1005}).Error(); got != "the peer closed with 1005" {
		t.Error(got)
	}
}

func TestTimeoutAndTemporary(t *testing.T) {
	var ne net.Error
	if !errors.As(newError(CodeTimeout, "Op", ""), &ne) || !ne.Timeout() {
		t.Error("a timeout is no net.Error's timeout")
	}
	for code, want := range map[ErrorCode]bool{CodeBusy: true, CodeInterrupted: true, CodeHandshake: true, CodeOrigin: true, CodeClosed: false, CodeArgument: false, CodeProtocol: false} {
		if newError(code, "", "").Temporary() != want {
			t.Error(code, "temporary is not", want)
		}
	}
}

// The numbers are an ABI: they never change.
func TestCodesAreStable(t *testing.T) {
	want := map[ErrorCode]int{
		CodeArgument: 100, CodeHandle: 101, CodeState: 102, CodeBusy: 103, CodeUTF8: 104, CodeCloseCode: 105, CodeControlSize: 106, CodeTooLarge: 107,
		CodeForked: 108, CodeURL: 109, CodeHeader: 110, CodeOption: 111, CodeClosed: 200, CodeAbnormal: 201, CodeTimeout: 202, CodeInterrupted: 203,
		CodeWouldBlock: 204, CodeSystem: 205, CodeResolve: 206, CodeProtocol: 300, CodePeerUTF8: 301, CodePeerTooLarge: 302, CodePeerPolicy: 303,
		CodeHandshake: 400, CodeRefused: 401, CodeOrigin: 402, CodeNoMemory: 500, CodeQueueFull: 501, CodeTooMany: 502, CodeInternal: 599,
	}
	if len(want) != 30 {
		t.Error("two names share a number")
	}
	for code, n := range want {
		if int(code) != n {
			t.Error(code, n)
		}
	}
}

func TestEveryKindOfTheMachineHasACode(t *testing.T) {
	for k := protocol.MisuseArgument; k <= protocol.EndedEarly; k++ {
		if k == protocol.Violation {
			continue
		}
		if e := fromProtocol("Op", &protocol.Error{Kind: k, Rule: "r"}); e.Code == 0 {
			t.Error("kind", k, "has no code")
		}
	}
	if e := fromProtocol("Op", io.EOF); e.Code != CodeInternal || !errors.Is(e, io.EOF) {
		t.Error(e)
	}
}
