// Command proxy listens on port 8080 and passes each connection on to one of those who have a name at that moment.
//
//	proxy NAME:PORT
//
// On every node of a Swarm it does what the routing mesh does where the kernel has IP_VS, which that of a container
// may not have: in turn, and without a second try, so that whoever asks sees every replica that does not answer.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"time"
)

const (
	address = ":8080"
	timeout = 5 * time.Second
)

var turn atomic.Uint64

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: proxy NAME:PORT")
		os.Exit(2)
	}
	fmt.Fprintln(os.Stderr, "proxy:", serve(os.Args[1]))
	os.Exit(1)
}

func serve(target string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			if err := pass(client, target); err != nil {
				fmt.Fprintln(os.Stderr, "proxy:", err)
			}
		}()
	}
}

func pass(client net.Conn, target string) error {
	defer client.Close()
	server, err := dial(target)
	if err != nil {
		return err
	}
	defer server.Close()
	go func() {
		io.Copy(server, client)
		server.(*net.TCPConn).CloseWrite()
	}()
	_, err = io.Copy(client, server)
	return err
}

func dial(target string) (net.Conn, error) {
	name, port, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil {
		return nil, err
	}
	slices.Sort(addresses)
	chosen := addresses[turn.Add(1)%uint64(len(addresses))]
	return net.DialTimeout("tcp", net.JoinHostPort(chosen, port), timeout)
}
