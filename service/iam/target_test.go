package iam_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service/iam"
)

// TestTargetsAreOfTheServiceReference asks every operation for its targets, for
// entities that exist with all that they can have and for such that do not, and
// compares them with what AWS publishes: the action, its resource types, and its
// condition keys.
func TestTargetsAreOfTheServiceReference(t *testing.T) {
	w := furnished(t)
	for _, op := range iam.Operations() {
		for _, there := range []bool{true, false} {
			name := op.API.Name + "/missing"
			if there {
				name = op.API.Name + "/there"
			}
			t.Run(name, func(t *testing.T) {
				in := filled(w, op.API, there)
				targets, err := op.Targets(w.call(), in)
				if err != nil {
					t.Fatal(err)
				}
				if len(targets) == 0 || targets[0].Action != "iam:"+op.API.Name {
					t.Fatalf("targets %+v, want iam:%s first", targets, op.API.Name)
				}
				for _, target := range targets {
					checkTarget(t, target)
				}
			})
		}
	}
}

// collections are the list operations that are authorized on the collection,
// where the service reference knows of no resource: so AWS names it in refusals.
var collections = map[string]string{
	"iam:ListUsers": "user/", "iam:ListGroups": "group/", "iam:ListRoles": "role/",
	"iam:ListPolicies": "policy/", "iam:ListInstanceProfiles": "instance-profile/",
	"iam:ListServerCertificates": "server-certificate/",
}

func checkTarget(t *testing.T, target authz.Target) {
	t.Helper()
	if target.Account != account {
		t.Errorf("%s is asked in account %q", target.Action, target.Account)
	}
	action, ok := catalog.Default().Action(target.Action)
	if target.Action == "iam:UpdateDelegationRequest" {
		// The service reference lacks it; the IAM User Guide names it among the
		// permissions for delegation requests. It is held to what its sisters have.
		action, ok = catalog.Default().Action("iam:RejectDelegationRequest")
		target.Action = action.String()
	}
	if !ok || action.String() != target.Action {
		t.Fatalf("there is no action %s; the catalog has %s", target.Action, action)
	}
	keys := slices.Clone(action.ConditionKeys)
	switch collection, isList := collections[target.Action]; {
	case isList:
		if target.Resource != "arn:aws:iam::"+account+":"+collection {
			t.Errorf("%s is asked on %s, want the collection", target.Action, target.Resource)
		}
	case len(action.Resources) == 0:
		if target.Resource != "*" {
			t.Errorf("%s is asked on %s, and has no resources", target.Action, target.Resource)
		}
	default:
		use, ok := usedType(action, target.Resource)
		if !ok {
			t.Errorf("%s is asked on %s, which is none of its resource types %v", target.Action, target.Resource, action.Resources)
		}
		kind, _ := catalog.Default().ResourceType(action.Service, use.Type)
		keys = append(append(keys, use.ConditionKeys...), kind.ConditionKeys...)
	}
	seen := map[string]bool{}
	for _, key := range target.Keys {
		if !knownKey(keys, key.Name) {
			t.Errorf("%s carries %s; the service reference has %v", target.Action, key.Name, keys)
		}
		if folded := strings.ToLower(key.Name); seen[folded] {
			t.Errorf("%s carries %s twice", target.Action, key.Name)
		} else {
			seen[folded] = true
		}
	}
}

// usedType is the resource type of an action that an ARN is of.
func usedType(action catalog.Action, resource string) (catalog.ResourceUse, bool) {
	for _, use := range action.Resources {
		kind, ok := catalog.Default().ResourceType(action.Service, use.Type)
		if ok && template(kind.ARN).MatchString(resource) {
			return use, true
		}
	}
	return catalog.ResourceUse{}, false
}

var variable = regexp.MustCompile(`\\\$\\\{[^}]*\\\}`)

// template is an ARN of the service reference as an expression.
func template(s string) *regexp.Regexp {
	s = regexp.QuoteMeta(strings.NewReplacer("${Partition}", "aws", "${Account}", account).Replace(s))
	return regexp.MustCompile("^" + variable.ReplaceAllString(s, ".+") + "$")
}

