package authz

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy/condition"
)

// timeFormat is how times stand in condition keys.
const timeFormat = "2006-01-02T15:04:05Z"

// Names of condition keys, prepared once.
var (
	currentTime      = condition.NewKey("aws:CurrentTime")
	epochTime        = condition.NewKey("aws:EpochTime")
	secureTransport  = condition.NewKey("aws:SecureTransport")
	requestedRegion  = condition.NewKey("aws:RequestedRegion")
	viaAWSService    = condition.NewKey("aws:ViaAWSService")
	userAgent        = condition.NewKey("aws:UserAgent")
	sourceIP         = condition.NewKey("aws:SourceIp")
	referer          = condition.NewKey("aws:referer")
	resourceAccount  = condition.NewKey("aws:ResourceAccount")
	principalARN     = condition.NewKey("aws:PrincipalArn")
	principalAccount = condition.NewKey("aws:PrincipalAccount")
	principalType    = condition.NewKey("aws:PrincipalType")
	isAWSService     = condition.NewKey("aws:PrincipalIsAWSService")
	userID           = condition.NewKey("aws:userid")
	userName         = condition.NewKey("aws:username")
	tokenIssueTime   = condition.NewKey("aws:TokenIssueTime")
	sourceIdentity   = condition.NewKey("aws:SourceIdentity")
	provider         = condition.NewKey("aws:FederatedProvider")
	mfaPresent       = condition.NewKey("aws:MultiFactorAuthPresent")
	mfaAge           = condition.NewKey("aws:MultiFactorAuthAge")
)

// fill sets the request context: what the request and the target say, and then,
// over it, what the caller's credentials say and no request can change.
func fill(ctx *condition.Context, c *authn.Caller, o *owner, t *Target, now *instant) {
	ofRequest(ctx, c, t, now)
	for _, k := range t.Keys {
		k.into(ctx)
	}
	ofCredentials(ctx, c, o, now.Time)
}

// instant is a time, and how condition keys show it, to the second.
type instant struct {
	time.Time
	text, epoch string
}

// clock keeps the instant of the last decision, for most are made within the same
// second as the one before.
type clock struct{ last atomic.Pointer[instant] }

func (c *clock) at(now time.Time) instant {
	if i := c.last.Load(); i != nil && i.Unix() == now.Unix() {
		return instant{now, i.text, i.epoch}
	}
	i := instant{now, now.UTC().Format(timeFormat), strconv.FormatInt(now.Unix(), 10)}
	c.last.Store(&i)
	return i
}

func (k Key) into(ctx *condition.Context) {
	if k.Multivalued {
		ctx.SetValues(k.Name, k.Values, true)
		return
	}
	ctx.Set(k.Name, k.Values[0])
}

// ofCredentials sets the condition keys that come from the caller and its
// credentials. A request cannot set them.
func ofCredentials(ctx *condition.Context, c *authn.Caller, o *owner, now time.Time) {
	if c.Kind == authn.Anonymous {
		ctx.SetKey(principalAccount, "anonymous")
		ctx.SetKey(principalType, "Anonymous")
		ctx.SetKey(userID, "anonymous")
		return
	}
	ctx.SetKey(principalARN, arnOf(c))
	ctx.SetKey(principalAccount, c.Account)
	ctx.SetKey(principalType, principalTypes[c.Kind])
	ctx.SetKey(userID, c.UserID)
	ctx.SetKey(isAWSService, "false")
	if c.Kind == authn.User {
		ctx.SetKey(userName, c.Name)
	}
	for _, t := range principalTags(o.tags, c) {
		ctx.Set("aws:PrincipalTag/"+t.Key, t.Value)
	}
	if c.Session != nil {
		ofSession(ctx, c.Session, now)
	}
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

// ofSession sets the keys of temporary credentials. Whether MFA was used is said of
// GetSessionToken's sessions only: in those of AssumeRole the key is absent, also
// where a code was given to assume the role.
func ofSession(ctx *condition.Context, s *session.Record, now time.Time) {
	ctx.SetKey(tokenIssueTime, s.IssuedAt.UTC().Format(timeFormat))
	if s.SourceIdentity != "" {
		ctx.SetKey(sourceIdentity, s.SourceIdentity)
	}
	if s.FederatedProvider != "" {
		ctx.SetKey(provider, s.FederatedProvider)
	}
	if s.Kind != session.User && s.Kind != session.Root {
		return
	}
	ctx.SetKey(mfaPresent, strconv.FormatBool(s.MFAPresent))
	if s.MFAPresent {
		age := int64(now.Sub(s.MFATime) / time.Second)
		ctx.SetKey(mfaAge, strconv.FormatInt(age, 10))
	}
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

// ofRequest sets the condition keys of the request itself.
func ofRequest(ctx *condition.Context, c *authn.Caller, t *Target, now *instant) {
	region := c.Origin.Region
	if region == "" || global(t.Action) {
		region = "us-east-1"
	}
	ctx.SetKey(currentTime, now.text)
	ctx.SetKey(epochTime, now.epoch)
	ctx.SetKey(secureTransport, strconv.FormatBool(c.Origin.SecureTransport))
	ctx.SetKey(requestedRegion, region)
	ctx.SetKey(viaAWSService, "false")
	ctx.SetKey(userAgent, c.Origin.UserAgent)
	if c.Origin.SourceIP != "" {
		ctx.SetKey(sourceIP, c.Origin.SourceIP)
	}
	if c.Origin.Referer != "" {
		ctx.SetKey(referer, c.Origin.Referer)
	}
	if t.Account != "" {
		ctx.SetKey(resourceAccount, t.Account)
	}
}

// global tells whether an action is one of a service without regions.
func global(action string) bool { return len(action) > 4 && action[:4] == "iam:" }
