package service

import (
	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/state"
)

// Operation is an operation that is built.
type Operation struct {
	API *api.Operation
	// ReadOnly operations change nothing and are run over what is published, but
	// for the inputs that Commits names.
	ReadOnly bool
	// Commits tells of an operation that reads whether it changes something for an
	// input after all; it may be nil.
	Commits func(api.Structure) bool
	// Targets is what the caller must be allowed to do: every one of them.
	Targets func(*Call, api.Structure) ([]authz.Target, error)
	// Prepare does what takes too long for the one writer of an account, such as
	// hashing a password or asking an identity provider, over what is published, once the caller was allowed the
	// operation there. What it finds out is in the call's Prepared when the operation
	// is run, which may be over a newer state. It may be nil.
	Prepare func(*Call, api.Structure) (any, error)
	// Run carries the operation out.
	Run func(*Call, api.Structure) (api.Structure, error)
	// Changes are the aggregates that the operation may change. It may be asked
	// before the caller is known for certain.
	Changes func(*Call, api.Structure) []state.AggregateID
}

// Structure is a pointer to a generated struct.
type Structure[T any] interface {
	*T
	api.Structure
}

// Targets says what a caller must be allowed to do. That it gives no target is an
// operation that needs no permission, which is said by [NoPermission].
type Targets[In any] func(c *Call, in *In) ([]authz.Target, error)

// NoPermission is for the few operations that anybody may call who has valid
// credentials, such as GetCallerIdentity.
func NoPermission[In any](*Call, *In) ([]authz.Target, error) { return nil, nil }

// Read makes an operation that changes nothing.
func Read[In, Out any, PIn Structure[In], POut Structure[Out]](
	op api.Op[In, Out], targets Targets[In], run func(*Call, *In) (*Out, error),
) Operation {
	o := operation[In, Out, PIn, POut](op, targets, run)
	o.ReadOnly = true
	return o
}

// ReadUnless makes an operation that changes nothing, unless commits says so of its
// input: then it is run as one that changes the caller's account, and answers once
// the change is durable. It is recorded as one that reads in either case.
func ReadUnless[In, Out any, PIn Structure[In], POut Structure[Out]](
	op api.Op[In, Out], commits func(*In) bool, targets Targets[In], run func(*Call, *In) (*Out, error),
) Operation {
	o := Write[In, Out, PIn, POut](op, targets, run)
	o.ReadOnly = true
	o.Commits = func(in api.Structure) bool { return commits((*In)(in.(PIn))) }
	return o
}

// Reads tells whether the operation changes nothing for an input.
func (o Operation) Reads(in api.Structure) bool {
	return o.ReadOnly && (o.Commits == nil || !o.Commits(in))
}

// Write makes an operation that changes the caller's account, and what else is
// named.
func Write[In, Out any, PIn Structure[In], POut Structure[Out]](
	op api.Op[In, Out], targets Targets[In], run func(*Call, *In) (*Out, error), also ...state.AggregateID,
) Operation {
	return WriteElsewhere[In, Out, PIn, POut](op, targets, run, func(c *Call, _ *In) []state.AggregateID {
		return append([]state.AggregateID{state.Account(c.Caller.Account)}, also...)
	})
}

// WriteElsewhere makes an operation that changes what its input names.
func WriteElsewhere[In, Out any, PIn Structure[In], POut Structure[Out]](
	op api.Op[In, Out], targets Targets[In], run func(*Call, *In) (*Out, error), changes func(*Call, *In) []state.AggregateID,
) Operation {
	o := operation[In, Out, PIn, POut](op, targets, run)
	o.Changes = func(c *Call, in api.Structure) []state.AggregateID { return changes(c, (*In)(in.(PIn))) }
	return o
}

// WritePrepared makes an operation that changes the caller's account, and hashes
// passwords before that. What prepare finds out is given to run.
func WritePrepared[In, Out, Found any, PIn Structure[In], POut Structure[Out]](
	op api.Op[In, Out], targets Targets[In], prepare func(*Call, *In) (Found, error), run func(*Call, *In, Found) (*Out, error),
) Operation {
	o := Write[In, Out, PIn, POut](op, targets, func(c *Call, in *In) (*Out, error) {
		return run(c, in, c.Prepared.(Found))
	})
	return o.prepared(func(c *Call, in api.Structure) (any, error) { return prepare(c, (*In)(in.(PIn))) })
}

func (o Operation) prepared(prepare func(*Call, api.Structure) (any, error)) Operation {
	o.Prepare = prepare
	return o
}

// PreparedElsewhere is WritePrepared for an operation that changes what its input
// names.
func PreparedElsewhere[In, Out, Found any, PIn Structure[In], POut Structure[Out]](
	op api.Op[In, Out], targets Targets[In], prepare func(*Call, *In) (Found, error), run func(*Call, *In, Found) (*Out, error),
	changes func(*Call, *In) []state.AggregateID,
) Operation {
	o := WriteElsewhere[In, Out, PIn, POut](op, targets, func(c *Call, in *In) (*Out, error) {
		return run(c, in, c.Prepared.(Found))
	}, changes)
	return o.prepared(func(c *Call, in api.Structure) (any, error) { return prepare(c, (*In)(in.(PIn))) })
}

func operation[In, Out any, PIn Structure[In], POut Structure[Out]](
	op api.Op[In, Out], targets Targets[In], run func(*Call, *In) (*Out, error),
) Operation {
	if targets == nil || run == nil {
		panic("service: " + op.Name + " has no targets or nothing to run")
	}
	return Operation{
		API:     op.Operation,
		Targets: func(c *Call, in api.Structure) ([]authz.Target, error) { return targets(c, (*In)(in.(PIn))) },
		Run: func(c *Call, in api.Structure) (api.Structure, error) {
			out, err := run(c, (*In)(in.(PIn)))
			if err != nil {
				return nil, err
			}
			return POut(out), nil
		},
	}
}
