package session_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/credential/seal"
	"github.com/keyreeve/keyreeve/credential/session"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func chance(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

func keys(t testing.TB, seed byte) *seal.Keyring {
	t.Helper()
	k, err := seal.New(noon, chance(seed))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func roleSession() session.Record {
	return session.Record{
		Kind: session.Role, Account: "111122223333", UniqueID: "AROAEXAMPLEEXAMPLEEXA", SessionName: "alice",
		PrincipalARN: "arn:aws:sts::111122223333:assumed-role/Deploy/alice",
		RoleARN:      "arn:aws:iam::111122223333:role/ci/Deploy",
		IssuedTo:     "arn:aws:iam::111122223333:user/alice",
		Tags:         []session.Tag{{Key: "Team", Value: "Blue"}, {Key: "Empty", Value: ""}}, TransitiveTagKeys: []string{"Team"},
		SourceIdentity: "alice", Chained: true,
		InlinePolicy:    `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`,
		ManagedPolicies: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"},
		IssuedAt:        noon, ExpiresAt: noon.Add(time.Hour), Epoch: 3, Incarnation: "a1b2",
		MFAPresent: true, MFATime: noon.Add(-time.Minute), FederatedProvider: "accounts.google.com", SignedIn: true,
		Delegate: "444455556666", Context: []session.Tag{{Key: "accounts.google.com:sub", Value: "7"}},
	}
}

// issue fails the test when the session cannot be issued.
func issue(t testing.TB, i *session.Issuer, r session.Record) session.Credentials {
	t.Helper()
	c, _, err := i.Issue(r, chance(9))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOpenGivesWhatWasIssued(t *testing.T) {
	issuer := session.NewIssuer(keys(t, 1))
	want := roleSession()
	c, percent, err := issuer.Issue(want, chance(2))
	if err != nil {
		t.Fatal(err)
	}
	got, secret, err := issuer.Open(c.SessionToken, c.AccessKeyID, noon)
	if err != nil {
		t.Fatal(err)
	}
	want.AccessKeyID = c.AccessKeyID
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-issued +opened):\n%s", diff)
	}
	if secret != c.SecretAccessKey || len(secret) != 40 {
		t.Errorf("secret is %q, want %q of 40 characters", secret, c.SecretAccessKey)
	}
	if account, ok := credential.AccountOf(c.AccessKeyID); !ok || account != "111122223333" || !strings.HasPrefix(c.AccessKeyID, "ASIA") {
		t.Errorf("access key id is %s", c.AccessKeyID)
	}
	if percent < 1 || percent > 15 {
		t.Errorf("packed size is %d%%", percent)
	}
	if !c.Expiration.Equal(noon.Add(time.Hour)) {
		t.Errorf("expiration is %v", c.Expiration)
	}
	if strings.Contains(c.SessionToken, "alice") || strings.Contains(c.SessionToken, secret) {
		t.Error("the token shows what is in it")
	}
}

func TestAnyRecordComesBack(t *testing.T) {
	issuer := session.NewIssuer(keys(t, 1))
	text := rapid.StringN(0, 60, -1)
	rapid.Check(t, func(t *rapid.T) {
		when := func(name string) time.Time {
			return time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, name), 0).UTC()
		}
		issued := when("issued")
		r := session.Record{
			Kind: session.Kind(rapid.IntRange(1, 4).Draw(t, "kind")), Account: "000000000001",
			PrincipalARN: "x" + text.Draw(t, "principal"), UniqueID: text.Draw(t, "unique id"), RoleARN: text.Draw(t, "role"),
			SessionName: text.Draw(t, "name"), IssuedTo: text.Draw(t, "issued to"), SourceIdentity: text.Draw(t, "source"),
			Chained: rapid.Bool().Draw(t, "chained"), MFAPresent: rapid.Bool().Draw(t, "mfa"), AssumedRoot: rapid.Bool().Draw(t, "assumed root"),
			InlinePolicy: text.Draw(t, "policy"), ManagedPolicies: rapid.SliceOfN(text, 0, 3).Draw(t, "managed"),
			TransitiveTagKeys: rapid.SliceOfN(text, 0, 3).Draw(t, "transitive"),
			IssuedAt:          issued, ExpiresAt: issued.Add(time.Duration(rapid.IntRange(1, 36*3600).Draw(t, "life")) * time.Second),
			Epoch: rapid.Int().Draw(t, "epoch"), Incarnation: text.Draw(t, "incarnation"), FederatedProvider: text.Draw(t, "provider"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "tags") {
			r.Tags = append(r.Tags, session.Tag{Key: text.Draw(t, "key"), Value: text.Draw(t, "value")})
		}
		for range rapid.IntRange(0, 3).Draw(t, "context") {
			r.Context = append(r.Context, session.Tag{Key: text.Draw(t, "condition key"), Value: text.Draw(t, "its value")})
		}
		if rapid.Bool().Draw(t, "mfa time") {
			r.MFATime = when("mfa at")
		}
		c, _, err := issuer.Issue(r, chance(byte(rapid.IntRange(0, 255).Draw(t, "seed"))))
		if errors.Is(err, apierror.PackedPolicyTooLarge) {
			t.Skip("too large")
		} else if err != nil {
			t.Fatal(err)
		}
		got, _, err := issuer.Open(c.SessionToken, c.AccessKeyID, issued)
		if err != nil {
			t.Fatal(err)
		}
		r.AccessKeyID = c.AccessKeyID
		if diff := cmp.Diff(r, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("record (-issued +opened):\n%s", diff)
		}
	})
}

