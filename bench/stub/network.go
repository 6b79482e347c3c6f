package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// singular has the kinds of things that Neutron keeps.
var singular = map[string]string{
	"networks": "network", "subnets": "subnet", "routers": "router", "ports": "port", "floatingips": "floatingip",
	"security-groups": "security_group", "security-group-rules": "security_group_rule",
}

// defaults has what Neutron adds to a new thing.
var defaults = map[string]object{
	"networks": {"shared": false, "router:external": false, "mtu": 1450, "subnets": []any{}, "port_security_enabled": true},
	"subnets": {
		"enable_dhcp": true, "gateway_ip": "10.0.0.1", "dns_nameservers": []any{}, "host_routes": []any{},
		"allocation_pools": []any{object{"start": "10.0.0.2", "end": "10.255.255.254"}},
	},
	"routers":         {"external_gateway_info": nil, "distributed": false, "ha": false, "routes": []any{}},
	"floatingips":     {"port_id": nil, "fixed_ip_address": nil, "router_id": nil},
	"security-groups": {"stateful": true},
	"security-group-rules": {
		"remote_group_id": nil, "remote_ip_prefix": nil, "protocol": nil, "port_range_min": nil, "port_range_max": nil,
	},
	"ports": {
		"name": "", "status": "DOWN", "device_id": "", "device_owner": "", "security_groups": []any{},
		"allowed_address_pairs": []any{}, "extra_dhcp_opts": []any{}, "port_security_enabled": true,
		"binding:vnic_type": "normal", "binding:profile": object{}, "binding:vif_details": object{},
		"binding:vif_type": "ovs", "binding:host_id": "", "dns_name": "", "dns_assignment": []any{}, "revision_number": 1,
	},
}

// notFilters are parts of a query that choose no things.
var notFilters = []string{"limit", "marker", "sort_key", "sort_dir", "fields", "page_reverse"}

func (c *cloud) network(mux *http.ServeMux) {
	c.version(mux, "/network", "v2.0", "/network/v2.0", "", "")
	mux.HandleFunc("GET /network/v2.0/extensions", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, object{"extensions": extensions()})
	})
	for _, details := range []string{"details", "details.json"} {
		mux.HandleFunc("GET /network/v2.0/quotas/{project}/"+details, c.quotas)
	}
	mux.HandleFunc("GET /network/v2.0/{kind}", c.listNetwork)
	mux.HandleFunc("POST /network/v2.0/{kind}", c.createNetwork)
	mux.HandleFunc("GET /network/v2.0/{kind}/{id}", c.showNetwork)
	mux.HandleFunc("PUT /network/v2.0/{kind}/{id}", c.changeNetwork)
	mux.HandleFunc("DELETE /network/v2.0/{kind}/{id}", c.deleteNetwork)
	mux.HandleFunc("PUT /network/v2.0/routers/{id}/add_router_interface", c.addInterface)
	mux.HandleFunc("PUT /network/v2.0/routers/{id}/remove_router_interface", c.removeInterface)
	mux.HandleFunc("/network/v2.0/{kind}/{id}/tags", c.tags)
}

func extensions() (all []object) {
	for _, name := range []string{
		"standard-attr-tag", "tag-ports-during-bulk-creation", "security-group", "router", "external-net", "port-security",
		"quotas", "quota_details", "standard-attr-description",
	} {
		all = append(all, object{"alias": name, "name": name, "description": "", "links": []any{}, "updated": now()})
	}
	return all
}

func (c *cloud) quotas(w http.ResponseWriter, _ *http.Request) {
	quota := object{}
	counts := c.all.counts()
	for kind, name := range singular {
		quota[name] = object{"used": counts[kind], "limit": -1, "reserved": 0}
	}
	for _, name := range []string{"subnetpool", "rbac_policy"} {
		quota[name] = object{"used": 0, "limit": -1, "reserved": 0}
	}
	answer(w, http.StatusOK, object{"quota": quota})
}

func (c *cloud) listNetwork(w http.ResponseWriter, r *http.Request) {
	kind, query := r.PathValue("kind"), r.URL.Query()
	if singular[kind] == "" {
		notFound(w)
		return
	}
	found := []object{}
	if id := query.Get("id"); id != "" {
		if o := c.all.get(kind, id); o != nil {
			found = append(found, o)
		}
	} else {
		found = c.all.list(kind, func(o object) bool { return fits(o, query) })
	}
	if kind == "security-groups" {
		for place, group := range found {
			found[place] = maps.Clone(group)
			found[place]["security_group_rules"] = c.rules(group["id"])
		}
	}
	answer(w, http.StatusOK, object{strings.ReplaceAll(kind, "-", "_"): found})
}

// fits says whether a thing is as a query wants it.
func fits(o object, query url.Values) bool {
	for name, wanted := range query {
		switch {
		case slices.Contains(notFilters, name):
		case name == "tags":
			tags, _ := o["tags"].([]any)
			for _, tag := range strings.Split(wanted[0], ",") {
				if !slices.Contains(tags, any(tag)) {
					return false
				}
			}
		case !strings.EqualFold(fmt.Sprint(o[name]), wanted[0]):
			return false
		}
	}
	return true
}

