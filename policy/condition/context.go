package condition

import (
	"iter"
	"strings"
)

// Key is the name of a condition key, prepared for look-ups. Names are compared
// without regard to case, including the tag key behind the slash of
// aws:PrincipalTag/Team.
type Key struct {
	name string // in lower case
	hash uint32 // of name; most other keys are told apart by it
}

// NewKey prepares a name.
func NewKey(name string) Key {
	name = strings.ToLower(name)
	return Key{name: name, hash: fnv1a(name)}
}

// fnv1a is the 32-bit FNV-1a hash. Collisions cost a comparison, no more.
func fnv1a(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// String is the name in lower case.
func (k Key) String() string { return k.name }

// Context is the request context: the condition keys that a request carries,
// with their values. The zero value is an empty context.
//
// Contexts can be laid over one another with [Context.Over], so that what stays
// the same for a caller is built once. A context may be read by many goroutines
// at once while none changes it or a context below it.
type Context struct {
	below   *Context
	source  Source
	given   entry    // what a source gave last
	hashes  []uint32 // of the entries' keys: a look-up reads these first
	entries []entry
}

// Source gives condition keys when a policy asks for them, for whom it would be a
// waste to set all that a request has.
type Source interface {
	// Value is the value of a key, if the request has the key: one value at most.
	// Multi says that the key is one that can have several, see [Context.SetValues].
	// As long as a context is from the source, a key is asked for any number of times
	// and has the same answer.
	Value(k Key) (value string, multi, ok bool)
}

type entry struct {
	key   Key
	multi bool // the key is one that can have several values
	n     int
	one   string   // the value, if n is 1
	many  []string // the values, if n is not 1
}

// at is the i-th value.
func (e *entry) at(i int) string {
	if e.n == 1 {
		return e.one
	}
	return e.many[i]
}

// Over lets c show the keys of below as well, except for those it has itself.
func (c *Context) Over(below *Context) *Context {
	c.below = below
	return c
}

// From lets c ask s for keys that it does not have itself. It remembers the one that it
// was given last, so that such a context is for one goroutine at a time; and
// [Context.Keys] does not show them.
func (c *Context) From(s Source) *Context {
	c.source = s
	return c
}

// Reset removes all keys, the source and the context below, keeping the memory.
func (c *Context) Reset() {
	clear(c.entries)
	c.entries, c.hashes, c.below, c.source, c.given = c.entries[:0], c.hashes[:0], nil, nil, entry{}
}

// Set gives a single-valued key its value.
func (c *Context) Set(name, value string) { c.SetKey(NewKey(name), value) }

// SetKey is Set for a prepared key.
func (c *Context) SetKey(k Key, value string) {
	c.put(entry{key: k, n: 1, one: value})
}

// SetValues gives a key any number of values; a key without values is missing
// to every operator. Multi says that the key is one that can have several, even
// if it has one now: such a key cannot be used as a policy variable. The
// context keeps the slice.
func (c *Context) SetValues(name string, values []string, multi bool) {
	c.SetKeyValues(NewKey(name), values, multi)
}

// SetKeyValues is SetValues for a prepared key.
func (c *Context) SetKeyValues(k Key, values []string, multi bool) {
	e := entry{key: k, n: len(values), many: values, multi: multi}
	if len(values) == 1 {
		e.one, e.many = values[0], nil
	}
	c.put(e)
}

// usualKeys is how many keys an ordinary request carries at the most.
const usualKeys = 16

func (c *Context) put(e entry) {
	for i, hash := range c.hashes {
		if hash == e.key.hash && c.entries[i].key.name == e.key.name {
			c.entries[i] = e
			return
		}
	}
	if c.entries == nil {
		c.entries, c.hashes = make([]entry, 0, usualKeys), make([]uint32, 0, usualKeys)
	}
	c.entries, c.hashes = append(c.entries, e), append(c.hashes, e.key.hash)
}

// lookup finds a key's values; nil if the request does not have the key. What it finds
// holds until the next look-up.
func (c *Context) lookup(k Key) *entry {
	for layer := c; layer != nil; layer = layer.below {
		for i, hash := range layer.hashes {
			if hash == k.hash && layer.entries[i].key.name == k.name {
				return &layer.entries[i]
			}
		}
		if layer.source != nil {
			if value, multi, ok := layer.source.Value(k); ok {
				g := &c.given
				g.key.name, g.n, g.one, g.multi = k.name, 1, value, multi
				return g
			}
		}
	}
	return nil
}

// Has reports whether the request carries the key with at least one value.
func (c *Context) Has(name string) bool {
	e := c.lookup(NewKey(name))
	return e != nil && e.n > 0
}

// Values gives a key's values, nil if it is missing.
func (c *Context) Values(name string) []string {
	e := c.lookup(NewKey(name))
	if e == nil {
		return nil
	}
	if e.n == 1 {
		return []string{e.one}
	}
	return e.many
}

// Keys goes through all keys that the context shows, in no particular order.
func (c *Context) Keys() iter.Seq[Key] {
	return func(yield func(Key) bool) {
		for layer := c; layer != nil; layer = layer.below {
			for i := range layer.entries {
				k := layer.entries[i].key
				if c.lookup(k) == &layer.entries[i] && !yield(k) {
					return
				}
			}
		}
	}
}

// variable gives the value that a policy variable has: that of a single-valued
// key that is present. A key that can have several values counts as absent.
func (c *Context) variable(k Key) (string, bool) {
	e := c.lookup(k)
	if e == nil || e.n != 1 || e.multi {
		return "", false
	}
	return e.one, true
}
