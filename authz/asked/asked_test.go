package asked_test

import (
	"encoding/hex"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/authz/asked"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/policy/eval"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// calls have everything set that is written, between them.
func calls() map[string]asked.Call {
	return map[string]asked.Call{
		"nothing": {},
		"user": {
			Allowed: true,
			Caller: authn.Caller{
				Kind: authn.User, Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/ann", UserID: "AIDAEXAMPLE", Name: "ann", UniqueID: "AIDAEXAMPLE",
				Origin: authn.Origin{SourceIP: "192.0.2.7", SecureTransport: true, UserAgent: "aws-cli/2", Referer: "https://example.com", Region: "eu-central-1"},
			},
			Targets: []authz.Target{
				{Action: "iam:CreateUser", Resource: "arn:aws:iam::111122223333:user/bob", Account: "111122223333", Keys: []authz.Key{
					authz.Value("aws:RequestTag/team", "red"), authz.Values("aws:TagKeys", []string{"team", "cost"}), authz.Values("iam:None", nil),
				}},
				{Action: "iam:TagUser", Resource: "arn:aws:iam::111122223333:user/bob", Account: "111122223333"},
			},
		},
		"role": {
			Caller: authn.Caller{
				Kind: authn.RoleSession, Account: "111122223333", ARN: "arn:aws:sts::111122223333:assumed-role/auditor/ann", UserID: "AROAEXAMPLE:ann", Name: "ann", UniqueID: "AROAEXAMPLE",
				Session: &session.Record{
					Kind: session.Role, Account: "111122223333", PrincipalARN: "arn:aws:sts::111122223333:assumed-role/auditor/ann", UniqueID: "AROAEXAMPLE",
					RoleARN: "arn:aws:iam::111122223333:role/auditor", SessionName: "ann", IssuedTo: "arn:aws:iam::111122223333:user/ann",
					Tags: []session.Tag{{Key: "team", Value: "red"}}, SourceIdentity: "ann", Chained: true, InlinePolicy: `{"Version":"2012-10-17"}`,
					ManagedPolicies: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}, IssuedAt: noon, MFAPresent: true, MFATime: noon.Add(-time.Hour), SignedIn: true,
					FederatedProvider: "accounts.example.com", Context: []session.Tag{{Key: "accounts.example.com:sub", Value: "ann"}}, Delegate: "444455556666",
				},
			},
			Targets: []authz.Target{
				{Action: "sts:AssumeRole", Resource: "arn:aws:iam::444455556666:role/deep", Account: "444455556666", Role: true, MFA: true},
				{Action: "organizations:ListRoots", Resource: "*", Account: "444455556666", Granted: []*eval.Policy{}},
			},
		},
		"identity": {
			Caller: authn.Caller{Kind: authn.FederatedIdentity, Account: "111122223333", Federated: &authn.Federated{
				Provider: "arn:aws:iam::111122223333:oidc-provider/id.example.com", Audience: "sts", Subject: "ann", NameQualifier: "q",
			}},
			Targets: []authz.Target{{Action: "sts:AssumeRoleWithWebIdentity", Resource: "arn:aws:iam::111122223333:role/web", Account: "111122223333", Role: true}},
		},
	}
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	for name, c := range calls() {
		got, err := asked.Decode(c.Append(nil))
		if diff := cmp.Diff(c, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-written +read)\n%s", name, err, diff)
		}
	}
}

// A session of a root user for one task stays one: otherwise its task policy, which only
// denies, would allow nothing.
func TestTaskIsReadAgain(t *testing.T) {
	who := authn.Caller{Kind: authn.Root, Account: "444455556666", ARN: "arn:aws:iam::444455556666:root", UserID: "444455556666", UniqueID: "444455556666"}
	who.Session = &session.Record{
		Kind: session.Root, AssumedRoot: true, Account: who.Account, PrincipalARN: who.ARN, UniqueID: who.UniqueID, IssuedTo: "arn:aws:iam::111122223333:user/ann",
		ManagedPolicies: []string{"arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}, IssuedAt: noon,
	}
	c := asked.Call{Caller: who, Targets: []authz.Target{{Action: "s3:ListAllMyBuckets", Resource: "*", Account: who.Account}}}
	got, err := asked.Decode(c.Append(nil))
	if diff := cmp.Diff(c, got); err != nil || diff != "" {
		t.Errorf("%v (-written +read)\n%s", err, diff)
	}
}

// What was written in the past stays readable: the files are never renewed, a new
// layout has new ones.
func TestPastLayoutsAreRead(t *testing.T) {
	text, err := os.ReadFile("testdata/v1.txt")
	if err != nil {
		t.Fatal(err)
	}
	want, n := calls(), 0
	for line := range strings.Lines(string(text)) {
		name, code, _ := strings.Cut(strings.TrimSpace(line), " ")
		data, err := hex.DecodeString(code)
		if err != nil {
			t.Fatal(err)
		}
		got, err := asked.Decode(data)
		if diff := cmp.Diff(want[name], got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +read)\n%s", name, err, diff)
		}
		n++
	}
	if n != len(want) {
		t.Errorf("%d calls, want %d", n, len(want))
	}
}

