// Options of connections and servers: bounds, structs and defaults.

package core

import (
	"testing"
	"time"
)

func TestOptionBounds(t *testing.T) {
	c, _ := pair(t)
	for o := OptMaxFrameBytes; int(o) < len(optionTable); o++ {
		row := optionTable[o]
		if row.server {
			wantCode(t, c.SetOption(o, row.min), CodeOption)
			_, err := c.Option(o)
			wantCode(t, err, CodeOption)
			continue
		}
		if v, err := c.Option(o); err != nil || v != specSettings()[o] {
			t.Error(row.name, v, err)
		}
		for _, v := range []int64{row.min, row.max} {
			if err := c.SetOption(o, v); err != nil {
				t.Error(row.name, v, err)
			}
			if got, _ := c.Option(o); got != v {
				t.Error(row.name, got, "after", v)
			}
		}
		for _, v := range []int64{row.min - 1, row.max + 1, -2} {
			wantCode(t, c.SetOption(o, v), CodeOption)
		}
		if err := c.SetOption(o, NoTimeoutMS); (err == nil) != row.timeout {
			t.Error(row.name, "none:", err)
		}
	}
	for _, o := range []Option{-1, 0, Option(len(optionTable)), 1 << 40} {
		wantCode(t, c.SetOption(o, 1), CodeOption)
		_, err := c.Option(o)
		wantCode(t, err, CodeOption)
	}
}

// 0 or negative is an error, never "unlimited".
func TestOptionsStruct(t *testing.T) {
	for _, o := range []Options{
		{MaxFrameBytes: -1}, {MaxMessageBytes: -1}, {SendFrameBytes: -5}, {MaxHeadBytes: 1}, {MaxHeadFields: -1}, {HandshakeTimeout: -2},
		{RecvTimeout: -time.Second}, {SendTimeout: -3}, {CloseTimeout: NoTimeout}, {MessageTimeout: -time.Hour},
	} {
		_, err := Dial(t.Context(), "ws://127.0.0.1:1", &DialOptions{Options: o})
		wantCode(t, err, CodeOption)
	}
	s := defaultSettings()
	if err := s.apply(&Options{MaxFrameBytes: 7, RecvTimeout: time.Nanosecond, SendTimeout: NoTimeout, Interruptible: true}); err != nil {
		t.Fatal(err)
	}
	if s[OptMaxFrameBytes] != 7 || s[OptRecvTimeoutMS] != 1 || s[OptSendTimeoutMS] != NoTimeoutMS || s[OptInterruptible] != 1 || s[OptMaxMessageBytes] != 16<<20 {
		t.Error(s)
	}
}

func TestDefaults(t *testing.T) {
	s := specSettings()
	for o, want := range map[Option]int64{
		OptMaxFrameBytes: 65536, OptMaxMessageBytes: 16 << 20, OptMaxHeadBytes: 8192, OptMaxHeadFields: 100, OptHandshakeTimeoutMS: 10_000,
		OptRecvTimeoutMS: -1, OptSendTimeoutMS: -1, OptCloseTimeoutMS: 1000, OptAcceptTimeoutMS: -1, OptInterruptible: 0, OptSendFrameBytes: 65536,
		OptMessageTimeoutMS: -1,
	} {
		if s[o] != want {
			t.Error(optionTable[o].name, s[o], want)
		}
	}
	if d := defaultSettings(); d[OptMaxFrameBytes] != 16<<20 {
		t.Error(d[OptMaxFrameBytes])
	}
}

// A limit that is changed holds for what comes next: the limit passes, one byte more closes with 1009.
func TestFrameLimit(t *testing.T) {
	for _, limit := range []int64{1, 100, 65536, 70_000} {
		for _, over := range []int64{0, 1} {
			client, server := pair(t)
			for o, v := range map[Option]int64{OptMaxFrameBytes: limit} {
				if err := server.SetOption(o, v); err != nil {
					t.Fatal(err)
				}
			}
			if err := client.SetOption(OptSendFrameBytes, 1<<20); err != nil {
				t.Fatal(err)
			}
			got := async(func() error { _, err := server.RecvFrame(); return err })
			if _, err := client.SendBinary(make([]byte, limit+over)); err != nil {
				t.Fatal(err)
			}
			if over == 0 {
				if err := await(t, got, "the frame"); err != nil {
					t.Fatal(limit, err)
				}
				continue
			}
			f, err := client.RecvFrame()
			if err != nil || f.CloseCode() != CloseTooLarge {
				t.Fatal(limit, f, err)
			}
			wantCode(t, await(t, got, "the violation"), CodePeerTooLarge)
		}
	}
}
