package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	killAccount  = "111122223333"
	otherAccount = "444455556666"
	readOnly     = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	maySmuggle   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:CreateUser","Resource":"*"}}`
)

// load is 32 writers on a server, and what each was told.
type load struct {
	t     *testing.T
	round int
	http  *http.Client
	root  *iam.Client
	eve   *iam.Client // may create users while nobody has revoked it

	stop  atomic.Bool
	acked atomic.Int64 // writes that were acknowledged
	group sync.WaitGroup

	over  atomic.Bool  // eve has ended
	tried atomic.Int64 // calls of eve that have ended
	// epoch is odd from the moment that a revocation was acknowledged until the
	// next grant is sent.
	epoch atomic.Int64

	mu      sync.Mutex
	history history
}

// history is what is known of a folder from all rounds.
type history struct {
	users     map[string]string // name -> unique id, acknowledged
	members   []string          // acknowledged members of the group
	attached  []string          // acknowledged to have ReadOnlyAccess
	keys      map[string]string // acknowledged access keys and their secrets
	gone      []string          // acknowledged to be deleted
	forbidden []string          // asked for by eve when she had no right to
	unknown   map[string]bool   // users whose creation got no answer
	dying     map[string]bool   // users whose deletion got no answer
	refused   int               // of eve's calls
	aliases   []string          // asked for, in order
	alias     int               // how many of them were acknowledged
}

func newHistory() history {
	return history{users: map[string]string{}, keys: map[string]string{}, unknown: map[string]bool{}, dying: map[string]bool{}}
}

// begin starts a server's writers.
func begin(t *testing.T, p *process, h history, round int) *load {
	t.Helper()
	l := &load{t: t, round: round, history: h, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	l.root = l.as(p.rootKey(t, killAccount))
	ctx := context.Background()
	_, err := l.root.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("crowd")})
	check(t, ignore(err, "EntityAlreadyExists"))
	eve := fmt.Sprintf("eve-%d", round)
	_, err = l.root.CreateUser(ctx, &iam.CreateUserInput{UserName: &eve})
	check(t, err)
	key, err := l.root.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &eve})
	check(t, err)
	l.eve = l.as(p.endpoint(t), *key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey)
	l.epoch.Store(1) // she begins without the right
	for w := range 24 {
		l.group.Go(func() { l.createUsers(w) })
	}
	for w := range 4 {
		l.group.Go(func() { l.createKeys(w) })
	}
	l.group.Go(l.deleteUsers)
	l.group.Go(l.nameAccount)
	l.group.Go(func() { l.grantAndRevoke(eve) })
	l.group.Go(l.smuggle)
	return l
}

// as is a client that asks once, so that what it is told is about that call.
func (l *load) as(endpoint, id, secret string) *iam.Client {
	return iam.New(iam.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, HTTPClient: l.http, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
	})
}

// reader is a client that asks again. It has to: it sometimes closes the
// connection itself while it reads a long answer (aws/aws-sdk-go-v2 issue 2737).
func reader(endpoint, id, secret string) *iam.Client {
	return iam.New(iam.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
	})
}

// unread tells whether a call was answered and its client lost the answer, by
// the same defect.
func unread(err error) bool {
	answer, ok := errors.AsType[*smithyhttp.ResponseError](err)
	return ok && answer.HTTPStatusCode() == http.StatusOK
}

// acknowledged notes what a call came to. It tells whether it was carried out; a
// call without an answer ends the writer, one with an unexpected answer the test.
func (l *load) acknowledged(err error, note func(*history)) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		note(&l.history)
		l.acked.Add(1)
		return true
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		l.t.Errorf("a write was refused: %s: %s", api.ErrorCode(), api.ErrorMessage())
	}
	return false
}

// wait ends the writers and gives what they were told.
func (l *load) wait() history {
	l.stop.Store(true)
	l.group.Wait()
	l.http.CloseIdleConnections()
	return l.history
}

func (l *load) createUser(name string) bool {
	l.mu.Lock()
	l.history.unknown[name] = true
	l.mu.Unlock()
	out, err := l.root.CreateUser(context.Background(), &iam.CreateUserInput{UserName: &name})
	if unread(err) {
		l.mu.Lock()
		delete(l.history.unknown, name)
		l.mu.Unlock()
	}
	return l.acknowledged(err, func(h *history) {
		delete(h.unknown, name)
		h.users[name] = *out.User.UserId
	})
}

// createUsers makes users; every second one becomes a member of the group, the
// others get a policy.
func (l *load) createUsers(w int) {
	ctx := context.Background()
	for n := 0; !l.stop.Load(); n++ {
		name := fmt.Sprintf("user-%d-%d-%d", l.round, w, n)
		if !l.createUser(name) {
			return
		}
		if n%2 == 0 {
			_, err := l.root.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: aws.String("crowd"), UserName: &name})
			if !l.acknowledged(err, func(h *history) { h.members = append(h.members, name) }) {
				return
			}
			continue
		}
		_, err := l.root.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &name, PolicyArn: aws.String(readOnly)})
		if !l.acknowledged(err, func(h *history) { h.attached = append(h.attached, name) }) {
			return
		}
	}
}

