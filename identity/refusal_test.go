package identity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/identity"
)

const (
	ownPolicy   = "arn:aws:iam::" + account + ":policy/p"
	awsPolicy   = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	slrPolicy   = "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"
	slr         = "AWSServiceRoleForECS"
	unknown     = "arn:aws:iam::" + account + ":policy/none"
	protected   = "UnmodifiableEntity: Cannot perform the operation on the protected role '" + slr + "' - this role is only modifiable by AWS"
	notPossible = "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive."
	reserved    = "InvalidInput: Tag keys and values beginning with aws: are reserved for system use."
)

// TestRefusals holds each rule to AWS's code and words: those that AWS was seen
// to answer, and those that follow from its documentation.
func TestRefusals(t *testing.T) {
	type rule = func(e identity.Editor) error
	for _, c := range []struct {
		name string
		rule rule
		want string
	}{
		{"user there", func(e identity.Editor) error { return second(e.CreateUser(identity.NewUser{Name: "ADA"})) },
			"EntityAlreadyExists: User with name ADA already exists."},
		{"group there", func(e identity.Editor) error { return second(e.CreateGroup("Staff", nil)) },
			"EntityAlreadyExists: Group with name Staff already exists."},
		{"role there", func(e identity.Editor) error {
			return second(e.CreateRole(identity.NewRole{Name: "APP", Trust: trustsEC2}))
		}, "EntityAlreadyExists: Role with name APP already exists."},
		{"policy there", func(e identity.Editor) error {
			return second(e.CreatePolicy(identity.NewPolicy{Name: "P", Path: new("/x/"), Document: document}))
		}, "EntityAlreadyExists: A policy called P already exists. Duplicate names are not allowed."},
		{"instance profile there", func(e identity.Editor) error { return second(e.CreateInstanceProfile("Box", nil, nil)) },
			"EntityAlreadyExists: Instance Profile Box already exists."},

		{"no such user", func(e identity.Editor) error { return e.DeleteUser("bob") }, "NoSuchEntity: The user with name bob cannot be found."},
		{"no such group", func(e identity.Editor) error { return e.DeleteGroup("x") }, "NoSuchEntity: The group with name x cannot be found."},
		{"no such role", func(e identity.Editor) error { return e.DeleteRole("x") }, "NoSuchEntity: The role with name x cannot be found."},
		{"no such policy", func(e identity.Editor) error { return e.DeletePolicy(unknown) }, "NoSuchEntity: Policy " + unknown + " was not found."},
		{"no such policy for reading", func(e identity.Editor) error { return second(e.ReadPolicy(unknown)) }, "NoSuchEntity: Policy " + unknown + " was not found."},
		{"no such inline policy", func(e identity.Editor) error { return e.DeleteInline("role", "app", "x") }, "NoSuchEntity: The role policy with name x cannot be found."},
		{"no such instance profile", func(e identity.Editor) error { return e.DeleteInstanceProfile("x") }, "NoSuchEntity: Instance Profile x cannot be found."},
		{"no such access key", func(e identity.Editor) error { return e.UpdateAccessKey("AIDA", "AKIA0", true) },
			"NoSuchEntity: The Access Key with id AKIA0 cannot be found."},
		{"no such version", func(e identity.Editor) error { return e.SetDefaultPolicyVersion(ownPolicy, "v9") },
			"NoSuchEntity: Policy " + ownPolicy + " version v9 does not exist or is not attachable."},

		{"attach what is no ARN", func(e identity.Editor) error { return e.Attach("role", "app", "ReadOnlyAccessPolicy") },
			"ValidationError: Invalid ARN:  Could not be parsed!"},
		{"change what is no ARN", func(e identity.Editor) error { return e.DeletePolicy("ReadOnlyAccessPolicy") },
			"ValidationError: Invalid ARN:  Could not be parsed!"},
		{"attach an unknown policy", func(e identity.Editor) error { return e.Attach("user", "ada", unknown) },
			"NoSuchEntity: Policy " + unknown + " does not exist or is not attachable."},
		{"attach a policy of another account", func(e identity.Editor) error {
			return e.Attach("user", "ada", "arn:aws:iam::"+elsewhere+":policy/p")
		}, "NoSuchEntity: Policy arn:aws:iam::" + elsewhere + ":policy/p does not exist or is not attachable."},
		{"attach in another case", func(e identity.Editor) error { return e.Attach("user", "ada", "arn:aws:iam::"+account+":policy/P") },
			"NoSuchEntity: Policy arn:aws:iam::" + account + ":policy/P does not exist or is not attachable."},
		{"attach a service role policy", func(e identity.Editor) error { return e.Attach("role", "app", slrPolicy) },
			"PolicyNotAttachable: Cannot attach a Service Role Policy to a Customer Role."},
		{"detach what is not attached", func(e identity.Editor) error { return e.Detach("group", "staff", ownPolicy) },
			"NoSuchEntity: Policy " + ownPolicy + " was not found."},
		{"unknown boundary", func(e identity.Editor) error { return e.PutUserPermissionsBoundary("ada", unknown) },
			"NoSuchEntity: Scope ARN: " + unknown + " does not exist or is not attachable."},
		{"no boundary to delete", func(e identity.Editor) error { return e.DeleteRolePermissionsBoundary("app") },
			"NoSuchEntity: Role app does not have a permissions boundary."},

		{"change a policy of AWS", func(e identity.Editor) error { return second(e.CreatePolicyVersion(awsPolicy, document, true)) },
			"AccessDenied: " + awsPolicy + " is an AWS managed policy and cannot be changed."},
		{"tag a policy of AWS", func(e identity.Editor) error { return e.TagPolicy(awsPolicy, []identity.Tag{{Key: "a"}}) },
			"AccessDenied: " + awsPolicy + " is an AWS managed policy and cannot be changed."},
		{"delete a policy of AWS", func(e identity.Editor) error { return e.DeletePolicy(awsPolicy) },
			"AccessDenied: " + awsPolicy + " is an AWS managed policy and cannot be changed."},

		{"attach to a service-linked role", func(e identity.Editor) error { return e.Attach("role", slr, awsPolicy) }, protected},
		{"detach from a service-linked role", func(e identity.Editor) error { return e.Detach("role", slr, slrPolicy) }, protected},
		{"inline policy of a service-linked role", func(e identity.Editor) error { return e.PutInline("role", slr, "x", document) }, protected},
		{"trust of a service-linked role", func(e identity.Editor) error { return e.UpdateAssumeRolePolicy(slr, trustsEC2) }, protected},
		{"boundary of a service-linked role", func(e identity.Editor) error { return e.PutRolePermissionsBoundary(slr, awsPolicy) }, protected},
		{"delete a service-linked role", func(e identity.Editor) error { return e.DeleteRole(slr) }, protected},
		{"service-linked role into a profile", func(e identity.Editor) error { return e.AddRoleToInstanceProfile("box", slr) }, protected},
		{"longer sessions of a service-linked role", func(e identity.Editor) error { return e.UpdateRole(slr, nil, new(int32(7200))) }, protected},
		{"describe a service-linked role", func(e identity.Editor) error { return e.UpdateRole(slr, new("ours"), nil) }, ""},
		{"a second service-linked role", func(e identity.Editor) error { return second(e.CreateServiceLinkedRole("ecs.amazonaws.com", nil, nil)) },
			"InvalidInput: Service role name " + slr + " has been taken in this account, please try a different suffix."},
		{"a suffix where there is none", func(e identity.Editor) error {
			return second(e.CreateServiceLinkedRole("ecs.amazonaws.com", new("x"), nil))
		}, "InvalidInput: Custom suffix is not allowed for ecs.amazonaws.com"},
		{"a path of services", func(e identity.Editor) error {
			return second(e.CreateRole(identity.NewRole{Name: "x", Path: new("/aws-service-role/ecs.amazonaws.com/"), Trust: trustsEC2}))
		}, "ValidationError: The path /aws-service-role/ecs.amazonaws.com/ is reserved for roles of AWS services."},
		{"a path of Identity Center", func(e identity.Editor) error {
			return second(e.CreateRole(identity.NewRole{Name: "x", Path: new("/aws-reserved/sso.amazonaws.com/"), Trust: trustsEC2}))
		}, "ValidationError: The path /aws-reserved/sso.amazonaws.com/ is reserved for roles of AWS services."},

		{"tags of a user twice", func(e identity.Editor) error { return e.TagUser("ada", []identity.Tag{{Key: "Team"}, {Key: "team"}}) }, notPossible},
		{"tags of a policy in two cases", func(e identity.Editor) error {
			return e.TagPolicy(ownPolicy, []identity.Tag{{Key: "Team"}, {Key: "team"}})
		}, ""},
		{"tags of a policy twice", func(e identity.Editor) error {
			return e.TagPolicy(ownPolicy, []identity.Tag{{Key: "team"}, {Key: "team"}})
		}, notPossible},
		{"reserved tag key", func(e identity.Editor) error { return e.TagRole("app", []identity.Tag{{Key: "AWS:x"}}) }, reserved},
		{"reserved tag value", func(e identity.Editor) error { return e.TagRole("app", []identity.Tag{{Key: "x", Value: "aws:y"}}) }, reserved},
		{"51 tags", func(e identity.Editor) error { return e.TagRole("app", manyTags(51)) },
			"LimitExceeded: The number of tags has reached the maximum limit."},
		{"50 tags and another", func(e identity.Editor) error {
			if err := e.TagInstanceProfile("box", manyTags(50)); err != nil {
				return err
			}
			return e.TagInstanceProfile("box", []identity.Tag{{Key: "more"}})
		}, "LimitExceeded: The number of tags has reached the maximum limit."},
		{"50 tags and one of them", func(e identity.Editor) error {
			if err := e.TagUser("ada", manyTags(50)); err != nil {
				return err
			}
			return e.TagUser("ada", []identity.Tag{{Key: "T0"}})
		}, ""},

		{"path with two slashes", func(e identity.Editor) error { return second(e.CreateGroup("x", new("/a//b/"))) },
			"ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."},
		{"large managed policy", func(e identity.Editor) error {
			return second(e.CreatePolicy(identity.NewPolicy{Name: "x", Document: large(6145)}))
		}, "LimitExceeded: Cannot exceed quota for PolicySize: 6144"},
		{"managed policy as large as it may be, and white space", func(e identity.Editor) error {
			return second(e.CreatePolicy(identity.NewPolicy{Name: "x", Document: large(6144) + strings.Repeat(" \n", 100)}))
		}, ""},
		{"large inline policy", func(e identity.Editor) error { return e.PutInline("user", "ada", "x", large(2049)) },
			"LimitExceeded: Maximum policy size of 2048 bytes exceeded for user ada"},
		{"inline policies large together", func(e identity.Editor) error {
			if err := e.PutInline("group", "staff", "x", large(5000)); err != nil {
				return err
			}
			return e.PutInline("group", "staff", "y", large(200))
		}, "LimitExceeded: Maximum policy size of 5120 bytes exceeded for group staff"},
		{"inline policy in its own place", func(e identity.Editor) error {
			if err := e.PutInline("role", "app", "x", large(10000)); err != nil {
				return err
			}
			return e.PutInline("role", "app", "X", large(10240))
		}, ""},
		{"large trust policy", func(e identity.Editor) error {
			return e.UpdateAssumeRolePolicy("app", strings.Replace(trustsEC2, `"Statement"`, `"Id":"`+strings.Repeat("x", 2048)+`","Statement"`, 1))
		}, "LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048"},

		{"delete a policy with versions", func(e identity.Editor) error {
			if _, err := e.CreatePolicyVersion(ownPolicy, document, false); err != nil {
				return err
			}
			return e.DeletePolicy(ownPolicy)
		}, "DeleteConflict: This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy."},
		{"delete an attached policy", func(e identity.Editor) error {
			if err := e.Attach("group", "staff", ownPolicy); err != nil {
				return err
			}
			return e.DeletePolicy(ownPolicy)
		}, "DeleteConflict: Cannot delete a policy attached to entities."},
		{"delete a boundary", func(e identity.Editor) error {
			if err := e.PutUserPermissionsBoundary("ada", ownPolicy); err != nil {
				return err
			}
			return e.DeletePolicy(ownPolicy)
		}, "DeleteConflict: Cannot delete a policy attached to entities."},
		{"delete the default version", func(e identity.Editor) error { return e.DeletePolicyVersion(ownPolicy, "v1") },
			"DeleteConflict: Cannot delete the default version of a policy."},
		{"a sixth version", func(e identity.Editor) error {
			for range 4 {
				if _, err := e.CreatePolicyVersion(ownPolicy, document, false); err != nil {
					return err
				}
			}
			return second(e.CreatePolicyVersion(ownPolicy, document, false))
		}, "LimitExceeded: A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version."},
		{"delete a user with groups", func(e identity.Editor) error {
			if err := e.AddUserToGroup("staff", "ada"); err != nil {
				return err
			}
			return e.DeleteUser("ada")
		}, "DeleteConflict: Cannot delete entity, must remove users from group first."},
		{"delete a group with users", func(e identity.Editor) error {
			if err := e.AddUserToGroup("staff", "ada"); err != nil {
				return err
			}
			return e.DeleteGroup("staff")
		}, "DeleteConflict: Cannot delete entity, must remove users from group first."},
		{"delete a role in a profile", func(e identity.Editor) error {
			if err := e.AddRoleToInstanceProfile("box", "app"); err != nil {
				return err
			}
			return e.DeleteRole("app")
		}, "DeleteConflict: Cannot delete entity, must remove roles from instance profile first."},
		{"delete a profile with a role", func(e identity.Editor) error {
			if err := e.AddRoleToInstanceProfile("box", "app"); err != nil {
				return err
			}
			return e.DeleteInstanceProfile("box")
		}, "DeleteConflict: Cannot delete entity, must remove roles from instance profile first."},
		{"a second role in a profile", func(e identity.Editor) error {
			if err := e.AddRoleToInstanceProfile("box", "app"); err != nil {
				return err
			}
			return e.AddRoleToInstanceProfile("box", "app")
		}, "LimitExceeded: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"},
		{"a third access key", func(e identity.Editor) error {
			ada, err := e.User("ada")
			for range 3 {
				if err == nil {
					_, _, err = e.CreateAccessKey(ada.ID)
				}
			}
			return err
		}, "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2"},
		{"an eleventh policy", func(e identity.Editor) error {
			for i := range 11 {
				p, err := e.CreatePolicy(identity.NewPolicy{Name: fmt.Sprint("n", i), Document: document})
				if err != nil {
					return err
				}
				if err := e.Attach("role", "app", p.ARN); err != nil {
					return err
				}
			}
			return nil
		}, "LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10"},
		{"an eleventh group", func(e identity.Editor) error {
			for i := range 11 {
				if _, err := e.CreateGroup(fmt.Sprint("g", i), nil); err != nil {
					return err
				}
				if err := e.AddUserToGroup(fmt.Sprint("g", i), "ada"); err != nil {
					return err
				}
			}
			return nil
		}, "LimitExceeded: Cannot exceed quota for GroupsPerUser: 10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := furnished(t)
			_, err := e.CreateServiceLinkedRole("ecs.amazonaws.com", nil, nil)
			must(t, err)
			if got := refusal(c.rule(e)); got != c.want {
				t.Errorf("it came to\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

func manyTags(n int) []identity.Tag {
	tags := make([]identity.Tag, n)
	for i := range tags {
		tags[i] = identity.Tag{Key: fmt.Sprint("t", i)}
	}
	return tags
}

// large is a policy of so many characters that are no white space.
func large(n int) string {
	head, tail := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::`, `"}}`
	return head + strings.Repeat("b", n-len(head)-len(tail)) + tail
}
