package main

import (
	"net/http"
	"time"
)

// identity is Keystone, as far as a password login and its catalog.
func (c *cloud) identity(mux *http.ServeMux) {
	root := object{"id": "v3.14", "status": "stable", "links": c.self("/identity/v3/")}
	mux.HandleFunc("GET /identity/{$}", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusMultipleChoices, object{"versions": object{"values": []object{root}}})
	})
	mux.HandleFunc("GET /identity", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusMultipleChoices, object{"versions": object{"values": []object{root}}})
	})
	for _, path := range []string{"/identity/v3", "/identity/v3/{$}"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusOK, object{"version": root})
		})
	}
	mux.HandleFunc("POST /identity/v3/auth/tokens", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Subject-Token", "stub")
		answer(w, http.StatusCreated, object{"token": c.token()})
	})
	mux.HandleFunc("GET /identity/v3/users/{user}/application_credentials", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, object{"application_credentials": []object{}, "links": object{}})
	})
}

func (c *cloud) token() object {
	domain := object{"id": "default", "name": "Default"}
	var catalog []object
	for _, service := range [][3]string{
		{"identity", "keystone", "/identity"}, {"compute", "nova", "/compute/v2.1"}, {"network", "neutron", "/network"},
		{"image", "glance", "/image"}, {"block-storage", "cinder", "/volume/v3"}, {"volumev3", "cinderv3", "/volume/v3"},
	} {
		catalog = append(catalog, object{"id": service[0], "type": service[0], "name": service[1], "endpoints": []object{{
			"id": service[0], "interface": "public", "region": "RegionOne", "region_id": "RegionOne", "url": c.base + service[2],
		}}})
	}
	return object{
		"methods": []string{"password"}, "issued_at": now(), "catalog": catalog,
		"expires_at": time.Now().Add(24 * time.Hour).UTC().Format("2006-01-02T15:04:05.000000Z"),
		"user":       object{"id": "jane", "name": "jane", "domain": domain},
		"project":    object{"id": project, "name": "demo", "domain": domain},
		"roles":      []object{{"id": "member", "name": "member"}},
	}
}

func (c *cloud) self(path string) []object {
	return []object{{"rel": "self", "href": c.base + path}}
}

// version answers who asks a service, or one version of it, what it is.
func (c *cloud) version(mux *http.ServeMux, service, id, path, newest, oldest string) {
	about := object{"id": id, "status": "CURRENT", "version": newest, "min_version": oldest, "links": c.self(path + "/")}
	for _, place := range []string{service, service + "/{$}"} {
		mux.HandleFunc("GET "+place, func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusOK, object{"versions": []object{about}})
		})
	}
	for _, place := range []string{path, path + "/{$}"} {
		mux.HandleFunc("GET "+place, func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusOK, object{"version": about})
		})
	}
}

// images is Glance with the image of bay's model for Swarm.
func (c *cloud) images(mux *http.ServeMux) {
	image := object{
		"id": newID(), "name": "debian-12-docker", "os_distro": "debian", "status": "active", "visibility": "public",
		"disk_format": "qcow2", "container_format": "bare", "size": 1, "min_disk": 0, "min_ram": 0, "created_at": now(),
		"updated_at": now(), "tags": []string{}, "owner": project, "schema": "/v2/schemas/image", "file": "/file",
		"protected": false, "checksum": "none",
	}
	c.version(mux, "/image", "v2.9", "/image/v2", "", "")
	mux.HandleFunc("GET /image/v2/images", func(w http.ResponseWriter, r *http.Request) {
		found := []object{}
		if name := r.URL.Query().Get("name"); name == "" || name == image["name"] {
			found = append(found, image)
		}
		answer(w, http.StatusOK, object{"images": found})
	})
	mux.HandleFunc("GET /image/v2/images/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") != image["id"] {
			notFound(w)
			return
		}
		answer(w, http.StatusOK, image)
	})
}

// volumes is Cinder, which nobody has taken anything of.
func (c *cloud) volumes(mux *http.ServeMux) {
	c.version(mux, "/volume", "v3.0", "/volume/v3", "3.70", "3.0")
	unused := object{"in_use": 0, "limit": -1, "reserved": 0}
	for path, content := range map[string]object{
		"/volume/v3/volumes/detail": {"volumes": []object{}},
		"/volume/v3/volumes":        {"volumes": []object{}},
		"/volume/v3/types":          {"volume_types": []object{}},
		"/volume/v3/os-quota-sets/{project}": {"quota_set": object{
			"id": project, "volumes": unused, "gigabytes": unused, "snapshots": unused, "backups": unused,
		}},
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, content) })
	}
}
