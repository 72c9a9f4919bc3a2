package main

// The options of event loops and of their connections, for ws_set and ws_get. How a poll waits is the shim's affair, so it is told.

// #include "error.h"
import "C"

import "libws/core"

// SetOption sets an option of a loop.
func (l *eventLoop) SetOption(o core.Option, v int64) error {
	if o == core.OptInterruptible {
		if v != 0 && v != 1 {
			return &core.Error{Code: core.CodeOption, Msg: "INTERRUPTIBLE must be 0 or 1"}
		}
		l.mu.Lock()
		l.interruptible = v
		l.mu.Unlock()
		l.tune()
		return nil
	}
	if err := l.Loop.SetOption(o, v); err != nil {
		return err
	}
	if o == core.OptSpinUS {
		l.mu.Lock()
		l.spinUS = v
		l.mu.Unlock()
		l.tune()
	}
	return nil
}

// Option returns the value of an option of a loop.
func (l *eventLoop) Option(o core.Option) (int64, error) {
	if o == core.OptInterruptible {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.interruptible, nil
	}
	return l.Loop.Option(o)
}

// loopConnOptions are the options of one connection of a loop.
type loopConnOptions struct {
	l  *eventLoop
	id core.ConnID
}

// SetOption sets an option of a connection.
func (c loopConnOptions) SetOption(o core.Option, v int64) error {
	return c.l.SetConnOption(c.id, o, v)
}

// Option returns the value of an option of a connection.
func (c loopConnOptions) Option(o core.Option) (int64, error) { return c.l.ConnOption(c.id, o) }
