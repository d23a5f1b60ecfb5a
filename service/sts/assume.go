package sts

import (
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

const (
	defaultDuration = time.Hour
	// chainedDuration is how long a role's session may last that was assumed
	// with temporary credentials.
	chainedDuration = time.Hour
)

// assumption is an AssumeRole call, understood.
type assumption struct {
	account identity.Account // the role's
	role    *identity.Role   // nil if there is none
	arn     string           // of the role, as asked for
	tags    []identity.Tag   // passed in the request
	// transitive are the keys of tags that the next session inherits.
	transitive []string
	// inherited are the transitive tags of the calling session.
	inherited []identity.Tag
	// source is the source identity: the request's, or the calling session's.
	source string

	// Room for what nearly every call needs, in one piece with it.
	room struct {
		keys    [8]authz.Key
		values  [8]string
		targets [1]authz.Target
	}
}

// assumptionOf reads an AssumeRole call.
func assumptionOf(c *service.Call, in *stsapi.AssumeRoleInput) (*assumption, error) {
	target, err := arn.Parse(in.RoleArn)
	if err != nil || target.Partition == "" || target.Service == "" || target.Resource == "" {
		return nil, apierror.New(apierror.ValidationError, "%s is invalid", in.RoleArn)
	}
	if len(in.ProvidedContexts) > 0 {
		// To leave them out would give a session without the context that policies
		// may ask for.
		return nil, apierror.New(apierror.ValidationError, "ProvidedContexts are not supported: there is no context provider.")
	}
	m := &assumption{arn: in.RoleArn, tags: fromTags(in.Tags), transitive: in.TransitiveTagKeys}
	m.account = c.OtherAccount(target.Account)
	if _, ok := c.Deployment().Active(target.Account); ok {
		m.role = roleAt(m.account, in.RoleArn)
	}
	if err := m.inherit(c.Caller.Session, in.SourceIdentity); err != nil {
		return nil, err
	}
	return m, checkSessionTags(m.tags, m.transitive)
}

// roleAt is the role with an ARN.
func roleAt(a identity.Account, roleARN string) *identity.Role {
	r, err := a.Role(roleARN[strings.LastIndexByte(roleARN, '/')+1:])
	if err != nil || !a.HasARN(r, roleARN) {
		return nil
	}
	return r
}

// inherit takes over what sticks through role chaining: transitive tags, which
// cannot be set anew, and the source identity, which cannot be changed.
func (m *assumption) inherit(from *session.Record, source *string) error {
	if source != nil {
		m.source = *source
	}
	if from == nil {
		return nil
	}
	for _, t := range from.Tags {
		if slices.ContainsFunc(from.TransitiveTagKeys, func(k string) bool { return state.Fold(k) == state.Fold(t.Key) }) {
			m.inherited = append(m.inherited, identity.Tag{Key: t.Key, Value: t.Value})
		}
	}
	for _, t := range m.inherited {
		if slices.ContainsFunc(m.tags, func(n identity.Tag) bool { return state.Fold(n.Key) == state.Fold(t.Key) }) {
			return apierror.New(apierror.InvalidParameterValue, "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
	}
	if from.SourceIdentity == "" {
		return nil
	}
	if source != nil && *source != from.SourceIdentity {
		return apierror.New(apierror.AccessDenied, "The source identity of a session cannot be changed by role chaining.")
	}
	m.source = from.SourceIdentity
	return nil
}

// checkSessionTags refuses tags that a session cannot have.
func checkSessionTags(tags []identity.Tag, transitive []string) error {
	keys := map[string]bool{}
	for _, t := range tags {
		if keys[state.Fold(t.Key)] {
			return apierror.New(apierror.InvalidParameterValue, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		keys[state.Fold(t.Key)] = true
		if identity.ReservedTag(t) {
			return apierror.New(apierror.InvalidParameterValue, "Tag keys and values beginning with aws: are reserved for system use.")
		}
	}
	for _, k := range transitive {
		if !keys[state.Fold(k)] {
			return apierror.New(apierror.InvalidParameterValue, "The specified transitive tag key must be included in the requested tags.")
		}
	}
	return nil
}

// assumeRoleTargets asks for sts:AssumeRole on the role, and for the actions that
// go with tags and a source identity, each like AssumeRole itself. Both are asked
// for too where tags or a source identity only come along from the calling
// session: a chain goes on only into roles that take them (IAM User Guide,
// "Permissions required to set source identity"; for transitive tags AWS was seen
// to refuse sts:TagSession to chained calls that pass no tags themselves).
func assumeRoleTargets(c *service.Call, in *stsapi.AssumeRoleInput) ([]authz.Target, error) {
	m, err := assumptionOf(c, in)
	if err != nil {
		return nil, err
	}
	if c.Caller.Kind == authn.Root {
		return nil, apierror.New(apierror.AccessDenied, "Roles may not be assumed by root accounts.")
	}
	mfa, err := checkCode(c, in.SerialNumber, in.TokenCode)
	if err != nil {
		return nil, err
	}
	assume := m.target("sts:AssumeRole", m.keys(in))
	assume.MFA = mfa
	return m.withTags(assume), nil
}

// target is the role that is asked for. Without a role there is no trust policy, and
// nobody is allowed.
func (m *assumption) target(action string, keys []authz.Key) authz.Target {
	t := authz.Target{Action: action, Resource: m.arn, Account: m.account.ID, Role: true, Keys: keys}
	if m.role != nil {
		t.Trust = m.account.CompiledTrust(m.role)
	}
	return t
}

// withTags are the targets of a session that comes with tags and a source identity.
func (m *assumption) withTags(assume authz.Target) []authz.Target {
	targets := append(m.room.targets[:0], assume)
	if len(m.tags) > 0 || len(m.inherited) > 0 {
		targets = append(targets, withAction(assume, "sts:TagSession"))
	}
	if m.source != "" {
		targets = append(targets, withAction(assume, "sts:SetSourceIdentity"))
	}
	return targets
}

func withAction(t authz.Target, action string) authz.Target {
	t.Action = action
	return t
}

// keys are the condition keys of an AssumeRole call.
func (m *assumption) keys(in *stsapi.AssumeRoleInput) []authz.Key {
	keys := m.sessionKeys(in.RoleSessionName)
	if in.ExternalId != nil {
		keys.add("sts:ExternalId", *in.ExternalId)
	}
	return keys.list
}

// sessionKeys are the condition keys of every way to assume a role.
func (m *assumption) sessionKeys(name string) keyList {
	keys := keyList{m.room.keys[:0], m.room.values[:0]}
	keys.add("sts:RoleSessionName", name)
	keys.list = append(keys.list, authz.RequestTags(m.tags)...)
	if m.source != "" {
		keys.add("sts:SourceIdentity", m.source)
	}
	if len(m.transitive) > 0 {
		keys.list = append(keys.list, authz.Values("sts:TransitiveTagKeys", m.transitive))
	}
	// sts:DurationSeconds is not among them: the service reference has it for
	// bearer and web identity tokens only.
	if m.role != nil {
		keys.list = append(keys.list, authz.ResourceTags(m.role.Tags, true)...)
	}
	return keys
}

// keyList is a list of condition keys; the values of those that add has added lie side by
// side.
type keyList struct {
	list   []authz.Key
	values []string
}

// add adds a key with one value.
func (l *keyList) add(name, value string) {
	l.values = append(l.values, value)
	n := len(l.values)
	l.list = append(l.list, authz.Key{Name: name, Values: l.values[n-1 : n : n]})
}

// record is the session of a role under a name, for whoever it is issued to.
func (m *assumption) record(name, issuedTo string) session.Record {
	return session.Record{
		Kind: session.Role, Account: m.account.ID,
		PrincipalARN: "arn:" + m.account.Partition + ":sts::" + m.account.ID + ":assumed-role/" + m.role.Name + "/" + name,
		UniqueID:     m.role.ID, RoleARN: m.arn, SessionName: name, IssuedTo: issuedTo,
		Tags: sessionTags(m.tags, m.inherited), TransitiveTagKeys: append(slices.Clone(m.transitive), tagKeys(m.inherited)...),
		SourceIdentity: m.source,
	}
}

func assumeRole(c *service.Call, in *stsapi.AssumeRoleInput) (*stsapi.AssumeRoleOutput, error) {
	m, err := assumptionOf(c, in)
	if err != nil {
		return nil, err
	}
	if m.role == nil {
		// The targets have no trust policy then, so that this is never reached;
		// it is here so that a change there cannot become an allow here.
		return nil, apierror.New(apierror.AccessDenied, "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", c.Caller.ARN, m.arn)
	}
	if err := useCode(c, in.SerialNumber, in.TokenCode); err != nil {
		return nil, err
	}
	duration, err := roleDuration(c, m.role, in.DurationSeconds)
	if err != nil {
		return nil, err
	}
	policies, err := sessionPolicies(m.account, in.Policy, in.PolicyArns)
	if err != nil {
		return nil, err
	}
	name := in.RoleSessionName
	record := m.record(name, c.Caller.ARN)
	record.Chained = c.Caller.Temporary()
	policies.into(&record)
	issued, err := issue(c, m.account, record, duration)
	if err != nil {
		return nil, err
	}
	c.Concern(m.account.ID, m.arn, "AWS::IAM::Role")
	out := &stsapi.AssumeRoleOutput{
		Credentials:     &issued.credentials,
		AssumedRoleUser: &issued.role,
	}
	if m.source != "" {
		out.SourceIdentity = &m.source
	}
	if policies.given() || len(record.Tags) > 0 {
		out.PackedPolicySize = &issued.packed
	}
	return out, nil
}

// roleDuration is how long a role's session is to last.
func roleDuration(c *service.Call, r *identity.Role, asked *int32) (time.Duration, error) {
	if asked == nil {
		return defaultDuration, nil
	}
	d := time.Duration(*asked) * time.Second
	if c.Caller.Temporary() && d > chainedDuration {
		return 0, apierror.New(apierror.ValidationError, "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	if d > time.Duration(r.MaxSessionDuration)*time.Second {
		return 0, apierror.New(apierror.ValidationError, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return d, nil
}

func fromTags(in []stsapi.Tag) []identity.Tag {
	var tags []identity.Tag
	for _, t := range in {
		tags = append(tags, identity.Tag{Key: t.Key, Value: t.Value})
	}
	return tags
}

func tagKeys(tags []identity.Tag) []string {
	var keys []string
	for _, t := range tags {
		keys = append(keys, t.Key)
	}
	return keys
}

func sessionTags(lists ...[]identity.Tag) []session.Tag {
	var tags []session.Tag
	for _, t := range slices.Concat(lists...) {
		tags = append(tags, session.Tag{Key: t.Key, Value: t.Value})
	}
	return tags
}
