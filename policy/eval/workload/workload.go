package workload

import (
	"fmt"
	"maps"
	"slices"

	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval/referee"
)

// Account is the account that everything is in.
const Account = "111122223333"

// Names are the names of all workloads.
func Names() []string { return []string{"a", "b", "c", "d", "hostile", "bombs"} }

// Workload is policies, who has them, and requests.
type Workload struct {
	Name       string
	Policies   []*policy.Document
	Groups     []Group
	Principals []Principal
	Contexts   []map[string]string // condition keys, each with one value
	Requests   []Request

	// Resource is the number of the resource-based policy that all resources
	// have, or -1.
	Resource int

	known string // the answer to everything, if not the referee's
}

// Group is a group of users. Its policies are identity-based ones of its users.
type Group struct {
	Name     string
	Policies []int
}

// Principal is a user or a session of a role.
type Principal struct {
	ARN      string
	Groups   []int
	Policies []int // identity-based, its own
	Boundary []int // none is no boundary
	SCPs     [][]int
}

// Request is a question.
type Request struct {
	Principal        int
	Action, Resource string
	Context          int
}

// Identity gives the numbers of all identity-based policies of a principal.
func (w *Workload) Identity(p *Principal) []int {
	own := slices.Clone(p.Policies)
	for _, g := range p.Groups {
		own = append(own, w.Groups[g].Policies...)
	}
	return own
}

// Want is what the answer to a request must be: allowed, implicitDeny or
// explicitDeny.
func (w *Workload) Want(r *Request) string {
	if w.known != "" {
		return w.known
	}
	return referee.Decide(w.Case(r))
}

// Case is a request as the referee reads it.
func (w *Workload) Case(r *Request) *referee.Case {
	p := &w.Principals[r.Principal]
	c := &referee.Case{
		Principal: p.ARN, Action: r.Action, Resource: r.Resource, Owner: Account, Context: map[string][]string{},
		Identity: w.documents(w.Identity(p)), Boundary: w.documents(p.Boundary),
	}
	for key, value := range w.Contexts[r.Context] {
		c.Context[key] = []string{value}
	}
	for _, level := range p.SCPs {
		c.SCPs = append(c.SCPs, w.documents(level))
	}
	if w.Resource >= 0 {
		c.ResourcePolicy = w.Policies[w.Resource]
	}
	return c
}

func (w *Workload) documents(numbers []int) []*policy.Document {
	var docs []*policy.Document
	for _, n := range numbers {
		docs = append(docs, w.Policies[n])
	}
	return docs
}

// New makes a workload by its name.
func New(name string) (*Workload, error) {
	g := NewGenerator(name != "a")
	w := &Workload{Name: name, Resource: -1}
	switch name {
	case "a", "b":
		w.one(g, 512)
	case "c":
		w.layered(g)
	case "d":
		w.many(g, Size{Policies: 1500, Statements: 4, Principals: 10_000, Requests: 20_000})
	case "hostile":
		w.hostile(g, hostile())
	case "bombs":
		w.hostile(g, bombs())
	default:
		return nil, fmt.Errorf("no workload is called %q", name)
	}
	return w, g.err
}

func userARN(i int) string { return fmt.Sprintf("arn:aws:iam::%s:user/u%d", Account, i) }

// add adds a policy and gives its number.
func (w *Workload) add(d *policy.Document) int {
	w.Policies = append(w.Policies, d)
	return len(w.Policies) - 1
}

// one is one user with its policies and those of its groups, which count alike.
func (w *Workload) one(g *Generator, requests int) {
	for range 5 {
		w.add(g.Policy(4))
	}
	w.Groups = []Group{{"staff", []int{2, 3}}, {"operations", []int{4}}}
	w.Principals = []Principal{{ARN: userARN(1), Groups: []int{0, 1}, Policies: []int{0, 1}}}
	for range requests {
		w.ask(g, 0)
	}
}

// layered is a principal of a large organization.
func (w *Workload) layered(g *Generator) {
	p := Principal{ARN: userARN(1)}
	for range 10 {
		p.Policies = append(p.Policies, w.add(g.Policy(44)))
	}
	p.Boundary = []int{w.add(g.limit(4))}
	for range 3 {
		p.SCPs = append(p.SCPs, []int{w.add(g.limit(19))})
	}
	w.Resource = w.add(g.resourcePolicy(50))
	w.Principals = []Principal{p}
	for range 512 {
		w.ask(g, 0)
	}
}

// Size is how large an account is.
type Size struct {
	Policies   int
	Statements int // of each policy
	Principals int
	Each       int // policies that a principal has; 0 for a random 2 to 5
	Requests   int // each of a random principal
}

// Sized makes a workload with conditions and variables of a size, for questions about
// growth. Six of ten principals are users, the others sessions of roles.
func Sized(size Size) (*Workload, error) {
	g := NewGenerator(true)
	w := &Workload{Name: fmt.Sprint(size), Resource: -1}
	w.many(g, size)
	return w, g.err
}

// many is an account with many principals.
func (w *Workload) many(g *Generator, size Size) {
	for range size.Policies {
		w.add(g.Policy(size.Statements))
	}
	for i := range size.Principals {
		p := Principal{ARN: userARN(i)}
		if i >= size.Principals*6/10 {
			p.ARN = fmt.Sprintf("arn:aws:sts::%s:assumed-role/r%d/s", Account, i)
		}
		for k := range size.each(g) {
			if size.Each < size.Policies {
				k = g.random.IntN(size.Policies)
			}
			p.Policies = append(p.Policies, k)
		}
		w.Principals = append(w.Principals, p)
	}
	for range size.Requests {
		w.ask(g, g.random.IntN(len(w.Principals)))
	}
}

func (s *Size) each(g *Generator) int {
	if s.Each > 0 {
		return s.Each
	}
	return 2 + g.random.IntN(4)
}

// ask adds a request of a principal.
func (w *Workload) ask(g *Generator, principal int) {
	r, context := g.request()
	r.Principal = principal
	w.in(&r, context)
	w.Requests = append(w.Requests, r)
}

// in gives the request its context, which it shares with others.
func (w *Workload) in(r *Request, context map[string]string) {
	same := func(c map[string]string) bool { return maps.Equal(c, context) }
	if r.Context = slices.IndexFunc(w.Contexts, same); r.Context < 0 {
		w.Contexts = append(w.Contexts, context)
		r.Context = len(w.Contexts) - 1
	}
}
