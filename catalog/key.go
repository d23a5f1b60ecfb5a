package catalog

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// A KeyType is the type of a condition key's values.
type KeyType string

// The types of condition keys.
const (
	String    KeyType = "String"
	ARN       KeyType = "ARN"
	Bool      KeyType = "Bool"
	Numeric   KeyType = "Numeric"
	Date      KeyType = "Date"
	IPAddress KeyType = "IPAddress"
)

// A ConditionKey is a fact about a request that a policy can test.
type ConditionKey struct {
	Name        string // in AWS's spelling, holes as ${...}: "aws:PrincipalTag/${TagKey}"
	Type        KeyType
	Multivalued bool   // a request may carry several values
	Service     string // prefix of the service it belongs to, "sts" for "saml:aud"; "" for keys of no one service
	Category    string // of a global key: principal, session, network, resource or request
}

// Global reports whether requests of any service may carry the key.
func (k ConditionKey) Global() bool { return k.Category != "" }

// newKey reads a type as the reference has it: multivalued is "ArrayOf" before
// the type of the values.
func newKey(name, typ string) ConditionKey {
	typ, multivalued := strings.CutPrefix(typ, "ArrayOf")
	return ConditionKey{Name: name, Type: KeyType(typ), Multivalued: multivalued}
}

// keyTable is keys.tsv.
type keyTable struct {
	keys     []ConditionKey // sorted by folded name
	byName   map[string]int // folded name -> index in keys
	patterns []keyPattern   // keys with holes, most literal text first
}

// keyPattern is a key with holes: the folded text around them.
type keyPattern struct {
	literals []string // n holes stand between n+1 literals
	colon    int      // the colon after the prefix is in literals[colon]
	length   int      // of all literals
	key      int
}

func loadKeys(table string) *keyTable {
	n := strings.Count(table, "\n")
	t := &keyTable{keys: make([]ConditionKey, 0, n), byName: make(map[string]int, n)}
	for row := range rows(table, 4) {
		k := newKey(row[0], row[1])
		k.Service, k.Category = full(row[2]), full(row[3])
		t.byName[folded(k.Name)] = len(t.keys)
		if strings.Contains(k.Name, "${") {
			t.patterns = append(t.patterns, newPattern(k.Name, len(t.keys)))
		}
		t.keys = append(t.keys, k)
	}
	slices.SortStableFunc(t.patterns, func(a, b keyPattern) int { return cmp.Compare(b.length, a.length) })
	return t
}

func newPattern(name string, key int) keyPattern {
	p := keyPattern{key: key, colon: -1}
	for name != "" || len(p.literals) == 0 {
		literal, rest, hole := strings.Cut(name, "${")
		if p.colon < 0 && strings.Contains(literal, ":") {
			p.colon = len(p.literals)
		}
		p.literals = append(p.literals, folded(literal))
		p.length += len(literal)
		if !hole {
			return p
		}
		_, name, _ = strings.Cut(rest, "}")
	}
	p.literals = append(p.literals, "") // the name ended with a hole
	return p
}

// match reports whether a folded name is the pattern with each hole filled. A
// hole is never empty, and before the prefix's colon it holds no colon: an
// issuer cannot be stretched over what follows it. A tag key may hold anything.
func (p keyPattern) match(name string) bool {
	name, ok := strings.CutPrefix(name, p.literals[0])
	if !ok {
		return false
	}
	for i, literal := range p.literals[1:] {
		if name == "" {
			return false
		}
		at := 1 + strings.Index(name[1:], literal)
		if i == len(p.literals)-2 { // the last literal ends the name
			at = len(name) - len(literal)
		}
		if at < 1 || name[at:at+len(literal)] != literal {
			return false
		}
		if i < p.colon && strings.Contains(name[:at], ":") {
			return false
		}
		name = name[at+len(literal):]
	}
	return name == ""
}

// Key finds a condition key as a policy or request names it, ignoring case:
// "aws:principaltag/team" is aws:PrincipalTag/${TagKey}. Where several keys with
// holes fit, the one with the most text of its own is meant.
func (r *Release) Key(name string) (ConditionKey, bool) {
	t := r.keys()
	fold := folded(name)
	if i, ok := t.byName[fold]; ok {
		return t.keys[i], true
	}
	for _, p := range t.patterns {
		if p.match(fold) {
			return t.keys[p.key], true
		}
	}
	return ConditionKey{}, false
}

// Keys walks all condition keys by name, ignoring case.
func (r *Release) Keys() iter.Seq[ConditionKey] { return slices.Values(r.keys().keys) }
