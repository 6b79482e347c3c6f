// Command web is a small web service for trying clusters: it says who answers, and keeps files on its volume.
//
//	web                serve port 8080, until SIGTERM
//	web get URL        print what a web service answers
//	web dig NAME       print the addresses of a name
//
// Paths: / (version and host name), /healthz, /data/NAME (GET and PUT a file in $DATA).
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

const (
	address = ":8080"
	timeout = 5 * time.Second
	// Requests still come in for a moment after a cluster has decided to stop this replica.
	farewell = 3 * time.Second
)

func main() {
	var err error
	switch {
	case len(os.Args) == 1:
		err = serve()
	case len(os.Args) == 3 && os.Args[1] == "get":
		err = get(os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == "dig":
		err = dig(os.Args[2])
	default:
		err = fmt.Errorf("usage: web [get URL | dig NAME]")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "web:", err)
		os.Exit(1)
	}
}

func serve() error {
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /data/{name}", read)
	mux.HandleFunc("PUT /data/{name}", write)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "version=%s host=%s node=%s\n", os.Getenv("VERSION"), host, os.Getenv("NODE"))
	})
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: timeout}
	stopped := make(chan error)
	go func() { stopped <- stopOnSignal(server) }()
	fmt.Println("listening on", address)
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return <-stopped
}

// stopOnSignal goes on serving for a moment, then lets running requests end.
func stopOnSignal(server *http.Server) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	if <-signals == syscall.SIGTERM {
		time.Sleep(farewell)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return server.Shutdown(ctx)
}

func path(r *http.Request) string {
	return filepath.Join(os.Getenv("DATA"), filepath.Base(r.PathValue("name")))
}

func read(w http.ResponseWriter, r *http.Request) {
	content, err := os.ReadFile(path(r))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Write(content)
}

// write answers only when the file is on the disk, so that a test may take the node away at once.
func write(w http.ResponseWriter, r *http.Request) {
	file, err := os.Create(path(r))
	if err == nil {
		_, err = io.Copy(file, http.MaxBytesReader(w, r.Body, 1<<20))
	}
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func get(url string) error {
	client := http.Client{Timeout: timeout}
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(os.Stdout, response.Body); err != nil {
		return err
	}
	if response.StatusCode >= 400 {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}

func dig(name string) error {
	addresses, err := net.LookupHost(name)
	for _, address := range addresses {
		fmt.Println(address)
	}
	return err
}
