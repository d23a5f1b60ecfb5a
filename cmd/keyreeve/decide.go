package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/keyreeve/keyreeve/policy/eval"
)

// decide answers one question per line of in with one line of out, both JSON.
// A line that cannot be understood gives a deny with an "error"; it stops
// nothing. The error that decide returns is one of reading or writing.
//
// Unknown members of the request are refused, and so are unknown members of the
// case that hold a list or an object: one of them may be a policy whose name is
// misspelled. Other unknown members are taken as notes.
func decide(in io.Reader, out io.Writer) error {
	r, w := bufio.NewReaderSize(in, 1<<16), bufio.NewWriterSize(out, 1<<16)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for {
		line, err := r.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := e.Encode(decideLine(line)); err != nil {
				return err
			}
			if r.Buffered() == 0 { // nobody has asked more yet: answer now
				if err := w.Flush(); err != nil {
					return err
				}
			}
		}
		if err == io.EOF {
			return w.Flush()
		}
		if err != nil {
			return errors.Join(err, w.Flush())
		}
	}
}

type decideAnswer struct {
	ID       json.RawMessage `json:"id"`
	Decision string          `json:"decision"`
	Reason   *decideReason   `json:"reason,omitempty"`
	Error    string          `json:"error,omitempty"`
}

// decideReason explains a decision. PolicyKind is the kind of policy that
// decided; Message is the denial as a caller would see it.
type decideReason struct {
	PolicyKind   string        `json:"policy_kind"`
	Message      string        `json:"message,omitempty"`
	CrossAccount bool          `json:"cross_account"`
	Matched      []decideMatch `json:"matched_statements"`
}

// decideMatch is a statement that determined the decision. Policy names its
// document by the member of the case and its index there.
type decideMatch struct {
	Policy    string `json:"policy"`
	Sid       string `json:"sid"`
	Effect    string `json:"effect"`
	Statement int    `json:"statement"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"end_line"`
	EndColumn int    `json:"end_column"`
}

func decideLine(line []byte) decideAnswer {
	id := json.RawMessage("null")
	fail := func(err error) decideAnswer {
		return decideAnswer{ID: id, Decision: eval.ImplicitDeny.String(), Error: err.Error()}
	}
	members, err := jsonObject(line)
	if err != nil {
		return fail(err)
	}
	if raw, ok := members["id"]; ok {
		id = raw
	}
	c, err := readCase(members)
	if err != nil {
		return fail(err)
	}
	d := eval.Decide(&c.request, &c.policies)
	return decideAnswer{ID: id, Decision: d.Outcome.String(), Reason: reason(&d, c), Error: d.Fault}
}

func reason(d *eval.Decision, c *decideCase) *decideReason {
	r := &decideReason{PolicyKind: d.Kind.String(), CrossAccount: d.CrossAccount, Matched: []decideMatch{}}
	if !d.Allowed() {
		r.Message = d.Message(c.principal, c.request.Action, c.request.Resource)
	}
	for _, m := range d.Matched {
		s := m.Statement
		match := decideMatch{
			Policy: m.Policy.Source().ID, Effect: s.Effect.String(), Statement: s.Index,
			Line: s.Begin.Line, Column: s.Begin.Column, EndLine: s.End.Line, EndColumn: s.End.Column,
		}
		if s.Sid != nil {
			match.Sid = s.Sid.Value
		}
		r.Matched = append(r.Matched, match)
	}
	return r
}
