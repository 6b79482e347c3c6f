// Command pulumi-language-python runs Python programs for the Pulumi engine.
// It stands in for the official language host, whose module has no tags that a
// module proxy serves, and does what `pulumi up`, `pulumi about` and `pulumi
// install` need: it starts programs, says what runs them, and installs what they
// ask for. It generates no code.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// engineCheckInterval is how long this process and its program may outlive a
// killed engine.
const engineCheckInterval = time.Second

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve answers the engine until it goes away or says that it is done, which
// is an interrupt.
func serve() error {
	alive, end := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer end()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	server := &host{alive: alive, executor: filepath.Join(filepath.Dir(self), "pulumi-language-python-exec")}
	if len(os.Args) > 1 {
		// The engine's address comes last, after flags that mean nothing here.
		server.engine = os.Args[len(os.Args)-1]
		if err := rpcutil.Healthcheck(alive, server.engine, engineCheckInterval, end); err != nil {
			return err
		}
	}
	stop := make(chan bool)
	context.AfterFunc(alive, func() { close(stop) })
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: stop,
		Init: func(grpcServer *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(grpcServer, server)
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port) // how the engine learns where to connect
	return <-handle.Done
}
