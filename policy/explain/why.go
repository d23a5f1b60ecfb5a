package explain

import (
	"fmt"

	"github.com/keyreeve/keyreeve/policy/eval"
)

// why says in a sentence what decided.
func (q *Question) why() string {
	d := &q.Decision
	switch {
	case d.Outcome == eval.Allowed && len(d.Matched) == 0 && q.Request.Principal.Kind == eval.Root:
		return "the root user may do everything in its account"
	case d.Outcome == eval.Allowed && len(d.Matched) == 0:
		return "every caller who is known may call " + q.Request.Action
	case d.Outcome == eval.Allowed:
		return "a statement of " + the(d.Kind) + " allows it, and none denies it"
	case d.Outcome == eval.ExplicitDeny:
		return "a statement of " + the(d.Kind) + " denies it, and no Allow outweighs a Deny"
	case d.Fault != "":
		return "a policy cannot be used, and then nothing is allowed: " + d.Fault
	case d.Kind == eval.NoPolicy && q.Request.Principal.Kind == eval.Root:
		return "a root user cannot assume roles, whatever policies say"
	case d.Kind == eval.NoPolicy:
		return "this is kept for AWS or for operators; policies cannot allow it"
	}
	return q.whyNot()
}

// whyNot is why of a denial that lacks an Allow.
func (q *Question) whyNot() string {
	r, kind := q.Request, q.Decision.Kind
	var here []eval.Gap
	looked := 0
	for _, g := range q.Gaps {
		if g.Kind == kind {
			here = append(here, g)
			looked += len(g.Policies)
		}
	}
	switch {
	case kind == eval.SCP && len(here) > 0:
		return fmt.Sprintf("the service control policies of %s do not allow %s; each level has to", levels(here), r.Action)
	case kind == eval.TrustPolicy && looked == 0:
		return "the role does not exist, or has no trust policy"
	case kind == eval.TrustPolicy:
		return "the role's trust policy does not let " + name(r) + " in, and nobody can assume a role without it"
	case kind == eval.ResourceBased && looked == 0:
		return "the resource has no policy, and " + q.needed()
	case kind == eval.ResourceBased:
		return "the resource's own policy does not allow " + r.Action + ", and " + q.needed()
	case kind == eval.Identity && looked == 0:
		return "no identity-based policy is attached to " + name(r) + ", and what nothing allows is denied"
	case kind == eval.Session && looked == 0 && r.Principal.Kind == eval.FederatedUser:
		return "a federated user's session has only what its session policy allows, and it has none"
	}
	why := "no " + kind.String() + " allows " + r.Action + where(here)
	if q.grants(eval.Identity) && (kind == eval.Boundary || kind == eval.Session) {
		return "an identity-based policy allows " + r.Action + ", but " + the(kind) + " does not, and both have to"
	}
	if q.Decision.CrossAccount && kind == eval.Identity && q.grants(eval.ResourceBased) {
		return why + "; the resource's policy does, but across accounts both sides have to"
	}
	return why + ", and what nothing allows is denied"
}

// where tells whether an action is allowed anywhere, or under other conditions.
func where(gaps []eval.Gap) string {
	for _, g := range gaps {
		for _, m := range g.Misses {
			if m.Failed[0].Element != eval.ByAction {
				return " here"
			}
		}
	}
	return " at all"
}

// needed says who cannot do without a resource-based policy.
func (q *Question) needed() string {
	p := &q.Request.Principal
	switch {
	case p.Kind == eval.Anonymous:
		return "callers without credentials need it"
	case q.Decision.CrossAccount:
		return "principals of other accounts (here " + p.Account + ") need it"
	case p.Kind == eval.Service || p.Kind == eval.FederatedIdentity:
		return p.Name + " needs it"
	}
	return "where it does not, identity-based policies do not count"
}

// grants tells whether an Allow of the kind applied.
func (q *Question) grants(k eval.Kind) bool {
	for _, m := range q.Decision.Matched {
		if m.Kind == k {
			return true
		}
	}
	return false
}

// next says which kinds of policies would deny once the first allowed, and which
// levels of SCPs have none at all.
func (q *Question) next() []string {
	var said, kinds []string
	for i, g := range q.Gaps {
		switch {
		case g.Kind == eval.SCP && len(g.Policies) == 0:
			said = append(said, fmt.Sprintf("level %d has no service control policy, and so allows nothing", g.Level+1))
		case g.Kind != q.Decision.Kind && !g.Instead && (i == 0 || q.Gaps[i-1].Kind != g.Kind):
			kinds = append(kinds, the(g.Kind))
		}
	}
	switch len(kinds) {
	case 0:
		return said
	case 1:
		return append(said, "that alone will not do: "+kinds[0]+" does not allow it either")
	}
	return append(said, "that alone will not do: "+list(kinds, " and ")+" do not allow it either")
}

func the(k eval.Kind) string { return "the " + k.String() }

func levels(gaps []eval.Gap) string {
	text := ""
	for i, g := range gaps {
		switch {
		case i > 0:
			text += " and "
		case len(gaps) > 1:
			text = "levels "
		default:
			text = "level "
		}
		text += fmt.Sprint(g.Level + 1)
	}
	return text + " (level 1 is the organization's root)"
}

// name is how the caller is called in a sentence.
func name(r *eval.Request) string {
	p := &r.Principal
	switch {
	case p.ARN != "":
		return p.ARN
	case p.Name != "":
		return p.Name
	}
	return "callers without credentials"
}
