package policy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/keyreeve/keyreeve/policy"
)

const trust = `{
  "Statement": [{
    "Effect": "Allow",
    "Principal": {"AWS": ["arn:aws:iam::111122223333:user/ann", "\u0031"], "Service": "é.example.com"},
    "Action": "sts:AssumeRole"
  }, {"Effect": "Deny", "NotPrincipal": "*", "Action": "sts:AssumeRole"}]
}`

func mustParse(t *testing.T, text string) *policy.Document {
	t.Helper()
	d, err := policy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestPrincipals(t *testing.T) {
	type value struct {
		Type             policy.PrincipalType
		Value, InTheText string
	}
	var got []value
	for _, p := range mustParse(t, trust).Principals() {
		got = append(got, value{p.Type, p.Value, trust[p.Start:p.End]})
	}
	want := []value{
		{policy.AWS, "arn:aws:iam::111122223333:user/ann", `"arn:aws:iam::111122223333:user/ann"`},
		{policy.AWS, "1", `"\u0031"`},
		{policy.Service, "é.example.com", `"é.example.com"`},
		{policy.AWS, "*", `"*"`},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestSplice(t *testing.T) {
	ps := mustParse(t, trust).Principals()
	got := policy.Splice(trust, []policy.Replacement{
		{Span: ps[2].Span, Value: `a"b<`},
		{Span: ps[0].Span, Value: "AIDAEXAMPLE"},
	})
	want := strings.NewReplacer(`"arn:aws:iam::111122223333:user/ann"`, `"AIDAEXAMPLE"`, `"é.example.com"`, `"a\"b<"`).Replace(trust)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got := policy.Splice(trust, nil); got != trust {
		t.Errorf("without replacements the text changes: %s", got)
	}
}

func TestPositions(t *testing.T) {
	d := mustParse(t, trust)
	type place struct{ Begin, End policy.Position }
	var got []place
	for _, s := range d.Statements {
		got = append(got, place{s.Begin, s.End})
	}
	want := []place{
		{policy.Position{Line: 2, Column: 17}, policy.Position{Line: 6, Column: 3}},
		{policy.Position{Line: 6, Column: 6}, policy.Position{Line: 6, Column: 72}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// Columns count characters, offsets bytes.
	if p := d.Position(strings.Index(trust, `.example`)); p != (policy.Position{Line: 4, Column: 89}) {
		t.Errorf("%+v", p)
	}
}

// The service's own example of a position: the inner object stands in the
// columns 40 to 112, braces included.
func TestPositionOfASimulation(t *testing.T) {
	text := `{"Version": "2012-10-17", "Statement": {"Sid": "", "Effect": "Allow", "Action": "s3:*234", "Resource": "*"}}`
	s := mustParse(t, text).Statements[0]
	if s.Begin.Column != 40 || text[s.Begin.Column-1] != '{' || text[s.End.Column-1] != '}' {
		t.Errorf("%+v %+v", s.Begin, s.End)
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]int{"": 0, " {\t\"a b\"\r\n: é}": 8} {
		if got := policy.Size(text); got != want {
			t.Errorf("Size(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestContextKeys(t *testing.T) {
	a := mustParse(t, `{"Version": "2012-10-17", "Statement": [
	 {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::b/${aws:username}/${*}", "arn:${aws:no}:s3:::b"],
	  "Condition": {"StringLike": {"s3:prefix": ["${aws:PrincipalTag/Team, 'x'}", "${AWS:Username}"]}, "NumericEquals": {"n": "${aws:no}"}}}]}`)
	b := mustParse(t, `{"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:no}",
	  "Condition": {"Bool": {"aws:SecureTransport": "false"}, "Null": {"S3:Prefix": "true"}}}}`)
	want := []string{"aws:username", "s3:prefix", "aws:PrincipalTag/Team", "n", "aws:SecureTransport"}
	if d := cmp.Diff(want, policy.ContextKeys(a, b)); d != "" {
		t.Error(d)
	}
}

func TestParseIsLenient(t *testing.T) {
	for _, text := range []string{
		`{"Statement": {"Effect": "Allow"}}`,
		`{"Statement": {"Effect": "Allow", "Sid": "a b", "Principal": "*", "Action": "x", "Resource": ""}}`,
		`{"Statement": [{"Effect": "Allow", "Sid": "a"}, {"Effect": "Allow", "Sid": "a", "Condition": {"X": {"k": true}}}]}`,
	} {
		mustParse(t, text)
	}
	if _, err := policy.Parse(`{"Statement": {"Effect": "allow"}}`); err == nil {
		t.Error("the effect allow is accepted")
	}
}

func TestDepthIsBounded(t *testing.T) {
	deep := strings.Repeat(`[`, 100_000) + strings.Repeat(`]`, 100_000)
	if _, err := policy.Parse(`{"Statement": ` + deep + `}`); err == nil || !strings.Contains(err.Error(), "nested too deeply") {
		t.Error(err)
	}
}

// What is read is JSON to encoding/json too, its spans are the literals, and
// putting every principal back in its place changes no meaning.
func FuzzParse(f *testing.F) {
	f.Add(trust)
	f.Add(`{"Version":"2012-10-17","Id":"\ud83d\ude00","Statement":{"Sid":"a","Effect":"Deny","NotAction":[],"NotResource":"*","Condition":{"Bool":{"a":[true,-1.5e3,"x"]}}}}`)
	f.Add(`{"Statement":{"Effect":"Allow","Effect":"Deny"}}`)
	f.Add("{\"Statement\":[{\"Effect\":\"Allow\",\"Sid\":\"\xff\"}]}")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := policy.Parse(text)
		for k := policy.ManagedPolicy; k <= policy.Endpoint; k++ {
			if _, strict := policy.ParseAs(k, text); strict == nil && err != nil {
				t.Fatalf("ParseAs accepts what Parse refuses: %v", err)
			}
		}
		if err != nil {
			return
		}
		if !json.Valid([]byte(text)) {
			t.Fatal("this is not JSON")
		}
		var rs []policy.Replacement
		for _, p := range d.Principals() {
			var s string
			if err := json.Unmarshal([]byte(text[p.Start:p.End]), &s); err != nil || s != p.Value {
				t.Fatalf("%q stands where %q should", text[p.Start:p.End], p.Value)
			}
			rs = append(rs, policy.Replacement{Span: p.Span, Value: p.Value})
		}
		again, err := policy.Parse(policy.Splice(text, rs))
		if err != nil {
			t.Fatalf("after splicing: %v", err)
		}
		values := func(d *policy.Document) (vs []string) {
			for _, p := range d.Principals() {
				vs = append(vs, string(p.Type), p.Value)
			}
			return append(vs, policy.ContextKeys(d)...)
		}
		if d := cmp.Diff(values(d), values(again)); d != "" {
			t.Fatal(d)
		}
	})
}
