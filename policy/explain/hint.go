package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/policy/condition"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// hint says what to change, or what is easily got wrong. It is empty where there is
// nothing to say that the failure itself does not.
func (q *Question) hint(m eval.NearMiss, f eval.Failure) string {
	switch {
	case len(f.Unset) > 0:
		return q.unset(f.Unset)
	case f.Element == eval.ByCondition:
		return q.conditionHint(m, f)
	case f.Element == eval.ByResource && hasVariable(f.Wanted) && !m.Policy.Document().Variables():
		return `variables such as ${aws:username} exist only in documents whose Version is "2012-10-17"; here they are plain text`
	case f.Element == eval.ByResource && !f.Not:
		if hint := q.wrongType(f); hint != "" {
			return hint
		}
	case f.Element == eval.ByPrincipal && !f.Not:
		if hint := principalHint(f.Wanted); hint != "" {
			return hint
		}
	}
	return q.edit(m, f)
}

// edit is the change that lets the statement apply. Where more than one thing is
// wrong the statement is better left alone.
func (q *Question) edit(m eval.NearMiss, f eval.Failure) string {
	what := f.Seen[0]
	if f.Element == eval.ByPrincipal && q.Request.Principal.Kind == eval.RoleSession && q.Request.Principal.Issuer != "" {
		what = q.Request.Principal.Issuer
	}
	switch {
	case len(m.Failed) > 1 || what == "*" || what == "anonymous" || f.Meant != nil:
		return ""
	case f.Element == eval.ByAction && !(q.known() && sameService(f)):
		return ""
	case strings.Contains(m.Policy.Source().ID, "::aws:policy/"):
		return "this policy is AWS's own and cannot be changed: allow it in one of yours"
	case f.Not:
		return "to allow it, let its " + elementOf(f) + " not cover " + what
	}
	return "to allow it, add " + what + " to its " + elementOf(f)
}

// unset is about policy variables that have no value in the request.
func (q *Question) unset(names []string) string {
	hint := "the request has no " + list(names, " and ") + ", and a value with a variable that has none matches nothing"
	for _, name := range names {
		if more := q.credential(eval.Condition{Key: name}, true); more != "" {
			return hint + ": " + more
		}
	}
	return hint
}

// sameService tells whether a statement has actions of the service that is asked
// for: only then it is the place for another one.
func sameService(f eval.Failure) bool {
	service, _, _ := strings.Cut(f.Seen[0], ":")
	return f.Not || slices.ContainsFunc(f.Wanted, func(wanted string) bool {
		prefix, _, _ := strings.Cut(wanted, ":")
		return strings.EqualFold(prefix, service)
	})
}

func hasVariable(values []string) bool {
	for _, v := range values {
		if strings.Contains(v, "${") {
			return true
		}
	}
	return false
}

// principalHint is about values of Principal that match nobody.
func principalHint(wanted []string) string {
	for _, v := range wanted {
		switch {
		case len(v) > 16 && (strings.HasPrefix(v, "AIDA") || strings.HasPrefix(v, "AROA")) && !strings.Contains(v, ":"):
			return v + " is an id, as it stands for a user or role that was deleted; one that has its name now is another: name it anew"
		case strings.Contains(v, ":group/"):
			return "a group is no principal: name its users, or a role"
		case v != "*" && strings.ContainsAny(v, "*?"):
			return "there are no wildcards within a principal: name the account, and narrow it by aws:PrincipalArn"
		}
	}
	return ""
}

func (q *Question) conditionHint(m eval.NearMiss, f eval.Failure) string {
	variables := m.Policy.Document().Variables()
	holds := func(operator string) bool {
		t := condition.NewTest(operator, f.Key, f.Wanted, variables)
		return t.Holds(q.Request.Context)
	}
	op, ok := condition.ParseOperator(f.Operator)
	asked := eval.Condition{Operator: f.Operator, Key: f.Key, Seen: f.Seen, Wanted: f.Wanted}
	switch {
	case !ok:
		return ""
	case op.Set == condition.Plain && len(f.Seen) > 1 && op.Family != condition.Null:
		return "for a key with several values a condition holds only with ForAnyValue: or ForAllValues:"
	case len(f.Seen) == 0 || op.Family == condition.Bool:
		return q.credential(asked, true)
	case op.Negated || secret(f.Key):
		return ""
	case op.Family == condition.String && holds("StringEqualsIgnoreCase"):
		return "they differ in upper and lower case only"
	case op.Family == condition.String && hasStar(f.Wanted) && holds("StringLike"):
		return "StringEquals takes * and ? as they are; StringLike reads them as wildcards"
	}
	return q.credential(asked, true)
}

func hasStar(values []string) bool {
	for _, v := range values {
		if strings.ContainsAny(v, "*?") {
			return true
		}
	}
	return false
}

// credential says which credentials or calls carry a condition key that the request
// does not have. Holds says whether the condition should hold, so that the statement
// applies, or should not.
func (q *Question) credential(c eval.Condition, holds bool) string {
	lower := strings.ToLower(c.Key)
	if lower == "aws:multifactorauthpresent" || lower == "aws:multifactorauthage" {
		if q.withMFA(c) != holds {
			return ""
		}
		return q.mfa(c.Seen)
	}
	if len(c.Seen) > 0 {
		return ""
	}
	p := &q.Request.Principal
	_, tag, _ := strings.Cut(c.Key, "/")
	switch {
	case strings.HasPrefix(lower, "aws:principaltag/") && p.Kind == eval.User:
		return fmt.Sprintf("the user has no tag %s: aws iam tag-user gives it one", tag)
	case strings.HasPrefix(lower, "aws:principaltag/") && p.Kind == eval.RoleSession:
		return fmt.Sprintf("neither the role nor the session has the tag %s", tag)
	case strings.HasPrefix(lower, "aws:requesttag/"):
		return fmt.Sprintf("the call does not set the tag %s", tag)
	case strings.HasPrefix(lower, "aws:resourcetag/"):
		return fmt.Sprintf("the resource has no tag %s", tag)
	case lower == "aws:username" && p.Kind == eval.RoleSession:
		return "sessions of a role have no aws:username; they have aws:userid and aws:PrincipalArn"
	}
	return ""
}

// withMFA tells whether the condition would hold right after MFA.
func (q *Question) withMFA(c eval.Condition) bool {
	var with eval.Context
	if q.Request.Context != nil {
		with.Over(q.Request.Context)
	}
	with.Set("aws:MultiFactorAuthPresent", "true")
	with.Set("aws:MultiFactorAuthAge", "0")
	t := condition.NewTest(c.Operator, c.Key, c.Wanted, false)
	return t.Holds(&with)
}

func (q *Question) mfa(seen []string) string {
	const session = "aws sts get-session-token --serial-number DEVICE --token-code CODE"
	switch p := &q.Request.Principal; {
	case p.Kind == eval.User && strings.EqualFold(q.Request.Action, "sts:AssumeRole") && len(seen) == 0:
		return "pass the code with the call: aws sts assume-role … --serial-number DEVICE --token-code CODE"
	case p.Kind == eval.RoleSession && len(seen) == 0:
		return "sessions of a role never have it: ask for MFA in the role's trust policy instead"
	case p.Kind == eval.User && len(seen) == 0:
		return "long-term access keys never have it: use a session with MFA (" + session + ")"
	case len(seen) == 1 && strings.EqualFold(seen[0], "false"):
		return "the session was made without MFA: make one with it (" + session + ")"
	}
	return ""
}
