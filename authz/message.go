package authz

import (
	"encoding/json"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// DenialMessage is what an encoded authorization message says of a refusal, in
// the form in which AWS documents it (STS API reference,
// DecodeAuthorizationMessage): whether it was an explicit deny, the statements
// that decided, and principal, action, resource and condition keys.
func DenialMessage(c *authn.Caller, t Target, d eval.Decision) string {
	type item struct {
		Key    string              `json:"key"`
		Values map[string][]string `json:"values"`
	}
	type statement struct {
		StatementID string `json:"statementId"`
		Effect      string `json:"effect"`
		Policy      string `json:"policy"`
		Line        int    `json:"line"`
		Column      int    `json:"column"`
	}
	matched := []statement{}
	for _, m := range d.Matched {
		s := statement{Effect: m.Statement.Effect.String(), Policy: m.Policy.Source().ID, Line: m.Statement.Begin.Line, Column: m.Statement.Begin.Column}
		if m.Statement.Sid != nil {
			s.StatementID = m.Statement.Sid.Value
		}
		matched = append(matched, s)
	}
	conditions := []item{}
	for _, k := range t.Keys {
		conditions = append(conditions, item{Key: k.Name, Values: map[string][]string{"items": k.Values}})
	}
	text, err := json.Marshal(map[string]any{
		"allowed": false, "explicitDeny": d.Outcome == eval.ExplicitDeny, "decidingPolicy": d.Kind.String(),
		"matchedStatements": map[string]any{"items": matched},
		"context": map[string]any{
			"principal":  map[string]string{"id": c.UserID, "arn": c.ARN},
			"action":     t.Action,
			"resource":   t.Resource,
			"conditions": map[string]any{"items": conditions},
		},
	})
	if err != nil {
		return "{}" // strings and lists of them can always be written
	}
	return string(text)
}
