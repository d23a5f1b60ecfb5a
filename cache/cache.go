// Package cache keeps what was made at some cost and is asked for again.
//
// A [Map] is bounded and is read without a lock, so that requests on many processors do not
// wait for one another to find what all of them need: who calls, what applies to them, their
// signing keys. It holds what can be made anew at any time. Whether a value still is right is
// for those to know who ask; a map that they can ask themselves, such as a serial number within
// the value, is better than one that has to be told of each change.
package cache

import (
	"sync"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v4"
)

// Map is a bounded map, for many goroutines at once. What was not used for the longest time
// leaves first, roughly: values are kept in two generations, and when the newer one is full,
// the older one is forgotten. A value of the older one that is asked for moves to the newer,
// which is the one time that reading takes a lock. Strings and arrays are found much faster than
// other keys.
type Map[K comparable, V any] struct {
	half    int // how many values a generation has
	writing sync.Mutex
	kept    atomic.Pointer[generations[K, V]]
}

type generations[K comparable, V any] struct{ newer, older *xsync.Map[K, V] }

// New gives a map of at most size values, or two if that is less.
func New[K comparable, V any](size int) *Map[K, V] {
	m := &Map[K, V]{half: max(1, size/2)}
	m.kept.Store(&generations[K, V]{xsync.NewMap[K, V](), xsync.NewMap[K, V]()})
	return m
}

// Get gives the value of a key, if it is kept.
func (m *Map[K, V]) Get(k K) (v V, ok bool) {
	g := m.kept.Load()
	if v, ok = g.newer.Load(k); ok {
		return v, true
	}
	if v, ok = g.older.Load(k); ok {
		m.put(k, v, false)
	}
	return v, ok
}

// Put keeps a value. The map must not have the memory of a request in it: who puts clones
// what is part of one.
func (m *Map[K, V]) Put(k K, v V) { m.put(k, v, true) }

// put adds to the newer generation; over tells whether a value goes over one that is there.
func (m *Map[K, V]) put(k K, v V, over bool) {
	m.writing.Lock()
	defer m.writing.Unlock()
	g := m.kept.Load()
	_, there := g.newer.Load(k)
	if there && !over {
		return
	}
	if !there && g.newer.Size() >= m.half {
		g = &generations[K, V]{newer: xsync.NewMap[K, V](), older: g.newer}
		m.kept.Store(g)
	}
	g.newer.Store(k, v)
	g.older.Delete(k)
}

// Len is how many values are kept.
func (m *Map[K, V]) Len() int {
	m.writing.Lock()
	defer m.writing.Unlock()
	g := m.kept.Load()
	return g.newer.Size() + g.older.Size()
}
