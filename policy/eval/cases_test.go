package eval_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/policy/eval/referee"
	"github.com/rogpeppe/go-internal/txtar"
)

// A page of testdata has policies, what its requests have in common, and cases.
// Files by their names:
//
//	identity*.json  boundary*.json  session*.json  endpoint*.json  resource.json
//	scp.LEVEL*.json  rcp.LEVEL*.json    levels in the order of their first files
//	request.json    what the requests have in common
//	cases           one a line: what the request has besides (a JSON object),
//	                the decision, and for a denial its reason, for an Allow
//	                the kind of policy that grants
//
// In a file of policies, {} is a level or list without policies.
type page struct {
	policies func() *testCase
	cases    []line
}

type line struct {
	number   int
	request  map[string]any
	outcome  string
	rest     string
	original string
}

// testCase is a case on its way to both evaluators.
type testCase struct {
	referee.Case
	emptyBoundary, emptySession, emptyEndpoint bool
}

// TestCases asks Decide and the referee all cases of testdata.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			p := readPage(t, file)
			for _, l := range p.cases {
				c := p.policies()
				c.read(t, l.request)
				checkCase(t, l, c)
			}
		})
	}
}

func checkCase(t *testing.T, l line, c *testCase) {
	req, pol := c.forEval()
	d := eval.Decide(req, pol)
	if !checkForms(t, req, pol, d) {
		t.Errorf("line %d: %s", l.number, l.original)
	}
	reason := d.Reason(c.Action)
	if d.Outcome == eval.Allowed {
		reason = "by " + d.Kind.String()
	}
	if d.Fault != "" {
		reason = "fault: " + d.Fault
	}
	if got := d.Outcome.String(); got != l.outcome || l.rest != reason {
		t.Errorf("line %d: %s\n\tgot  %s %s\n\twant %s %s", l.number, l.original, got, reason, l.outcome, l.rest)
	}
	if d.Fault != "" || c.emptyBoundary || c.emptySession || c.emptyEndpoint {
		return // the referee does not know of these
	}
	if got := referee.Decide(&c.Case); got != l.outcome {
		t.Errorf("line %d: %s\n\tthe referee says %s", l.number, l.original, got)
	}
}

func readPage(t *testing.T, file string) page {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var p page
	common := map[string]any{}
	for _, f := range archive.Files {
		switch f.Name {
		case "request.json":
			if err := json.Unmarshal(f.Data, &common); err != nil {
				t.Fatalf("request.json: %v", err)
			}
		case "cases":
			p.cases = readCases(t, string(f.Data), common)
		}
	}
	if len(p.cases) == 0 {
		t.Fatal("the page has no cases")
	}
	p.policies = func() *testCase { return readPolicies(t, archive) }
	return p
}

func readCases(t *testing.T, text string, common map[string]any) []line {
	t.Helper()
	var lines []line
	for i, s := range strings.Split(text, "\n") {
		if s = strings.TrimSpace(s); s == "" || strings.HasPrefix(s, "#") {
			continue
		}
		l := line{number: i + 1, original: s, request: map[string]any{}}
		for k, v := range common {
			l.request[k] = v
		}
		d := json.NewDecoder(strings.NewReader(s))
		var own map[string]any
		if err := d.Decode(&own); err != nil {
			t.Fatalf("cases, line %d: %v", i+1, err)
		}
		for k, v := range own {
			l.request[k] = v
		}
		l.outcome, l.rest, _ = strings.Cut(strings.TrimSpace(s[d.InputOffset():]), " ")
		l.rest = strings.TrimSpace(l.rest)
		lines = append(lines, l)
	}
	return lines
}

func readPolicies(t *testing.T, archive *txtar.Archive) *testCase {
	t.Helper()
	c := &testCase{}
	var scps, rcps []string
	for _, f := range archive.Files {
		if f.Name == "cases" || f.Name == "request.json" {
			continue
		}
		var docs []*policy.Document
		if strings.TrimSpace(string(f.Data)) != "{}" {
			doc, err := policy.Parse(string(f.Data))
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			docs = append(docs, doc)
		}
		kind := strings.TrimRight(strings.TrimSuffix(f.Name, ".json"), "0123456789")
		switch {
		case kind == "identity":
			c.Identity = append(c.Identity, docs...)
		case kind == "boundary":
			c.Boundary, c.emptyBoundary = append(c.Boundary, docs...), docs == nil
		case kind == "session":
			c.Session, c.emptySession = append(c.Session, docs...), docs == nil
		case kind == "endpoint":
			c.Endpoint, c.emptyEndpoint = append(c.Endpoint, docs...), docs == nil
		case kind == "resource":
			c.ResourcePolicy = docs[0]
		case strings.HasPrefix(kind, "scp."):
			c.SCPs = addLevel(c.SCPs, &scps, kind, docs)
		case strings.HasPrefix(kind, "rcp."):
			c.RCPs = addLevel(c.RCPs, &rcps, kind, docs)
		default:
			t.Fatalf("%s: no such kind of policy", f.Name)
		}
	}
	return c
}

