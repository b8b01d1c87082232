// The slide's server in Go: a goroutine a connection, on all cores.
package main

import (
	"fmt"
	"net"
)

func converse(conn net.Conn) {
	defer conn.Close()
	data := make([]byte, 65536)
	for {
		n, err := conn.Read(data)
		if err != nil {
			return
		}
		if _, err := conn.Write(data[:n]); err != nil {
			return
		}
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	for {
		conn, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go converse(conn)
	}
}
