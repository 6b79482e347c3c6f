// Command stub is an OpenStack that answers at once and has no hosts: what bay
// and its engine cost at a size that no sandbox reaches. A server is in BUILD for
// a while, and is there for a while after it was deleted; nothing else takes time.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

func main() {
	address := flag.String("listen", "127.0.0.1:0", "address to listen on; the port is printed")
	build := flag.Duration("build", 2*time.Second, "how long a server is in BUILD")
	remove := flag.Duration("delete", time.Second, "how long a server is there after it was deleted")
	flag.Parse()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	c := newCloud("http://"+listener.Addr().String(), *build, *remove)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	os.Stdout.Close()
	log.Fatal(http.Serve(listener, c.handler()))
}

// cloud is everything that there is, in memory.
type cloud struct {
	base          string
	build, remove time.Duration
	all           store
	calls         atomic.Int64
	addresses     atomic.Int64
}

func newCloud(base string, build, remove time.Duration) *cloud {
	c := &cloud{base: base, build: build, remove: remove, all: store{kinds: map[string]*collection{}}}
	c.all.put("networks", object{
		"id": "public", "name": "public", "status": "ACTIVE", "router:external": true, "shared": false,
		"admin_state_up": true, "project_id": project, "tenant_id": project, "subnets": []any{}, "tags": []any{}, "mtu": 1500,
	})
	return c
}

func (c *cloud) handler() http.Handler {
	mux := http.NewServeMux()
	c.identity(mux)
	c.network(mux)
	c.compute(mux)
	c.images(mux)
	c.volumes(mux)
	mux.HandleFunc("GET /_counts", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, object{"calls": c.calls.Load(), "kinds": c.all.counts()})
	})
	mux.HandleFunc("POST /_copies", c.copies)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { notFound(w) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.calls.Add(1)
		mux.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, code int, content any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if content != nil {
		_ = json.NewEncoder(w).Encode(content)
	}
}

func notFound(w http.ResponseWriter) {
	answer(w, http.StatusNotFound, object{"itemNotFound": object{"message": "not found", "code": http.StatusNotFound}})
}

// body is what a request holds under its one key.
func body(r *http.Request, key string) object {
	var content map[string]object
	if json.NewDecoder(r.Body).Decode(&content) != nil || content[key] == nil {
		return object{}
	}
	return content[key]
}

func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05Z") }
