package awsjson

import (
	"encoding/base64"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/wire/constraint"
)

// Bounds of a body beside its length.
const (
	// MaxValues is how many members and elements a body may have. The largest honest
	// requests have some hundreds.
	MaxValues = 10000
	// MaxDepth is how deep objects and arrays may be nested.
	MaxDepth = 32
)

// FindOperation gives the operation that the header X-Amz-Target names, among the
// operations of services. A service that has no such operation comes with a nil
// operation and the name that was asked for; that the name is the service's is for the
// caller to find out. All is nil if the header names no service.
//
// CloudTrail's prefix is a long one, com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101;
// clients made from another form of the model send its last part alone.
func FindOperation(target string, services ...*api.Service) (s *api.Service, op *api.Operation, name string) {
	dot := strings.LastIndexByte(target, '.')
	if dot < 0 {
		return nil, nil, ""
	}
	prefix, name := target[:dot], target[dot+1:]
	for _, s := range services {
		if s.Protocol == "json" && (prefix == s.TargetPrefix || prefix == s.TargetPrefix[strings.LastIndexByte(s.TargetPrefix, '.')+1:]) {
			return s, s.Operation(name), name
		}
	}
	return nil, nil, ""
}

// Decode gives the input of op that a body holds. The input has kept all constraints
// of the model.
func Decode(op *api.Operation, body []byte) (api.Structure, error) {
	v, err := Parse(op, body)
	if err != nil {
		return nil, err
	}
	if err := constraint.Check(v, constraint.StyleOf(op.Service)); err != nil {
		return nil, Named(err)
	}
	in := op.NewInput()
	in.Decode(v)
	return in, nil
}

// Parse parses a body by the shape of op's input without checking constraints.
func Parse(op *api.Operation, body []byte) (*api.Value, error) {
	s := &scanner{text: body, left: MaxValues}
	if s.space(); s.pos == len(body) {
		return &api.Value{Shape: op.Input, Members: make([]*api.Value, len(op.Input.Members))}, nil
	}
	v, err := s.value(&api.Member{Shape: op.Input})
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, wrongKind(null, op.Input)
	}
	if s.space(); s.pos < len(body) {
		return nil, s.notJSON()
	}
	return v, nil
}

func malformed(message string) error {
	return apierror.New(apierror.SerializationException, "%s", message)
}

