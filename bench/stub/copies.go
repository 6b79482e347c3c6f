package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// copies answers what bays a cloud with many of them has: as many copies as
// wanted of all that there is, which has to be one bay's. Each has names and ids
// of its own; the answer says which, so that copies of the bay's state can be made.
func (c *cloud) copies(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	name, count := query.Get("name"), 0
	if count, _ = strconv.Atoi(query.Get("count")); name == "" || count < 1 {
		notFound(w)
		return
	}
	whole := c.all.snapshot()
	known := append(query["id"], ids(whole)...)
	made := []object{}
	for number := range count {
		as := fmt.Sprintf("%s-%d", query.Get("as"), number)
		words, changed := []string{name, as}, object{}
		for _, id := range known {
			changed[id] = newID()
			words = append(words, id, changed[id].(string))
		}
		replacer := strings.NewReplacer(words...)
		for kind, objects := range whole {
			for _, text := range objects {
				var one object
				if err := json.Unmarshal([]byte(replacer.Replace(text)), &one); err != nil {
					answer(w, http.StatusInternalServerError, object{"error": err.Error()})
					return
				}
				c.all.put(kind, one)
			}
		}
		made = append(made, object{"name": as, "ids": changed})
	}
	answer(w, http.StatusOK, made)
}

// ids has the ids of all things of a snapshot.
func ids(whole map[string][]string) (found []string) {
	for _, objects := range whole {
		for _, text := range objects {
			var one struct{ ID string }
			if json.Unmarshal([]byte(text), &one) == nil {
				found = append(found, one.ID)
			}
		}
	}
	return found
}

// snapshot is all that projects have made, as JSON, by kind.
func (s *store) snapshot() map[string][]string {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	found := map[string][]string{}
	for kind, c := range s.kinds {
		for _, o := range c.byID {
			if text, err := json.Marshal(o); err == nil && o["id"] != "public" {
				found[kind] = append(found[kind], string(text))
			}
		}
	}
	return found
}
