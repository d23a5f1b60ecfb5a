package api

import "time"

// Structure is a generated struct. Its methods are the only way that codecs touch
// it, so that none of them needs reflection.
type Structure interface {
	// Schema is the structure's shape.
	Schema() *Shape
	// Encode shows every member that is present to e, in the model's order.
	Encode(e Encoder)
	// Decode sets every member from v, which is a structure of the same shape.
	// Absent members become zero.
	Decode(v *Value)
}

// Encoder takes a structure apart. A structure is shown member by member; a list
// between BeginList and EndList, each element under the list's Element member; a
// map between BeginMap and EndMap, each entry between BeginEntry and EndEntry with
// its value under the map's Value member, sorted by key.
type Encoder interface {
	String(m *Member, v string)
	Integer(m *Member, v int64)
	Float(m *Member, v float64)
	Bool(m *Member, v bool)
	Time(m *Member, v time.Time)
	Blob(m *Member, v []byte)

	BeginStructure(m *Member)
	EndStructure(m *Member)
	BeginList(m *Member, n int)
	EndList(m *Member)
	BeginMap(m *Member, n int)
	BeginEntry(m *Member, key string) // m is the map's member, as in BeginMap
	EndEntry(m *Member)
	EndMap(m *Member)
}
