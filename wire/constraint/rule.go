package constraint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/keyreeve/keyreeve/api"
)

// rule is a kind of constraint that a shape may have.
type rule uint8

const (
	enum rule = iota
	pattern
	maximum
	minimum
)

// order is how STS was seen to list what one value broke (mmmorris1975/aws-runas#80);
// bracketOrder is how AWS lists the constraints of the elements of a list or map
// (cloud-custodian/cloud-custodian#2520, from Lambda).
var (
	order        = [...]rule{enum, pattern, maximum, minimum}
	bracketOrder = [...]rule{maximum, minimum, pattern, enum}
)

// matchLimit is up to how many bytes a string that is too long is matched with its
// pattern, too.
const matchLimit = 16 << 10

// of reports whether s has the constraint.
func (r rule) of(s *api.Shape) bool {
	switch r {
	case enum:
		return s.Enum != nil
	case pattern:
		return s.Pattern != nil
	case maximum:
		return s.Max != nil
	default:
		return s.Min != nil
	}
}

// holds reports whether v keeps the constraint, which its shape has.
func (r rule) holds(v *api.Value) bool {
	switch r {
	case enum:
		return slices.Contains(v.Shape.Enum, v.String)
	case pattern:
		// What is far too long anyhow is not also matched: that takes time.
		if len(v.String) > matchLimit && v.Shape.Max != nil && !maximum.holds(v) {
			return true
		}
		return v.Shape.Pattern.Match(v.String)
	case maximum:
		if v.Shape.Type == api.StringType && int64(len(v.String)) <= *v.Shape.Max {
			return true // no text has more units of UTF-16 than bytes
		}
		return measure(v) <= *v.Shape.Max
	default:
		if v.Shape.Type == api.StringType && int64(len(v.String)) >= 3**v.Shape.Min {
			return true // and a unit takes three bytes at most
		}
		return measure(v) >= *v.Shape.Min
	}
}

// text words the constraint of s.
func (r rule) text(s *api.Shape, style Style) string {
	switch r {
	case enum:
		if !style.Enums {
			return "Member must satisfy enum value set"
		}
		return "Member must satisfy enum value set: [" + strings.Join(s.Enum, ", ") + "]"
	case pattern:
		return "Member must satisfy regular expression pattern: " + s.Pattern.Java
	case maximum:
		return "Member must have " + measured(s) + " less than or equal to " + strconv.FormatInt(*s.Max, 10)
	default:
		return "Member must have " + measured(s) + " greater than or equal to " + strconv.FormatInt(*s.Min, 10)
	}
}

// measure is what minimum and maximum limit, measured names it.
func measure(v *api.Value) int64 {
	switch v.Shape.Type {
	case api.StringType:
		return utf16Length(v.String)
	case api.ListType:
		return int64(len(v.Items))
	case api.MapType:
		return int64(len(v.Entries))
	case api.BlobType:
		return int64(len(v.Blob))
	}
	return v.Integer
}

func measured(s *api.Shape) string {
	if s.Type == api.IntegerType || s.Type == api.LongType {
		return "value"
	}
	return "length"
}
