package state

import (
	"sync/atomic"
	"weak"

	"github.com/tidwall/btree"
)

// indexSeparator stands between an index key and the key of the entity that it
// finds. It sorts before separator, so that index keys may be composite.
const indexSeparator = "\x1e"

// Snapshot is the state of an aggregate at one revision. A published snapshot
// never changes; only a Draft changes the fork that it made for itself.
type Snapshot struct {
	id       AggregateID
	serial   uint64
	revision uint64
	trees    []*tree // by KindInfo.slot; nil where there is no entity of the kind
}

// tree holds the entities of one kind and their indexes.
type tree struct {
	entities btree.Map[string, any]
	indexes  []btree.Map[string, struct{}]
}

// Empty is the state of an aggregate of which nothing is known yet.
func Empty(id AggregateID) *Snapshot { return &Snapshot{id: id} }

// ID names the aggregate.
func (s *Snapshot) ID() AggregateID { return s.id }

// Serial tells this snapshot from all others of its aggregate that this process has
// seen, also from one of the same revision: so what was worked out from it holds for
// the snapshot with that serial. It is 0 where nothing is known of the aggregate. Of a
// draft's it says nothing, for that changes.
func (s *Snapshot) Serial() uint64 { return s.serial }

var serials atomic.Uint64

// Revision is the number of commits that led here.
func (s *Snapshot) Revision() uint64 { return s.revision }

// Mark stands for all entities of up to eight kinds: two marks of the same kinds are
// equal only if they were taken of the very same entities. So what was worked out
// from them holds for every snapshot with that mark. A mark keeps nothing in
// memory.
type Mark [8]weak.Pointer[tree]

// Mark is the snapshot's mark of kinds. Of a draft's it may not be taken, for that
// changes.
func (s *Snapshot) Mark(kinds ...*KindInfo) (m Mark) {
	for i, k := range kinds {
		if t := s.tree(k); t != nil {
			m[i] = weak.Make(t)
		}
	}
	return m
}

// Len is the number of entities of all kinds.
func (s *Snapshot) Len() int {
	n := 0
	for _, t := range s.trees {
		if t != nil {
			n += t.entities.Len()
		}
	}
	return n
}

func (s *Snapshot) tree(k *KindInfo) *tree {
	if k.slot < len(s.trees) {
		return s.trees[k.slot]
	}
	return nil
}

func (s *Snapshot) get(k *KindInfo, key string) (any, bool) {
	t := s.tree(k)
	if t == nil {
		return nil, false
	}
	return t.entities.Get(key)
}

func (s *Snapshot) count(k *KindInfo) int {
	t := s.tree(k)
	if t == nil {
		return 0
	}
	return t.entities.Len()
}

func (s *Snapshot) ascend(k *KindInfo, from string, each func(string, any) bool) {
	if t := s.tree(k); t != nil {
		t.entities.Ascend(from, each)
	}
}

func (s *Snapshot) ascendIndex(k *KindInfo, n int, from string, each func(string) bool) {
	if t := s.tree(k); t != nil {
		t.indexes[n].Ascend(from, func(entry string, _ struct{}) bool { return each(entry) })
	}
}

// fork is a snapshot that may be changed without changing s. Forking a tree
// writes to its source (it gives up its ownership of shared nodes), therefore
// only the one writer of an aggregate forks; readers are not disturbed.
func (s *Snapshot) fork() *Snapshot {
	return &Snapshot{id: s.id, serial: serials.Add(1), revision: s.revision, trees: append([]*tree(nil), s.trees...)}
}

// own makes the tree of a kind this fork's own, once a draft.
func (s *Snapshot) own(k *KindInfo, owned map[*KindInfo]bool) *tree {
	for len(s.trees) <= k.slot {
		s.trees = append(s.trees, nil)
	}
	t := s.trees[k.slot]
	if owned[k] {
		return t
	}
	owned[k] = true
	if t == nil {
		t = &tree{indexes: make([]btree.Map[string, struct{}], len(k.indexes))}
	} else {
		t = t.copy()
	}
	s.trees[k.slot] = t
	return t
}

func (t *tree) copy() *tree {
	c := &tree{entities: *t.entities.Copy(), indexes: make([]btree.Map[string, struct{}], len(t.indexes))}
	for i := range t.indexes {
		c.indexes[i] = *t.indexes[i].Copy()
	}
	return c
}

// set puts or, with a nil value, deletes an entity and keeps the indexes.
func (t *tree) set(k *KindInfo, key string, value any) {
	var old any
	var had bool
	if value == nil {
		old, had = t.entities.Delete(key)
	} else {
		old, had = t.entities.Set(key, value)
	}
	for i, of := range k.indexes {
		if had {
			for _, x := range of(key, old) {
				t.indexes[i].Delete(x + indexSeparator + key)
			}
		}
		if value != nil {
			for _, x := range of(key, value) {
				t.indexes[i].Set(x+indexSeparator+key, struct{}{})
			}
		}
	}
}

// Loader builds a snapshot from stored entities.
type Loader struct {
	s     *Snapshot
	owned map[*KindInfo]bool
}

// Load begins the snapshot of an aggregate at a revision.
func Load(id AggregateID, revision uint64) *Loader {
	return &Loader{s: &Snapshot{id: id, serial: serials.Add(1), revision: revision}, owned: map[*KindInfo]bool{}}
}

// Add adds an entity with a decoded value.
func (l *Loader) Add(k *KindInfo, key string, value any) {
	l.s.own(k, l.owned).set(k, key, value)
}

// Snapshot ends the loading.
func (l *Loader) Snapshot() *Snapshot { return l.s }

// Apart is a snapshot of the same entities that shares nothing with s but the values.
// So a draft over it may be made by anybody: one over a published snapshot is its
// writer's alone.
func (s *Snapshot) Apart() *Snapshot {
	apart := &Snapshot{id: s.id, serial: serials.Add(1), revision: s.revision, trees: make([]*tree, len(s.trees))}
	for i, t := range s.trees {
		if t != nil {
			apart.trees[i] = t.apart()
		}
	}
	return apart
}

func (t *tree) apart() *tree {
	a := &tree{indexes: make([]btree.Map[string, struct{}], len(t.indexes))}
	t.entities.Scan(func(key string, value any) bool {
		a.entities.Load(key, value)
		return true
	})
	for i := range t.indexes {
		t.indexes[i].Scan(func(entry string, _ struct{}) bool {
			a.indexes[i].Load(entry, struct{}{})
			return true
		})
	}
	return a
}
