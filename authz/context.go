package authz

import (
	"strconv"
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/identity"
)

// timeFormat is how times stand in condition keys.
const timeFormat = "2006-01-02T15:04:05Z"

// callerKeys are the condition keys that come from the caller and its
// credentials. A request cannot set them.
func callerKeys(a identity.Account, c *authn.Caller, now time.Time) []Key {
	if c.Kind == authn.Anonymous {
		return []Key{
			Value("aws:PrincipalAccount", "anonymous"), Value("aws:PrincipalType", "Anonymous"), Value("aws:userid", "anonymous"),
		}
	}
	keys := []Key{
		Value("aws:PrincipalArn", principalARN(c)), Value("aws:PrincipalAccount", c.Account),
		Value("aws:PrincipalType", principalTypes[c.Kind]), Value("aws:userid", c.UserID),
		Value("aws:PrincipalIsAWSService", "false"),
	}
	if c.Kind == authn.User {
		keys = append(keys, Value("aws:username", c.Name))
	}
	for _, t := range principalTags(a, c) {
		keys = append(keys, Value("aws:PrincipalTag/"+t.Key, t.Value))
	}
	if c.Session != nil {
		keys = append(keys, sessionKeys(c, now)...)
	}
	return keys
}

var principalTypes = map[authn.Kind]string{
	authn.Root: "Account", authn.User: "User", authn.RoleSession: "AssumedRole", authn.FederatedUser: "FederatedUser",
}

// principalARN is the value of aws:PrincipalArn: of a role session it is the
// role, with its path.
func principalARN(c *authn.Caller) string {
	if c.Kind == authn.RoleSession {
		return c.Session.RoleARN
	}
	return c.ARN
}

// sessionKeys are the keys of temporary credentials. Whether MFA was used is
// said of GetSessionToken's sessions only: in those of AssumeRole the key is
// absent, also where a code was given to assume the role.
func sessionKeys(c *authn.Caller, now time.Time) []Key {
	s := c.Session
	keys := []Key{Value("aws:TokenIssueTime", s.IssuedAt.UTC().Format(timeFormat))}
	if s.SourceIdentity != "" {
		keys = append(keys, Value("aws:SourceIdentity", s.SourceIdentity))
	}
	if s.FederatedProvider != "" {
		keys = append(keys, Value("aws:FederatedProvider", s.FederatedProvider))
	}
	if s.Kind == session.User || s.Kind == session.Root {
		keys = append(keys, Value("aws:MultiFactorAuthPresent", strconv.FormatBool(s.MFAPresent)))
		if s.MFAPresent {
			age := int64(now.Sub(s.MFATime) / time.Second)
			keys = append(keys, Value("aws:MultiFactorAuthAge", strconv.FormatInt(age, 10)))
		}
	}
	return keys
}

// principalTags are the tags of the caller: of the user, or of the role, over
// which the tags of the session go.
func principalTags(a identity.Account, c *authn.Caller) []identity.Tag {
	var tags []identity.Tag
	switch c.Kind {
	case authn.User:
		if u, ok := a.UserByID(c.UniqueID); ok {
			tags = u.Tags
		}
	case authn.RoleSession:
		if r, ok := a.RoleByID(c.UniqueID); ok {
			tags = r.Tags
		}
	}
	if c.Session == nil || len(c.Session.Tags) == 0 {
		return tags
	}
	var over []identity.Tag
	for _, t := range c.Session.Tags {
		over = append(over, identity.Tag{Key: t.Key, Value: t.Value})
	}
	return identity.TagsOver(tags, over)
}

// requestKeys are the condition keys of the request itself.
func requestKeys(c *authn.Caller, t *Target, now time.Time) []Key {
	region := c.Origin.Region
	if region == "" || global(t.Action) {
		region = "us-east-1"
	}
	keys := []Key{
		Value("aws:CurrentTime", now.UTC().Format(timeFormat)),
		Value("aws:EpochTime", strconv.FormatInt(now.Unix(), 10)),
		Value("aws:SecureTransport", strconv.FormatBool(c.Origin.SecureTransport)),
		Value("aws:RequestedRegion", region), Value("aws:ViaAWSService", "false"),
		Value("aws:UserAgent", c.Origin.UserAgent),
	}
	if c.Origin.SourceIP != "" {
		keys = append(keys, Value("aws:SourceIp", c.Origin.SourceIP))
	}
	if c.Origin.Referer != "" {
		keys = append(keys, Value("aws:referer", c.Origin.Referer))
	}
	if t.Account != "" {
		keys = append(keys, Value("aws:ResourceAccount", t.Account))
	}
	return append(keys, t.Keys...)
}

// global tells whether an action is one of a service without regions.
func global(action string) bool { return len(action) > 4 && action[:4] == "iam:" }
