package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// pageSize is the most servers that Nova lists at once.
const pageSize = 1000

var flavor = object{
	"id": "1", "name": "m1.small", "ram": 2048, "vcpus": 1, "disk": 20, "swap": 0, "rxtx_factor": 1.0,
	"os-flavor-access:is_public": true, "OS-FLV-EXT-DATA:ephemeral": 0, "extra_specs": object{},
}

// embedded is a server's flavor as newer versions of the API show it.
var embedded = object{
	"original_name": "m1.small", "vcpus": 1, "ram": 2048, "disk": 20, "ephemeral": 0, "swap": 0, "extra_specs": object{},
}

func (c *cloud) compute(mux *http.ServeMux) {
	c.version(mux, "/compute", "v2.1", "/compute/v2.1", "2.96", "2.1")
	fixed := map[string]object{
		"flavors":              {"flavors": []object{flavor}},
		"flavors/detail":       {"flavors": []object{flavor}},
		"flavors/1":            {"flavor": flavor},
		"os-keypairs":          {"keypairs": []object{}},
		"os-availability-zone": {"availabilityZoneInfo": []object{{"zoneName": "nova", "zoneState": object{"available": true}}}},
	}
	for path, content := range fixed {
		mux.HandleFunc("GET /compute/v2.1/"+path, func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusOK, content)
		})
	}
	mux.HandleFunc("GET /compute/v2.1/flavors/1/os-extra_specs", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, object{"extra_specs": object{}})
	})
	mux.HandleFunc("GET /compute/v2.1/limits", c.limits)
	mux.HandleFunc("/compute/v2.1/os-server-groups", c.serverGroups)
	mux.HandleFunc("/compute/v2.1/os-server-groups/{id}", c.serverGroup)
	mux.HandleFunc("GET /compute/v2.1/servers", c.listServers)
	mux.HandleFunc("GET /compute/v2.1/servers/detail", c.listServers)
	mux.HandleFunc("POST /compute/v2.1/servers", c.createServer)
	mux.HandleFunc("/compute/v2.1/servers/{id}", c.server)
	mux.HandleFunc("GET /compute/v2.1/servers/{id}/tags", c.part(object{"tags": []any{}}))
	mux.HandleFunc("GET /compute/v2.1/servers/{id}/os-volume_attachments", c.part(object{"volumeAttachments": []any{}}))
	mux.HandleFunc("GET /compute/v2.1/servers/{id}/os-interface", c.part(object{"interfaceAttachments": []any{}}))
	mux.HandleFunc("POST /compute/v2.1/servers/{id}/action", c.act)
}

func (c *cloud) limits(w http.ResponseWriter, _ *http.Request) {
	count := len(c.all.list("servers", isThere))
	answer(w, http.StatusOK, object{"limits": object{"rate": []any{}, "absolute": object{
		"maxTotalInstances": -1, "totalInstancesUsed": count, "maxTotalCores": -1, "totalCoresUsed": count,
		"maxTotalRAMSize": -1, "totalRAMUsed": 2048 * count, "maxServerGroups": -1, "totalServerGroupsUsed": 0,
		"maxServerGroupMembers": -1, "maxServerMeta": 128, "maxImageMeta": 128, "maxTotalKeypairs": 100,
	}}})
}

func (c *cloud) serverGroups(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		answer(w, http.StatusOK, object{"server_groups": c.all.list("server-groups", every)})
		return
	}
	group := object{"id": newID(), "members": []any{}, "metadata": object{}, "project_id": project, "user_id": "jane"}
	maps.Copy(group, body(r, "server_group"))
	if policy := group["policy"]; policy != nil {
		group["policies"], group["rules"] = []any{policy}, object{}
	}
	c.all.put("server-groups", group)
	answer(w, http.StatusOK, object{"server_group": group})
}

func (c *cloud) serverGroup(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	group := c.all.get("server-groups", id)
	switch {
	case group == nil:
		notFound(w)
	case r.Method == http.MethodDelete:
		c.all.delete("server-groups", id)
		w.WriteHeader(http.StatusNoContent)
	default:
		answer(w, http.StatusOK, object{"server_group": group})
	}
}

// A server is stored with times that no answer shows: built, gone.
func isThere(server object) bool {
	gone, deleted := server["gone"].(time.Time)
	return !deleted || time.Now().Before(gone)
}

// shown is a server as the API shows it now.
func shown(server object, r *http.Request) object {
	o := maps.Clone(server)
	delete(o, "built")
	delete(o, "gone")
	if time.Now().Before(server["built"].(time.Time)) {
		o["status"], o["OS-EXT-STS:vm_state"], o["OS-SRV-USG:launched_at"] = "BUILD", "building", nil
	}
	_, minor, _ := strings.Cut(r.Header.Get("OpenStack-API-Version"), ".")
	if version, _ := strconv.Atoi(minor); version >= 47 {
		o["flavor"] = embedded
	}
	return o
}

