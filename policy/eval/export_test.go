package eval

// ComposeWithin is Compose with another bound on the index's size.
func ComposeWithin(pol Policies, candidates int) *Set { return compose(pol, candidates) }

// Indexed reports whether the set has an index, and whether that has lists for
// single actions.
func (s *Set) Indexed() (indexed, byAction bool) {
	return s.indexed, s.indexed && len(s.actions.slots) > 1
}
