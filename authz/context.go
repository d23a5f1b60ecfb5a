package authz

import (
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy/condition"
)

// timeFormat is how times stand in condition keys.
const timeFormat = "2006-01-02T15:04:05Z"

// asking is what the condition keys of a request are made of. As a
// [condition.Source] it makes those that a policy asks for, which are few.
type asking struct {
	caller *authn.Caller
	owner  *owner
	target *Target
	its    *guard // of the target's account
	now    time.Time
	clock  *clock
}

// Value implements [condition.Source].
func (a *asking) Value(key condition.Key) (value string, multi, ok bool) {
	if k := contextKeys.Get(key); k != nil {
		value, ok = k.value(a)
		return value, k.multi, ok
	}
	name := key.String()
	if value, ok = a.fromProvider(name); ok {
		return value, false, true
	}
	if tag, ok := strings.CutPrefix(name, principalTag); ok {
		for _, t := range a.tags() {
			if strings.ToLower(t.Key) == tag {
				return t.Value, false, true
			}
		}
	}
	return "", false, false
}

const principalTag = "aws:principaltag/"

// fromProvider is a condition key that an identity provider has given the caller's
// session.
func (a *asking) fromProvider(name string) (string, bool) {
	if s := a.session(); s != nil {
		for _, k := range s.Context {
			if strings.ToLower(k.Key) == name {
				return k.Value, true
			}
		}
	}
	return "", false
}

// credential tells whether the caller's credentials have a key, which then no
// request can set.
func (a *asking) credential(key condition.Key) bool {
	if k := contextKeys.Get(key); k != nil && !k.credential {
		return false
	}
	_, _, has := a.Value(key)
	return has
}

// ask prepares an empty context: it has the target's keys, but for those that the
// caller's credentials have, and makes the others when they are asked for.
func (a *asking) ask(ctx *condition.Context) {
	for _, k := range a.target.Keys {
		if key := condition.NewKey(k.Name); !a.credential(key) {
			k.into(ctx, key)
		}
	}
	ctx.From(a)
}

// fill sets all condition keys of a request, for whoever wants to see them: what
// the request and the target say, and then, over it, what the caller's credentials
// say.
func (a *asking) fill(ctx *condition.Context) {
	a.set(ctx, false)
	for _, k := range a.target.Keys {
		k.into(ctx, condition.NewKey(k.Name))
	}
	a.set(ctx, true)
	if s := a.session(); s != nil {
		for _, k := range s.Context {
			ctx.Set(k.Key, k.Value)
		}
	}
	for _, t := range a.tags() {
		ctx.Set(principalTag+t.Key, t.Value)
	}
}

func (a *asking) set(ctx *condition.Context, credentials bool) {
	for key, k := range contextKeys.All() {
		if k.credential != credentials {
			continue
		}
		switch value, ok := k.value(a); {
		case ok && k.multi:
			ctx.SetKeyValues(key, []string{value}, true)
		case ok:
			ctx.SetKey(key, value)
		}
	}
}

// contextKey is a condition key that every request may have.
type contextKey struct {
	credential bool // it comes from the caller's credentials
	multi      bool // it is one that can have several values
	value      func(*asking) (string, bool)
}

// contextKeys are the condition keys that every request may have.
var contextKeys = byName(map[string]func(*asking) (string, bool){
	"aws:CurrentTime":      func(a *asking) (string, bool) { return a.clock.at(a.now).text, true },
	"aws:EpochTime":        func(a *asking) (string, bool) { return a.clock.at(a.now).epoch, true },
	"aws:SecureTransport":  func(a *asking) (string, bool) { return strconv.FormatBool(a.caller.Origin.SecureTransport), true },
	"aws:RequestedRegion":  func(a *asking) (string, bool) { return a.region(), true },
	"aws:ViaAWSService":    func(*asking) (string, bool) { return "false", true },
	"aws:UserAgent":        func(a *asking) (string, bool) { return a.caller.Origin.UserAgent, true },
	"aws:SourceIp":         func(a *asking) (string, bool) { return known(a.caller.Origin.SourceIP) },
	"aws:referer":          func(a *asking) (string, bool) { return known(a.caller.Origin.Referer) },
	"aws:ResourceAccount":  func(a *asking) (string, bool) { return known(a.target.Account) },
	"aws:ResourceOrgID":    func(a *asking) (string, bool) { return known(a.its.organization) },
	"aws:ResourceOrgPaths": func(a *asking) (string, bool) { return known(a.its.path) },
}, map[string]func(*asking) (string, bool){
	"aws:PrincipalArn":          func(a *asking) (string, bool) { return arnOf(a.caller), !a.anonymous() },
	"aws:PrincipalOrgID":        func(a *asking) (string, bool) { return known(a.unless("", a.owner.guard.organization)) },
	"aws:PrincipalOrgPaths":     func(a *asking) (string, bool) { return known(a.unless("", a.owner.guard.path)) },
	"aws:PrincipalAccount":      func(a *asking) (string, bool) { return a.unless("anonymous", a.caller.Account), true },
	"aws:PrincipalType":         func(a *asking) (string, bool) { return a.unless("Anonymous", principalTypes[a.caller.Kind]), true },
	"aws:PrincipalIsAWSService": func(a *asking) (string, bool) { return "false", !a.anonymous() },
	"aws:userid":                func(a *asking) (string, bool) { return a.unless("anonymous", a.caller.UserID), true },
	"aws:username":              func(a *asking) (string, bool) { return a.caller.Name, a.caller.Kind == authn.User },
	"aws:TokenIssueTime": func(a *asking) (string, bool) {
		if s := a.session(); s != nil {
			return s.IssuedAt.UTC().Format(timeFormat), true
		}
		return "", false
	},
	"aws:SourceIdentity": func(a *asking) (string, bool) {
		if s := a.session(); s != nil {
			return known(s.SourceIdentity)
		}
		return "", false
	},
	"aws:AssumedRoot": func(a *asking) (string, bool) { return "true", !a.anonymous() && a.caller.AssumedRoot() },
	"aws:FederatedProvider": func(a *asking) (string, bool) {
		if s := a.session(); s != nil {
			return known(s.FederatedProvider)
		}
		return "", false
	},
	// Whether MFA was used is said of GetSessionToken's sessions only: in those of
	// AssumeRole the key is absent, also where a code was given to assume the role.
	// A code counts for the decision on the request that it came with, over what
	// the calling session says.
	"aws:MultiFactorAuthPresent": func(a *asking) (string, bool) {
		if a.target.MFA {
			return "true", true
		}
		if s := a.session(); s != nil && (s.Kind == session.User || s.Kind == session.Root) {
			return strconv.FormatBool(s.MFAPresent), true
		}
		return "", false
	},
	"aws:MultiFactorAuthAge": func(a *asking) (string, bool) {
		if a.target.MFA {
			return "0", true
		}
		if s := a.session(); s != nil && (s.Kind == session.User || s.Kind == session.Root) && s.MFAPresent {
			return strconv.FormatInt(int64(a.now.Sub(s.MFATime)/time.Second), 10), true
		}
		return "", false
	},
})

