// Exported functions contain panics: every body is looked at, and panics that are put in become WS_ERR_INTERNAL.

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"libws/capi/abi"
	"libws/core"
)

// exportedBodies parses the //export functions of this package.
func exportedBodies(t *testing.T) map[string]*ast.FuncDecl {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*ast.FuncDecl{}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Doc == nil {
				continue
			}
			for _, c := range f.Doc.List {
				if c.Text == "//export "+f.Name.Name {
					found[f.Name.Name] = f
				}
			}
		}
	}
	return found
}

// A panic that left an export would end the host's process, so each body begins by containing them, under the name of its row.
func TestEveryBodyContainsPanics(t *testing.T) {
	table := abi.Current()
	bodies := exportedBodies(t)
	for i := range table.Functions {
		f := &table.Functions[i]
		if f.Body != abi.Go || f.Twin != "" {
			continue
		}
		name := "libws_go_" + strings.TrimPrefix(f.Name, "ws_")
		body := bodies[name]
		if body == nil {
			t.Errorf("%s has no body", f.Name)
			continue
		}
		delete(bodies, name)
		checkContained(t, name, body)
	}
	delete(bodies, "libws_make_room") // the shim's own, which contains nothing that can panic
	for _, name := range []string{"libws_loop_poll_now", "libws_loop_poll_ready", "libws_loop_poll_end"} {
		checkContained(t, name, bodies[name]) // the two halves of ws_loop_poll, whose row is served in C
		delete(bodies, name)
	}
	for name := range bodies {
		t.Errorf("%s serves no row", name)
	}
}

func checkContained(t *testing.T, name string, body *ast.FuncDecl) {
	t.Helper()
	for _, statement := range body.Body.List[:min(2, len(body.Body.List))] {
		if d, ok := statement.(*ast.DeferStmt); ok {
			if callee, ok := d.Call.Fun.(*ast.Ident); ok && strings.HasPrefix(callee.Name, "contain") {
				return
			}
		}
	}
	t.Errorf("%s does not contain panics before it does anything", name)
}

// Every call on a connection whose object is broken panics inside, and comes back as WS_ERR_INTERNAL.
func TestInjectedPanicsBecomeErrors(t *testing.T) {
	number := connections.Insert(clientConnection, &connection{}) // without a core.Conn
	defer connections.Remove(number)
	for name, body := range map[string]any{
		"is_open": libws_go_is_open, "state": libws_go_state, "fd": libws_go_fd, "mask_key": libws_go_mask_key,
		"send_frame": libws_go_send_frame, "send_text_n": libws_go_send_text_n, "send_binary": libws_go_send_binary,
		"send_fragment": libws_go_send_fragment, "send_ping": libws_go_send_ping, "send_ping_n": libws_go_send_ping_n,
		"send_pong": libws_go_send_pong, "send_pong_n": libws_go_send_pong_n, "recv_frame": libws_go_recv_frame,
		"recv_message": libws_go_recv_message, "pending": libws_go_pending, "close_code": libws_go_close_code, "close_reason": libws_go_close_reason,
		"close": libws_go_close, "force_close": libws_go_force_close, "drop": libws_go_drop,
		"request_method": libws_go_request_method, "request_path": libws_go_request_path, "request_query": libws_go_request_query,
		"request_host": libws_go_request_host, "request_origin": libws_go_request_origin, "request_header": libws_go_request_header,
		"request_header_count": libws_go_request_header_count, "request_header_name": libws_go_request_header_name,
		"request_header_value": libws_go_request_header_value, "subprotocol": libws_go_subprotocol,
		"peer_address": libws_go_peer_address, "copy_text": libws_go_copy_text, "copy_header": libws_go_copy_header, "http_status": libws_go_http_status, "accept_upgrade": libws_go_accept_upgrade,
		"refuse": libws_go_refuse, "set": libws_go_set, "get": libws_go_get,
	} {
		var e slot
		f := reflect.ValueOf(body)
		args := make([]reflect.Value, f.Type().NumIn())
		for i := range args {
			switch in := f.Type().In(i); {
			case in == reflect.TypeOf(&e):
				args[i] = reflect.ValueOf(&e)
			case in.Kind() == reflect.Pointer:
				args[i] = reflect.New(in.Elem())
			default:
				args[i] = reflect.Zero(in)
			}
		}
		args[0] = reflect.ValueOf(number).Convert(f.Type().In(0))
		if name == "send_fragment" || name == "set" || name == "get" || name == "copy_text" {
			args[1] = reflect.ValueOf(int64(core.OpText)).Convert(f.Type().In(1))
		}
		if name == "set" {
			args[2] = args[1]
		}
		result := f.Call(args)[0]
		if e.code != 599 {
			t.Errorf("%s: error %d, want 599", name, int64(e.code))
		}
		switch {
		case result.Kind() == reflect.Pointer:
			if !result.IsNil() {
				t.Errorf("%s: a panic gave a text", name)
			}
		case name == "is_open":
			if result.Int() != 0 {
				t.Errorf("%s: %d, want 0", name, result.Int())
			}
		case result.Int() != -1:
			t.Errorf("%s: %d, want -1", name, result.Int())
		}
		if c, _ := connections.Get(number); c == nil || c.receiving.Load() {
			t.Fatalf("%s: the connection is gone or stays busy", name)
		}
	}
}

// numbers calls a body that takes numbers and the slot. Tests cannot name the types of C.
func numbers(body any, e *slot, arguments ...int64) int64 {
	f := reflect.ValueOf(body)
	var args []reflect.Value
	for i, n := range arguments {
		args = append(args, reflect.ValueOf(n).Convert(f.Type().In(i)))
	}
	return f.Call(append(args, reflect.ValueOf(e)))[0].Int()
}
