package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/policy/explain"
)

type decideAnswer struct {
	ID       json.RawMessage `json:"id"`
	Decision string          `json:"decision"`
	Reason   *decideReason   `json:"reason,omitempty"`
	Error    string          `json:"error,omitempty"`
}

// decideReason explains a decision. PolicyKind is the kind of policy that
// decided; Message is the denial as a caller would see it. Missing are the
// statements that came nearest to allowing what no statement allows.
type decideReason struct {
	PolicyKind   string        `json:"policy_kind"`
	Message      string        `json:"message,omitempty"`
	CrossAccount bool          `json:"cross_account"`
	Why          string        `json:"why"`
	Matched      []decideMatch `json:"matched_statements"`
	Missing      []decideMiss  `json:"missing,omitempty"`
	Hints        []string      `json:"hints,omitempty"`
}

// decideMatch is a statement that determined the decision. Policy names its
// document by the member of the case and its index there.
type decideMatch struct {
	Policy    string   `json:"policy"`
	Sid       string   `json:"sid"`
	Effect    string   `json:"effect"`
	Statement int      `json:"statement"`
	Line      int      `json:"line"`
	Column    int      `json:"column"`
	EndLine   int      `json:"end_line"`
	EndColumn int      `json:"end_column"`
	Because   []string `json:"because,omitempty"`
}

// decideMiss is an Allow statement that did not apply. Level is that of a service
// control policy, 1 for the first.
type decideMiss struct {
	PolicyKind string `json:"policy_kind"`
	decideMatch
	Level  int       `json:"level,omitempty"`
	Failed []failure `json:"failed"`
}

func decideLine(line []byte) decideAnswer {
	id := json.RawMessage("null")
	c, err := caseOf(line, &id)
	if err != nil {
		return decideAnswer{ID: id, Decision: eval.ImplicitDeny.String(), Error: err.Error()}
	}
	d, x := c.explained()
	return decideAnswer{ID: id, Decision: d.Outcome.String(), Reason: reason(&d, &x, c), Error: d.Fault}
}

// caseOf reads a case, and the id first so that an answer has it in any case.
func caseOf(line []byte, id *json.RawMessage) (*decideCase, error) {
	members, err := jsonObject(line)
	if err != nil {
		return nil, err
	}
	if raw, ok := members["id"]; ok {
		*id = raw
	}
	return readCase(members)
}

func (c *decideCase) explained() (eval.Decision, explain.Explanation) {
	set := eval.Unindexed(c.policies)
	q := explain.Question{Request: &c.request, Decision: set.Explain(&c.request), Catalog: catalog.Default()}
	if q.Decision.Outcome == eval.ImplicitDeny {
		q.Gaps = set.Gaps(&c.request)
	}
	return q.Decision, explain.Of(q)
}

func reason(d *eval.Decision, x *explain.Explanation, c *decideCase) *decideReason {
	r := &decideReason{PolicyKind: d.Kind.String(), CrossAccount: d.CrossAccount, Why: x.Why, Matched: []decideMatch{}, Hints: x.Hints}
	if !d.Allowed() {
		r.Message = d.Message(c.principal, c.request.Action, c.request.Resource)
	}
	for _, s := range x.Statements {
		r.Matched = append(r.Matched, matchOf(s))
	}
	for _, m := range x.Missing {
		r.Missing = append(r.Missing, decideMiss{m.Kind.String(), matchOf(m.Statement), m.Level, failuresOf(m)})
	}
	return r
}

func matchOf(s explain.Statement) decideMatch {
	return decideMatch{
		Policy: s.Policy, Sid: s.Sid, Effect: s.Effect.String(), Statement: s.Index, Because: s.Because,
		Line: s.Begin.Line, Column: s.Begin.Column, EndLine: s.End.Line, EndColumn: s.End.Column,
	}
}

func failuresOf(m explain.Miss) []failure {
	list := []failure{}
	for _, f := range m.Failed {
		list = append(list, failure{f.Element, f.Operator, f.Key, append([]string{}, f.Seen...), f.Wanted, f.Text, f.Hint})
	}
	return list
}

// decideForPeople reads cases, which here may have many lines, and explains each. It
// ends at one that it cannot read.
func decideForPeople(in io.Reader, out io.Writer, c colours) error {
	for d, n := json.NewDecoder(in), 1; ; n++ {
		var raw, id json.RawMessage
		switch err := d.Decode(&raw); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("case %d: %w", n, err)
		}
		one, err := caseOf(raw, &id)
		if err != nil {
			return fmt.Errorf("case %d: %w", n, err)
		}
		if n > 1 {
			fmt.Fprintln(out)
		}
		e := one.forPeople()
		e.print(out, c)
	}
}

func (c *decideCase) forPeople() explanation {
	d, x := c.explained()
	e := explanation{
		Principal: c.principal, Action: c.request.Action, Resource: c.request.Resource,
		Decision: d.Outcome.String(), PolicyKind: d.Kind.String(), Why: x.Why, Hints: x.Hints,
	}
	if !d.Allowed() {
		e.Message = d.Message(c.principal, c.request.Action, c.request.Resource)
	}
	for _, s := range x.Statements {
		e.Statements = append(e.Statements, explainedStatement{
			PolicyKind: s.Kind.String(), Policy: s.Policy, Sid: s.Sid, Effect: s.Effect.String(), Line: s.Begin.Line, Text: s.Text, Because: s.Because,
		})
	}
	for _, m := range x.Missing {
		e.Missing = append(e.Missing, nearMiss{
			PolicyKind: m.Kind.String(), Policy: m.Policy, Level: m.Level, Sid: m.Sid, Line: m.Begin.Line, Failed: failuresOf(m),
		})
	}
	return e
}
