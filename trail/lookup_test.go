package trail_test

import (
	"slices"
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
