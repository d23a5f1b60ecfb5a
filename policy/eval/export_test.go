package eval

import "strings"

// ComposeWithin is Compose with another bound on the index's size.
func ComposeWithin(pol Policies, candidates int) *Set { return compose(pol, candidates) }

// Indexed reports whether the set has an index, and whether that has lists for
// single actions.
func (s *Set) Indexed() (indexed, byAction bool) {
	for _, slot := range s.names.slots {
		byAction = byAction || strings.Contains(slot.text, ":")
	}
	return s.indexed, byAction
}
