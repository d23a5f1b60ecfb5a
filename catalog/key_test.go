package catalog

import (
	"slices"
	"strings"
	"testing"
)

func TestKey(t *testing.T) {
	for _, test := range []struct {
		ask, name   string // no name: not found
		typ         KeyType
		multivalued bool
		service     string
		global      bool
	}{
		{"aws:SourceIp", "aws:SourceIp", IPAddress, false, "", true},
		{"AWS:SOURCEIP", "aws:SourceIp", IPAddress, false, "", true},
		{"aws:TagKeys", "aws:TagKeys", String, true, "", true},
		{"aws:PrincipalOrgPaths", "aws:PrincipalOrgPaths", String, true, "", true},
		{"aws:CurrentTime", "aws:CurrentTime", Date, false, "", true},
		{"aws:PrincipalTag/team", "aws:PrincipalTag/${TagKey}", String, false, "", true},
		{"aws:principaltag/a:b/c=d", "aws:PrincipalTag/${TagKey}", String, false, "", true},
		{"aws:PrincipalTag/${TagKey}", "aws:PrincipalTag/${TagKey}", String, false, "", true},
		{"aws:RequestTag/tag-key", "aws:RequestTag/${TagKey}", String, false, "", true},
		{"iam:PassedToService", "iam:PassedToService", String, false, "iam", false},
		{"iam:ResourceTag/x", "iam:ResourceTag/${TagKey}", String, false, "iam", false},
		{"iam:PermissionsBoundary", "iam:PermissionsBoundary", ARN, false, "iam", false},
		{"s3:ExistingObjectTag/<key>", "s3:ExistingObjectTag/${TagKey}", String, false, "s3", false},
		{"ssm:resourceTag/stage", "ssm:resourceTag/${TagKey}", String, false, "ssm", false},
		{"saml:cn", "saml:cn", String, true, "sts", false},
		{"identitystore:UserId", "identitystore:UserId", String, false, "identitystore", true},
		{"ec2:SourceInstanceARN", "ec2:SourceInstanceArn", ARN, false, "ec2", true},
		{"kms:EncryptionContext:aws:s3:arn", "kms:EncryptionContext:${EncryptionContextKey}", String, false, "kms", false},
		{"events:Metadata/a/Matcher", "events:Metadata/${MetadataKey}/Matcher", String, false, "events", false},
		{"events:Metadata/a/matcherx", "events:Metadata/${MetadataKey}", String, true, "events", false},
		{"token.actions.githubusercontent.com:actor", "token.actions.githubusercontent.com:actor", String, false, "sts", false},
		{"token.actions.acme.ghe.com:actor", "token.actions.${Domain}.ghe.com:actor", String, false, "sts", false},
		{"token.actions.x:y.ghe.com:actor", "", "", false, "", false},
		{"aws:PrincipalTag/", "", "", false, "", false},
		{"aws:PrincipalTag", "", "", false, "", false},
		{"aws:NoSuchKey", "", "", false, "", false},
		{"xaws:PrincipalTag/team", "", "", false, "", false},
		{"events:Metadata/", "", "", false, "", false},
		{"", "", "", false, "", false},
	} {
		k, ok := Default().Key(test.ask)
		if ok != (test.name != "") || k.Name != test.name || k.Type != test.typ || k.Multivalued != test.multivalued ||
			k.Service != test.service || k.Global() != test.global {
			t.Errorf("Key(%s) = %+v, %t; want %+v", test.ask, k, ok, test)
		}
	}
}

// TestEveryKeyIsFound looks up every key, as it is and with its holes filled.
func TestEveryKeyIsFound(t *testing.T) {
	types := []KeyType{String, ARN, Bool, Numeric, Date, IPAddress}
	global, total := 0, 0
	for k := range Default().Keys() {
		total++
		if k.Global() {
			global++
		}
		if !slices.Contains(types, k.Type) {
			t.Errorf("%s: type %q", k.Name, k.Type)
		}
		if k.Service == "" && !k.Global() {
			t.Errorf("%s is no service's and not global", k.Name)
		}
		for _, spelling := range []string{k.Name, strings.ToUpper(k.Name), fill(k.Name)} {
			if got, ok := Default().Key(spelling); !ok || got != k {
				t.Errorf("Key(%s) = %s, %t; want %s", spelling, got.Name, ok, k.Name)
			}
		}
	}
	if global != 59 || total != 1628 {
		t.Errorf("%d keys, %d of them global; want 1628 and 59", total, global)
	}
}

// fill puts a word into each hole.
func fill(name string) string {
	for {
		before, rest, hole := strings.Cut(name, "${")
		if !hole {
			return name
		}
		_, after, _ := strings.Cut(rest, "}")
		name = before + "w0rd" + after
	}
}

// TestServiceKeepsItsOwnTypes: the two sources of identitystore:UserId differ.
func TestServiceKeepsItsOwnTypes(t *testing.T) {
	multi := 0
	for s := range Default().Services() {
		if k, ok := s.Key("identitystore:userid"); ok && k.Multivalued {
			multi++
		}
	}
	if multi == 0 {
		t.Error("no service has identitystore:UserId multivalued")
	}
}
