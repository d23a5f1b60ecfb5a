package policy

import (
	"regexp"
	"strings"

	"github.com/keyreeve/keyreeve/policy/condition"
)

// Kind is what a policy is for. It decides which elements a document must and
// must not have.
type Kind uint8

// The kinds of policies.
const (
	ManagedPolicy Kind = iota
	UserInline
	GroupInline
	RoleInline
	Boundary // a permissions boundary, which is a managed policy
	Session
	Trust    // of a role
	Resource // any other resource-based policy
	SCP
	RCP
	Endpoint // of a VPC endpoint
)

// identityBased kinds say what their owner may do; they name no principal.
func (k Kind) identityBased() bool { return k <= Session || k == SCP }

// organizations kinds are attached in AWS Organizations, which has one message
// for everything that is wrong with a document.
func (k Kind) organizations() bool { return k == SCP || k == RCP }

const organizationsMessage = "The provided policy document does not meet the requirements of the specified policy type."

// ParseAs reads a document that is to be stored as a policy of the kind, and
// checks it as AWS does. Its error, if any, is an *Error.
//
// The order of the checks shows when a document has several faults. It is that
// of AWS, as far as answers of AWS to such documents are known: what a
// statement lacks and whether its first action has a prefix come before the
// resources' forms, and those before the rest of the actions' forms.
func ParseAs(kind Kind, text string) (*Document, error) {
	d, err := parse(text)
	if err != nil {
		if kind == Trust && err.notJSON {
			err.Message = "This policy contains invalid Json"
		}
		return nil, forKind(kind, err)
	}
	c := checker{doc: d, kind: kind}
	for _, check := range checks {
		if check(&c); c.err != nil {
			return nil, forKind(kind, c.err)
		}
	}
	return d, nil
}

func forKind(kind Kind, err *Error) *Error {
	if kind.organizations() {
		if err.Detail == "" {
			err.Detail = err.Message
		}
		err.Message = organizationsMessage
	}
	return err
}

// checker keeps the first error of a check.
type checker struct {
	doc  *Document
	kind Kind
	err  *Error
}

func (c *checker) fail(at Span, message, detail string) {
	if c.err == nil {
		c.err = c.doc.fault(at.Start, message, detail)
	}
}

var checks = []func(*checker){
	(*checker).operators,
	(*checker).version,
	(*checker).legacyEffects,
	(*checker).legacyDates,
	(*checker).legacyResources,
	(*checker).sids,
	(*checker).sidsUnique,
	(*checker).principalForbidden,
	(*checker).trustFields,
	(*checker).actionsPresent,
	(*checker).actionPrefixes,
	(*checker).resourcesPresent,
	(*checker).resourceForms,
	(*checker).actionForms,
	(*checker).trustActions,
	(*checker).principalRequired,
	(*checker).principalForms,
	(*checker).resourceControl,
}

// operators refuses unknown operators, unless there is nothing under them.
func (c *checker) operators() {
	for _, s := range c.doc.Statements {
		for _, b := range s.Condition {
			if _, ok := condition.ParseOperator(b.Operator.Value); !ok && len(b.Keys) > 0 {
				c.fail(b.Operator.Span, syntaxErrors, "there is no condition operator "+b.Operator.Value)
			}
		}
	}
}

func (c *checker) version() {
	switch c.kind {
	case ManagedPolicy, Boundary:
		if c.doc.Version.Value != Version2012 {
			c.fail(c.doc.Version.Span, "Policy document must be version 2012-10-17 or greater.", "")
		}
	case SCP, RCP: // "Every RCP must include a Version element with the value 2012-10-17", and so every SCP
		if c.doc.Version.Value != Version2012 {
			c.fail(c.doc.Version.Span, organizationsMessage, "the Version must be 2012-10-17")
		}
	}
}

func (c *checker) legacyEffects() {
	for _, s := range c.doc.Statements {
		if s.EffectText.Value != s.Effect.String() {
			c.fail(s.EffectText.Span, legacy, "Effect is Allow or Deny, written like that")
		}
	}
}

func (c *checker) legacyDates() {
	for _, s := range c.doc.Statements {
		for _, b := range s.Condition {
			if op, _ := condition.ParseOperator(b.Operator.Value); op.Family != condition.Date {
				continue
			}
			for _, kv := range b.Keys {
				for _, v := range kv.Values {
					if !looseDate(v.Value) {
						c.fail(v.Span, legacy, "not a date")
					}
				}
			}
		}
	}
}

