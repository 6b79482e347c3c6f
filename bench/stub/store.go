package main

import (
	"crypto/rand"
	"fmt"
	"maps"
	"sync"
)

// project is the one project that there is.
const project = "0123456789abcdef0123456789abcdef"

// object is a thing of any service, as its API shows it. One that is stored is
// never changed, but replaced by a changed copy.
type object = map[string]any

// collection is a kind of things, in the order in which they were made.
type collection struct {
	order []string
	byID  map[string]object
}

type store struct {
	mutex sync.RWMutex
	kinds map[string]*collection
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (s *store) put(kind string, o object) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	id := o["id"].(string)
	c := s.kinds[kind]
	if c == nil {
		c = &collection{byID: map[string]object{}}
		s.kinds[kind] = c
	}
	if c.byID[id] == nil {
		c.order = append(c.order, id)
	}
	c.byID[id] = o
}

func (s *store) get(kind, id string) object {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if c := s.kinds[kind]; c != nil {
		return c.byID[id]
	}
	return nil
}

// change stores a copy with other values; nil where there is no such thing.
func (s *store) change(kind, id string, values object) object {
	old := s.get(kind, id)
	if old == nil {
		return nil
	}
	changed := maps.Clone(old)
	maps.Copy(changed, values)
	s.put(kind, changed)
	return changed
}

func (s *store) delete(kind, id string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	c := s.kinds[kind]
	if c == nil || c.byID[id] == nil {
		return false
	}
	delete(c.byID, id)
	if len(c.order) > 2*len(c.byID)+16 { // ids of what is gone
		kept := c.order[:0]
		for _, id := range c.order {
			if c.byID[id] != nil {
				kept = append(kept, id)
			}
		}
		c.order = kept
	}
	return true
}

// list is what is wanted of a kind, in the order in which it was made.
func (s *store) list(kind string, wanted func(object) bool) []object {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	found := []object{}
	if c := s.kinds[kind]; c != nil {
		for _, id := range c.order {
			if o := c.byID[id]; o != nil && wanted(o) {
				found = append(found, o)
			}
		}
	}
	return found
}

func (s *store) counts() map[string]int {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	counts := map[string]int{}
	for kind, c := range s.kinds {
		counts[kind] = len(c.byID)
	}
	return counts
}

func every(object) bool { return true }
