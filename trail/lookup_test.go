package trail_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/trail"
)

func TestSummarize(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name  string
		event trail.Event
		want  trail.Summary
	}{
		{"a user attaches a policy", trail.Event{
			UserIdentity: trail.User("111122223333", "AIDA", "arn:aws:iam::111122223333:user/alice", "alice", "AKIA", nil), EventTime: noon, EventID: "e",
			EventSource: "iam.amazonaws.com", EventName: "AttachUserPolicy",
			RequestParameters: trail.Map{"userName": "bob", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
		}, trail.Summary{
			EventID: "e", EventName: "AttachUserPolicy", EventSource: "iam.amazonaws.com", EventTime: noon, Username: "alice", AccessKeyID: "AKIA",
			Resources: []trail.NamedResource{{Type: "AWS::IAM::Policy", Name: "arn:aws:iam::aws:policy/ReadOnlyAccess"}, {Type: "AWS::IAM::User", Name: "bob"}},
		}},
		{"a session reads", trail.Event{
			UserIdentity: trail.AssumedRole("111122223333", "AROA", "one", "arn:aws:sts::111122223333:assumed-role/app/one", "arn:aws:iam::111122223333:role/app", "app", "ASIA", &trail.Session{IssuedAt: noon}),
			EventTime:    noon, EventSource: "iam.amazonaws.com", EventName: "ListUsers", ReadOnly: true,
		}, trail.Summary{EventName: "ListUsers", EventSource: "iam.amazonaws.com", EventTime: noon, ReadOnly: true, Username: "one", AccessKeyID: "ASIA"}},
		{"the root user makes a role", trail.Event{
			UserIdentity: trail.Root("aws", "111122223333", "AKIA", nil), EventTime: noon, EventName: "CreateRole",
			RequestParameters: trail.Map{"roleName": "app"}, ResponseElements: trail.Map{"role": map[string]any{"roleName": "app", "tags": []any{map[string]any{"userName": "x"}}}},
		}, trail.Summary{EventName: "CreateRole", EventTime: noon, Username: "root", AccessKeyID: "AKIA", Resources: []trail.NamedResource{{Type: "AWS::IAM::Role", Name: "app"}}}},
	} {
		record, err := test.event.Encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, trail.Summarize(record)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
	for _, text := range []string{"", "{", "[]", `"x"`, `{"resources":7,"userIdentity":[],"requestParameters":"x"}`} {
		if diff := cmp.Diff(trail.Summary{}, trail.Summarize([]byte(text))); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// What has a value is found by it, and by nothing else.
func TestTermsAreWhatSummariesHave(t *testing.T) {
	s := trail.Summary{
		EventName: "AttachUserPolicy", EventSource: "iam.amazonaws.com", Username: "alice", AccessKeyID: "AKIA",
		Resources: []trail.NamedResource{{Type: "AWS::IAM::Policy", Name: "arn:aws:iam::aws:policy/ReadOnlyAccess"}, {Type: "AWS::IAM::User", Name: "bob"}},
	}
	terms := s.Terms("111122223333")
	values := []string{
		"AttachUserPolicy", "iam.amazonaws.com", "alice", "AKIA", "AWS::IAM::Policy", "AWS::IAM::User", "ReadOnlyAccess",
		"arn:aws:iam::aws:policy/ReadOnlyAccess", "bob", "false", "true", "", "Alice",
	}
	n := 1 // that of the account
	for k := trail.EventName; k <= trail.AccessKeyID; k++ {
		for _, v := range values {
			has := s.Has(k, v)
			if has {
				n++
			}
			if got := slices.Contains(terms, trail.TermOf("111122223333", k, v)); got != has {
				t.Errorf("%s %q: a term %t, has it %t", k, v, got, has)
			}
			if slices.Contains(terms, trail.TermOf("444455556666", k, v)) {
				t.Errorf("%s %q: found in another account", k, v)
			}
		}
		if parsed, ok := trail.ParseLookupKey(k.String()); !ok || parsed != k {
			t.Errorf("%s is read as %s", k, parsed)
		}
	}
	if n != len(terms) {
		t.Errorf("%d terms for %d values", len(terms), n)
	}
	if _, ok := trail.ParseLookupKey(""); ok {
		t.Error("no name is a key")
	}
}

func BenchmarkSummarize(b *testing.B) {
	record, err := trail.Event{
		UserIdentity: trail.User("111122223333", "AIDA", "arn:aws:iam::111122223333:user/alice", "alice", "AKIA", nil), EventTime: time.Now(), EventID: "e",
		EventSource: "iam.amazonaws.com", EventName: "AttachUserPolicy", UserAgent: "aws-cli/2.9.19 Python/3.11.2 Linux/6.1", RequestID: "0", RecipientAccountID: "111122223333",
		RequestParameters: trail.Map{"userName": "bob", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
	}.Encode(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		s := trail.Summarize(record)
		s.Terms("111122223333")
	}
}

// The terms that an event is written with are those that would be read from its record.
func TestIndexIsWhatIsRead(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	names := slices.Collect(maps.Keys(trail.ResourceParameters))
	names = append(names, "password", "description", "UserName", "tags")
	texts := []string{"alice", "bob", "arn:aws:iam::111122223333:role/app", "", "\xff\xfex", "a\u2028\"<", strings.Repeat("long ", 400), strings.Repeat("x", 60_000)}
	text := func() string { return texts[random.IntN(len(texts)-random.IntN(2))] }
	var tree func(depth int) any
	tree = func(depth int) any {
		switch n := random.IntN(8); {
		case n < 3 && depth > 0:
			m := map[string]any{}
			for range random.IntN(6) {
				m[names[random.IntN(len(names))]] = tree(depth - 1)
			}
			return m
		case n == 3 && depth > 0:
			return []any{tree(depth - 1), tree(depth - 1)}
		case n == 4:
			return nil
		case n == 5:
			return []byte(text())
		}
		return text()
	}
	object := func() trail.Map {
		m := trail.Map{}
		for range random.IntN(5) {
			m[names[random.IntN(len(names))]] = tree(3)
		}
		return m
	}
	identities := []trail.Identity{
		trail.Root("aws", "111122223333", text(), nil), trail.User("111122223333", "AIDA", "arn", text(), text(), nil), trail.Anonymous(), trail.Unknown("AKIA\xff"),
		trail.AssumedRole("111122223333", "AROA", "one", "arn", "arn", "app", "ASIA", nil), trail.WebIdentityUser("p", "a", "s:t"), trail.SAMLUser("q", "s", "p"),
	}
	for range 5000 {
		e := trail.Event{
			UserIdentity: identities[random.IntN(len(identities))], EventTime: time.Unix(9, 0), EventSource: "iam.amazonaws.com", EventName: "GetUser", ReadOnly: random.IntN(2) == 0,
			RequestParameters: object(), ResponseElements: object(), AdditionalData: object(), RecipientAccountID: "111122223333",
		}
		for range random.IntN(3) {
			e.Resources = append(e.Resources, trail.Resource{ARN: text(), AccountID: "111122223333", Type: "AWS::IAM::Role"})
		}
		record, terms, err := e.Index(nil)
		if err != nil {
			t.Fatal(err)
		}
		if plain, _ := e.Encode(nil); string(plain) != string(record) {
			t.Fatalf("another record:\n%s\n%s", plain, record)
		}
		s := trail.Summarize(record)
		want := s.Terms("111122223333")
		slices.Sort(want)
		slices.Sort(terms)
		if !slices.Equal(want, terms) {
			t.Fatalf("%d terms, want %d of %v: %s", len(terms), len(want), s, record[:min(len(record), 2000)])
		}
	}
}

func BenchmarkIndex(b *testing.B) {
	e := trail.Event{
		UserIdentity: trail.User("111122223333", "AIDA", "arn:aws:iam::111122223333:user/alice", "alice", "AKIA", nil), EventTime: time.Now(), EventID: "e",
		EventSource: "iam.amazonaws.com", EventName: "AttachUserPolicy", RequestParameters: trail.Map{"userName": "bob", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
	}
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			e.Encode(nil)
		}
	})
	b.Run("with its terms", func(b *testing.B) {
		for b.Loop() {
			e.Index(nil)
		}
	})
}
