//go:build !race

// The race detector allocates, so these tests run without it.
package core

import (
	"fmt"
	"testing"
)

// A frame that is sent or received costs no allocation, in either role and on either carrier.
func TestFramesDoNotAllocate(t *testing.T) {
	for _, carrier := range []string{"descriptor", "net.Conn"} {
		for _, size := range []int{0, 20, 125, 500, 4096, 65536} {
			for _, messages := range []bool{false, true} {
				t.Run(fmt.Sprint(carrier, " ", size, " messages ", messages), func(t *testing.T) {
					client, server := pairOn(t, carrier)
					recv := (*Conn).RecvFrame
					if messages {
						recv = (*Conn).RecvMessage
					}
					payload := make([]byte, size)
					fault := make(chan error, 1)
					go func() {
						for {
							f, err := recv(server)
							if err == nil {
								_, err = server.SendFrame(&f)
							}
							if err != nil {
								fault <- err
								return
							}
						}
					}()
					roundTrip := func() {
						if _, err := client.SendBinary(payload); err != nil {
							t.Fatal(err)
						}
						if f, err := recv(client); err != nil || len(f.Payload) != size {
							t.Fatal(len(f.Payload), err)
						}
					}
					for range 50 { // buffers grow to what the traffic needs
						roundTrip()
					}
					if n := testing.AllocsPerRun(200, roundTrip); n >= 1 {
						t.Errorf("%v allocations per round trip", n)
					}
				})
			}
		}
	}
}

// pairOn makes a client and a server on descriptors or on net.Conns.
func pairOn(t testing.TB, carrier string) (client, server *Conn) {
	t.Helper()
	if carrier == "descriptor" {
		return pair(t)
	}
	a, b := netPair(t, "tcp", "127.0.0.1:0")
	client, server = must(NewConn(a, RoleClient, nil))(t), must(NewConn(b, RoleServer, nil))(t)
	t.Cleanup(client.Drop)
	t.Cleanup(server.Drop)
	return client, server
}

func BenchmarkRoundTrip(b *testing.B) {
	for _, size := range []int{20, 65536} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			a, s := tcpPair(b)
			client, server := connect(b, a, s)
			go func() {
				for {
					f, err := server.RecvFrame()
					if err != nil {
						return
					}
					if _, err := server.SendFrame(&f); err != nil {
						return
					}
				}
			}()
			payload := make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.SendBinary(payload); err != nil {
					b.Fatal(err)
				}
				if _, err := client.RecvFrame(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
