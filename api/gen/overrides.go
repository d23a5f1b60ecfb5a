package main

import "fmt"

// override is a correction of one shape. Its Source says how we know.
type override struct {
	Service, Shape string
	Enum           []string // replaces the enum
	RE2            string   // used instead of a translation of the pattern
	Sensitive      bool     // marks the shape as sensitive
	Source         string
}

var overrides = []override{
	{
		Service: "iam", Shape: "PermissionsBoundaryAttachmentType",
		Enum:   []string{"Policy"},
		Source: "GetUser and GetRole answer PermissionsBoundaryType Policy; the model's PermissionsBoundaryPolicy was never seen",
	},
	{
		Service: "iam", Shape: "accountAliasType",
		RE2: `[a-z0-9]+(?:-[a-z0-9]+)*`,
		Source: "the pattern looks ahead so that no hyphen follows another, which RE2 cannot; " +
			"the same language for lengths 3 to 63, which the shape demands beside it",
	},
	{
		Service: "sts", Shape: "arnType",
		RE2: `[\x{0009}\x{000A}\x{000D}\x{0020}-\x{007E}\x{0085}\x{00A0}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]+`,
		Source: "Java reads \\u10000 as U+1000 and a zero; what is meant are the planes above U+FFFF, " +
			"as in the definition of a character in XML 1.0",
	},
	{
		Service: "sts", Shape: "tokenType", Sensitive: true,
		Source: "the model does not mark session tokens, CloudTrail shows them; ours are kept out of audit events " +
			"like every other part of a credential",
	},
}

// override applies the corrections for m's service; one that fits no shape, or
// changes nothing, is an error, because the model has moved on.
func (m *model) override() error {
	for _, o := range overrides {
		if o.Service != m.Service {
			continue
		}
		s := m.Model.Shapes[o.Shape]
		if s == nil {
			return fmt.Errorf("override of %s: no such shape", o.Shape)
		}
		if o.Enum != nil {
			if s.Enum == nil {
				return fmt.Errorf("override of %s: it is no enum", o.Shape)
			}
			s.Enum = o.Enum
		}
		s.Sensitive = s.Sensitive || o.Sensitive
		if o.RE2 != "" {
			if s.Pattern == "" {
				return fmt.Errorf("override of %s: it has no pattern", o.Shape)
			}
			s.re2 = o.RE2
		}
	}
	return nil
}
