package operator

import (
	"slices"

	"github.com/keyreeve/keyreeve/api/keyreeveapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/policy/explain"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

// explained is an explanation in the shapes of the operation.
func explained(e authz.Explained, x explain.Explanation) *keyreeveapi.ExplainOutput {
	out := &keyreeveapi.ExplainOutput{
		Decision: e.Decision.Outcome.String(), PolicyKind: e.Decision.Kind.String(), Why: x.Why, Hints: x.Hints,
		Policies: []string{}, Statements: []keyreeveapi.ExplainedStatement{}, Missing: []keyreeveapi.NearMiss{},
	}
	for _, s := range x.Statements {
		out.Statements = append(out.Statements, keyreeveapi.ExplainedStatement{
			PolicyKind: s.Kind.String(), Policy: s.Policy, Sid: service.Optional(s.Sid), Effect: s.Effect.String(),
			Line: int32(s.Begin.Line), Column: int32(s.Begin.Column), EndLine: int32(s.End.Line), EndColumn: int32(s.End.Column),
			Text: s.Text, Because: s.Because,
		})
	}
	for _, m := range x.Missing {
		out.Missing = append(out.Missing, nearMissShape(m))
	}
	return out
}

// placeInOrganization tells of the SCPs and RCPs that decided at which level they are
// attached, counted from the organization's root: SCPs are those of the caller's account,
// RCPs those of the resource's. A policy that is attached at several levels has decided
// at each of them.
func placeInOrganization(w state.World, caller, resource string, statements []keyreeveapi.ExplainedStatement) {
	type place struct {
		policy       string
		line, column int32
	}
	told := map[place]int{}
	for i := range statements {
		s := &statements[i]
		var levels []int32
		switch s.PolicyKind {
		case eval.SCP.String():
			levels = levelsWith(w, caller, organization.ServiceControl, s.Policy)
		case eval.RCP.String():
			levels = levelsWith(w, resource, organization.ResourceControl, s.Policy)
		}
		at := place{s.Policy, s.Line, s.Column}
		if n := told[at]; n < len(levels) {
			s.Level = &levels[n]
		}
		told[at]++
	}
}

// levelsWith are the levels above an account, and its own, at which a policy is attached.
func levelsWith(w state.World, account, policyType, policy string) (levels []int32) {
	o, ok := organization.OfAccount(w, account)
	if !ok {
		return nil
	}
	for i, level := range o.Controls(account, policyType) {
		if slices.ContainsFunc(level, func(p *eval.Policy) bool { return p.Source().ID == policy }) {
			levels = append(levels, int32(i+1))
		}
	}
	return levels
}

func nearMissShape(m explain.Miss) keyreeveapi.NearMiss {
	shape := keyreeveapi.NearMiss{
		PolicyKind: m.Kind.String(), Policy: m.Policy, Sid: service.Optional(m.Sid),
		Line: int32(m.Begin.Line), Column: int32(m.Begin.Column), EndLine: int32(m.End.Line), EndColumn: int32(m.End.Column),
	}
	if m.Kind == eval.SCP {
		level := int32(m.Level)
		shape.Level = &level
	}
	for _, f := range m.Failed {
		shape.Failed = append(shape.Failed, keyreeveapi.ExplainedFailure{
			Element: f.Element, Operator: service.Optional(f.Operator), Key: service.Optional(f.Key),
			Seen: append([]string{}, f.Seen...), Wanted: f.Wanted, Text: f.Text, Hint: service.Optional(f.Hint),
		})
	}
	return shape
}