// value reads the value of a member; it is nil for null.
func (s *scanner) value(m *api.Member) (*api.Value, error) {
	k := s.next()
	switch k {
	case none:
		return nil, s.notJSON()
	case null:
		return nil, s.null()
	}
	if k != kindOf(m.Shape) {
		return nil, wrongKind(k, m.Shape)
	}
	v := &api.Value{Shape: m.Shape}
	var err error
	switch m.Shape.Type {
	case api.StructureType:
		err = s.structure(v)
	case api.ListType:
		err = s.list(v)
	case api.MapType:
		err = s.entries(v)
	case api.StringType:
		v.String, err = s.string()
	case api.BlobType:
		err = s.blob(v)
	case api.BooleanType:
		v.Bool, err = s.boolean()
	default:
		err = s.numeric(v)
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// kindOf is how a value of a shape begins.
func kindOf(s *api.Shape) kind {
	switch s.Type {
	case api.StructureType, api.MapType:
		return object
	case api.ListType:
		return array
	case api.StringType, api.BlobType:
		return text
	case api.BooleanType:
		return boolean
	}
	return number
}

// wrongKind says what came instead of a value of a shape, in the words of AWS's
// framework, which names no member.
func wrongKind(k kind, want *api.Shape) error {
	switch k {
	case object:
		return malformed("Start of structure or map found where not expected.")
	case array:
		return malformed("Start of list found where not expected")
	}
	switch want.Type {
	case api.StructureType, api.ListType, api.MapType:
		return malformed("Unexpected field type")
	}
	found := map[kind]string{text: "STRING_VALUE", number: "NUMBER_VALUE", boolean: "BOOLEAN_VALUE"}[k]
	return malformed(found + " can not be converted to " + javaName(want))
}

// javaName is what AWS's framework calls the type of a scalar, with its article.
func javaName(s *api.Shape) string {
	switch s.Type {
	case api.StringType:
		return "a String"
	case api.IntegerType:
		return "an Integer"
	case api.LongType:
		return "a Long"
	case api.FloatType:
		return "a Float"
	case api.DoubleType:
		return "a Double"
	case api.BooleanType:
		return "a Boolean"
	case api.TimestampType:
		return "milliseconds since epoch"
	}
	return "a Blob"
}

func (s *scanner) structure(v *api.Value) error {
	v.Members = make([]*api.Value, len(v.Shape.Members))
	seen := make([]bool, len(v.Shape.Members))
	err := s.members(func(name string) error {
		m := v.Shape.Member(name)
		if m == nil {
			return s.skip()
		}
		if seen[m.Index] {
			return malformed("The body has a member twice.")
		}
		seen[m.Index] = true
		value, err := s.value(m)
		v.Members[m.Index] = value
		return err
	})
	if err == nil && v.Shape.Union {
		err = oneOf(v)
	}
	return err
}

// oneOf makes sure that exactly one member of a union is set.
func oneOf(v *api.Value) error {
	set := 0
	for _, m := range v.Members {
		if m != nil {
			set++
		}
	}
	if set != 1 {
		return malformed("A union must have exactly one member.")
	}
	return nil
}

func (s *scanner) list(v *api.Value) error {
	return s.each('[', ']', func() error {
		item, err := s.value(v.Shape.Element)
		if err == nil && item == nil {
			err = malformed("An element of a list is null.")
		}
		v.Items = append(v.Items, item)
		return err
	})
}

func (s *scanner) entries(v *api.Value) error {
	seen := map[string]bool{}
	return s.members(func(key string) error {
		if seen[key] {
			return malformed("A map has a key twice.")
		}
		seen[key] = true
		value, err := s.value(v.Shape.Value)
		if err == nil && value == nil {
			err = malformed("A value of a map is null.")
		}
		v.Entries = append(v.Entries, api.Entry{Key: key, Value: value})
		return err
	})
}

func (s *scanner) blob(v *api.Value) error {
	text, err := s.string()
	if err != nil {
		return err
	}
	if v.Blob, err = base64.StdEncoding.Strict().DecodeString(text); err != nil || strings.ContainsAny(text, "\r\n") {
		return malformed("STRING_VALUE can not be converted to a Blob")
	}
	return nil
}

// numeric reads numbers and times.
func (s *scanner) numeric(v *api.Value) error {
	text, err := s.number()
	if err != nil {
		return err
	}
	switch v.Shape.Type {
	case api.IntegerType:
		v.Integer, err = strconv.ParseInt(text, 10, 32)
	case api.LongType:
		v.Integer, err = strconv.ParseInt(text, 10, 64)
	case api.TimestampType:
		v.Time, err = parseTime(text)
	default:
		v.Float, err = strconv.ParseFloat(text, 64)
	}
	if err != nil {
		return malformed("NUMBER_VALUE can not be converted to " + javaName(v.Shape))
	}
	return nil
}

// parseTime reads seconds since 1970, to the nanosecond, of the years 1 to 9999, so that
// the time can be printed again.
func parseTime(text string) (time.Time, error) {
	if f, err := strconv.ParseFloat(text, 64); err != nil || math.Abs(f) > 1e12 || len(text) > 40 {
		return time.Time{}, strconv.ErrRange
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 && len(text)-i > len("e-30") {
		return time.Time{}, strconv.ErrRange // a huge exponent takes long to work out
	}
	exact, ok := new(big.Rat).SetString(text)
	if !ok {
		return time.Time{}, strconv.ErrSyntax
	}
	seconds := new(big.Int).Div(exact.Num(), exact.Denom()) // rounds down for what is before 1970
	fraction := exact.Sub(exact, new(big.Rat).SetInt(seconds))
	nanos := fraction.Mul(fraction, big.NewRat(1e9, 1))
	t := time.Unix(seconds.Int64(), new(big.Int).Div(nanos.Num(), nanos.Denom()).Int64()).UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, strconv.ErrRange
	}
	return t, nil
}
