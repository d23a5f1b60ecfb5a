// Package api describes AWS APIs as data: services, operations, shapes and
// errors, as AWS publishes them in its API models.
//
// # What comes from where
//
//	models/   the API models as published (see models/ORIGIN)
//	gen/      reads them and writes Go, nothing else does
//	iamapi/   generated: IAM's shapes as Go structs, its operations and errors
//	stsapi/   generated: the same for STS
//	coverage/ which operations there are, and which of them are built
//
// The generated packages hold data and member access, no logic. What a protocol
// does with a shape is written once, by hand, in a codec below wire/ that walks
// these tables.
//
// # Vocabulary
//
// A [Service] has operations. An [Operation] has an input and an output [Shape],
// always structures; where the model has none, they are empty structures. A
// structure has members, a list has an element, a map has a key and a value:
// each of these is a [Member], the use of a shape at a place. What may be sent is
// limited by the shape's constraints (length, range, pattern, enum) and by which
// members are required.
//
// A generated struct is a [Structure]. It can be walked in two directions without
// reflection: Encode shows it to an [Encoder] piece by piece, Decode fills it from
// a [Value], the tree into which a protocol parses a message.
//
// An [Op] is an operation with the Go types of its input and output, so that code
// that registers a handler for it is type-checked:
//
//	func Register[In, Out any](op api.Op[In, Out], run func(In) (Out, error))
//	Register(iamapi.CreateUser, createUser) // In and Out are inferred
//
// # How a shape becomes a Go type
//
//	string, enum   string; enum values are untyped constants
//	integer, long  int32, int64
//	boolean        bool
//	timestamp      time.Time
//	blob           []byte
//	list           []T; nil is absent, empty and not nil is present and empty
//	map            map[string]T; likewise
//	structure      the struct
//
// An optional scalar or structure is a pointer, nil where absent. A required one
// is a value, and is always encoded; so are required lists and maps, even nil ones.
//
// # What it leaves to others
//
// Whether a message respects the constraints is checked by wire/constraint before
// it becomes a struct; after that, a missing required member could not be told from
// an empty one. HTTP bindings are kept in the tables for the REST protocols.
//
// The tables are shared by all goroutines and must not be changed.
package api

//go:generate go run ./gen -models models -out .