func TestCutOrStrangeBytesAreRefused(t *testing.T) {
	for name, c := range calls() {
		whole := c.Append(nil)
		for n := range whole {
			if _, err := asked.Decode(whole[:n]); !errors.Is(err, asked.ErrDamaged) {
				t.Errorf("%s: %d of %d bytes: error %v", name, n, len(whole), err)
			}
		}
		if _, err := asked.Decode(append(slices.Clone(whole), 0)); !errors.Is(err, asked.ErrDamaged) {
			t.Errorf("%s: a byte too many: error %v", name, err)
		}
		if _, err := asked.Decode(append([]byte{2}, whole[1:]...)); !errors.Is(err, asked.ErrVersion) {
			t.Errorf("%s: version 2: error %v", name, err)
		}
	}
}

// TestNothingIsForgotten lists the fields that decisions have no use for, or that are
// secret or found again. A new field of what is asked is written, or is named here.
func TestNothingIsForgotten(t *testing.T) {
	unwritten := []string{
		"Caller.AccessKeyID",                                       // no condition key tells it
		"Record.Account", "Record.PrincipalARN", "Record.UniqueID", // the caller's
		"Record.TransitiveTagKeys", "Record.ExpiresAt", "Record.Epoch", "Record.Incarnation", "Record.AccessKeyID", // whether the session is valid, and what comes of it
		"Target.Trust", // found again
	}
	want := map[reflect.Type]int{
		reflect.TypeFor[authn.Caller](): 9, reflect.TypeFor[authn.Origin](): 5, reflect.TypeFor[authn.Federated](): 4,
		reflect.TypeFor[session.Record](): 17, reflect.TypeFor[session.Tag](): 2, reflect.TypeFor[authz.Target](): 7, reflect.TypeFor[authz.Key](): 3,
	}
	for of, n := range want {
		for i := range of.NumField() {
			if slices.Contains(unwritten, of.Name()+"."+of.Field(i).Name) {
				n++
			}
		}
		if of.NumField() != n {
			t.Errorf("%s has %d fields, of which %d are known: write the new ones in a new version, or name them here", of, of.NumField(), n)
		}
	}
}

func TestPrincipalIsWhomPoliciesBelongTo(t *testing.T) {
	want := map[string]string{
		"nothing": "anonymous", "user": "arn:aws:iam::111122223333:user/ann", "role": "arn:aws:iam::111122223333:role/auditor",
		"identity": "arn:aws:iam::111122223333:oidc-provider/id.example.com",
	}
	for name, c := range calls() {
		if got := c.Principal(); got != want[name] {
			t.Errorf("%s: %s, want %s", name, got, want[name])
		}
	}
}

func TestAppendAllocatesOnce(t *testing.T) {
	for name, c := range calls() {
		if n := testing.AllocsPerRun(100, func() { c.Append(nil) }); n > 1 {
			t.Errorf("%s: %v allocations, want 1", name, n)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range calls() {
		f.Add(c.Append(nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := asked.Decode(data)
		if err != nil {
			return
		}
		again, err := asked.Decode(c.Append(nil))
		if diff := cmp.Diff(c, again); err != nil || diff != "" {
			t.Errorf("%v (-decoded +decoded again)\n%s", err, diff)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for name, c := range calls() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.ReportMetric(float64(len(c.Append(nil))), "bytes/call")
			for b.Loop() {
				c.Append(nil)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, c := range calls() {
		data := c.Append(nil)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := asked.Decode(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
