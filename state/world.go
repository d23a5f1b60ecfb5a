package state

import (
	"fmt"
	"slices"
)

// World is what a rule reads. It notes which aggregates were read.
type World interface {
	// Snapshot is the state of an aggregate. It is never nil: of an aggregate
	// that does not exist it is empty, at revision 0.
	Snapshot(AggregateID) *Snapshot
}

// Source gives the current snapshot of an aggregate, or an error if it can't be
// had. It gives an empty one if the aggregate does not exist.
type Source func(AggregateID) (*Snapshot, error)

// View is a read-only World. It shows one snapshot of each aggregate for as long
// as it lives, and is for use by one goroutine.
type View struct {
	source Source
	seen   []*Snapshot
	err    error
	room   [4]*Snapshot // of seen: most calls need no more
}

// NewView is a World over what source gives.
func NewView(source Source) *View {
	v := &View{source: source}
	v.seen = v.room[:0]
	return v
}

// Snapshot implements World. If the state cannot be had, it gives an empty
// snapshot and Err says why: whoever made the View must ask Err before it lets
// anything out that was decided by it.
func (v *View) Snapshot(id AggregateID) *Snapshot {
	for _, s := range v.seen {
		if s.id == id {
			return s
		}
	}
	s, err := v.source(id)
	if err != nil {
		if v.err == nil {
			v.err = err
		}
		s = Empty(id)
	}
	v.seen = append(v.seen, s)
	return s
}

// Err is the first error that kept the View from seeing an aggregate.
func (v *View) Err() error { return v.err }

// Read is an aggregate that was read, and the revision at which.
type Read struct {
	ID       AggregateID
	Revision uint64
}

// Reads lists what was read, in order of first reading.
func (v *View) Reads() []Read {
	reads := make([]Read, len(v.seen))
	for i, s := range v.seen {
		reads[i] = Read{s.id, s.revision}
	}
	return reads
}

// Settled is the state of an aggregate as a world shows it, if the world will go on
// showing just that: a draft that has changed it will not.
func Settled(w World, id AggregateID) (*Snapshot, bool) {
	switch w := w.(type) {
	case *View:
		return w.Snapshot(id), true
	case *Draft:
		if w.fork(id) == nil {
			return w.view.Snapshot(id), true
		}
	}
	return nil, false
}

// Draft is a World that takes changes and shows them to later reads.
type Draft struct {
	view  *View
	forks []*fork
	scope []AggregateID // nil: every aggregate may change
}

type fork struct {
	base    uint64
	snap    *Snapshot
	owned   map[*KindInfo]bool
	changes []Change
}

// Change is an entity's new value, or its end where Value is nil.
type Change struct {
	Kind  *KindInfo
	Key   string
	Value any
}

// NewDraft is a Draft over what source gives. Only the writer of an aggregate
// may change it by a draft.
func NewDraft(source Source) *Draft { return &Draft{view: NewView(source)} }

// Within lets the draft change the aggregates of scope only. A change of another
// one is not taken, and Err tells of it.
func (d *Draft) Within(scope ...AggregateID) *Draft {
	d.scope = append([]AggregateID{}, scope...)
	return d
}

// Snapshot implements World.
func (d *Draft) Snapshot(id AggregateID) *Snapshot {
	if f := d.fork(id); f != nil {
		return f.snap
	}
	return d.view.Snapshot(id)
}

// Err is as View.Err.
func (d *Draft) Err() error { return d.view.Err() }

func (d *Draft) fork(id AggregateID) *fork {
	for _, f := range d.forks {
		if f.snap.id == id {
			return f
		}
	}
	return nil
}

func (d *Draft) change(id AggregateID, k *KindInfo, key string, value any) {
	if id.Type() != k.Of {
		panic("state: a " + k.Name + " does not belong in " + id.String())
	}
	if d.scope != nil && !slices.Contains(d.scope, id) {
		if d.view.err == nil {
			d.view.err = fmt.Errorf("state: a change of a %s in %s, which is outside of the scope %v", k.Name, id, d.scope)
		}
		return
	}
	f := d.fork(id)
	if f == nil {
		base := d.view.Snapshot(id)
		f = &fork{base: base.revision, snap: base.fork(), owned: map[*KindInfo]bool{}}
		f.snap.revision++
		d.forks = append(d.forks, f)
	}
	f.snap.own(k, f.owned).set(k, key, value)
	f.changes = append(f.changes, Change{k, key, value})
}

// Commit is what a draft would change, for the store to make true.
type Commit struct {
	// Writes are the aggregates that change.
	Writes []Write
	// Reads are those that were only read; the commit holds only if they are
	// still at that revision.
	Reads []Read
}

// Write is the change of one aggregate.
type Write struct {
	ID AggregateID
	// Base is the revision that the change starts from.
	Base uint64
	// Next is the state after the change, at revision Base+1.
	Next *Snapshot
	// Changes has the last change of each entity, in order.
	Changes []Change
}

// Commit takes stock of the draft, which is not used any more after that.
func (d *Draft) Commit() Commit {
	var c Commit
	for _, f := range d.forks {
		c.Writes = append(c.Writes, Write{f.snap.id, f.base, f.snap, lastChanges(f.changes)})
	}
	for _, r := range d.view.Reads() {
		if d.fork(r.ID) == nil {
			c.Reads = append(c.Reads, r)
		}
	}
	return c
}

// Changed reports whether the draft changes anything.
func (d *Draft) Changed() bool { return len(d.forks) > 0 }

// lastChanges keeps the last of several changes of one entity.
func lastChanges(changes []Change) []Change {
	type entity struct {
		kind *KindInfo
		key  string
	}
	seen := make(map[entity]bool, len(changes))
	var last []Change
	for _, c := range slices.Backward(changes) {
		if e := (entity{c.Kind, c.Key}); !seen[e] {
			seen[e] = true
			last = append(last, c)
		}
	}
	slices.Reverse(last)
	return last
}
