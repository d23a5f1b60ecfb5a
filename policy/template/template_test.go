package template_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/policy/template"
)

func Example() {
	document, err := template.Render(
		`{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::@{bucket}/*","@{others}"]}`,
		[]template.Parameter{
			{Name: "bucket", Values: []string{"data"}},
			{Name: "others", Values: []string{"arn:aws:s3:::a/*", "arn:aws:s3:::b/*"}, List: true},
		})
	fmt.Println(document, err)
	// Output:
	// {"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::data/*","arn:aws:s3:::a/*","arn:aws:s3:::b/*"]} <nil>
}

func TestRender(t *testing.T) {
	one := func(name, value string) template.Parameter {
		return template.Parameter{Name: name, Values: []string{value}}
	}
	list := func(name string, values ...string) template.Parameter {
		return template.Parameter{Name: name, Values: values, List: true}
	}
	for _, c := range []struct {
		text       string
		parameters []template.Parameter
		want       string // or part of the error
	}{
		{`{"R": "x"}`, nil, `{"R": "x"}`},
		{`{"R":"@{a}-@{b}@{a}"}`, []template.Parameter{one("a", "1"), one("b", "2")}, `{"R":"1-21"}`},
		{`{"R":"@{a}"}`, []template.Parameter{one("a", `"],"Action":["*`)}, `{"R":"\"],\"Action\":[\"*"}`},
		{`{"R":"@{a}"}`, []template.Parameter{one("a", "@{b}"), one("b", "x")}, "the template has no parameter b"},
		{`{"R":"@{a}"}`, []template.Parameter{list("a", "x", "y")}, `{"R":["x","y"]}`},
		{`{"R":["@{a}"]}`, []template.Parameter{list("a", "x")}, `{"R":["x"]}`},
		{`{"R":["z","@{a}"]}`, []template.Parameter{list("a", "x", "y")}, `{"R":["z","x","y"]}`},
		{`{"R":"p@{a}"}`, []template.Parameter{list("a", "x")}, "must stand alone"},
		{`{"@{a}":"x"}`, []template.Parameter{one("a", "R")}, "cannot stand in a key"},
		{`{"R":"@{a}"}`, nil, "no value for the parameter a"},
		{`{"R":"@{a"}`, []template.Parameter{one("a", "x")}, "not closed"},
		{`{"R":"x"}`, []template.Parameter{one("a", "x")}, "has no parameter a"},
		{`{"R":"@{a}"}`, []template.Parameter{one("a", "x"), one("a", "y")}, "given twice"},
		{`{"R":"@{a}"}`, []template.Parameter{{Name: "a", Values: []string{"x", "y"}}}, "has 2 values"},
		{`{"R":"@{a}"}`, []template.Parameter{list("a")}, "has no values"},
		{`{"R":`, nil, "no JSON document"},
		{`{"R":"\u0040{a}"}`, []template.Parameter{one("a", "x")}, `{"R":"x"}`},
	} {
		got, err := template.Render(c.text, c.parameters)
		if err != nil {
			got = err.Error()
			if strings.Contains(got, c.want) {
				continue
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s with %+v: %s", c.text, c.parameters, diff)
		}
	}
}

// FuzzRender: whatever the values are, they become what the strings say and nothing
// else.
func FuzzRender(f *testing.F) {
	f.Add(`"]}`, `\`, "@{a}")
	f.Fuzz(func(t *testing.T, a, x, y string) {
		got, err := template.Render(`{"A":"s3:@{a}","R":["@{l}","z"],"E":"Deny"}`, []template.Parameter{
			{Name: "a", Values: []string{a}}, {Name: "l", Values: []string{x, y}, List: true},
		})
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			A, E string
			R    []string
		}
		decoder := json.NewDecoder(strings.NewReader(got))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&d); err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		valid := func(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
		if len(d.R) != 3 || d.E != "Deny" || len([]rune(d.A)) < 3 || d.R[2] != "z" || valid(x) == x && d.R[0] != x || valid(y) == y && d.R[1] != y || valid(a) == a && d.A != "s3:"+a {
			t.Fatalf("%q %q %q became %s", a, x, y, got)
		}
	})
}

// FuzzTemplate: no template makes it fail otherwise than by an error, and what comes
// out is JSON.
func FuzzTemplate(f *testing.F) {
	f.Add(`{"R":["@{a}"]}`)
	f.Add(`"@{a}"`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := template.Render(text, []template.Parameter{{Name: "a", Values: []string{"x", "y"}, List: true}})
		if err == nil && !json.Valid([]byte(got)) {
			t.Fatalf("%q became %q", text, got)
		}
	})
}