func byName(request, credentials map[string]func(*asking) (string, bool)) condition.KeyMap[contextKey] {
	all := map[string]contextKey{}
	for name, value := range request {
		all[name] = contextKey{false, severalValued(name), value}
	}
	for name, value := range credentials {
		all[name] = contextKey{true, severalValued(name), value}
	}
	return condition.NewKeyMap(all)
}

// severalValued tells whether a key is one that can have several values.
func severalValued(name string) bool { return strings.HasSuffix(name, "OrgPaths") }

func known(value string) (string, bool) { return value, value != "" }

// anonymous tells whether the caller has signed nothing.
func (a *asking) anonymous() bool {
	return a.caller.Kind == authn.Anonymous || a.caller.Kind == authn.FederatedIdentity
}

// unless is a value that anonymous callers have another one for.
func (a *asking) unless(anonymous, value string) string {
	if a.anonymous() {
		return anonymous
	}
	return value
}

// session is that of the caller, or nil.
func (a *asking) session() *session.Record {
	if a.anonymous() {
		return nil
	}
	return a.caller.Session
}

// tags are the caller's.
func (a *asking) tags() []identity.Tag {
	if a.anonymous() {
		return nil
	}
	return principalTags(a.owner.tags, a.caller)
}

// region is where the request takes place.
func (a *asking) region() string {
	if a.caller.Origin.Region == "" || global(a.target.Action) {
		return "us-east-1"
	}
	return a.caller.Origin.Region
}

// instant is a time as condition keys show it, to the second.
type instant struct {
	second      int64
	text, epoch string
}

// clock keeps the instant of the last decision that wanted to know it, for most are
// made within the same second as the one before.
type clock struct{ last atomic.Pointer[instant] }

func (c *clock) at(now time.Time) *instant {
	second := now.Unix()
	if i := c.last.Load(); i != nil && i.second == second {
		return i
	}
	i := &instant{second, now.UTC().Format(timeFormat), strconv.FormatInt(second, 10)}
	c.last.Store(i)
	return i
}

// into puts a key, prepared, with its values into a context.
func (k *Key) into(ctx *condition.Context, key condition.Key) {
	if k.Multivalued {
		ctx.SetKeyValues(key, k.Values, true)
		return
	}
	ctx.SetKey(key, k.Values[0])
}

var principalTypes = map[authn.Kind]string{
	authn.Root: "Account", authn.User: "User", authn.RoleSession: "AssumedRole", authn.FederatedUser: "FederatedUser",
}

// arnOf is the value of aws:PrincipalArn: of a role session it is the role, with
// its path.
func arnOf(c *authn.Caller) string {
	if c.Kind == authn.RoleSession {
		return c.Session.RoleARN
	}
	return c.ARN
}

// principalTags are the tags of the caller: those of its user or role, over which
// the tags of the session go.
func principalTags(tags []identity.Tag, c *authn.Caller) []identity.Tag {
	if c.Session == nil || len(c.Session.Tags) == 0 {
		return tags
	}
	var over []identity.Tag
	for _, t := range c.Session.Tags {
		over = append(over, identity.Tag{Key: t.Key, Value: t.Value})
	}
	return identity.TagsOver(tags, over)
}

// global tells whether an action is one of a service without regions.
func global(action string) bool {
	return strings.HasPrefix(action, "iam:") || strings.HasPrefix(action, "organizations:")
}
