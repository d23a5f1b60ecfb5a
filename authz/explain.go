package authz

import (
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// Explained is a decision with what it takes to explain it.
type Explained struct {
	Decision eval.Decision
	Request  *eval.Request
	Gaps     []eval.Gap // of a denial that lacks an Allow, see eval.Set.Gaps
}

// Explain is Decide for people who want to know why, and what is missing.
func (z *Authorizer) Explain(w state.World, c *authn.Caller, t Target, now time.Time) Explained {
	q := new(question)
	z.put(q, w, c, &t, now)
	q.asking.fill(&q.context)
	if c.Kind == authn.Operator {
		return Explained{Decision: operatorsOwn(t), Request: &q.request}
	}
	return Explained{
		Decision: q.mine.Explain(&q.request, q.besides, q.limits), Request: &q.request, Gaps: q.mine.Gaps(&q.request, q.besides, q.limits),
	}
}