func (c *cloud) createNetwork(w http.ResponseWriter, r *http.Request) {
	kind := r.PathValue("kind")
	name := singular[kind]
	if name == "" {
		notFound(w)
		return
	}
	answer(w, http.StatusCreated, object{name: c.made(kind, body(r, name))})
}

// made is a new thing of a kind of Neutron's, with what was asked for.
func (c *cloud) made(kind string, asked object) object {
	o := object{
		"id": newID(), "status": "ACTIVE", "admin_state_up": true, "tenant_id": project, "project_id": project,
		"tags": []any{}, "description": "", "created_at": now(), "updated_at": now(),
	}
	maps.Copy(o, defaults[kind])
	maps.Copy(o, asked)
	switch kind {
	case "ports":
		o["fixed_ips"] = []any{object{"subnet_id": c.subnetOf(o), "ip_address": c.address("10")}}
		id := o["id"].(string)
		o["mac_address"] = fmt.Sprintf("fa:16:3e:%s:%s:%s", id[:2], id[2:4], id[4:6])
	case "floatingips":
		o["floating_ip_address"] = c.address("172")
	case "security-groups":
		for _, family := range []string{"IPv4", "IPv6"} {
			c.made("security-group-rules", object{"direction": "egress", "ethertype": family, "security_group_id": o["id"]})
		}
		o["security_group_rules"] = c.rules(o["id"])
	}
	c.all.put(kind, o)
	return o
}

// subnetOf is the one that a port asks for, else that of its network.
func (c *cloud) subnetOf(port object) any {
	if asked, ok := port["fixed_ips"].([]any); ok && len(asked) > 0 {
		if subnet := asked[0].(object)["subnet_id"]; subnet != nil {
			return subnet
		}
	}
	for _, subnet := range c.all.list("subnets", func(o object) bool { return o["network_id"] == port["network_id"] }) {
		return subnet["id"]
	}
	return ""
}

func (c *cloud) address(first string) string {
	n := c.addresses.Add(1) + 256
	return fmt.Sprintf("%s.%d.%d.%d", first, n>>16&255, n>>8&255, n&255)
}

func (c *cloud) rules(group any) []object {
	return c.all.list("security-group-rules", func(o object) bool { return o["security_group_id"] == group })
}

func (c *cloud) showNetwork(w http.ResponseWriter, r *http.Request) {
	kind := r.PathValue("kind")
	o := c.all.get(kind, r.PathValue("id"))
	if o == nil || singular[kind] == "" {
		notFound(w)
		return
	}
	if kind == "security-groups" {
		o = maps.Clone(o)
		o["security_group_rules"] = c.rules(o["id"])
	}
	answer(w, http.StatusOK, object{singular[kind]: o})
}

func (c *cloud) changeNetwork(w http.ResponseWriter, r *http.Request) {
	kind := r.PathValue("kind")
	o := c.all.change(kind, r.PathValue("id"), body(r, singular[kind]))
	if o == nil {
		notFound(w)
		return
	}
	answer(w, http.StatusOK, object{singular[kind]: o})
}

func (c *cloud) deleteNetwork(w http.ResponseWriter, r *http.Request) {
	kind, id := r.PathValue("kind"), r.PathValue("id")
	if !c.all.delete(kind, id) {
		notFound(w)
		return
	}
	if kind == "security-groups" {
		for _, rule := range c.rules(id) {
			c.all.delete("security-group-rules", rule["id"].(string))
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

func (c *cloud) addInterface(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Subnet string `json:"subnet_id"`
	}
	_ = json.NewDecoder(r.Body).Decode(&asked)
	subnet, id := c.all.get("subnets", asked.Subnet), r.PathValue("id")
	if subnet == nil {
		notFound(w)
		return
	}
	port := c.made("ports", object{
		"network_id": subnet["network_id"], "device_id": id, "device_owner": "network:router_interface",
		"fixed_ips": []any{object{"subnet_id": asked.Subnet}}, "status": "ACTIVE",
	})
	answer(w, http.StatusOK, object{"id": id, "subnet_id": asked.Subnet, "port_id": port["id"], "tenant_id": project})
}

func (c *cloud) removeInterface(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	for _, port := range c.all.list("ports", func(o object) bool { return o["device_id"] == id }) {
		c.all.delete("ports", port["id"].(string))
	}
	answer(w, http.StatusOK, object{"id": id, "tenant_id": project})
}

func (c *cloud) tags(w http.ResponseWriter, r *http.Request) {
	kind, id := r.PathValue("kind"), r.PathValue("id")
	o := c.all.get(kind, id)
	if r.Method == http.MethodPut {
		var asked object
		_ = json.NewDecoder(r.Body).Decode(&asked)
		o = c.all.change(kind, id, object{"tags": asked["tags"]})
	}
	if o == nil {
		notFound(w)
		return
	}
	answer(w, http.StatusOK, object{"tags": o["tags"]})
}
