package sts

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/identity"
)

// What the API model says of the tags and the source identity of AssumeRole holds for
// those in a token, too.
const maxSessionTags = 50

var (
	tagKey         = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$`)
	tagValue       = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$`)
	sourceIdentity = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

// tagsClaim and sourceClaim are the names of the claims that are meant for AWS, whose
// names begin with forAWS.
const (
	forAWS      = "https://aws.amazon.com/"
	tagsClaim   = forAWS + "tags"
	sourceClaim = forAWS + "source_identity"
)

// readSession reads what the token gives the session: condition keys, tags and a source
// identity.
func (m *webIdentity) readSession() error {
	aud, _, sub := m.provider.ConditionKeys()
	m.kept = [...]session.Tag{{Key: aud, Value: m.audience}, {Key: sub, Value: m.claims.Subject}}
	for name, v := range m.claims.ByURL(forAWS) {
		var err error
		switch key, isTag := strings.CutPrefix(name, tagsClaim+"/principal_tags/"); {
		case isTag:
			err = m.addTag(key, v)
		case name == tagsClaim:
			err = m.readTags(v)
		case name == tagsClaim+"/transitive_tag_keys":
			err = m.addTransitive(v)
		case name == sourceClaim:
			err = m.readSource(v)
		}
		if err != nil {
			return err
		}
	}
	return checkSessionTags(m.tags, m.transitive)
}

func (m *webIdentity) readSource(v any) error {
	s, ok := v.(string)
	if !ok || !sourceIdentity.MatchString(s) {
		return invalidIdentity("The claim %s of the token is not a source identity", sourceClaim)
	}
	m.source = s
	return nil
}

// readTags reads the session tags that stand in one claim. Others are flattened in one for
// each tag (IAM User Guide, "Passing session tags using AssumeRoleWithWebIdentity").
func (m *webIdentity) readTags(v any) error {
	o, ok := v.(map[string]any)
	if !ok {
		return badTags()
	}
	if err := m.addTags(o["principal_tags"]); err != nil {
		return err
	}
	return m.addTransitive(o["transitive_tag_keys"])
}

func badTags() error { return invalidIdentity("The session tags in the token are not as they must be") }

func (m *webIdentity) addTags(v any) error {
	if v == nil {
		return nil
	}
	o, ok := v.(map[string]any)
	if !ok {
		return badTags()
	}
	for _, key := range slices.Sorted(maps.Keys(o)) {
		if err := m.addTag(key, o[key]); err != nil {
			return err
		}
	}
	return nil
}

// addTag adds a tag, whose value is a text or a list of one.
func (m *webIdentity) addTag(key string, v any) error {
	if list, ok := v.([]any); ok && len(list) == 1 {
		v = list[0]
	}
	value, ok := v.(string)
	if !ok || !tagKey.MatchString(key) || !tagValue.MatchString(value) || len(m.tags) == maxSessionTags {
		return badTags()
	}
	m.tags = append(m.tags, identity.Tag{Key: key, Value: value})
	return nil
}

func (m *webIdentity) addTransitive(v any) error {
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok || len(list) > maxSessionTags {
		return badTags()
	}
	for _, e := range list {
		key, ok := e.(string)
		if !ok {
			return badTags()
		}
		m.transitive = append(m.transitive, key)
	}
	return nil
}
