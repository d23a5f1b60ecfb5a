package condition

import "net/netip"

// Memo remembers the key that was looked up last, and the number, date and address
// that a request's values were last read as, so that statements which test the same
// key look it up and parse it once. Its zero value is empty; it is for one request and
// one goroutine. Texts are told apart by their content, so a memo can slow an answer
// down but never change it.
type Memo struct {
	key                            string // of the last look-up; its entry
	entry                          *entry
	numberOf, instantOf, addressOf slot
	n                              Number
	i                              Instant
	a                              netip.Addr
}

// lookup is [Context.lookup], unless the key is the one that was looked up last and its
// entry has not been given to another key since.
func (m *Memo) lookup(c *Context, k *Key) *entry {
	if m.key != k.name || k.name == "" || m.entry == &c.given && c.given.key.name != k.name {
		m.key, m.entry = k.name, c.lookup(*k)
	}
	return m.entry
}

// slot says which text a parsed value is of.
type slot struct {
	text       string
	filled, ok bool
}

func (s *slot) has(text string) bool { return s.filled && s.text == text }

func (m *Memo) number(text string) (Number, bool) {
	if !m.numberOf.has(text) {
		n, ok := ParseNumber(text)
		m.n, m.numberOf = n, slot{text, true, ok}
	}
	return m.n, m.numberOf.ok
}

func (m *Memo) instant(text string) (Instant, bool) {
	if !m.instantOf.has(text) {
		i, ok := ParseInstant(text)
		m.i, m.instantOf = i, slot{text, true, ok}
	}
	return m.i, m.instantOf.ok
}

func (m *Memo) address(text string) (netip.Addr, bool) {
	if !m.addressOf.has(text) {
		a, ok := ParseAddress(text)
		m.a, m.addressOf = a, slot{text, true, ok}
	}
	return m.a, m.addressOf.ok
}

func (t *Test) fitsAddress(a netip.Addr, ok bool) bool {
	if !ok {
		return false
	}
	for _, p := range t.others.nets {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
