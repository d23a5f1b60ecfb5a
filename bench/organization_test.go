package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/server/servertest"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// accounts is how many the large organization has beside its management account: half
// of them right under the root, the others in units.
const (
	accounts       = 5_000
	unitsOfRoot    = 50
	organizationID = "o-benchmark00"
)

func accountNumber(n int) string { return fmt.Sprintf("7%011d", n) }

// big are the ids in the large organization.
type big struct{ root, unit string }

// fillOrganization makes a data folder with the large organization. An SCP is at the
// root, and tag policies are at the root and at each unit.
func fillOrganization(b *testing.B, dir string) big {
	h := openHost(b, dir)
	defer closeHost(b, h)
	random := rand.NewChaCha8([32]byte{7})
	change := func(more []state.AggregateID, change func(organization.Editor) error) {
		b.Helper()
		scope := append([]state.AggregateID{state.Deployment, state.Organization(organizationID), state.Account(servertest.Account)}, more...)
		err := h.Store.Update(context.Background(), scope, func(d *state.Draft) (*store.Event, error) {
			return nil, change(organization.Edit(d, h.Site, organizationID, organization.Env{
				Now: time.Now(), Random: random, Quotas: func(string) int { return 2 * accounts },
			}))
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	change(nil, func(e organization.Editor) error { return e.Create(servertest.Account, true) })
	made := big{root: organization.In(h.Store.View(), organizationID).Facts().RootID}
	var units []string
	change(nil, func(e organization.Editor) error { return populate(e, made.root, &units) })
	made.unit = units[0]
	const step = 100
	for from := 0; from < accounts; from += step {
		var scope []state.AggregateID
		for n := from; n < from+step; n++ {
			scope = append(scope, state.Account(accountNumber(n)))
		}
		change(scope, func(e organization.Editor) error {
			for n := from; n < from+step; n++ {
				in := organization.NewAccount{ID: accountNumber(n), Name: "account", Email: fmt.Sprintf("%d@example.com", n)}
				if _, err := e.CreateAccount(in); err != nil {
					return err
				}
				if n%2 == 0 {
					continue
				}
				if err := e.MoveAccount(in.ID, made.root, units[n/2%len(units)]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return made
}

// populate makes units and policies.
func populate(e organization.Editor, root string, units *[]string) error {
	for _, kind := range []string{organization.ServiceControl, organization.TagPolicies} {
		if err := e.EnablePolicyType(root, kind); err != nil {
			return err
		}
	}
	attach := func(kind, name, content, target string) error {
		p, err := e.CreatePolicy(organization.NewPolicy{Name: name, Type: kind, Content: content})
		if err == nil {
			err = e.AttachPolicy(p.ID, target)
		}
		return err
	}
	if err := attach(organization.ServiceControl, "guard", `{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}}`, root); err != nil {
		return err
	}
	for n := range unitsOfRoot {
		u, err := e.CreateUnit(root, fmt.Sprintf("unit %02d", n), nil)
		if err != nil {
			return err
		}
		*units = append(*units, u.ID)
		if err := attach(organization.TagPolicies, u.Name, tagPolicy(n), u.ID); err != nil {
			return err
		}
	}
	return attach(organization.TagPolicies, "root", tagPolicy(100), root)
}

// tagPolicy is a tag policy of about 8,000 characters.
func tagPolicy(n int) string {
	tags := map[string]any{}
	for i := range 40 {
		name, values := fmt.Sprintf("tag-%d-%d", n, i), make([]string, 10)
		for v := range values {
			values[v] = fmt.Sprintf("value %d", v)
		}
		tags[name] = map[string]any{"tag_key": map[string]any{"@@assign": name}, "tag_value": map[string]any{"@@append": values}}
	}
	text, _ := json.Marshal(map[string]any{"tags": tags})
	return string(text)
}

// heap is how much memory is in use, garbage left out.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// BenchmarkOrganization is the large organization: its start, how much memory it takes
// with no, a hundred and all of its accounts in use, calls by the SDK, and a decision
// about a member under SCPs. There is no floor but BenchmarkOpen's.
func BenchmarkOrganization(b *testing.B) {
	dir := b.TempDir()
	made := fillOrganization(b, dir)
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			h := openHost(b, dir)
			b.StopTimer()
			closeHost(b, h)
			b.StartTimer()
		}
	})
	for _, use := range []int{0, 100, accounts} {
		b.Run(fmt.Sprintf("loaded/accounts=%d", use), func(b *testing.B) { benchmarkLoaded(b, dir, use) })
	}
	f := open(b, dir)
	for _, c := range organizationCalls(b, client(b, f, dir), made) {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := c.call(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("Decide", func(b *testing.B) { benchmarkDecideMember(b, f.host) })
}

// benchmarkLoaded opens the folder, loads the organization and some of its accounts, and
// reports the memory that they take.
func benchmarkLoaded(b *testing.B, dir string, use int) {
	var took float64
	for b.Loop() {
		b.StopTimer()
		before := heap()
		b.StartTimer()
		h := openHost(b, dir)
		view := h.Store.View()
		if _, ok := organization.OfAccount(view, servertest.Account); !ok {
			b.Fatal("there is no organization")
		}
		organization.In(view, organizationID).Facts()
		for n := range use {
			if _, err := identity.In(view, h.Site, accountNumber(n)).Role(organization.ServiceLinkedRole); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		took = heap() - before
		closeHost(b, h)
		b.StartTimer()
	}
	b.ReportMetric(took, "MiB")
}

func client(b *testing.B, f *fixture, dir string) *organizations.Client {
	root, err := server.ReadRootCredentials(dir, servertest.Account)
	if err != nil {
		b.Fatal(err)
	}
	return organizations.New(organizations.Options{
		BaseEndpoint: &f.url, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider(root.AccessKeyID, root.SecretAccessKey, ""),
	})
}

type organizationCall struct {
	name string
	call func() error
}

func organizationCalls(b *testing.B, c *organizations.Client, made big) []organizationCall {
	ctx := context.Background()
	member, last := accountNumber(1), lastPage(b, c)
	here, there := made.unit, made.root
	return []organizationCall{
		{"ListRoots", func() error { _, err := c.ListRoots(ctx, &organizations.ListRootsInput{}); return err }},
		{"DescribeAccount", func() error {
			_, err := c.DescribeAccount(ctx, &organizations.DescribeAccountInput{AccountId: &member})
			return err
		}},
		{"ListAccounts/first", func() error { _, err := c.ListAccounts(ctx, &organizations.ListAccountsInput{}); return err }},
		{"ListAccounts/last", func() error {
			_, err := c.ListAccounts(ctx, &organizations.ListAccountsInput{NextToken: last})
			return err
		}},
		{"ListAccounts/all", func() error {
			return every(organizations.NewListAccountsPaginator(c, &organizations.ListAccountsInput{}))
		}},
		{"ListAccountsForParent/all", func() error {
			return every(organizations.NewListAccountsForParentPaginator(c, &organizations.ListAccountsForParentInput{ParentId: &made.root}))
		}},
		{"ListTargetsForPolicy/all", func() error {
			return every(organizations.NewListTargetsForPolicyPaginator(c, &organizations.ListTargetsForPolicyInput{PolicyId: aws.String("p-FullAWSAccess")}))
		}},
		{"MoveAccount", func() error {
			_, err := c.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: &member, SourceParentId: &here, DestinationParentId: &there})
			here, there = there, here
			return err
		}},
		{"DescribeEffectivePolicy", func() error {
			_, err := c.DescribeEffectivePolicy(ctx, &organizations.DescribeEffectivePolicyInput{PolicyType: types.EffectivePolicyTypeTagPolicy, TargetId: aws.String(accountNumber(3))})
			return err
		}},
		{"ListAccountsWithInvalidEffectivePolicy", func() error {
			_, err := c.ListAccountsWithInvalidEffectivePolicy(ctx, &organizations.ListAccountsWithInvalidEffectivePolicyInput{PolicyType: types.EffectivePolicyTypeTagPolicy})
			return err
		}},
	}
}

// pages is a paginator of the SDK.
type pages[Page any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*organizations.Options)) (Page, error)
}

func every[Page any](p pages[Page]) error {
	for p.HasMorePages() {
		if _, err := p.NextPage(context.Background()); err != nil {
			return err
		}
	}
	return nil
}

// lastPage is the token of the last page of accounts.
func lastPage(b *testing.B, c *organizations.Client) (token *string) {
	p := organizations.NewListAccountsPaginator(c, &organizations.ListAccountsInput{})
	for n := 0; p.HasMorePages(); {
		page, err := p.NextPage(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		if n += len(page.Accounts); page.NextToken != nil {
			token = page.NextToken
		} else if n != accounts+1 {
			b.Fatalf("%d accounts are listed, want %d", n, accounts+1)
		}
	}
	return token
}

// benchmarkDecideMember decides about the administrator's role of one member after the
// other.
func benchmarkDecideMember(b *testing.B, h *server.Host) {
	z, now, view := authz.New(h.Site), time.Now(), h.Store.View()
	var callers []authn.Caller
	for n := range 100 {
		a := identity.In(view, h.Site, accountNumber(n))
		r, err := a.Role("OrganizationAccountAccessRole")
		if err != nil {
			b.Fatal(err)
		}
		arn := strings.Replace(a.RoleARN(r), ":iam:", ":sts:", 1) + "/session"
		callers = append(callers, authn.Caller{
			Kind: authn.RoleSession, Account: accountNumber(n), Name: "session", UniqueID: r.ID, UserID: r.ID + ":session",
			ARN: arn, Session: &session.Record{
				Kind: session.Role, Account: accountNumber(n), PrincipalARN: arn, UniqueID: r.ID, RoleARN: a.RoleARN(r), SessionName: "session", IssuedAt: now,
			},
		})
	}
	target := authz.Target{Action: "s3:GetObject", Resource: "arn:aws:s3:::photos/1.jpg"}
	n := 0
	for b.Loop() {
		c := &callers[n%len(callers)]
		target.Account = c.Account
		if d := z.Check(view, c, target, now); !d.Allowed() {
			b.Fatalf("%s is not allowed: %+v", c.ARN, d)
		}
		n++
	}
}
