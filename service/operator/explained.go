package operator

import (
	"github.com/keyreeve/keyreeve/api/keyreeveapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/policy/explain"
	"github.com/keyreeve/keyreeve/service"
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
			Text: s.Text, Because: s.Because, Level: levelShape(s.Level),
		})
	}
	for _, m := range x.Missing {
		out.Missing = append(out.Missing, nearMissShape(m))
	}
	return out
}

// levelShape is a level of SCPs or RCPs, left out where there is none.
func levelShape(level int) *int32 {
	if level == 0 {
		return nil
	}
	return new(int32(level))
}

func nearMissShape(m explain.Miss) keyreeveapi.NearMiss {
	shape := keyreeveapi.NearMiss{
		PolicyKind: m.Kind.String(), Policy: m.Policy, Sid: service.Optional(m.Sid),
		Line: int32(m.Begin.Line), Column: int32(m.Begin.Column), EndLine: int32(m.End.Line), EndColumn: int32(m.End.Column),
		Level: levelShape(m.Level),
	}
	for _, f := range m.Failed {
		shape.Failed = append(shape.Failed, keyreeveapi.ExplainedFailure{
			Element: f.Element, Operator: service.Optional(f.Operator), Key: service.Optional(f.Key),
			Seen: append([]string{}, f.Seen...), Wanted: f.Wanted, Text: f.Text, Hint: service.Optional(f.Hint),
		})
	}
	return shape
}
