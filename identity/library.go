package identity

import (
	"sync"

	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// Library is the catalog's AWS managed policies with their compiled forms, each
// made when it is first needed and kept for all accounts.
type Library struct {
	*catalog.Release
	compiled sync.Map // policy ARN -> *eval.Policy
}

// NewLibrary is a library over a release of the catalog.
func NewLibrary(release *catalog.Release) *Library { return &Library{Release: release} }

// compile gives the compiled form of an AWS managed policy.
func (l *Library) compile(p catalog.ManagedPolicy) *eval.Policy {
	if c, ok := l.compiled.Load(p.ARN); ok {
		return c.(*eval.Policy)
	}
	c, _ := l.compiled.LoadOrStore(p.ARN, compile(p.Document(), sourceOfManaged(p.ARN)))
	return c.(*eval.Policy)
}

// compiled is the compiled form of a stored document, made when it is first
// needed and kept with the document for as long as that lives.
type compiled struct {
	once   sync.Once
	policy *eval.Policy
}

func (c *compiled) of(stored func() (document string, src eval.Source)) *eval.Policy {
	c.once.Do(func() { c.policy = compile(stored()) })
	return c.policy
}

// compile turns a stored document into its compiled form. A document that cannot
// be read (there should be none: it was checked when it was written) becomes one
// that denies everything, for an evaluation error is a denial.
func compile(document string, src eval.Source) *eval.Policy {
	doc, err := policy.Parse(document)
	if err != nil {
		return DenyAll(src)
	}
	return eval.Compile(doc, src)
}

// DenyAll stands for an identity-based policy that applies and that nobody can
// read.
func DenyAll(src eval.Source) *eval.Policy {
	return eval.Compile(denyDocument, src)
}

var denyDocument = func() *policy.Document {
	doc, err := policy.Parse(`{"Version":"2012-10-17","Statement":{"Sid":"Unreadable","Effect":"Deny","Action":"*","Resource":"*"}}`)
	if err != nil {
		panic(err)
	}
	return doc
}()

// policyType is how the simulator names the type of identity-based policies.
const policyType = "IAM Policy"

func sourceOfManaged(arn string) eval.Source {
	return eval.Source{ID: arn, Type: policyType}
}

// sourceOfInline names an inline policy as the simulator does.
func sourceOfInline(o Owner, name string) eval.Source {
	return eval.Source{ID: o.Type + "_" + o.Name + "_" + name, Type: policyType}
}