func addLevel(levels [][]*policy.Document, names *[]string, name string, docs []*policy.Document) [][]*policy.Document {
	i := slices.Index(*names, name)
	if i < 0 {
		*names = append(*names, name)
		return append(levels, docs)
	}
	levels[i] = append(levels[i], docs...)
	return levels
}

// read fills in the request, in the form of the command decide.
func (c *testCase) read(t *testing.T, request map[string]any) {
	t.Helper()
	for name, v := range request {
		text, _ := v.(string)
		yes, _ := v.(bool)
		switch name {
		case "principal":
			c.Principal = text
		case "principal_issuer":
			c.Issuer = text
		case "action":
			c.Action = text
		case "resource":
			c.Resource = text
		case "resource_account":
			c.Owner = text
		case "principal_is_management_account":
			c.Management = yes
		case "principal_is_service_linked_role":
			c.Linked = yes
		case "resource_is_management_account":
			c.OwnerManagement = yes
		case "context":
			c.Context = map[string][]string{}
			for k, values := range v.(map[string]any) {
				c.Context[k] = []string{}
				if one, ok := values.(string); ok {
					values = []any{one}
				}
				for _, value := range values.([]any) {
					c.Context[k] = append(c.Context[k], fmt.Sprint(value))
				}
			}
		case "multivalued":
			for _, k := range v.([]any) {
				c.Multi = append(c.Multi, k.(string))
			}
		default:
			t.Fatalf("no such member of a request: %s", name)
		}
	}
	c.Federated = strings.HasPrefix(strings.ToLower(c.Action), "sts:assumerolewith")
}

// forEval translates the case for Decide.
func (c *testCase) forEval() (*eval.Request, *eval.Policies) {
	req := &eval.Request{
		Principal: principal(c), Action: c.Action, Resource: c.Resource, ResourceAccount: c.Owner,
		ResourceInManagementAccount: c.OwnerManagement, Context: &eval.Context{},
	}
	for k, values := range c.Context {
		multi := slices.ContainsFunc(c.Multi, func(m string) bool { return strings.EqualFold(m, k) })
		req.Context.SetValues(k, values, multi)
	}
	pol := &eval.Policies{
		Identity: compile(c.Identity), Boundary: compile(c.Boundary), Session: compile(c.Session),
		Endpoint: compile(c.Endpoint),
	}
	if c.emptyBoundary {
		pol.Boundary = []*eval.Policy{}
	}
	if c.emptySession {
		pol.Session = []*eval.Policy{}
	}
	if c.emptyEndpoint {
		pol.Endpoint = []*eval.Policy{}
	}
	if c.ResourcePolicy != nil {
		pol.Resource = compile([]*policy.Document{c.ResourcePolicy})
	}
	for _, level := range c.SCPs {
		pol.SCPs = append(pol.SCPs, compile(level))
	}
	for _, level := range c.RCPs {
		pol.RCPs = append(pol.RCPs, compile(level))
	}
	return req, pol
}

func compile(docs []*policy.Document) []*eval.Policy {
	var ps []*eval.Policy
	for _, d := range docs {
		ps = append(ps, eval.Compile(d, eval.Source{}))
	}
	return ps
}

func principal(c *testCase) eval.Principal {
	p := eval.Principal{ManagementAccount: c.Management, ServiceLinkedRole: c.Linked, Issuer: c.Issuer}
	a, err := arn.Parse(c.Principal)
	switch {
	case c.Principal == "anonymous":
		return p
	case err != nil && c.Federated, strings.Contains(a.Resource, "-provider/"):
		p.Kind, p.Name = eval.FederatedIdentity, c.Principal
		return p
	case err != nil:
		p.Kind, p.Name = eval.Service, c.Principal
		return p
	case a.Resource == "root":
		p.Kind = eval.Root
	case strings.HasPrefix(a.Resource, "user/"):
		p.Kind = eval.User
	case strings.HasPrefix(a.Resource, "federated-user/"):
		p.Kind = eval.FederatedUser
	default:
		p.Kind = eval.RoleSession
	}
	p.ARN, p.Account = c.Principal, a.Account
	return p
}
