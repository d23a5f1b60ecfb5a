package api

import (
	"strings"

	"github.com/keyreeve/keyreeve/trail"
)

// Type is the kind of a shape.
type Type uint8

// The types that AWS's models know.
const (
	StructureType Type = iota + 1
	ListType
	MapType
	StringType
	IntegerType // 32 bits
	LongType    // 64 bits
	FloatType
	DoubleType
	BooleanType
	TimestampType
	BlobType
)

// Shape is a type of the API model with its constraints.
type Shape struct {
	Name string
	Type Type

	Members []*Member // of a structure, in the model's order; Members[i].Index is i
	Element *Member   // of a list
	Key     *Member   // of a map
	Value   *Member   // of a map

	// Min and Max limit the length of a string (in UTF-16 units), list, map or blob,
	// or the value of a number. Nil means no limit.
	Min, Max *int64
	Pattern  *Pattern // of a string, nil if any text will do
	Enum     []string // of a string, nil if it is no enum

	Sensitive       bool   // must appear in no log, audit event or error message
	Flattened       bool   // a list without the "member" level
	Union           bool   // a structure of which exactly one member is set
	TimestampFormat string // "" is the protocol's default
}

// Member is the use of a shape at a place: a member of a structure, the element
// of a list, the key or the value of a map.
type Member struct {
	Name     string // as the model and the Query protocol spell it; "member", "key", "value" in lists and maps
	Shape    *Shape
	Index    int  // in the structure's Members
	Required bool // always false in lists and maps

	Location         string // "uri", "querystring", "header" … in REST protocols; "" is the body
	LocationName     string // the name at that place, "" if it is Name
	Flattened        bool
	IdempotencyToken bool
	TimestampFormat  string

	camelName string // once the member is part of a service
	hidden    bool   // trail.IsSecret of its name; known once camelName is
}

// secret reports whether records leave out what has the member's name.
func (m *Member) secret() bool {
	if m.camelName == "" {
		return trail.IsSecret(m.Name)
	}
	return m.hidden
}

// WireName is the member's name on the wire.
func (m *Member) WireName() string {
	if m.LocationName != "" {
		return m.LocationName
	}
	return m.Name
}

// CamelName is the member's name with its first letter in lower case, which is
// how AWS writes it in validation errors and in CloudTrail records: userName,
// and sAMLAssertion for SAMLAssertion.
func (m *Member) CamelName() string {
	if m.camelName != "" {
		return m.camelName
	}
	return CamelName(m.Name)
}

// complete fills in what members need not work out at each call.
func (s *Shape) complete(seen map[*Shape]bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	for _, m := range s.Members {
		m.camelName, m.hidden = CamelName(m.Name), trail.IsSecret(m.Name)
		m.Shape.complete(seen)
	}
	for _, m := range []*Member{s.Element, s.Key, s.Value} {
		if m != nil {
			m.Shape.complete(seen)
		}
	}
}

// CamelName lowers the first letter of name, and only that.
func CamelName(name string) string {
	if name == "" || name[0] < 'A' || name[0] > 'Z' {
		return name
	}
	return strings.ToLower(name[:1]) + name[1:]
}

// Member gives a structure's member by its name on the wire, or nil.
func (s *Shape) Member(wireName string) *Member {
	for _, m := range s.Members {
		if m.WireName() == wireName {
			return m
		}
	}
	return nil
}
