package condition

import (
	"iter"
	"math/bits"
)

// KeyMap finds what belongs to a key, for sources that have many: it uses the hash that
// a prepared key has already. It is immutable; the zero value is empty.
type KeyMap[T any] struct {
	slots []keySlot[T] // a power of two of them, never full
}

type keySlot[T any] struct {
	key    Key
	filled bool
	value  T
}

// NewKeyMap makes a map of what belongs to names.
func NewKeyMap[T any](values map[string]T) KeyMap[T] {
	m := KeyMap[T]{make([]keySlot[T], 2<<bits.Len(uint(len(values))))}
	for name, v := range values {
		k := NewKey(name)
		i := m.first(k)
		for m.slots[i].filled {
			i = m.after(i)
		}
		m.slots[i] = keySlot[T]{k, true, v}
	}
	return m
}

func (m *KeyMap[T]) first(k Key) int { return int(k.hash>>8^k.hash) & (len(m.slots) - 1) }
func (m *KeyMap[T]) after(i int) int { return (i + 1) & (len(m.slots) - 1) }

// Get gives what belongs to a key; nil if nothing does.
func (m *KeyMap[T]) Get(k Key) *T {
	if len(m.slots) == 0 {
		return nil
	}
	for i := m.first(k); m.slots[i].filled; i = m.after(i) {
		if s := &m.slots[i]; s.key.hash == k.hash && s.key.name == k.name {
			return &s.value
		}
	}
	return nil
}

// All goes through the keys and what belongs to them, in no particular order.
func (m *KeyMap[T]) All() iter.Seq2[Key, *T] {
	return func(yield func(Key, *T) bool) {
		for i := range m.slots {
			if s := &m.slots[i]; s.filled && !yield(s.key, &s.value) {
				return
			}
		}
	}
}
