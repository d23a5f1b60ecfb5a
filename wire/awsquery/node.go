package awsquery

import (
	"strings"

	"github.com/keyreeve/keyreeve/apierror"
)

// MaxDepth is how many steps a parameter's name may have. The deepest of IAM and STS
// has six (ContextEntries.member.1.ContextKeyValues.member.1).
const MaxDepth = 16

// node is a step of the parameters' names. Names with a common beginning share it.
type node struct {
	name     string
	value    string
	set      bool // a parameter ends here
	children []*node
	index    map[string]*node // of children, once there are many
}

// indexFrom is the number of children from which on a map pays.
const indexFrom = 16

func (n *node) child(name string) *node {
	if n.index != nil {
		return n.index[name]
	}
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (n *node) add(c *node) {
	n.children = append(n.children, c)
	switch {
	case n.index != nil:
		n.index[c.name] = c
	case len(n.children) == indexFrom:
		n.index = make(map[string]*node, 2*indexFrom)
		for _, c := range n.children {
			n.index[c.name] = c
		}
	}
}

// tree arranges the parameters that skip does not name.
func (d *decoder) tree(f Form, skip func(name string) bool) (*node, error) {
	root := d.node("")
	root.children = d.children
	for _, p := range f {
		if skip(p.Name) {
			continue
		}
		if strings.Count(p.Name, ".") >= MaxDepth {
			return nil, apierror.New(apierror.MalformedInput, "The parameter name %s is too deep.", clip(p.Name))
		}
		n := root
		for step := range strings.SplitSeq(p.Name, ".") {
			next := n.child(step)
			if next == nil {
				next = d.node(step)
				n.add(next)
			}
			n = next
		}
		n.value, n.set = p.Value, true
	}
	d.children = root.children
	return root, nil
}
