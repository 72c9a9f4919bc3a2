package core

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestLoopDrain(t *testing.T) {
	l := newClockLoop(t, LoopOptions{})
	port, err := l.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	_, polite := l.open()
	_, silent := l.open()
	young := dialTCP(t, port)
	l.until("it is accepted", func() bool { return l.pending == 1 })
	wantCode(t, l.Drain(0), CodeArgument)
	wantCode(t, l.Drain(-time.Second), CodeArgument)
	if err := l.Drain(3 * time.Second); err != nil {
		t.Fatal(err)
	}
	l.settle()
	young.read()
	if !young.eof && young.err == nil {
		t.Error("a half-open connection lives on")
	}
	if got := polite.read(); len(got) != 1 || got[0] != "close 1001 " {
		t.Errorf("the peer got %q", got)
	}
	polite.sendClose(1001, "")
	l.settle()
	polite.close()
	l.settle()
	wantEvents(t, l.events, "close ")
	_, err = l.Listen("127.0.0.1:0", false)
	wantCode(t, err, CodeState)
	a, b := socketpair(t)
	_, err = l.Adopt(a, RoleServer, nil)
	wantCode(t, err, CodeState)
	_, err = l.Dial("ws://127.0.0.1:1/", nil)
	wantCode(t, err, CodeState)
	_, _ = unix.Close(a), unix.Close(b)
	l.pass(2 * time.Second)
	if len(l.of(LoopDrained)) != 0 {
		t.Error("drained while a connection is left")
	}
	l.pass(time.Second + clockTick)
	wantEvents(t, l.events, "close ", "close a deadline passed", "drained ")
	if silent.read(); !silent.eof {
		t.Error("the silent peer was not cut off")
	}
	l.settle()
	if n := len(l.of(LoopDrained)); n != 1 {
		t.Errorf("told %d times", n)
	}
}

func TestLoopDrainsAnEmptyLoop(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	if err := l.Drain(time.Second); err != nil {
		t.Fatal(err)
	}
	if l.poll(10*time.Second) != 1 || l.last().Kind != LoopDrained {
		t.Errorf("got %v", l.events)
	}
}

// A listener that another process has as well, the next generation of the server for one, is left to it.
func TestLoopDrainForgetsListenersThatLiveOn(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	file, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	fd, err := unix.Dup(int(file.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.ListenFD(fd); err != nil {
		t.Fatal(err)
	}
	l.open() // draining goes on
	if err := l.Drain(time.Minute); err != nil {
		t.Fatal(err)
	}
	l.settle()
	dialTCP(t, ln.Addr().(*net.TCPAddr).Port)
	if n := l.epollReady(); n != 0 {
		t.Errorf("%d ready", n)
	}
}