func TestTokensThatAreRefused(t *testing.T) {
	first := keys(t, 1)
	issuer := session.NewIssuer(first)
	c := issue(t, issuer, roleSession())
	other, _, err := issuer.Issue(roleSession(), chance(77))
	if err != nil {
		t.Fatal(err)
	}
	second, err := first.Rotate(noon, chance(3))
	if err != nil {
		t.Fatal(err)
	}
	rotated := session.NewIssuer(second)
	long := roleSession()
	long.ExpiresAt = noon.Add(36 * time.Hour)
	longLived := issue(t, issuer, long)
	for _, test := range []struct {
		name       string
		issuer     *session.Issuer
		token, key string
		now        time.Time
		want       apierror.Code
	}{
		{"good", issuer, c.SessionToken, c.AccessKeyID, noon, ""},
		{"a second before its end", issuer, c.SessionToken, c.AccessKeyID, noon.Add(time.Hour - time.Second), ""},
		{"at its end", issuer, c.SessionToken, c.AccessKeyID, noon.Add(time.Hour), apierror.ExpiredToken},
		{"after a rotation", rotated, c.SessionToken, c.AccessKeyID, noon, ""},
		{"the longest, 36 hours after a rotation less a second", rotated, longLived.SessionToken, longLived.AccessKeyID, noon.Add(36*time.Hour - time.Second), ""},
		{"keys retired for 36 hours", rotated, longLived.SessionToken, longLived.AccessKeyID, noon.Add(36 * time.Hour), apierror.InvalidClientTokenId},
		{"another deployment", session.NewIssuer(keys(t, 2)), c.SessionToken, c.AccessKeyID, noon, apierror.InvalidClientTokenId},
		{"another session's key id", issuer, c.SessionToken, other.AccessKeyID, noon, apierror.InvalidClientTokenId},
		{"another session's key id, expired", issuer, c.SessionToken, other.AccessKeyID, noon.Add(2 * time.Hour), apierror.InvalidClientTokenId},
		{"no key id", issuer, c.SessionToken, "", noon, apierror.InvalidClientTokenId},
		{"empty", issuer, "", c.AccessKeyID, noon, apierror.InvalidClientTokenId},
		{"something behind", issuer, c.SessionToken + "AAAA", c.AccessKeyID, noon, apierror.InvalidClientTokenId},
		{"a line break behind", issuer, c.SessionToken + "\n", c.AccessKeyID, noon, apierror.InvalidClientTokenId},
		{"padding", issuer, c.SessionToken + "=", c.AccessKeyID, noon, apierror.InvalidClientTokenId},
		{"very long", issuer, strings.Repeat("A", 100_000), c.AccessKeyID, noon, apierror.InvalidClientTokenId},
		{"head of one and tail of another", issuer, c.SessionToken[:100] + other.SessionToken[100:], c.AccessKeyID, noon, apierror.InvalidClientTokenId},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, secret, err := test.issuer.Open(test.token, test.key, test.now)
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, test.want) {
				t.Errorf("error is %v, want %s", err, test.want)
			}
			if secret != "" || !cmp.Equal(r, session.Record{}) {
				t.Error("an error comes with a record or a secret")
			}
		})
	}
}

func TestEveryChangedByteIsNoticed(t *testing.T) {
	issuer := session.NewIssuer(keys(t, 1))
	c := issue(t, issuer, roleSession())
	raw, err := base64.RawURLEncoding.DecodeString(c.SessionToken)
	if err != nil {
		t.Fatal(err)
	}
	for n := range raw {
		forged := append([]byte(nil), raw...)
		forged[n] ^= 0x40
		for _, token := range []string{base64.RawURLEncoding.EncodeToString(forged), base64.RawURLEncoding.EncodeToString(raw[:n])} {
			if _, _, err := issuer.Open(token, c.AccessKeyID, noon); !errors.Is(err, apierror.InvalidClientTokenId) {
				t.Fatalf("byte %d changed or the rest cut: %v", n, err)
			}
		}
	}
}

func TestSecretsDiffer(t *testing.T) {
	issuer := session.NewIssuer(keys(t, 1))
	a, _, _ := issuer.Issue(roleSession(), chance(1))
	b, _, _ := issuer.Issue(roleSession(), chance(2))
	if a.SecretAccessKey == b.SecretAccessKey || a.AccessKeyID == b.AccessKeyID || a.SessionToken == b.SessionToken {
		t.Error("two sessions share a secret, a key id or a token")
	}
}