// createKeys makes access keys, which are known to the account and to the
// deployment: two aggregates in one commit.
func (l *load) createKeys(w int) {
	for n := 0; !l.stop.Load(); n++ {
		name := fmt.Sprintf("key-%d-%d-%d", l.round, w, n)
		if !l.createUser(name) {
			return
		}
		out, err := l.root.CreateAccessKey(context.Background(), &iam.CreateAccessKeyInput{UserName: &name})
		if !l.acknowledged(err, func(h *history) { h.keys[*out.AccessKey.AccessKeyId] = *out.AccessKey.SecretAccessKey }) {
			return
		}
	}
}

func (l *load) deleteUsers() {
	for n := 0; !l.stop.Load(); n++ {
		name := fmt.Sprintf("short-%d-%d", l.round, n)
		if !l.createUser(name) {
			return
		}
		l.mu.Lock()
		id := l.history.users[name]
		delete(l.history.users, name)
		l.history.dying[name] = true
		l.mu.Unlock()
		_, err := l.root.DeleteUser(context.Background(), &iam.DeleteUserInput{UserName: &name})
		if !l.acknowledged(err, func(h *history) { delete(h.dying, name); h.gone = append(h.gone, name, id) }) {
			return
		}
	}
}

// nameAccount gives the account one alias after the other, each unique in the
// deployment.
func (l *load) nameAccount() {
	for n := 0; !l.stop.Load(); n++ {
		alias := fmt.Sprintf("alias-%d-%d", l.round, n)
		l.mu.Lock()
		l.history.aliases = append(l.history.aliases, alias)
		l.mu.Unlock()
		_, err := l.root.CreateAccountAlias(context.Background(), &iam.CreateAccountAliasInput{AccountAlias: &alias})
		if !l.acknowledged(err, func(h *history) { h.alias = len(h.aliases) }) {
			return
		}
	}
}

func (l *load) grantAndRevoke(eve string) {
	ctx, policy := context.Background(), aws.String("smuggle")
	for !l.stop.Load() {
		l.epoch.Add(1)
		_, err := l.root.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &eve, PolicyName: policy, PolicyDocument: aws.String(maySmuggle)})
		if !l.acknowledged(err, func(*history) {}) {
			return
		}
		_, err = l.root.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: &eve, PolicyName: policy})
		if !l.acknowledged(err, func(*history) { l.epoch.Add(1) }) {
			return
		}
		// The call that she is in now may have begun before, the next has not.
		for tried := l.tried.Load(); l.tried.Load() < tried+2 && !l.stop.Load() && !l.over.Load(); {
			time.Sleep(time.Millisecond)
		}
	}
}

// smuggle creates users as eve. What she asks for after a revocation was
// acknowledged and before the next grant was sent must be refused.
func (l *load) smuggle() {
	defer l.over.Store(true)
	for n := 0; !l.stop.Load(); n++ {
		name := fmt.Sprintf("smuggled-%d-%d", l.round, n)
		before := l.epoch.Load()
		_, err := l.eve.CreateUser(context.Background(), &iam.CreateUserInput{UserName: &name})
		l.tried.Add(1)
		revoked := before%2 == 1 && l.epoch.Load() == before
		l.mu.Lock()
		if revoked {
			l.history.forbidden = append(l.history.forbidden, name)
			if err == nil {
				l.t.Errorf("%s was created by a right that was revoked before", name)
			}
		}
		api, answered := errors.AsType[smithy.APIError](err)
		if answered && api.ErrorCode() == "AccessDenied" {
			l.history.refused++
		} else if answered {
			l.t.Errorf("eve is answered %v", err)
		}
		l.mu.Unlock()
		if err != nil && !answered {
			return
		}
	}
}

// verify compares a server with a history.
func (h *history) verify(t *testing.T, p *process) {
	t.Helper()
	ctx := context.Background()
	root := reader(p.rootKey(t, killAccount))
	there, ids := map[string]types.UserDetail{}, map[string]string{}
	attachments := 0
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(root, &iam.GetAccountAuthorizationDetailsInput{
		Filter: []types.EntityType{types.EntityTypeUser}, MaxItems: aws.Int32(1000),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		check(t, err)
		for _, u := range page.UserDetailList {
			there[*u.UserName] = u
			if other, ok := ids[*u.UserId]; ok {
				t.Errorf("%s and %s have one unique id", other, *u.UserName)
			}
			ids[*u.UserId] = *u.UserName
			attachments += len(u.AttachedManagedPolicies)
		}
	}
	for name, id := range h.users {
		if u, ok := there[name]; !ok {
			t.Errorf("user %s was acknowledged and is lost", name)
		} else if *u.UserId != id {
			t.Errorf("user %s has the unique id %s, acknowledged was %s", name, *u.UserId, id)
		}
	}
	for _, name := range h.attached {
		if len(there[name].AttachedManagedPolicies) != 1 {
			t.Errorf("the policy of %s was acknowledged and is lost", name)
		}
	}
	for _, name := range h.members {
		if !slices.Contains(there[name].GroupList, "crowd") {
			t.Errorf("the membership of %s was acknowledged and is lost", name)
		}
	}
	for _, name := range h.gone {
		if _, ok := there[name]; ok || ids[name] != "" {
			t.Errorf("%s was deleted and is back", name)
		}
	}
	for _, name := range h.forbidden {
		if _, ok := there[name]; ok {
			t.Errorf("%s was made by a right that was revoked before", name)
		}
	}
	h.verifyGroup(t, root, there)
	policy, err := root.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String(readOnly)})
	check(t, err)
	if n := int(*policy.Policy.AttachmentCount); n != attachments {
		t.Errorf("the policy counts %d attachments, the users have %d", n, attachments)
	}
	h.verifyKeys(t, p)
	h.verifyAlias(t, p, root)
}

