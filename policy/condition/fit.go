package condition

import "strings"

// holds applies the operator to one value of the request.
func (t *Test) holds(value string, c *Context, m *Memo) bool {
	fits, ok := t.fits(value, c, m)
	return ok && fits != t.negated
}

// fits reports whether one of the policy's values fits value. If ok is false
// the operator fails, negated or not.
func (t *Test) fits(value string, c *Context, m *Memo) (fits, ok bool) {
	switch t.family {
	case String:
		return t.fitsString(value, c), true
	case StringIgnoreCase:
		return t.fitsFolded(value, c), true
	case Bool:
		return isBool(value) && t.fitsFolded(value, c), true
	case StringLike:
		return t.fitsGlob(value, c), true
	case ARN:
		return t.fitsARN(value, c), true
	case Numeric:
		return t.fitsNumber(m.number(value))
	case Date:
		return t.fitsDate(m.instant(value))
	case IP:
		return t.fitsAddress(m.address(value)), true
	case Binary:
		return t.fitsBinary(value), true
	}
	return false, true
}

func (t *Test) fitsFixed(value string) bool {
	for _, text := range t.fixed {
		if text == value {
			return true
		}
	}
	return false
}

func (t *Test) fitsString(value string, c *Context) bool {
	if t.fitsFixed(value) {
		return true
	}
	for i := range t.others.texts {
		if t.others.texts[i].equals(value, c, false) {
			return true
		}
	}
	return false
}

// fitsFolded compares without regard to case. For Bool that is all there is to
// do once value is known to be true or false: what equals it is one too.
func (t *Test) fitsFolded(value string, c *Context) bool {
	for _, text := range t.fixed {
		if strings.EqualFold(text, value) {
			return true
		}
	}
	for i := range t.others.texts {
		if t.others.texts[i].equals(value, c, true) {
			return true
		}
	}
	return false
}

func isBool(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

func (t *Test) fitsGlob(value string, c *Context) bool {
	var buf [4]string
	for i := range t.others.globs {
		g := &t.others.globs[i]
		if !g.pattern.MayMatch(value) {
			continue
		}
		if holes, ok := g.text.Values(c, buf[:]); ok && g.pattern.Match(value, holes) {
			return true
		}
	}
	return false
}

func (t *Test) fitsARN(value string, c *Context) bool {
	for i := range t.others.likes {
		if t.others.likes[i].match(value, c) {
			return true
		}
	}
	return false
}

func (t *Test) fitsBinary(value string) bool {
	for _, b := range t.others.binaries {
		if b == value {
			return true
		}
	}
	return false
}

func (t *Test) fitsNumber(n Number, ok bool) (fits, usable bool) {
	if !ok {
		return false, false
	}
	for _, p := range t.others.numbers {
		if p.ok && t.relation.holds(n.Compare(p)) {
			return true, true
		}
	}
	return false, !t.garbled || !t.negated
}

func (t *Test) fitsDate(d Instant, ok bool) (fits, usable bool) {
	if !ok {
		return false, false
	}
	for _, p := range t.others.dates {
		if p.ok && t.relation.holds(d.Compare(p)) {
			return true, true
		}
	}
	return false, !t.garbled || !t.negated
}

func (r relation) holds(order int) bool {
	switch r {
	case less:
		return order < 0
	case lessEqual:
		return order <= 0
	case greater:
		return order > 0
	case greaterEqual:
		return order >= 0
	}
	return order == 0
}
