package deployment

import (
	"strings"
	"unicode/utf8"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/policy"
)

// maxDelegated is how many characters the policy of a delegation request may have
// (IAM User Guide, "Policy templates").
const maxDelegated = 2048

// sensitive are services of which each action must be named (IAM User Guide, "Policy
// evaluation guidelines" of temporary delegation).
var sensitive = map[string]bool{
	"iam": true, "kms": true, "ram": true, "sso": true, "sso-directory": true, "identitystore": true, "organizations": true, "secretsmanager": true, "sts": true,
}

// credentialActions make or change credentials that outlive the session; they are not
// delegated.
var credentialActions = map[string]bool{
	"iam:createaccesskey": true, "iam:updateaccesskey": true, "iam:createloginprofile": true, "iam:updateloginprofile": true, "iam:changepassword": true,
	"iam:createservicespecificcredential": true, "iam:resetservicespecificcredential": true, "iam:uploadsshpublickey": true,
	"iam:uploadsigningcertificate": true, "iam:uploadservercertificate": true, "iam:createvirtualmfadevice": true, "iam:enablemfadevice": true,
	"iam:createuser": true, "iam:addusertogroup": true, "iam:attachuserpolicy": true, "iam:putuserpolicy": true, "iam:attachgrouppolicy": true, "iam:putgrouppolicy": true,
	"iam:acceptdelegationrequest": true, "iam:senddelegationtoken": true,
}

// boundedActions may only be delegated for roles with a permissions boundary.
var boundedActions = map[string]bool{
	"iam:createrole": true, "iam:putrolepolicy": true, "iam:attachrolepolicy": true, "iam:putrolepermissionsboundary": true,
}

// Delegable checks the policy of a delegation request, by what AWS's guidelines ask
// of the templates that are registered with it, as far as it can be told from the
// text. It gives the permissions boundaries that roles must have which are made.
func Delegable(text string) (boundaries []string, err error) {
	if n := utf8.RuneCountInString(text); n > maxDelegated {
		return nil, undelegable("it has %d characters, and %d at most are allowed", n, maxDelegated)
	}
	doc, err := policy.ParseAs(policy.Session, text)
	if err != nil {
		return nil, undelegable("%s", err.Error())
	}
	for _, s := range doc.Statements {
		if s.Effect != policy.Allow {
			continue
		}
		if s.Action == nil || s.Action.Not {
			return nil, undelegable("NotAction is for statements that deny")
		}
		bounds := boundariesOf(s)
		for _, action := range s.Action.Values {
			if err := delegableAction(strings.ToLower(action.Value), len(bounds) > 0); err != nil {
				return nil, err
			}
		}
		boundaries = append(boundaries, bounds...)
	}
	return boundaries, nil
}

func undelegable(format string, args ...any) error {
	return apierror.New(apierror.InvalidInput, "The permissions cannot be delegated: "+format+".", args...)
}

func delegableAction(action string, bounded bool) error {
	service, name, ok := strings.Cut(action, ":")
	switch {
	case !ok || strings.ContainsAny(service, "*?"):
		return undelegable("the action %s does not name a service", action)
	case sensitive[service] && strings.ContainsAny(name, "*?"):
		return undelegable("the action %s has a wildcard, and %s is a service whose actions must be named", action, service)
	case credentialActions[action]:
		return undelegable("the action %s gives rights that outlive the session", action)
	case boundedActions[action] && !bounded:
		return undelegable("the action %s needs a condition on iam:PermissionsBoundary", action)
	}
	return nil
}

// boundariesOf are the permissions boundaries that a statement asks for. Only operators
// that are not met where there is no boundary count.
func boundariesOf(s *policy.Statement) (arns []string) {
	for _, block := range s.Condition {
		switch strings.ToLower(block.Operator.Value) {
		case "stringequals", "arnequals", "arnlike", "stringlike":
		default:
			continue
		}
		for _, k := range block.Keys {
			if !strings.EqualFold(k.Key.Value, "iam:PermissionsBoundary") {
				continue
			}
			for _, v := range k.Values {
				if strings.ContainsAny(v.Value, "*?$") {
					return nil // any boundary would do
				}
				arns = append(arns, v.Value)
			}
		}
	}
	return arns
}
