// Command gws_echo is the contender built on lxzan/gws: gws_echo PORT.
package main

import (
	"fmt"
	"log"
	"net"
	"os"

	"github.com/lxzan/gws"
)

type echo struct{ gws.BuiltinEventHandler }

func (echo) OnMessage(conn *gws.Conn, message *gws.Message) {
	defer message.Close()
	conn.WriteMessage(message.Opcode, message.Bytes())
}

func main() {
	listener, err := net.Listen("tcp4", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr())
	server := gws.NewServer(echo{}, &gws.ServerOption{ReadMaxPayloadSize: 64 << 20, WriteMaxPayloadSize: 64 << 20})
	log.Fatal(server.RunListener(listener))
}
