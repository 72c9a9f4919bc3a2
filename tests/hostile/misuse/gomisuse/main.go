// Command gomisuse tries requests on libws/core that must not be sent, `gomisuse HOST PORT`, and prints "NAME CODE" for each.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"libws/core"
)

func main() {
	if len(os.Args) != 3 {
		os.Exit(2)
	}
	base := "ws://" + os.Args[1] + ":" + os.Args[2]
	attempt := func(name, path string, options core.DialOptions) {
		_, err := core.Dial(context.Background(), base+path, &options)
		var e *core.Error
		switch {
		case err == nil:
			fmt.Println(name, 0)
		case errors.As(err, &e):
			fmt.Println(name, int(e.Code))
		default:
			fmt.Println(name, -1)
		}
	}
	header := func(name, value string) core.DialOptions {
		return core.DialOptions{Header: http.Header{name: {value}}}
	}
	attempt("path-crlf", "/\r\nX-Evil: 1", core.DialOptions{})
	attempt("path-lf", "/\nX-Evil: 1", core.DialOptions{})
	attempt("path-nul", "/\x00", core.DialOptions{})
	attempt("query-crlf", "/?a=\r\nX-Evil: 1", core.DialOptions{})
	attempt("header-value-cr", "/", header("X-A", "a\rb"))
	attempt("header-value-crlf", "/", header("X-A", "a\r\nX-Evil: 1"))
	attempt("header-value-nul", "/", header("X-A", "a\x00b"))
	attempt("header-name-crlf", "/", header("X-A: a\r\nX-Evil", "1"))
	attempt("header-space-in-name", "/", header("X A", "a"))
	attempt("header-reserved", "/", header("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="))
	attempt("header-host", "/", header("Host", "evil"))
	attempt("subprotocol-crlf", "/", core.DialOptions{Subprotocols: []string{"v1\r\nX-Evil: 1"}})
	attempt("subprotocol-space", "/", core.DialOptions{Subprotocols: []string{"v 1"}})
	attempt("subprotocol-twice", "/", core.DialOptions{Subprotocols: []string{"v1", "v1"}})
	attempt("origin-crlf", "/", core.DialOptions{Origin: "https://a\r\nX-Evil: 1"})
	attempt("origin-nul", "/", core.DialOptions{Origin: "https://a\x00"})
}