func knownKey(keys []string, name string) bool {
	return slices.ContainsFunc(keys, func(known string) bool {
		prefix, _, isTemplate := strings.Cut(known, "${")
		return known == name || isTemplate && strings.HasPrefix(name, prefix) && len(name) > len(prefix)
	})
}

// furnished is an account where every sort of thing is there, with all that it
// can have.
func furnished(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	e := w.edit()
	tags := []identity.Tag{{Key: "team", Value: "red"}}
	p, err := e.CreatePolicy(identity.NewPolicy{Name: "p", Document: allow("s3:*", "*"), Tags: tags})
	w.must(err)
	alice, err := e.CreateUser(identity.NewUser{Name: "alice", Path: new("/team/"), BoundaryARN: &p.ARN, Tags: tags})
	w.must(err)
	_, err = e.CreateRole(identity.NewRole{Name: "app", Path: new("/team/"), Trust: trustsEC2, BoundaryARN: &p.ARN, Tags: tags})
	w.must(err)
	_, err = e.CreateGroup("devs", new("/team/"))
	w.must(err)
	_, err = e.CreateInstanceProfile("profile", nil, tags)
	w.must(err)
	_, err = e.CreateServiceLinkedRole("ecs.amazonaws.com", nil, nil)
	w.must(err)
	_, _, err = e.CreateVirtualMFADevice("token", new("/team/"), tags)
	w.must(err)
	_, _, err = e.CreateAccessKey(alice.ID)
	w.must(err)
	_, err = e.CreateOIDCProvider(identity.NewOIDCProvider{URL: "https://issuer.example", ClientIDs: []string{"client"}, Tags: tags})
	w.must(err)
	furnishSAML(w, tags)
	furnishCredentials(w, tags)
	return w
}

// filled is an input of an operation with all of its members given, which name
// what is there or what is not.
func filled(w *world, op *api.Operation, there bool) api.Structure {
	w.t.Helper()
	in := op.NewInput()
	alice, err := w.edit().User("alice")
	w.must(err)
	values := map[string]any{
		"UserName": "alice", "GroupName": "devs", "RoleName": "app", "InstanceProfileName": "profile",
		"PolicyArn":           "arn:aws:iam::" + account + ":policy/p",
		"PermissionsBoundary": "arn:aws:iam::" + account + ":policy/p",
		"AccessKeyId":         w.edit().AccessKeysOf(alice.ID)[0].ID,
		"SerialNumber":        "arn:aws:iam::" + account + ":mfa/team/token",
		"NewUserName":         "Alicia",
		"NewGroupName":        "ops",
		"NewPath":             "/new/",
		"Path":                "/made/",
		"AWSServiceName":      "autoscaling.amazonaws.com",
		"CustomSuffix":        "x",
		"DeletionTaskId":      "task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/0",
		"PolicySourceArn":     "arn:aws:iam::" + account + ":user/team/alice",
		"Arn":                 "arn:aws:iam::" + account + ":user/team/alice",
		"Tags":                []iamapi.Tag{{Key: "team", Value: "blue"}, {Key: "cost", Value: "1"}},
		"TagKeys":             []string{"team"},
		"PolicyName":          "made",

		"OpenIDConnectProviderArn": "arn:aws:iam::" + account + ":oidc-provider/issuer.example",
		"Url":                      "https://issuer.example/made",
	}
	fillSAML(values, there)
	fillCredentials(w, values, there)
	fillDelegation(w, values, there)
	if op.Name == "DeleteServiceLinkedRole" {
		values["RoleName"] = "AWSServiceRoleForECS"
	}
	if !there {
		for _, name := range []string{"UserName", "GroupName", "RoleName", "InstanceProfileName"} {
			values[name] = "nobody"
		}
		values["PolicyArn"] = "arn:aws:iam::" + account + ":policy/none"
		values["OpenIDConnectProviderArn"] = "arn:aws:iam::" + account + ":oidc-provider/none.example"
		values["AccessKeyId"] = "AKIAIOSFODNN7EXAMPLE"
		values["PolicySourceArn"] = "arn:aws:iam::" + account + ":role/none"
		values["Arn"] = "arn:aws:iam::" + account + ":group/none"
		values["SerialNumber"] = "GAHT12345678"
		values["AWSServiceName"] = "unheard-of.amazonaws.com"
	}
	s := reflect.ValueOf(in).Elem()
	for i := range s.NumField() {
		value, ok := values[s.Type().Field(i).Name]
		if !ok || value == nil {
			continue
		}
		v := reflect.ValueOf(value)
		if f := s.Field(i); f.Kind() == reflect.Pointer {
			f.Set(reflect.New(f.Type().Elem()))
			f.Elem().Set(v.Convert(f.Type().Elem()))
		} else {
			f.Set(v.Convert(f.Type()))
		}
	}
	return in
}

