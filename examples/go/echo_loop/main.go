// An echo server on the event loop: echo_loop PORT [LOOPS] [--spin US] [--max-message BYTES]. Each loop has a thread; they share the
// port. SIGTERM and SIGINT end it gracefully: no new clients, 1001 "going away" to those that are there.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"libws/core"
)

// drainTime is how long clients have to answer the close frame.
const drainTime = 5 * time.Second

type echo struct{}

func (echo) OnOpen(*core.Loop, core.ConnID) {}

func (echo) OnMessage(l *core.Loop, c core.ConnID, op core.Opcode, payload []byte) {
	_, _ = l.Send(c, op, payload)
}

func (echo) OnClose(*core.Loop, core.ConnID, core.CloseCode, string, error) {}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	port, loops, options, err := arguments(os.Args[1:])
	if err != nil {
		return err
	}
	var all []*core.Loop
	for range loops {
		l, err := core.NewLoop(options)
		if err != nil {
			return err
		}
		if port, err = l.Listen("127.0.0.1:"+strconv.Itoa(port), loops > 1); err != nil {
			return err
		}
		all = append(all, l)
	}
	asked, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// One processor for each loop, which keeps it while it waits, and one for everything else.
	runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), loops+1))
	core.SpareProcessors(true)
	fmt.Printf("listening on 127.0.0.1:%d\n", port)
	var group sync.WaitGroup
	for _, l := range all {
		group.Go(func() {
			runtime.LockOSThread()
			if err := l.Run(echo{}); err != nil {
				fmt.Fprintln(os.Stderr, err)
				stop() // the others end as well
			}
		})
	}
	<-asked.Done()
	stop() // the next signal ends the program at once
	for _, l := range all {
		if err := l.Drain(drainTime); err != nil {
			return err
		}
	}
	group.Wait() // Run returns when the last connection is gone
	return nil
}

// arguments reads flags wherever they stand among the others.
func arguments(args []string) (port, loops int, o *core.LoopOptions, err error) {
	o = &core.LoopOptions{}
	flags := flag.NewFlagSet("echo_loop", flag.ContinueOnError)
	flags.Int64Var(&o.MaxMessageBytes, "max-message", 0, "bytes of the longest message that is echoed")
	spin := flags.Int("spin", 0, "microseconds of probing before a wait sleeps")
	rest := []string{}
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return 0, 0, nil, err
		}
		if args = flags.Args(); len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	o.MaxFrameBytes, o.QueueBytes = o.MaxMessageBytes, 2*o.MaxMessageBytes
	o.Spin = time.Duration(*spin) * time.Microsecond
	numbers := []int{0, 1}
	for i, text := range rest {
		if i == len(numbers) {
			break
		}
		if numbers[i], err = strconv.Atoi(text); err != nil {
			return 0, 0, nil, fmt.Errorf("usage: echo_loop PORT [LOOPS] [--max-message BYTES]")
		}
	}
	if len(rest) == 0 || numbers[1] < 1 {
		return 0, 0, nil, fmt.Errorf("usage: echo_loop PORT [LOOPS] [--max-message BYTES]")
	}
	return numbers[0], numbers[1], o, nil
}
