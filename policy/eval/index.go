package eval

import "math/bits"

// table finds what belongs to a name whose letters of ASCII may be in any case.
// It is a hash table with open addressing, never full. Names are taken as they
// come, so somebody can write a policy whose names collide: a look-up then costs
// a comparison of hashes for each, no more.
type table struct {
	// places has for each hash the number of the slot, from one, in the lower half,
	// and bits of the hash in the upper one: what is not there is most often found
	// out here, in memory that is near.
	places []uint32
	mask   uint64
	slots  []slot
}

type slot struct {
	hash uint64
	text string // as it was first written
	list list
}

// maxNames is how many names fit into a table.
const maxNames = 1 << 15

func newTable(n int) table {
	size := 1 << bits.Len(uint(n+n/2))
	return table{places: make([]uint32, size), mask: uint64(size - 1), slots: make([]slot, 0, n)}
}

func (t *table) put(text string, l list) {
	hash, _ := foldHash(text)
	i := hash & t.mask
	for t.places[i] != 0 {
		i = (i + 1) & t.mask
	}
	t.slots = append(t.slots, slot{hash: hash, text: text, list: l})
	t.places[i] = uint32(len(t.slots)) | tag(hash)
}

func (t *table) find(text string, hash uint64) (l list, ok bool) {
	for i, want := hash&t.mask, tag(hash); ; i = (i + 1) & t.mask {
		place := t.places[i&uint64(len(t.places)-1)]
		if place == 0 {
			return list{}, false
		}
		if place&0xffff0000 != want {
			continue
		}
		if s := &t.slots[place&0xffff-1]; s.hash == hash && (s.text == text || equalFold(s.text, text)) {
			return s.list, true
		}
	}
}

func tag(hash uint64) uint32 { return uint32(hash>>32) & 0xffff0000 }

// foldHash hashes a text without regard to the case of ASCII letters, and tells
// whether all of it is ASCII.
func foldHash(s string) (hash uint64, ascii bool) {
	h, all := uint64(len(s))*multiplier, uint64(0)
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := word(s[i:])
		all |= w
		h = mix(h, w)
	}
	if i < len(s) {
		w := uint64(0)
		if i > 0 {
			w = word(s[len(s)-8:])
		} else {
			for ; i < len(s); i++ {
				w = w<<8 | uint64(s[i])
			}
		}
		all |= w
		h = mix(h, w)
	}
	return h ^ h>>32, all&0x8080808080808080 == 0
}

const multiplier = 0x9e3779b97f4a7c15

func mix(h, w uint64) uint64 {
	high, low := bits.Mul64(h^(w|0x2020202020202020), multiplier)
	return high ^ low
}

func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// equalFold compares without regard to the case of ASCII letters.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