// legacyResources refuses texts that cannot be taken apart as an ARN. What has
// a fault with a message of its own is left to resourceForms.
func (c *checker) legacyResources() {
	if !c.iam() {
		return
	}
	c.eachResource(func(v Text) {
		parts := strings.SplitN(v.Value, ":", 6)
		if v.Value == "*" || len(parts) < 3 || resourceFault(v.Value) != "" {
			return
		}
		if parts[2] == "" || len(parts) < 6 && strings.Contains(v.Value, "::") {
			c.fail(v.Span, legacy, "not an ARN")
		}
	})
}

// iam tells the kinds whose documents the IAM service itself checks in detail.
func (c *checker) iam() bool { return c.kind <= Trust }

var sid = regexp.MustCompile(`^[0-9A-Za-z]*$`)

func (c *checker) sids() {
	for _, s := range c.doc.Statements {
		if s.Sid != nil && c.kind != Resource && c.kind != Endpoint && !sid.MatchString(s.Sid.Value) {
			c.fail(s.Sid.Span, "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*", "")
		}
	}
}

func (c *checker) sidsUnique() {
	seen := map[string]bool{}
	for _, s := range c.doc.Statements {
		if s.Sid == nil || s.Sid.Value == "" {
			continue
		}
		if seen[s.Sid.Value] {
			c.fail(s.Sid.Span, "Statement IDs (SID) in a single policy must be unique.", "")
		}
		seen[s.Sid.Value] = true
	}
}

func (c *checker) actionsPresent() {
	for _, s := range c.doc.Statements {
		if s.Action == nil || len(s.Action.Values) == 0 {
			c.fail(s.Span, "Policy statement must contain actions.", "")
		}
	}
}

func (c *checker) eachAction(check func(Text)) {
	for _, s := range c.doc.Statements {
		for _, v := range s.Action.Values {
			check(v)
		}
	}
}

func (c *checker) actionPrefixes() {
	c.eachAction(func(v Text) {
		if v.Value != "*" && !strings.Contains(v.Value, ":") {
			c.fail(v.Span, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", "")
		}
	})
}

var vendor = regexp.MustCompile(`^([0-9A-Za-z.-]+|\*)$`)

func (c *checker) actionForms() {
	c.eachAction(func(v Text) {
		prefix, _, _ := strings.Cut(v.Value, ":")
		switch {
		case strings.Count(v.Value, ":") > 1:
			c.fail(v.Span, "Actions/Condition can contain only one colon.", "")
		case !vendor.MatchString(prefix):
			c.fail(v.Span, "Vendor "+prefix+" is not valid", "")
		}
	})
}

func (c *checker) resourcesPresent() {
	for _, s := range c.doc.Statements {
		if c.kind.identityBased() || c.kind == RCP || c.kind == Endpoint {
			if s.Resource == nil || len(s.Resource.Values) == 0 {
				c.fail(s.Span, "Policy statement must contain resources.", "")
			}
		} else if s.Resource != nil && len(s.Resource.Values) == 0 {
			c.fail(s.Span, "Policy statement must contain resources.", "")
		}
	}
}

func (c *checker) eachResource(check func(Text)) {
	for _, s := range c.doc.Statements {
		if s.Resource == nil {
			continue
		}
		for _, v := range s.Resource.Values {
			check(v)
		}
	}
}

func (c *checker) resourceForms() {
	if c.kind == Resource || c.kind == Endpoint {
		return // the service that stores such a policy has rules of its own
	}
	c.eachResource(func(v Text) {
		if fault := resourceFault(v.Value); fault != "" {
			c.fail(v.Span, fault, "")
		}
	})
}

// resourceControl is what an RCP may not say (AWS Organizations User Guide, "RCP
// syntax").
func (c *checker) resourceControl() {
	if c.kind != RCP {
		return
	}
	for _, s := range c.doc.Statements {
		switch {
		case s.Effect == Allow:
			c.fail(s.EffectText.Span, organizationsMessage, "a resource control policy denies only")
		case s.Action.Not:
			c.fail(s.Action.Span, organizationsMessage, "a resource control policy has no NotAction")
		case s.Principal.Not || !s.Principal.Everyone:
			c.fail(s.Principal.Span, organizationsMessage, `the principal of a resource control policy is "*"`)
		}
	}
	c.eachAction(func(v Text) {
		if strings.HasPrefix(v.Value, "*") {
			c.fail(v.Span, organizationsMessage, "an action of a resource control policy names its service, as s3:* does")
		}
	})
}