func (c *cloud) createServer(w http.ResponseWriter, r *http.Request) {
	asked := body(r, "server")
	id := newID()
	addresses, groups := c.plug(id, asked)
	c.all.put("servers", object{
		"id": id, "name": asked["name"], "status": "ACTIVE", "tenant_id": project, "user_id": "jane", "created": now(),
		"updated": now(), "hostId": "host", "image": object{"id": asked["imageRef"]}, "flavor": object{"id": asked["flavorRef"]},
		"addresses": addresses, "metadata": asked["metadata"], "accessIPv4": "", "accessIPv6": "", "progress": 0,
		"key_name": asked["key_name"], "security_groups": groups, "OS-EXT-AZ:availability_zone": "nova", "tags": []any{},
		"OS-SRV-USG:launched_at": "2026-01-01T00:00:00.000000", "OS-DCF:diskConfig": "MANUAL", "locked": false,
		"OS-EXT-STS:power_state": 1, "OS-EXT-STS:vm_state": "active", "os-extended-volumes:volumes_attached": []any{},
		"config_drive": "", "built": time.Now().Add(c.build),
	})
	answer(w, http.StatusAccepted, object{"server": object{
		"id": id, "adminPass": "none", "links": []any{}, "OS-DCF:diskConfig": "MANUAL", "security_groups": groups,
	}})
}

// plug gives a server its ports, and makes those that it does not bring.
func (c *cloud) plug(id string, asked object) (object, []any) {
	addresses := object{}
	groups, _ := asked["security_groups"].([]any)
	networks, _ := asked["networks"].([]any)
	for _, one := range networks {
		wanted := one.(object)
		var port object
		if brought, _ := wanted["port"].(string); brought != "" {
			port = c.all.change("ports", brought, object{"device_id": id, "device_owner": "compute:nova"})
			groups = c.groupsOf(port)
		} else {
			port = c.made("ports", object{"network_id": wanted["uuid"], "device_id": id, "device_owner": "compute:nova", "by": "nova"})
		}
		network := c.all.get("networks", port["network_id"].(string))
		addresses[network["name"].(string)] = []any{object{
			"addr": port["fixed_ips"].([]any)[0].(object)["ip_address"], "version": 4, "OS-EXT-IPS:type": "fixed",
			"OS-EXT-IPS-MAC:mac_addr": port["mac_address"],
		}}
	}
	return addresses, groups
}

func (c *cloud) groupsOf(port object) (names []any) {
	ids, _ := port["security_groups"].([]any)
	for _, id := range ids {
		if group := c.all.get("security-groups", id.(string)); group != nil {
			names = append(names, object{"name": group["name"]})
		}
	}
	return names
}

func (c *cloud) listServers(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	name, err := regexp.Compile(query.Get("name"))
	if err != nil {
		answer(w, http.StatusBadRequest, object{"badRequest": object{"message": err.Error(), "code": http.StatusBadRequest}})
		return
	}
	passed := query.Get("marker") == ""
	page, more := []object{}, false
	size := pageSize
	if limit, err := strconv.Atoi(query.Get("limit")); err == nil {
		size = min(size, limit)
	}
	for _, server := range c.all.list("servers", isThere) {
		one := shown(server, r)
		status := query.Get("status")
		switch {
		case !passed:
			passed = one["id"] == query.Get("marker")
		case !name.MatchString(one["name"].(string)) || status != "" && status != one["status"]:
		case len(page) == size:
			more = true
		default:
			page = append(page, one)
		}
	}
	result := object{"servers": page}
	if more {
		query.Set("marker", page[size-1]["id"].(string))
		result["servers_links"] = []object{{"rel": "next", "href": c.base + r.URL.Path + "?" + query.Encode()}}
	}
	answer(w, http.StatusOK, result)
}

// find is a server that is there; it ends the ports of one that is not any more.
func (c *cloud) find(id string) object {
	server := c.all.get("servers", id)
	if server == nil || isThere(server) {
		return server
	}
	if c.all.delete("servers", id) {
		for _, port := range c.all.list("ports", func(o object) bool { return o["device_id"] == id && o["by"] == "nova" }) {
			c.all.delete("ports", port["id"].(string))
		}
	}
	return nil
}

func (c *cloud) server(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	server := c.find(id)
	switch {
	case server == nil:
		notFound(w)
	case r.Method == http.MethodDelete:
		c.all.change("servers", id, object{"gone": time.Now().Add(c.remove)})
		w.WriteHeader(http.StatusNoContent)
	default:
		answer(w, http.StatusOK, object{"server": shown(server, r)})
	}
}

func (c *cloud) part(content object) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if c.find(r.PathValue("id")) == nil {
			notFound(w)
			return
		}
		answer(w, http.StatusOK, content)
	}
}

func (c *cloud) act(w http.ResponseWriter, r *http.Request) {
	var action object
	_ = json.NewDecoder(r.Body).Decode(&action)
	server := c.find(r.PathValue("id"))
	_, log := action["os-getConsoleOutput"]
	_, stop := action["os-stop"]
	switch {
	case server == nil:
		notFound(w)
	case log:
		answer(w, http.StatusOK, object{"output": ""})
	case stop:
		c.all.change("servers", server["id"].(string), object{
			"status": "SHUTOFF", "OS-EXT-STS:power_state": 4, "OS-EXT-STS:vm_state": "stopped",
		})
		w.WriteHeader(http.StatusAccepted)
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}
