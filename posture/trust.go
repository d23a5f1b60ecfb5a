package posture

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy"
)

// holding are the condition keys that hold callers to some accounts: a caller cannot
// choose their values (IAM User Guide, "AWS global condition context keys").
var holding = []string{
	"aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths",
	"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:userid",
}

// trusts visits the statements of trust policies that let somebody in, but those of
// service-linked roles.
func (s *subject) trusts(each func(*identity.Role, *policy.Statement)) {
	for _, r := range s.Roles("/", "") {
		if r.ServiceName != "" {
			continue
		}
		doc := s.CompiledTrust(r).Document()
		for i := range doc.Statements {
			if st := doc.Statements[i]; st.Effect == policy.Allow && st.Principal != nil {
				each(r, st)
			}
		}
	}
}

func mendTrust(r *identity.Role, how string) string {
	return how + ": aws iam update-assume-role-policy --role-name " + r.Name + " --policy-document file://trust.json"
}

func wildcardTrust(s *subject) (found []Finding) {
	s.trusts(func(r *identity.Role, st *policy.Statement) {
		everybody := st.Principal.Not || st.Principal.Everyone || slices.ContainsFunc(st.Principal.Values, func(v policy.PrincipalValue) bool {
			return v.Type == policy.AWS && v.Value == "*"
		})
		if !everybody || holds(st, isOne(holding)) {
			return
		}
		evidence := "trust policy, " + statementName(st) + ": Principal is *, and no condition holds callers to an account or an organization"
		if st.Principal.Not {
			evidence = "trust policy, " + statementName(st) + ": Allow with NotPrincipal lets in everybody else"
		}
		found = append(found, Finding{
			Resource: s.RoleARN(r), Evidence: evidence, Mend: mendTrust(r, "name the principals, or add a condition on aws:PrincipalOrgID"),
		})
	})
	return found
}

func withoutExternalID(s *subject) (found []Finding) {
	s.trusts(func(r *identity.Role, st *policy.Statement) {
		if holds(st, isOne(externals)) || wantsMFA(st) {
			return
		}
		var others []string
		for _, v := range st.Principal.Values {
			if a := accountOf(v); a != "" && a != s.ID && !slices.Contains(others, a) {
				others = append(others, a)
			}
		}
		if len(others) == 0 || st.Principal.Not {
			return
		}
		found = append(found, Finding{
			Resource: s.RoleARN(r),
			Evidence: "trust policy, " + statementName(st) + ": lets in account " + list(others) + " without sts:ExternalId, aws:PrincipalOrgID or MFA",
			Mend:     mendTrust(r, "add a condition on sts:ExternalId with a value that this account gives"),
		})
	})
	return found
}

// accountOf is the account of an AWS principal.
func accountOf(v policy.PrincipalValue) string {
	if v.Type != policy.AWS {
		return ""
	}
	if parsed, err := arn.Parse(v.Value); err == nil {
		return parsed.Account
	}
	if len(v.Value) == 12 && strings.Trim(v.Value, "0123456789") == "" {
		return v.Value
	}
	return ""
}

func federatedWithoutSubject(s *subject) (found []Finding) {
	s.trusts(func(r *identity.Role, st *policy.Statement) {
		for _, v := range st.Principal.Values {
			if v.Type != policy.Federated || held(st, v.Value) {
				continue
			}
			found = append(found, Finding{
				Resource: s.RoleARN(r), Evidence: "trust policy, " + statementName(st) + ": takes every token of " + v.Value + ", whoever it was issued to",
				Mend: mendTrust(r, "add a condition on the provider's sub"),
			})
		}
	})
	return found
}

// held tells whether a statement says whose tokens of a provider are taken. A SAML
// provider issues for AWS only, and its Role attribute says who may have which role,
// so that there the audience is enough.
func held(st *policy.Statement, provider string) bool {
	saml := strings.Contains(provider, ":saml-provider/")
	return holds(st, func(key string) bool {
		return saml && strings.HasPrefix(key, "saml:") || !saml && strings.HasSuffix(key, ":sub")
	})
}

// externals are the condition keys by which another account is let in with care.
var externals = []string{"sts:externalid", "aws:principalorgid", "aws:principalorgpaths"}

func isOne(keys []string) func(string) bool {
	return func(key string) bool { return slices.Contains(keys, key) }
}

// positive are the operators by which a condition holds only for the values that are
// named, and not where the key is absent. Those with IfExists or Not hold nobody.
var positive = []string{"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"}

// holds tells whether a condition of a statement wants one of the keys to have a
// certain value. Keys are in lower case.
func holds(st *policy.Statement, key func(string) bool) bool {
	for _, b := range st.Condition {
		operator := strings.TrimPrefix(strings.ToLower(b.Operator.Value), "foranyvalue:")
		if !slices.Contains(positive, operator) {
			continue
		}
		for _, k := range b.Keys {
			if key(strings.ToLower(k.Key.Value)) && !slices.ContainsFunc(k.Values, open) {
				return true
			}
		}
	}
	return false
}

// open tells whether a value of a condition is one that anybody can have: a wildcard
// at the front, or in the place of an ARN's account.
func open(v policy.Text) bool {
	if strings.HasPrefix(v.Value, "*") || strings.HasPrefix(v.Value, "?") {
		return true
	}
	parts := strings.SplitN(v.Value, ":", 6)
	return parts[0] == "arn" && (len(parts) < 6 || strings.ContainsAny(parts[4], "*?"))
}

// wantsMFA tells whether a statement is for callers with MFA only: with IfExists it
// would be for those with long-term keys as well, which never have the key.
func wantsMFA(st *policy.Statement) bool {
	for _, b := range st.Condition {
		for _, k := range b.Keys {
			key, operator := strings.ToLower(k.Key.Value), strings.ToLower(b.Operator.Value)
			if key == "aws:multifactorauthpresent" && operator == "bool" && !slices.ContainsFunc(k.Values, func(v policy.Text) bool {
				return !strings.EqualFold(v.Value, "true")
			}) {
				return true
			}
			if key == "aws:multifactorauthage" && (operator == "numericlessthan" || operator == "numericlessthanequals") {
				return true
			}
		}
	}
	return false
}