// verifyGroup looks at memberships from the other side.
func (h *history) verifyGroup(t *testing.T, root *iam.Client, there map[string]types.UserDetail) {
	t.Helper()
	members := map[string]bool{}
	pages := iam.NewGetGroupPaginator(root, &iam.GetGroupInput{GroupName: aws.String("crowd"), MaxItems: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		check(t, err)
		for _, u := range page.Users {
			members[*u.UserName] = true
		}
	}
	for name, u := range there {
		if in := slices.Contains(u.GroupList, "crowd"); in != members[name] {
			t.Errorf("%s says that it is in the group: %t, the group says %t", name, in, members[name])
		}
	}
}

// verifyKeys uses some of the keys.
func (h *history) verifyKeys(t *testing.T, p *process) {
	t.Helper()
	endpoint, used := p.endpoint(t), 0
	for id, secret := range h.keys {
		if used++; used > 20 {
			return
		}
		_, err := reader(endpoint, id, secret).GetUser(context.Background(), &iam.GetUserInput{})
		if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorCode() != "AccessDenied" {
			t.Errorf("the acknowledged key %s is answered %v, want AccessDenied", id, err)
		}
	}
}

// verifyAlias checks that the account has the last alias that was acknowledged, or
// the one that was asked for last, and that account and deployment agree on it:
// nobody else can have it, and everybody the one before.
func (h *history) verifyAlias(t *testing.T, p *process, root *iam.Client) {
	t.Helper()
	ctx := context.Background()
	out, err := root.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{})
	check(t, err)
	if h.alias == 0 && len(out.AccountAliases) == 0 {
		return
	}
	if len(out.AccountAliases) != 1 {
		t.Errorf("the account has the aliases %v", out.AccountAliases)
		return
	}
	at := slices.Index(h.aliases, out.AccountAliases[0])
	if at < h.alias-1 || at < 0 {
		t.Errorf("the account's alias is %s, acknowledged was the one after %d others", out.AccountAliases[0], h.alias-1)
	}
	other := reader(p.rootKey(t, otherAccount))
	_, err = other.CreateAccountAlias(ctx, &iam.CreateAccountAliasInput{AccountAlias: &out.AccountAliases[0]})
	if err == nil || ignore(err, "EntityAlreadyExists") != nil {
		t.Errorf("another account's claim to the alias %s is answered %v", out.AccountAliases[0], err)
	}
	for i, alias := range h.aliases {
		if i == at || i < len(h.aliases)-3 {
			continue
		}
		_, err := other.CreateAccountAlias(ctx, &iam.CreateAccountAliasInput{AccountAlias: &alias})
		check(t, err)
		_, err = other.DeleteAccountAlias(ctx, &iam.DeleteAccountAliasInput{AccountAlias: &alias})
		check(t, err)
	}
}

// rootKey is where a server is, and root's key of an account.
func (p *process) rootKey(t *testing.T, account string) (endpoint, id, secret string) {
	t.Helper()
	cmd := exec.Command(binary, "env", "--data", p.data, "--account", account)
	cmd.Env = serverEnv()
	out, err := cmd.Output()
	check(t, err)
	value := func(name string) string {
		_, rest, _ := strings.Cut(string(out), "export "+name+"=")
		value, _, _ := strings.Cut(rest, "\n")
		return value
	}
	return value("AWS_ENDPOINT_URL"), value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY")
}

func (p *process) endpoint(t *testing.T) string {
	t.Helper()
	endpoint, _, _ := p.rootKey(t, killAccount)
	return endpoint
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ignore gives nil for an error with a code.
func ignore(err error, code string) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == code {
		return nil
	}
	return err
}

// String tells how much there is to compare.
func (h *history) String() string {
	text, _ := json.Marshal(map[string]int{
		"users": len(h.users), "members": len(h.members), "attached": len(h.attached), "keys": len(h.keys), "deleted": len(h.gone) / 2,
		"aliases": h.alias, "forbidden": len(h.forbidden), "refused": h.refused,
	})
	return string(text)
}
