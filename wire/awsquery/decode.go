package awsquery

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/wire/constraint"
)

// Decode gives the input of op that a form holds. The form's Action and Version are
// not looked at. The input has kept all constraints of the model.
func Decode(op *api.Operation, f Form) (api.Structure, error) {
	d := decoders.Get().(*decoder)
	defer d.done()
	v, err := d.message(op, f)
	if err != nil {
		return nil, err
	}
	if err := constraint.Check(v, constraint.StyleOf(op.Service)); err != nil {
		return nil, err
	}
	in := op.NewInput()
	in.Decode(v)
	return in, nil
}

// Parse parses a form by the shape of op's input without checking constraints.
func Parse(op *api.Operation, f Form) (*api.Value, error) { return new(decoder).message(op, f) }

// decoder has room for what a form is taken apart into, and is used for one form after
// the other.
type decoder struct {
	nodes    []node
	values   []api.Value
	members  []*api.Value // of structures, side by side
	children []*node      // of the root
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// largestRoom is how much room is kept for the next form, in nodes, values and pointers.
const largestRoom = 64

// done gives the room back. What was parsed must not be used any more.
func (d *decoder) done() {
	if max(cap(d.nodes), cap(d.values), cap(d.members), cap(d.children)) > largestRoom {
		return
	}
	clear(d.nodes) // values may be secrets
	clear(d.values)
	clear(d.members)
	clear(d.children[:cap(d.children)]) // also of a form that was refused
	d.nodes, d.values, d.members, d.children = d.nodes[:0], d.values[:0], d.members[:0], d.children[:0]
	decoders.Put(d)
}

func (d *decoder) value(s *api.Shape) *api.Value {
	d.values = append(roomFor(d.values), api.Value{Shape: s})
	return &d.values[len(d.values)-1]
}

// membersOf are as many members of a structure as n, none of them set.
func (d *decoder) membersOf(n int) []*api.Value {
	from := len(d.members)
	if from+n > cap(d.members) {
		d.members, from = make([]*api.Value, 0, max(16, 2*cap(d.members), n)), 0
	}
	d.members = d.members[:from+n]
	return d.members[from : from+n : from+n]
}

func (d *decoder) node(name string) *node {
	d.nodes = append(roomFor(d.nodes), node{name: name})
	return &d.nodes[len(d.nodes)-1]
}

// roomFor gives another slice where one is full. What is in the full one stays there.
func roomFor[T any](s []T) []T {
	if len(s) < cap(s) {
		return s
	}
	return make([]T, 0, max(16, 2*cap(s)))
}

func (d *decoder) message(op *api.Operation, f Form) (*api.Value, error) {
	root, err := d.tree(f, ofProtocol)
	if err != nil {
		return nil, err
	}
	return d.structure(root, op.Input, "")
}

// ofProtocol reports whether a parameter belongs to the protocol, not the operation.
func ofProtocol(name string) bool {
	return name == "Action" || name == "Version" || strings.HasPrefix(name, "X-Amz-")
}

// malformed is an error in AWS's words: its framework says these things of any
// service's input, with code MalformedInput, and names no parameter.
func malformed(message string) error { return apierror.New(apierror.MalformedInput, "%s", message) }

// What AWS says (brendanhay/amazonka#209, boto/boto#872, jclouds/legacy-jclouds#274,
// aws-beam/aws-elixir#199).
const (
	unexpectedList       = "Start of list found where not expected"
	unexpectedListEnd    = "Unexpected list element termination"
	unexpectedComplexEnd = "Unexpected complex element termination"
	notAList             = "Top level element may not be treated as a list"
)

func (d *decoder) parse(n *node, m *api.Member, path string) (*api.Value, error) {
	switch m.Shape.Type {
	case api.StructureType:
		return d.structure(n, m.Shape, path)
	case api.ListType:
		return d.list(n, m, path)
	case api.MapType:
		return d.entries(n, m, path)
	}
	if len(n.children) > 0 {
		return nil, malformed(unexpectedList)
	}
	return d.scalar(n.value, m, path)
}

func (d *decoder) structure(n *node, s *api.Shape, path string) (*api.Value, error) {
	if n.set {
		return nil, malformed(unexpectedComplexEnd)
	}
	v := d.value(s)
	v.Members = d.membersOf(len(s.Members))
	for _, c := range n.children {
		at := join(path, c.name)
		m := s.Member(c.name)
		if m == nil {
			return nil, apierror.New(apierror.InvalidQueryParameter, "The parameter %s is not known to this operation.", clip(at))
		}
		value, err := d.parse(c, m, at)
		if err != nil {
			return nil, err
		}
		v.Members[m.Index] = value
	}
	return v, nil
}

func (d *decoder) list(n *node, m *api.Member, path string) (*api.Value, error) {
	v := d.value(m.Shape)
	items, empty, err := unwrap(n, m, m.Shape.Element.WireName())
	if err != nil || empty {
		return v, err
	}
	for _, item := range items {
		value, err := d.parse(item, m.Shape.Element, itemPath(path, m, m.Shape.Element.WireName(), item))
		if err != nil {
			return nil, err
		}
		v.Items = append(v.Items, value)
	}
	return v, nil
}

func (d *decoder) entries(n *node, m *api.Member, path string) (*api.Value, error) {
	v := d.value(m.Shape)
	items, empty, err := unwrap(n, m, "entry")
	if err != nil || empty {
		return v, err
	}
	seen := map[string]bool{}
	for _, item := range items {
		key, value := item.child(m.Shape.Key.WireName()), item.child(m.Shape.Value.WireName())
		if item.set || key == nil || value == nil || len(item.children) != 2 || !key.set || len(key.children) > 0 {
			return nil, malformed(unexpectedComplexEnd)
		}
		if seen[key.value] {
			return nil, malformed("Duplicate map key")
		}
		seen[key.value] = true
		parsed, err := d.parse(value, m.Shape.Value, itemPath(path, m, "entry", item)+"."+value.name)
		if err != nil {
			return nil, err
		}
		v.Entries = append(v.Entries, api.Entry{Key: key.value, Value: parsed})
	}
	return v, nil
}

// unwrap gives the elements of a list or map in the order of their indexes; empty is
// the bare name.
func unwrap(n *node, m *api.Member, element string) (items []*node, empty bool, err error) {
	if n.set {
		if n.value == "" && len(n.children) == 0 {
			return nil, true, nil
		}
		return nil, false, malformed(unexpectedListEnd)
	}
	if !flattened(m) {
		if len(n.children) != 1 || n.children[0].name != element {
			return nil, false, malformed(notAList)
		}
		if n = n.children[0]; n.set {
			return nil, false, malformed(unexpectedListEnd)
		}
	}
	items = slices.Clone(n.children)
	at := make(map[*node]int, len(items))
	for _, item := range items {
		i, ok := parseIndex(item.name)
		if !ok {
			return nil, false, malformed("Invalid list index")
		}
		at[item] = i
	}
	slices.SortFunc(items, func(a, b *node) int { return at[a] - at[b] })
	return items, false, nil
}

func flattened(m *api.Member) bool { return m.Flattened || m.Shape.Flattened }

// itemPath is the name of an element's parameters.
func itemPath(path string, m *api.Member, element string, item *node) string {
	if !flattened(m) {
		path += "." + element
	}
	return path + "." + item.name
}

// parseIndex reads an index. Each has one spelling, so that no two names are the same
// element.
func parseIndex(s string) (int, bool) {
	if s == "" || s[0] < '1' || s[0] > '9' {
		return 0, false
	}
	i, err := strconv.ParseInt(s, 10, 32)
	return int(i), err == nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