func TestPackedSize(t *testing.T) {
	issuer := session.NewIssuer(keys(t, 1))
	bare := session.Record{Kind: session.Role, Account: "111122223333", PrincipalARN: "arn", IssuedAt: noon, ExpiresAt: noon.Add(time.Hour)}
	random := rand.New(chance(4))
	tag := func(n int) session.Tag { return session.Tag{Key: fmt.Sprint("key", n), Value: noise(random, 256)} }
	for _, test := range []struct {
		name     string
		policy   string
		tags     int
		min, max int
		message  string
	}{
		{"nothing", "", 0, 0, 0, ""},
		{"a usual policy", roleSession().InlinePolicy, 0, 1, 10, ""},
		{"the longest policy, all the same", strings.Repeat("x", 2048), 0, 1, 5, ""},
		{"the longest policy, incompressible", noise(random, 2048), 0, 60, 100, ""},
		{"few long tags", "", 5, 30, 100, ""},
		{"many long tags", "", 40, 101, 1000, "Packed size of session tags consumes %d%% of allotted space."},
		{"policy and tags", noise(random, 2048), 10, 101, 1000, "Packed policy consumes %d%% of allotted space, please use smaller policy."},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := bare
			r.InlinePolicy = test.policy
			for n := range test.tags {
				r.Tags = append(r.Tags, tag(n))
			}
			c, percent, err := issuer.Issue(r, chance(1))
			if percent < test.min || percent > test.max {
				t.Errorf("packed size is %d%%, want %d to %d", percent, test.min, test.max)
			}
			if test.message == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			want := apierror.New(apierror.PackedPolicyTooLarge, test.message, percent)
			if err == nil || err.Error() != want.Error() {
				t.Errorf("error is %v, want %v", err, want)
			}
			if c != (session.Credentials{}) {
				t.Error("an error comes with credentials")
			}
		})
	}
}

// noise is text that hardly compresses.
func noise(random *rand.Rand, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(33 + random.IntN(94))
	}
	return string(out)
}

func TestTokensFitIntoTheLimit(t *testing.T) {
	issuer := session.NewIssuer(keys(t, 1))
	random := rand.New(chance(5))
	r := session.Record{
		Kind: session.Role, Account: "111122223333", IssuedAt: noon, ExpiresAt: noon.Add(time.Hour),
		PrincipalARN: "arn:aws:sts::111122223333:assumed-role/" + noise(random, 64) + "/" + noise(random, 64),
		RoleARN:      "arn:aws:iam::111122223333:role/" + noise(random, 64), IssuedTo: "arn:aws:iam::111122223333:user/" + noise(random, 64),
		SessionName: noise(random, 64), SourceIdentity: noise(random, 64), UniqueID: noise(random, 21), Incarnation: noise(random, 32),
		InlinePolicy: noise(random, 2048), FederatedProvider: noise(random, 100),
	}
	if c := issue(t, issuer, r); len(c.SessionToken) > session.TokenLimit {
		t.Errorf("the token has %d characters", len(c.SessionToken))
	}
	r.RoleARN = noise(random, 2000)
	if _, _, err := issuer.Issue(r, chance(1)); !errors.Is(err, apierror.PackedPolicyTooLarge) {
		t.Errorf("a record that cannot fit: %v", err)
	}
}

func TestRecordsThatNobodyShouldAskFor(t *testing.T) {
	issuer := session.NewIssuer(keys(t, 1))
	for name, change := range map[string]func(*session.Record){
		"no kind":      func(r *session.Record) { r.Kind = 0 },
		"no principal": func(r *session.Record) { r.PrincipalARN = "" },
		"no account":   func(r *session.Record) { r.Account = "" },
		"no life":      func(r *session.Record) { r.ExpiresAt = r.IssuedAt },
		"too long":     func(r *session.Record) { r.ExpiresAt = r.IssuedAt.Add(36*time.Hour + time.Second) },
	} {
		r := roleSession()
		change(&r)
		if _, _, err := issuer.Issue(r, chance(1)); err == nil || apierror.Of(err) != nil {
			t.Errorf("%s: error is %v, want an internal one", name, err)
		}
	}
}

// FuzzOpen: what opens was issued.
func FuzzOpen(f *testing.F) {
	issuer := session.NewIssuer(keys(f, 1))
	c := issue(f, issuer, roleSession())
	f.Add(c.SessionToken, c.AccessKeyID)
	f.Add("AQ", "")
	f.Fuzz(func(t *testing.T, token, key string) {
		_, _, err := issuer.Open(token, key, noon)
		if (err == nil) != (token == c.SessionToken && key == c.AccessKeyID) {
			t.Errorf("Open(%q, %q): %v", token, key, err)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	issuer := session.NewIssuer(keys(b, 1))
	c := issue(b, issuer, roleSession())
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := issuer.Open(c.SessionToken, c.AccessKeyID, noon); err != nil {
			b.Fatal(err)
		}
	}
}
