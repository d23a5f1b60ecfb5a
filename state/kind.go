package state

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
)

// Kind is one sort of entity with values of type V. Values are handed around as
// pointers and are never changed once they were put.
type Kind[V any] struct{ info *KindInfo }

// KindInfo is what the store needs of a kind without knowing its type.
type KindInfo struct {
	// Name stands in stored rows; it never changes.
	Name string
	// Of is the kind of aggregate that entities of this kind belong to.
	Of AggregateType
	// Version is the version of the stored form that is written.
	Version int
	// Secret kinds hold sealed secrets and hashes: they stay out of history,
	// and a delete really deletes them.
	Secret bool

	slot    int
	decode  map[int]func([]byte) (any, error)
	indexes []func(key string, value any) []string
}

// slots numbers kinds within a process so that a snapshot finds the tree of a
// kind by an array index. The number is never stored.
var slots atomic.Int32

// Define makes a kind. It is called once a kind, to fill a package variable.
func Define[V any](of AggregateType, name string, version int) *Kind[V] {
	info := &KindInfo{
		Name: name, Of: of, Version: version,
		slot:   int(slots.Add(1)) - 1,
		decode: map[int]func([]byte) (any, error){},
	}
	k := &Kind[V]{info}
	return k.Past(version, func(b []byte) (*V, error) {
		v := new(V)
		return v, json.Unmarshal(b, v)
	})
}

// Past adds the decoder of an earlier version of the stored form.
func (k *Kind[V]) Past(version int, decode func([]byte) (*V, error)) *Kind[V] {
	k.info.decode[version] = func(b []byte) (any, error) { return decode(b) }
	return k
}

// Secret marks the kind as one that stays out of history.
func (k *Kind[V]) Secret() *Kind[V] {
	k.info.Secret = true
	return k
}

// Info describes the kind to the store.
func (k *Kind[V]) Info() *KindInfo { return k.info }

// Encode gives the stored form of a value of the kind.
func (i *KindInfo) Encode(value any) ([]byte, error) { return json.Marshal(value) }

// Decode reads a stored form, of this version or an earlier one.
func (i *KindInfo) Decode(version int, stored []byte) (any, error) {
	decode, ok := i.decode[version]
	if !ok {
		return nil, fmt.Errorf("%s: version %d of its stored form is not known here", i.Name, version)
	}
	v, err := decode(stored)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", i.Name, err)
	}
	return v, nil
}

// Get finds the entity with a key.
func (k *Kind[V]) Get(s *Snapshot, key string) (*V, bool) {
	v, ok := s.get(k.info, key)
	if !ok {
		return nil, false
	}
	return v.(*V), true
}

// Has reports whether there is an entity with a key.
func (k *Kind[V]) Has(s *Snapshot, key string) bool {
	_, ok := s.get(k.info, key)
	return ok
}

// Count is the number of entities of the kind.
func (k *Kind[V]) Count(s *Snapshot) int { return s.count(k.info) }

// From ranges over the entities whose key is at least from, in order of keys.
func (k *Kind[V]) From(s *Snapshot, from string) iter.Seq2[string, *V] {
	return func(yield func(string, *V) bool) {
		s.ascend(k.info, from, func(key string, v any) bool { return yield(key, v.(*V)) })
	}
}

// All ranges over all entities of the kind, in order of keys.
func (k *Kind[V]) All(s *Snapshot) iter.Seq2[string, *V] { return k.From(s, "") }

// Below ranges over the entities whose composite key begins with parts.
func (k *Kind[V]) Below(s *Snapshot, parts ...string) iter.Seq2[string, *V] {
	prefix := KeyPrefix(parts...)
	return func(yield func(string, *V) bool) {
		for key, v := range k.From(s, prefix) {
			if !strings.HasPrefix(key, prefix) || !yield(key, v) {
				return
			}
		}
	}
}

// Put makes value the entity with a key. The draft takes ownership of value.
func (k *Kind[V]) Put(d *Draft, id AggregateID, key string, value *V) {
	d.change(id, k.info, key, value)
}

// Delete removes the entity with a key, if there is one.
func (k *Kind[V]) Delete(d *Draft, id AggregateID, key string) {
	if _, ok := d.Snapshot(id).get(k.info, key); ok {
		d.change(id, k.info, key, nil)
	}
}

// Index follows entities of a kind by something other than their key.
type Index[V any] struct {
	kind *KindInfo
	n    int
}

// Index adds an index: of gives the index keys under which an entity is found.
// Indexes are defined beside their kind, before any snapshot is made.
func (k *Kind[V]) Index(of func(key string, value *V) []string) *Index[V] {
	k.info.indexes = append(k.info.indexes, func(key string, v any) []string { return of(key, v.(*V)) })
	return &Index[V]{kind: k.info, n: len(k.info.indexes) - 1}
}

// At ranges over the entities found under an index key, in order of their keys.
func (x *Index[V]) At(s *Snapshot, indexKey string) iter.Seq2[string, *V] {
	return x.AtFrom(s, indexKey, "")
}

// AtFrom is [Index.At] from the entity with a key on, or from where it would be.
func (x *Index[V]) AtFrom(s *Snapshot, indexKey, from string) iter.Seq2[string, *V] {
	prefix := indexKey + indexSeparator
	return func(yield func(string, *V) bool) {
		s.ascendIndex(x.kind, x.n, prefix+from, func(entry string) bool {
			if !strings.HasPrefix(entry, prefix) {
				return false
			}
			key := entry[len(prefix):]
			v, ok := s.get(x.kind, key)
			return !ok || yield(key, v.(*V))
		})
	}
}

// First is the first entity found under an index key.
func (x *Index[V]) First(s *Snapshot, indexKey string) (*V, bool) {
	for _, v := range x.At(s, indexKey) {
		return v, true
	}
	return nil, false
}

// CountAt is the number of entities found under an index key.
func (x *Index[V]) CountAt(s *Snapshot, indexKey string) int {
	n := 0
	for range x.At(s, indexKey) {
		n++
	}
	return n
}
