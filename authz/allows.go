package authz

import (
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// Allows is Decide for those who want to know whether a caller may, and not why not.
func (z *Authorizer) Allows(w state.World, c *authn.Caller, t *Target, now time.Time) bool {
	if c.Kind == authn.Operator || c.Delegated() {
		d := z.Decide(w, c, *t, now)
		return d.Allowed()
	}
	v := z.verdict(w, c, t, now)
	return v.Allowed()
}

// verdict is the decision on a request of a caller whose rights are its own.
func (z *Authorizer) verdict(w state.World, c *authn.Caller, t *Target, now time.Time) eval.Verdict {
	q, ok := z.questions.Get().(*question)
	if !ok {
		q = new(question)
	}
	q.target = *t
	z.put(q, w, c, &q.target, now)
	q.asking.ask(&q.context)
	v := q.mine.Decide(&q.request, q.besides, q.limits)
	q.context.Reset()
	*q = question{context: q.context}
	z.questions.Put(q)
	return v
}