// TestTargetsOfHandOvers pins what the reference does not tell: that creation
// with tags asks for the Tag action, that a rename asks on both ARNs, and that a
// role that is handed over is passed.
func TestTargetsOfHandOvers(t *testing.T) {
	w := furnished(t)
	want := map[string][]string{
		"CreateUser":               {"iam:CreateUser user/made/alice", "iam:TagUser user/made/alice"},
		"CreateRole":               {"iam:CreateRole role/made/app", "iam:TagRole role/made/app"},
		"CreatePolicy":             {"iam:CreatePolicy policy/made/made", "iam:TagPolicy policy/made/made"},
		"CreateInstanceProfile":    {"iam:CreateInstanceProfile instance-profile/made/profile", "iam:TagInstanceProfile instance-profile/made/profile"},
		"UpdateUser":               {"iam:UpdateUser user/team/alice", "iam:UpdateUser user/new/Alicia"},
		"UpdateGroup":              {"iam:UpdateGroup group/team/devs", "iam:UpdateGroup group/new/ops"},
		"UploadServerCertificate":  {"iam:UploadServerCertificate server-certificate/made/shop", "iam:TagServerCertificate server-certificate/made/shop"},
		"UpdateServerCertificate":  {"iam:UpdateServerCertificate server-certificate/team/shop", "iam:UpdateServerCertificate server-certificate/new/store"},
		"AddRoleToInstanceProfile": {"iam:AddRoleToInstanceProfile instance-profile/profile", "iam:PassRole role/team/app"},
		"CreateServiceLinkedRole":  {"iam:CreateServiceLinkedRole role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling_x"},
		"CreateOpenIDConnectProvider": {
			"iam:CreateOpenIDConnectProvider oidc-provider/issuer.example/made", "iam:TagOpenIDConnectProvider oidc-provider/issuer.example/made",
		},
		"AttachUserPolicy":     {"iam:AttachUserPolicy user/team/alice"},
		"GetAccessKeyLastUsed": {"iam:GetAccessKeyLastUsed user/team/alice"},
	}
	for _, op := range iam.Operations() {
		wanted, ok := want[op.API.Name]
		if !ok {
			continue
		}
		delete(want, op.API.Name)
		targets, err := op.Targets(w.call(), filled(w, op.API, true))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, target := range targets {
			got = append(got, target.Action+" "+strings.TrimPrefix(target.Resource, "arn:aws:iam::"+account+":"))
		}
		if !slices.Equal(got, wanted) {
			t.Errorf("%s asks for %v, want %v", op.API.Name, got, wanted)
		}
	}
	for name := range want {
		t.Errorf("%s is not built", name)
	}
}

// TestBoundariesAreInTheContext: for an entity that has a boundary, the actions
// that can change what it may carry iam:PermissionsBoundary.
func TestBoundariesAreInTheContext(t *testing.T) {
	w := furnished(t)
	for _, op := range iam.Operations() {
		action, ok := catalog.Default().Action("iam:" + op.API.Name)
		if !ok || !slices.Contains(action.ConditionKeys, "iam:PermissionsBoundary") {
			continue
		}
		targets, err := op.Targets(w.call(), filled(w, op.API, true))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(targets[0].Keys, func(k authz.Key) bool { return k.Name == "iam:PermissionsBoundary" }) {
			t.Errorf("%s does not carry iam:PermissionsBoundary", op.API.Name)
		}
	}
}
