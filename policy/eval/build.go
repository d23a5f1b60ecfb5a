package eval

import (
	"encoding/binary"
	"maps"
	"slices"
)

// fill makes the lists.
func (b *builder) fill(byAction bool) {
	b.full, b.candidates, b.known = false, nil, map[string]list{}
	b.others = b.add(b.unnamed())
	b.names, b.spelled = map[string]list{}, map[string]string{}
	for _, service := range slices.Sorted(maps.Keys(b.byService)) {
		if byAction {
			b.fillActions(service)
		}
		// No action is spelled like a service: it has a colon.
		b.spelled[service], b.names[service] = service, b.add(b.rest(service, byAction))
		if b.full = b.full || len(b.names) > maxNames; b.full {
			return
		}
	}
	b.candidates = slices.Clip(b.candidates)
	b.table = newTable(len(b.names))
	for _, name := range slices.Sorted(maps.Keys(b.names)) {
		b.table.put(b.spelled[name], b.names[name])
	}
}

// fillActions makes the lists of a service's actions that are named.
func (b *builder) fillActions(service string) {
	candidates := b.byService[service]
	for _, c := range candidates {
		own := c.ofService(service)
		for i := range own {
			a := &own[i]
			if _, done := b.names[a.lower]; done || !a.exact {
				continue
			}
			b.spelled[a.lower] = a.text
			b.names[a.lower] = b.add(covering(candidates, service, a))
			if b.full = b.full || len(b.names) > maxNames; b.full {
				return
			}
		}
	}
}

// covering are the candidates that cover an action.
func covering(candidates []candidate, service string, a *action) []candidate {
	asked, ok := ask(a.lower)
	if !ok {
		return nil
	}
	var found []candidate
	for _, c := range candidates {
		if c.covers(service, &asked) {
			found = append(found, c)
		}
	}
	return found
}

// covers is matchesAction for an action of the service.
func (s *statement) covers(service string, a *asked) bool {
	if s.everything {
		return !s.notAction
	}
	match := func(p action) bool { return p.match(a) }
	return (slices.ContainsFunc(s.ofService(service), match) || slices.ContainsFunc(s.free, match)) != s.notAction
}

// rest are the candidates for a service's actions that have no list of their own.
func (b *builder) rest(service string, listed bool) []candidate {
	var found []candidate
	for _, c := range b.byService[service] {
		if c.everything {
			found = append(found, c)
			continue
		}
		var names []action
		for _, a := range c.ofService(service) {
			if !listed || !a.exact {
				names = append(names, a)
			}
		}
		for _, a := range c.free {
			if a.service.Match(service) {
				names = append(names, a)
			}
		}
		found = c.unsettled(found, names, false)
	}
	return found
}

// unnamed are the candidates for services that no policy names.
func (b *builder) unnamed() []candidate {
	var found []candidate
	for _, c := range b.all {
		switch {
		case !c.everything:
			found = c.unsettled(found, c.free, true)
		case !c.notAction:
			found = append(found, c)
		}
	}
	return found
}

// unsettled adds a candidate that names are what is left to compare of; if
// nothing is left it is settled here.
func (c candidate) unsettled(found []candidate, names []action, whole bool) []candidate {
	all := slices.ContainsFunc(names, func(a action) bool {
		return a.name.MatchesAll() && (!whole || a.service.MatchesAll())
	})
	switch {
	case all && c.notAction, len(names) == 0 && !c.notAction:
		return found
	case !all && len(names) > 0:
		c.wild = &wild{names: names, whole: whole}
	}
	return append(found, c)
}

// add keeps a list, whose candidates stand in the order of their places. Settled lists that
// are the same are kept once.
func (b *builder) add(candidates []candidate) list {
	key, settled := make([]byte, 0, 4*len(candidates)), true
	for _, c := range candidates {
		key = binary.LittleEndian.AppendUint32(key, c.number)
		settled = settled && c.wild == nil
	}
	if l, ok := b.known[string(key)]; ok && settled {
		return l
	}
	if len(b.candidates)+len(candidates) > b.bound {
		b.full = true
		return list{}
	}
	start := len(b.candidates)
	b.candidates = append(b.candidates, candidates...)
	behind := func(place int) uint32 {
		n, _ := slices.BinarySearchFunc(candidates, place+1, func(c candidate, place int) int { return c.place() - place })
		return uint32(start + n)
	}
	l := list{uint32(start), behind(0), behind(1), uint32(len(b.candidates))}
	if settled {
		b.known[string(key)] = l
	}
	return l
}
