package explain

import (
	"slices"

	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// Question is a decided request.
type Question struct {
	Request  *eval.Request
	Decision eval.Decision
	Gaps     []eval.Gap       // from eval.Set.Gaps
	Catalog  *catalog.Release // may be nil, then there are fewer hints
}

// Explanation is a decision in words.
type Explanation struct {
	Why        string      // a sentence
	Statements []Statement // that decided
	Missing    []Miss      // of a denial without a Deny: what came nearest to allowing
	Hints      []string    // about the question as a whole
}

// Statement is a statement with its place.
type Statement struct {
	Kind       eval.Kind
	Policy     string // ARN or name
	Sid        string // may be empty
	Effect     policy.Effect
	Index      int
	Begin, End policy.Position
	Text       string   // as written
	Level      int      // of service and resource control policies: 1 is that of the organization's root; or 0
	Because    []string // of a Deny: what of the request met its conditions, and hints
}

// Miss is an Allow statement that did not apply.
type Miss struct {
	Statement
	Failed []Failure
}

// Failure is what of a statement does not fit the request.
type Failure struct {
	Element       string // Action, NotAction, Resource …
	Operator, Key string // of a Condition
	Seen, Wanted  []string
	Text          string // a sentence whose subject is the statement
	Hint          string // may be empty
}

// Of explains a decision.
func Of(q Question) Explanation {
	x := Explanation{Why: q.why(), Statements: []Statement{}, Missing: []Miss{}, Hints: []string{}}
	for _, m := range q.Decision.Matched {
		s := statementOf(m)
		if q.Decision.Outcome == eval.ExplicitDeny {
			s.Because = q.because(m)
		}
		x.Statements = append(x.Statements, s)
	}
	if q.Decision.Outcome != eval.ImplicitDeny {
		return x
	}
	for _, m := range q.misses() {
		x.Missing = append(x.Missing, q.miss(m))
	}
	x.Hints = append(x.Hints, q.aboutQuestion()...)
	x.Hints = append(x.Hints, q.next()...)
	return x
}

// misses are those of the kind that decided, the nearest first, and then those of
// the kinds that would deny next.
func (q *Question) misses() []eval.NearMiss {
	var list []eval.NearMiss
	from := 0
	for i, g := range q.Gaps {
		if i > 0 && g.Kind != q.Gaps[i-1].Kind && !g.Instead {
			from = len(list)
		}
		list = append(list, g.Misses...)
		slices.SortStableFunc(list[from:], eval.Nearer)
	}
	return list
}

func (q *Question) miss(m eval.NearMiss) Miss {
	x := Miss{Statement: statementOf(m.Match), Failed: []Failure{}}
	acts := m.Failed[0].Element != eval.ByAction
	for _, f := range m.Failed {
		x.Failed = append(x.Failed, Failure{
			Element: elementOf(f), Operator: f.Operator, Key: f.Key, Seen: f.Seen, Wanted: shown(f.Key, f.Wanted),
			Text: q.failure(f, acts), Hint: q.hint(m, f),
		})
	}
	return x
}

func elementOf(f eval.Failure) string {
	if f.Not {
		return "Not" + f.Element.String()
	}
	return f.Element.String()
}

func statementOf(m eval.Match) Statement {
	s := m.Statement
	x := Statement{
		Kind: m.Kind, Policy: m.Policy.Source().ID, Effect: s.Effect, Index: s.Index, Begin: s.Begin, End: s.End,
		Text: m.Policy.Document().Text[s.Span.Start:s.Span.End],
	}
	if m.Kind == eval.SCP || m.Kind == eval.RCP {
		x.Level = m.Level + 1
	}
	if s.Sid != nil {
		x.Sid = s.Sid.Value
	}
	return x
}
