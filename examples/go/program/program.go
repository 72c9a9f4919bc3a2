// Package program is what the example servers share besides WebSocket: their command line and the line that says they are
// ready.
package program

import (
	"flag"
	"fmt"
	"os"
	"strconv"

	"libws/core"
)

// Arguments are PORT [--max-message BYTES] [--host ADDRESS]. Examples listen on loopback unless told otherwise.
type Arguments struct {
	Host       string
	Port       int
	MaxMessage int64 // 0: the library's default
}

// Parse reads the command line. Flags may stand before or behind the port.
func Parse() Arguments {
	a := Arguments{Port: -1}
	flags := flag.NewFlagSet(os.Args[0], flag.ExitOnError)
	flags.Usage = func() {
		fmt.Fprintf(os.Stderr, "usage: %s PORT [--max-message BYTES] [--host ADDRESS]\n", os.Args[0])
	}
	flags.StringVar(&a.Host, "host", "127.0.0.1", "address to listen on")
	flags.Int64Var(&a.MaxMessage, "max-message", 0, "bytes of the longest message")
	_ = flags.Parse(os.Args[1:])
	if port, err := strconv.Atoi(flags.Arg(0)); err == nil && port >= 0 && port <= 65535 {
		a.Port = port
		_ = flags.Parse(flags.Args()[1:])
	}
	if a.Port < 0 || flags.NArg() > 0 || a.MaxMessage < 0 {
		flags.Usage()
		os.Exit(2)
	}
	return a
}

// Server binds a server as the command line says and announces it.
func Server() (*core.Server, error) {
	a := Parse()
	server, err := core.BindHost(a.Host, a.Port)
	if err != nil {
		return nil, err
	}
	if a.MaxMessage > 0 {
		for _, option := range []core.Option{core.OptMaxMessageBytes, core.OptMaxFrameBytes} {
			if err := server.SetOption(option, a.MaxMessage); err != nil {
				server.Drop()
				return nil, err
			}
		}
	}
	Announce(a.Host, server.Port())
	return server, nil
}

// Announce tells whoever started the program that it is ready.
func Announce(host string, port int) { fmt.Printf("listening on %s:%d\n", host, port) }

// Fail ends the program over an error.
func Fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
