// Right: an echo server with a goroutine for each client.
package main

import (
	"io"
	"log"
	"net"
	"os"
)

func main() {
	welcoming, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for {
		client, err := welcoming.Accept()
		if err != nil {
			continue
		}
		go func() {
			defer client.Close()
			io.Copy(client, client)
		}()
	}
}
