package main

import (
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// copies makes as many copies as wanted of all that there is, which has to be one
// bay's: a cloud with many bays. Each has names and ids of its own; the answer says
// which, so that copies of the bay's state can be made.
func (c *cloud) copies(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	name := query.Get("name")
	count, _ := strconv.Atoi(query.Get("count"))
	if name == "" || count < 1 {
		notFound(w)
		return
	}
	whole := c.all.snapshot()
	known := query["id"]
	for _, objects := range whole {
		for _, one := range objects {
			known = append(known, one["id"].(string))
		}
	}
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
			for _, one := range objects {
				c.all.put(kind, renamed(reflect.ValueOf(one), replacer).Interface().(object))
			}
		}
		made = append(made, object{"name": as, "ids": changed})
	}
	answer(w, http.StatusOK, made)
}

// renamed is a copy of a value with all texts in it replaced.
func renamed(value reflect.Value, replacer *strings.Replacer) reflect.Value {
	switch value.Kind() {
	case reflect.Interface:
		if value.IsNil() {
			return value
		}
		return renamed(value.Elem(), replacer)
	case reflect.String:
		return reflect.ValueOf(replacer.Replace(value.String())).Convert(value.Type())
	case reflect.Map:
		made := reflect.MakeMap(value.Type())
		for _, key := range value.MapKeys() {
			made.SetMapIndex(renamed(key, replacer), renamed(value.MapIndex(key), replacer))
		}
		return made
	case reflect.Slice:
		made := reflect.MakeSlice(value.Type(), value.Len(), value.Len())
		for place := range value.Len() {
			made.Index(place).Set(renamed(value.Index(place), replacer))
		}
		return made
	}
	return value
}

// snapshot is all that projects have made, by kind.
func (s *store) snapshot() map[string][]object {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	found := map[string][]object{}
	for kind, c := range s.kinds {
		for _, o := range c.byID {
			if o["id"] != "public" {
				found[kind] = append(found[kind], o)
			}
		}
	}
	return found
}
