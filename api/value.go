package api

import "time"

// Value is a message, or a piece of one, after a protocol has parsed it by its
// shape and before it becomes a struct. The field that Shape.Type names is set.
//
// A nil *Value is an absent one. Methods on it give zero values, so that generated
// code can ask for any member without looking first.
type Value struct {
	Shape *Shape

	String  string
	Integer int64
	Float   float64
	Bool    bool
	Time    time.Time
	Blob    []byte

	Members []*Value // of a structure, by Member.Index; nil is absent
	Items   []*Value // of a list; none is nil
	Entries []Entry  // of a map; keys are distinct
}

// Entry is one pair of a map.
type Entry struct {
	Key   string
	Value *Value // not nil
}

// Get gives member i of a structure, nil if it is absent.
func (v *Value) Get(i int) *Value {
	if v == nil || i >= len(v.Members) {
		return nil
	}
	return v.Members[i]
}

// The As… functions read a scalar; an absent one is zero.

func (v *Value) AsString() string {
	if v == nil {
		return ""
	}
	return v.String
}

func (v *Value) AsInt32() int32 {
	if v == nil {
		return 0
	}
	return int32(v.Integer) // codecs refuse what does not fit
}

func (v *Value) AsInt64() int64 {
	if v == nil {
		return 0
	}
	return v.Integer
}

func (v *Value) AsFloat64() float64 {
	if v == nil {
		return 0
	}
	return v.Float
}

func (v *Value) AsBool() bool { return v != nil && v.Bool }

func (v *Value) AsTime() time.Time {
	if v == nil {
		return time.Time{}
	}
	return v.Time
}

// AsBlob gives nil for an absent blob and a non-nil slice for an empty one.
func (v *Value) AsBlob() []byte {
	switch {
	case v == nil:
		return nil
	case v.Blob == nil:
		return []byte{}
	}
	return v.Blob
}

// Optional reads a scalar by one of the As… functions; an absent one is nil.
func Optional[T any](v *Value, as func(*Value) T) *T {
	if v == nil {
		return nil
	}
	t := as(v)
	return &t
}

// Decodable is a pointer to a generated struct T.
type Decodable[T any] interface {
	*T
	Structure
}

// OptionalStructure reads a structure; an absent one is nil.
func OptionalStructure[T any, P Decodable[T]](v *Value) *T {
	if v == nil {
		return nil
	}
	t := new(T)
	P(t).Decode(v)
	return t
}

// Structures reads a list of structures; an absent one is nil.
func Structures[T any, P Decodable[T]](v *Value) []T {
	if v == nil {
		return nil
	}
	list := make([]T, len(v.Items))
	for i, item := range v.Items {
		P(&list[i]).Decode(item)
	}
	return list
}

// Scalars reads a list of scalars; an absent one is nil.
func Scalars[T any](v *Value, as func(*Value) T) []T {
	if v == nil {
		return nil
	}
	list := make([]T, len(v.Items))
	for i, item := range v.Items {
		list[i] = as(item)
	}
	return list
}

// ScalarMap reads a map of scalars; an absent one is nil.
func ScalarMap[T any](v *Value, as func(*Value) T) map[string]T {
	if v == nil {
		return nil
	}
	m := make(map[string]T, len(v.Entries))
	for _, e := range v.Entries {
		m[e.Key] = as(e.Value)
	}
	return m
}

// StructureMap reads a map of structures; an absent one is nil.
func StructureMap[T any, P Decodable[T]](v *Value) map[string]T {
	if v == nil {
		return nil
	}
	m := make(map[string]T, len(v.Entries))
	for _, e := range v.Entries {
		var t T
		P(&t).Decode(e.Value)
		m[e.Key] = t
	}
	return m
}
