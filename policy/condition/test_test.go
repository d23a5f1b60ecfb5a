package condition_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/keyreeve/keyreeve/policy/condition"
)

func TestContextLayers(t *testing.T) {
	var caller, request condition.Context
	caller.Set("aws:username", "ann")
	caller.Set("aws:UserAgent", "x")
	request.Over(&caller)
	request.Set("AWS:USERNAME", "bob")
	request.SetValues("none", nil, true)

	if d := cmp.Diff([]string{"bob"}, request.Values("aws:username")); d != "" {
		t.Error(d)
	}
	if !request.Has("aws:useragent") || request.Has("none") || request.Has("other") {
		t.Error("Has is wrong")
	}
	names := map[string]int{}
	for k := range request.Keys() {
		names[k.String()]++
	}
	if d := cmp.Diff(map[string]int{"aws:username": 1, "aws:useragent": 1, "none": 1}, names); d != "" {
		t.Error(d)
	}
	request.Reset()
	if request.Has("aws:username") || !caller.Has("aws:username") {
		t.Error("Reset removes too little or too much")
	}
}

func TestParseOperator(t *testing.T) {
	for _, name := range []string{"StringEquals", "stringequals", "ForAllValues:StringLike", "FORANYVALUE:ArnLikeIfExists", "Null", "ForAnyValue:Null"} {
		if _, ok := condition.ParseOperator(name); !ok {
			t.Errorf("%s is unknown", name)
		}
	}
	for _, name := range []string{"", "String", "NotBool", "NullIfExists", "ForAnyValue:", "IfExists", "StringEqualsIfExistsIfExists", "ForAnyValue:ForAllValues:StringEquals", "NumericBetween"} {
		if op, ok := condition.ParseOperator(name); ok {
			t.Errorf("%s is %+v", name, op)
		}
	}
}

func TestTemplateVariables(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                  nil,
		"plain $ { } ${*}${?}${$}":          nil,
		"a${b}c${d, 'e'}":                   {"b", "d"},
		"${a, ''}":                          {"a"},
		"${a,'b'}":                          {"a,'b'"},
		"${a, 'b}":                          {"a, 'b"},
		"${a, 'b'c'}":                       {"a, 'b'c'"},
		"${ a }":                            {" a "},
		"${}":                               {""},
		"${open":                            nil,
		"${a${b}":                           {"a${b"},
		"${aws:PrincipalTag/a b, 'x, \"y'}": {"aws:PrincipalTag/a b"},
	} {
		template := condition.ParseTemplate(text, true, true)
		if d := cmp.Diff(want, template.Variables()); d != "" {
			t.Errorf("%s: %s", text, d)
		}
		template = condition.ParseTemplate(text, false, true)
		if !template.Fixed() {
			t.Errorf("%s: has variables where there are none", text)
		}
	}
}

// The zero test, and one with an operator that does not exist, never hold.
func TestUnknownNeverHolds(t *testing.T) {
	var zero condition.Test
	unknown := condition.NewTest("StringIs", "k", []string{"v"}, true)
	var c condition.Context
	c.Set("k", "v")
	for _, context := range []*condition.Context{nil, {}, &c} {
		if zero.Holds(context) || unknown.Holds(context) {
			t.Error("it holds")
		}
	}
}

// Not holds for everything that the operator without it fails for, except for
// what the operator cannot compare; then neither holds.
func FuzzNegation(f *testing.F) {
	f.Add("StringLike", "a*", "${k}", "ab")
	f.Add("NumericEquals", "5", "x", "6")
	f.Add("DateEquals", "2024", "2024-05", "never")
	f.Add("IpAddress", "10.0.0.0/8", "::1", "10.1.1.1")
	f.Add("ArnLike", "arn:aws:s3:::*", "*", "arn:aws:s3:::b")
	negations := map[string]string{
		"StringEquals": "StringNotEquals", "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase", "StringLike": "StringNotLike",
		"ArnLike": "ArnNotLike", "IpAddress": "NotIpAddress", "NumericEquals": "NumericNotEquals", "DateEquals": "DateNotEquals",
	}
	f.Fuzz(func(t *testing.T, op, a, b, value string) {
		if len(a)+len(b)+len(value) > 1000 {
			return
		}
		var c condition.Context
		c.Set("k", value)
		for _, v := range []bool{true, false} {
			values := []string{a, b}
			if not := negations[op]; not != "" {
				positive, negative := condition.NewTest(op, "k", values, v), condition.NewTest(not, "k", values, v)
				p, n := positive.Holds(&c), negative.Holds(&c)
				ordered := strings.HasPrefix(op, "Numeric") || strings.HasPrefix(op, "Date")
				if p == n && (p || !ordered) {
					t.Errorf("%s and %s both say %v", op, not, p)
				}
			}
			any := condition.NewTest(op, "k", values, v)
			any.Holds(&c)
			any.Holds(nil)
		}
	})
}
