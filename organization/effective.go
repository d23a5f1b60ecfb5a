package organization

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
)

const effectiveNotFound apierror.Code = "EffectivePolicyNotFoundException"

// Effective is what the management policies of a type come to for an account.
type Effective struct {
	Account, Type string
	Content       string // JSON without operators
	Updated       time.Time
	Faults        []EffectiveFault
}

// EffectiveFault says what makes an effective policy invalid: policies that are valid
// each by itself may come to one that lacks something, or has too much of it.
type EffectiveFault struct {
	Code     string // ELEMENTS_TOO_MANY, ELEMENTS_TOO_FEW or KEY_REQUIRED
	Message  string
	Path     string // $.plans.daily.rules
	Policies []string
}

// EffectivePolicy merges the management policies of a type that an account inherits
// or has attached.
func (o Organization) EffectivePolicy(account, policyType string) (Effective, error) {
	t, err := typeNamed(policyType)
	if err != nil {
		return Effective{}, err
	}
	switch {
	case t.content == nil:
		return Effective{}, invalid("INVALID_ENUM", "You specified an invalid value.")
	case isUnit(account) || isRoot(account):
		return Effective{}, invalid("TARGET_NOT_SUPPORTED", "You can't perform the specified operation on that target entity.")
	}
	if _, ok := o.Member(account); !ok {
		return Effective{}, targetNotFound()
	}
	if err := o.enabledManagement(t); err != nil {
		return Effective{}, err
	}
	levels, updated := o.inherited(account, policyType)
	if !slices.ContainsFunc(levels, func(level []source) bool { return len(level) > 0 }) {
		return Effective{}, apierror.New(effectiveNotFound, "The account doesn't have an effective policy of this type. Contact the administrator of your organization about attaching a policy of this type to the account.")
	}
	whole := merge(t.content, levels)
	return Effective{
		Account: account, Type: policyType, Content: string(whole.appendJSON(nil)), Updated: updated,
		Faults: whole.faults("$", nil),
	}, nil
}

func (o Organization) enabledManagement(t PolicyType) error {
	if !o.Enabled(t.Name) {
		return apierror.New(effectiveNotFound, "This policy type is not enabled.")
	}
	return nil
}

// inherited are the policies of a type from the root down to an account, and when the
// last of them was attached or written.
func (o Organization) inherited(account, policyType string) (levels [][]source, updated time.Time) {
	for _, id := range o.Path(account) {
		var level []source
		for _, a := range o.attached(id, policyType) {
			p, err := o.Policy(a.PolicyID)
			if err != nil {
				continue
			}
			content := p.content()
			if content == nil {
				continue // it was readable when it was written
			}
			level = append(level, source{p.ID, content})
			for _, at := range []time.Time{p.Updated, a.Attached} {
				if at.After(updated) {
					updated = at
				}
			}
		}
		levels = append(levels, level)
	}
	return levels, updated
}

// content is the policy as it is merged; nobody changes it. It is read once.
func (p *Policy) content() *branch {
	p.parse.Do(func() {
		if b, fault := parseContent(p.Document); fault == nil {
			p.parsed = b
		}
	})
	return p.parsed
}

// InvalidAccounts lists the accounts whose effective policy of a type is invalid.
func (o Organization) InvalidAccounts(policyType string, now time.Time) ([]*Member, error) {
	t, err := typeNamed(policyType)
	if err != nil {
		return nil, err
	}
	if err := o.enabledManagement(t); err != nil {
		return nil, err
	}
	var list []*Member
	invalid := o.invalidByParent(policyType)
	for account, m := range o.Members("", now) {
		if invalid(account, m.Parent) {
			list = append(list, m)
		}
	}
	return list, nil
}

// invalidByParent tells of accounts whether their effective policies are invalid. Those
// of one parent that have no policies of their own have the same one, which is merged
// once.
func (o Organization) invalidByParent(policyType string) func(account, parent string) bool {
	invalid := func(account string) bool {
		e, err := o.EffectivePolicy(account, policyType)
		return err == nil && len(e.Faults) > 0
	}
	byParent := map[string]bool{}
	return func(account, parent string) bool {
		if len(o.attached(account, policyType)) > 0 {
			return invalid(account)
		}
		is, known := byParent[parent]
		if !known {
			is = invalid(account)
			byParent[parent] = is
		}
		return is
	}
}

// ValidationErrors is the effective policy of an account of the organization, for what
// is wrong with it.
func (o Organization) ValidationErrors(account, policyType string, now time.Time) (Effective, error) {
	if _, err := o.MemberAt(account, now); err != nil {
		return Effective{}, err
	}
	return o.EffectivePolicy(account, policyType)
}

// faults holds an effective policy against its form (User Guide, "About invalid
// effective policy alerts").
func (e *element) faults(path string, list []EffectiveFault) []EffectiveFault {
	fault := func(code, format string, args ...any) {
		list = append(list, EffectiveFault{Code: code, Message: fmt.Sprintf(format, args...), Path: path, Policies: e.contributors()})
	}
	n := 0
	if e.value != nil {
		n = len(e.value.items)
	}
	for _, part := range e.parts {
		if e.form.named != nil && e.form.part(part.name) == e.form.named && !part.empty() {
			n++
		}
	}
	switch {
	case e.form.max > 0 && n > e.form.max:
		fault("ELEMENTS_TOO_MANY", "%s has %d elements, and may have %d at most.", e.name, n, e.form.max)
	case n < e.form.min:
		fault("ELEMENTS_TOO_FEW", "%s has %d elements, and must have %d at least.", e.name, n, e.form.min)
	}
	for _, name := range e.form.needs {
		if part := e.part(name); part == nil || part.empty() && part.form.min == 0 {
			fault("KEY_REQUIRED", "%s has no %s.", e.name, name)
		}
	}
	for _, part := range e.parts {
		if part.empty() && part.form.min == 0 {
			continue
		}
		list = part.faults(path+step(part.name), list)
	}
	return list
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// step is a name in a path.
func step(name string) string {
	if plainName.MatchString(name) {
		return "." + name
	}
	return "['" + name + "']"
}
