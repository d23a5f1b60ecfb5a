package server_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestAttackRevokedWhileQueued: mallory has many writes under way, some at the
// door, some in the queue of the account's writer, when her right is taken away.
// Once that is acknowledged none of her writes may succeed that was not
// acknowledged to be decided before: every write that began after it is refused,
// and nothing appears in the account any more.
//
// Each way of taking a right away is tried: the policy, the key, the boundary, the
// group, the role of her session, and the operator's end of all sessions.
func TestAttackRevokedWhileQueued(t *testing.T) {
	admin := "arn:aws:iam::aws:policy/AdministratorAccess"
	type setting struct {
		creds  aws.Credentials
		revoke func()
	}
	for name, set := range map[string]func(t *testing.T, w *world, do func(action string, params ...string)) setting{
		"inline policy": func(t *testing.T, w *world, do func(string, ...string)) setting {
			return setting{w.User(t, "mallory", allow("iam:*")).Credentials, func() {
				do("DeleteUserPolicy", "UserName", "mallory", "PolicyName", "p0")
			}}
		},
		"managed policy's version": func(t *testing.T, w *world, do func(string, ...string)) setting {
			c := w.User(t, "mallory").Credentials
			do("CreatePolicy", "PolicyName", "p", "PolicyDocument", allow("iam:*"))
			do("AttachUserPolicy", "UserName", "mallory", "PolicyArn", "arn:aws:iam::111122223333:policy/p")
			return setting{c, func() {
				do("CreatePolicyVersion", "PolicyArn", "arn:aws:iam::111122223333:policy/p", "PolicyDocument", allow("s3:*"), "SetAsDefault", "true")
			}}
		},
		"access key": func(t *testing.T, w *world, do func(string, ...string)) setting {
			c := w.User(t, "mallory", allow("iam:*")).Credentials
			return setting{c, func() {
				do("UpdateAccessKey", "UserName", "mallory", "AccessKeyId", c.AccessKeyID, "Status", "Inactive")
			}}
		},
		"boundary": func(t *testing.T, w *world, do func(string, ...string)) setting {
			return setting{w.User(t, "mallory", allow("iam:*")).Credentials, func() {
				do("PutUserPermissionsBoundary", "UserName", "mallory", "PermissionsBoundary", "arn:aws:iam::aws:policy/AmazonS3FullAccess")
			}}
		},
		"group": func(t *testing.T, w *world, do func(string, ...string)) setting {
			c := w.User(t, "mallory").Credentials
			do("CreateGroup", "GroupName", "admins")
			do("AttachGroupPolicy", "GroupName", "admins", "PolicyArn", admin)
			do("AddUserToGroup", "GroupName", "admins", "UserName", "mallory")
			return setting{c, func() { do("RemoveUserFromGroup", "GroupName", "admins", "UserName", "mallory") }}
		},
		"role's policy": func(t *testing.T, w *world, do func(string, ...string)) setting {
			_, c := w.sessions(t)
			return setting{c, func() { do("DeleteRolePolicy", "RoleName", "attacked", "PolicyName", "all") }}
		},
		"all sessions": func(t *testing.T, w *world, do func(string, ...string)) setting {
			_, c := w.sessions(t)
			return setting{c, func() { w.operate(t, "EndSessions", "AccountId", "111122223333") }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			s := set(t, w, func(action string, params ...string) {
				t.Helper()
				w.iam(t, w.Root, action, params...).want(t, action, "")
			})
			w.race(t, s.creds, s.revoke)
		})
	}
}

// race has many goroutines write as the caller, revokes in the middle, and looks
// at what began afterwards.
func (w *world) race(t *testing.T, creds aws.Credentials, revoke func()) {
	t.Helper()
	const writers = 16
	var revoked atomic.Bool
	var done, late atomic.Int64
	var wait sync.WaitGroup
	under := make(chan struct{}) // closed once some writes are through
	var once sync.Once
	for i := range writers {
		wait.Go(func() {
			for n, refused := 0, 0; refused < 3; n++ {
				after := revoked.Load()
				a := w.iam(t, creds, "CreateUser", "UserName", fmt.Sprintf("u%d-%d", i, n))
				switch {
				case a.code != "":
					refused++
					once.Do(func() { close(under) })
				case after:
					late.Add(1)
					refused++
				case done.Add(1) == 2*writers:
					once.Do(func() { close(under) })
				}
			}
		})
	}
	<-under
	revoke()
	// What is in the account at this moment was decided before; nothing is to
	// follow.
	users := w.users(t)
	revoked.Store(true)
	wait.Wait()
	if n := late.Load(); n > 0 {
		t.Errorf("%d writes that began after the revocation succeeded", n)
	}
	if n := w.users(t); n != users {
		t.Errorf("%s users when the revocation was acknowledged, %s afterwards", users, n)
	}
	if done.Load() < 2*writers {
		t.Errorf("only %d writes succeeded before: nothing was raced", done.Load())
	}
}

// users is how many users there are.
func (w *world) users(t *testing.T) string {
	t.Helper()
	_, rest, _ := strings.Cut(w.iam(t, w.Root, "GetAccountSummary").want(t, "GetAccountSummary", "").body, "<key>Users</key><value>")
	n, _, found := strings.Cut(rest, "</value>")
	if !found {
		t.Fatal("the summary tells no users")
	}
	return n
}
