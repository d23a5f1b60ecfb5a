package trail

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/tidwall/gjson"
)

// LookupKey is what events are looked up by (CloudTrail API reference,
// LookupAttribute). The zero key is none.
type LookupKey uint8

// The keys, in CloudTrail's terms.
const (
	EventID LookupKey = iota + 1
	EventName
	ReadOnly // "true" or "false"
	Username
	ResourceType
	ResourceName
	EventSource
	AccessKeyID
)

var lookupKeys = []string{"", "EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"}

// String is CloudTrail's name of the key.
func (k LookupKey) String() string { return lookupKeys[k] }

// ParseLookupKey reads CloudTrail's name of a key.
func ParseLookupKey(name string) (LookupKey, bool) {
	i := slices.Index(lookupKeys, name)
	return LookupKey(max(i, 0)), i > 0
}

// Summary is what a record is looked up by, and what LookupEvents says of it beside
// the record itself.
type Summary struct {
	EventID, EventName, EventSource string
	EventTime                       time.Time
	ReadOnly                        bool
	Username                        string
	AccessKeyID                     string
	Resources                       []NamedResource
}

// NamedResource is something that a call named.
type NamedResource struct{ Type, Name string }

// Summarize reads the summary of an encoded record. Of a record that is none it is
// empty.
//
// As CloudTrail does, it takes the resources from the parameters and the response of a
// call as well: the parameter roleName is the name of an AWS::IAM::Role. A resource has
// the name by which the call named it, which can be an ARN; it is found by the name at
// the end of the ARN, too.
func Summarize(record []byte) Summary {
	var s Summary
	if !gjson.ValidBytes(record) {
		return s
	}
	gjson.ParseBytes(record).ForEach(func(name, value gjson.Result) bool {
		switch name.Str {
		case "eventID":
			s.EventID = value.String()
		case "eventName":
			s.EventName = value.String()
		case "eventSource":
			s.EventSource = value.String()
		case "eventTime":
			s.EventTime, _ = time.Parse(time.RFC3339, value.String())
		case "readOnly":
			s.ReadOnly = value.Bool()
		case "userIdentity":
			s.identity(value)
		case "requestParameters", "responseElements":
			value.ForEach(func(name, value gjson.Result) bool { s.parameter(name.Str, value); return true })
		case "resources":
			value.ForEach(func(_, value gjson.Result) bool {
				s.resource(value.Get("type").String(), value.Get("ARN").String())
				return true
			})
		}
		return true
	})
	return s
}

// identity takes who called.
func (s *Summary) identity(who gjson.Result) {
	id := Identity{Type: IdentityType(who.Get("type").String()), PrincipalID: who.Get("principalId").String(), UserName: who.Get("userName").String()}
	s.AccessKeyID, s.Username = who.Get("accessKeyId").String(), id.username()
}

// username is what events are found by as Username: of a role's session it is the
// session's name, of the root user "root".
func (id *Identity) username() string {
	switch id.Type {
	case RootType:
		return "root"
	case AssumedRoleType, FederatedUserType:
		return id.PrincipalID[strings.IndexByte(id.PrincipalID, ':')+1:]
	}
	return id.UserName
}

// parameter takes a resource that a parameter names. Members of structures in the
// response, such as the role that was made, have names of the same kind.
func (s *Summary) parameter(name string, value gjson.Result) {
	switch {
	case value.IsObject():
		value.ForEach(func(name, value gjson.Result) bool {
			if !value.IsObject() {
				s.parameter(name.Str, value)
			}
			return true
		})
	case value.Type == gjson.String:
		if t, ok := resourceParameters[name]; ok {
			s.resource(t, value.String())
		}
	}
}

func (s *Summary) resource(kind, name string) {
	r := NamedResource{kind, name}
	if name != "" && !slices.Contains(s.Resources, r) {
		s.Resources = append(s.Resources, r)
	}
}

// resourceParameters are the types of what parameters name, as AWS writes types.
var resourceParameters = map[string]string{
	"userName": "AWS::IAM::User", "groupName": "AWS::IAM::Group", "roleName": "AWS::IAM::Role", "roleArn": "AWS::IAM::Role",
	"policyArn": "AWS::IAM::Policy", "instanceProfileName": "AWS::IAM::InstanceProfile", "accessKeyId": "AWS::IAM::AccessKey",
	"serialNumber": "AWS::IAM::VirtualMFADevice", "openIDConnectProviderArn": "AWS::IAM::OIDCProvider", "sAMLProviderArn": "AWS::IAM::SAMLProvider",
	"serverCertificateName": "AWS::IAM::ServerCertificate", "sSHPublicKeyId": "AWS::IAM::SSHPublicKey", "certificateId": "AWS::IAM::SigningCertificate",
	"policyId": "AWS::Organizations::Policy", "organizationalUnitId": "AWS::Organizations::OrganizationalUnit", "s3BucketName": "AWS::S3::Bucket",
	"trailARN": "AWS::CloudTrail::Trail", "trailName": "AWS::CloudTrail::Trail",
}

// Has tells whether the record is one of those that a key with a value finds.
func (s *Summary) Has(k LookupKey, value string) bool {
	switch k {
	case EventID:
		return s.EventID == value
	case EventName:
		return s.EventName == value
	case ReadOnly:
		return strconv.FormatBool(s.ReadOnly) == value
	case Username:
		return value != "" && s.Username == value
	case ResourceType:
		return slices.ContainsFunc(s.Resources, func(r NamedResource) bool { return r.Type == value })
	case ResourceName:
		return slices.ContainsFunc(s.Resources, func(r NamedResource) bool { return r.Name == value || r.last() == value })
	case EventSource:
		return s.EventSource == value
	case AccessKeyID:
		return value != "" && s.AccessKeyID == value
	}
	return true
}

// last is the name at the end of an ARN.
func (r *NamedResource) last() string { return r.Name[strings.LastIndexByte(r.Name, '/')+1:] }

// Term stands for a key with a value in an account, in an index: a hash of 48 bits. Who
// finds a record by it must look whether the record has the value.
type Term uint64

// TermOf is the term of a key with a value. That of the zero key stands for all events
// of the account.
func TermOf(account string, k LookupKey, value string) Term {
	return termOf(xxhash.Sum64String(account), k, value)
}

// termOf is TermOf of an account whose hash is known.
func termOf(account uint64, k LookupKey, value string) Term {
	const odd = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio
	h := (account + uint64(k)) * odd
	h = (h ^ h>>32 ^ xxhash.Sum64String(value)) * odd
	return Term(h >> 16)
}

// Terms are all that a record of an account is found by, each once. The id is not among
// them: ids begin with the time.
func (s *Summary) Terms(account string) []Term {
	hash := xxhash.Sum64String(account)
	terms := make([]Term, 0, 12)
	add := func(k LookupKey, value string) {
		if t := termOf(hash, k, value); value != "" && !slices.Contains(terms, t) {
			terms = append(terms, t)
		}
	}
	terms = append(terms, termOf(hash, 0, ""))
	add(EventName, s.EventName)
	add(EventSource, s.EventSource)
	add(ReadOnly, strconv.FormatBool(s.ReadOnly))
	add(Username, s.Username)
	add(AccessKeyID, s.AccessKeyID)
	for i := range s.Resources {
		r := &s.Resources[i]
		add(ResourceType, r.Type)
		add(ResourceName, r.Name)
		add(ResourceName, r.last())
	}
	return terms
}
