package eval_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/policy/eval/referee"
)

var (
	agreeCases = flag.Int("agree", defaultAgree, "random cases on which Decide and the referee must agree")
	agreeSeed  = flag.Uint64("agree-seed", 1, "the first case's seed; each has its own")
)

const shards = 8

// TestAgree asks Decide, composed sets and the referee the same
// random questions. A failing case is printed as a page of testdata.
//
//	go test ./policy/eval -run Agree -agree 20000000 -agree-seed 7
func TestAgree(t *testing.T) {
	outcomes := make([]map[string]int, shards)
	t.Run("shards", func(t *testing.T) {
		for shard := range shards {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				outcomes[shard] = map[string]int{}
				for i := shard; i < *agreeCases && !t.Failed(); i += shards {
					agree(t, *agreeSeed+uint64(i), outcomes[shard])
				}
			})
		}
	})
	checkSpread(t, outcomes)
}

func agree(t *testing.T, seed uint64, outcomes map[string]int) {
	g := newGenerator(seed, 0)
	c, docs := g.testCase(t)
	req, pol := c.forEval()
	d := eval.Decide(req, pol)
	want := referee.Decide(&c.Case)
	if got := d.Outcome.String(); got != want || d.Fault != "" {
		t.Errorf("seed %d: eval says %s %s, the referee %s:\n%s", seed, got, d.Fault, want, asPage(c, docs, want))
	}
	// Two forms each, another pair with every seed.
	n := uint64(len(forms))
	if !checkForm(t, &forms[seed/shards%n], req, pol, d) || !checkForm(t, &forms[(seed/shards/n+seed)%n], req, pol, d) {
		t.Errorf("seed %d:\n%s", seed, asPage(c, docs, want))
	}
	outcomes[want+" "+d.Kind.String()]++
}

// checkSpread fails if some outcome hardly ever happens: then the generator has
// stopped to test it.
func checkSpread(t *testing.T, outcomes []map[string]int) {
	sum := map[string]int{}
	for _, m := range outcomes {
		for k, n := range m {
			sum[k] += n
		}
	}
	t.Log(sum)
	if *agreeCases < 100_000 {
		return
	}
	for _, want := range []string{
		"allowed identity-based policy", "allowed resource-based policy", "allowed role trust policy",
		"implicitDeny identity-based policy", "implicitDeny resource-based policy", "implicitDeny role trust policy",
		"implicitDeny permissions boundary", "implicitDeny session policy", "implicitDeny service control policy",
		"implicitDeny VPC endpoint policy",
		"explicitDeny identity-based policy", "explicitDeny resource-based policy", "explicitDeny role trust policy",
		"explicitDeny permissions boundary", "explicitDeny session policy", "explicitDeny service control policy",
		"explicitDeny resource control policy", "explicitDeny VPC endpoint policy",
	} {
		if sum[want] < *agreeCases/2000 {
			t.Errorf("only %d of %d cases come to: %s", sum[want], *agreeCases, want)
		}
	}
}

// asPage prints a case as a file for testdata.
func asPage(c *testCase, docs map[string]string, outcome string) string {
	var b strings.Builder
	b.WriteString("Found by TestAgree.\n")
	var names []string
	for name := range docs {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(&b, "-- %s --\n%s\n", name, docs[name])
	}
	request, err := json.Marshal(map[string]any{
		"principal": c.Principal, "principal_issuer": c.Issuer, "action": c.Action, "resource": c.Resource,
		"resource_account": c.Owner, "context": c.Context, "multivalued": c.Multi,
		"principal_is_management_account": c.Management, "principal_is_service_linked_role": c.Linked,
		"resource_is_management_account": c.OwnerManagement,
	})
	if err != nil {
		return err.Error()
	}
	fmt.Fprintf(&b, "-- cases --\n%s %s\n", request, outcome)
	return b.String()
}

// generator makes random cases. Its words are few, so that they often meet.
type generator struct {
	*rand.Rand
	conditions []object          // of the case so far
	statements map[bool][]object // of the case so far: those that name principals, and others
}

func newGenerator(seed, stream uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, stream)), statements: map[bool][]object{}}
}

func (g *generator) one(in ...string) string { return in[g.IntN(len(in))] }
func (g *generator) chance(n int) bool       { return g.IntN(100) < n }

func (g *generator) testCase(t *testing.T) (*testCase, map[string]string) {
	c := &testCase{}
	g.request(c)
	docs := map[string]string{}
	add := func(name string) *policy.Document {
		kind, _, _ := strings.Cut(strings.TrimRight(name, "0123456789"), ".")
		docs[name+".json"] = g.document(kind, c)
		d, err := policy.Parse(docs[name+".json"])
		if err != nil {
			t.Fatalf("%v in %s", err, docs[name+".json"])
		}
		return d
	}
	for i := range g.IntN(3) {
		c.Identity = append(c.Identity, add(fmt.Sprint("identity", i)))
	}
	if g.chance(65) {
		c.ResourcePolicy = add("resource")
	}
	if g.chance(25) {
		c.Boundary = append(c.Boundary, add("boundary0"))
	}
	if g.chance(25) {
		c.Session = append(c.Session, add("session0"))
	}
	if g.chance(12) {
		c.Endpoint = append(c.Endpoint, add("endpoint0"))
	}
	for i := range g.levels() {
		c.SCPs = append(c.SCPs, []*policy.Document{add(fmt.Sprintf("scp.%d", i))})
	}
	for i := range g.levels() {
		c.RCPs = append(c.RCPs, []*policy.Document{add(fmt.Sprintf("rcp.%d", i))})
	}
	return c, docs
}

func (g *generator) levels() int {
	if g.chance(85) {
		return 0
	}
	return 1 + g.IntN(2)
}

const (
	ours   = "111122223333"
	theirs = "444455556666"
)

var (
	principals = []string{
		"anonymous", "s3.amazonaws.com", "arn:aws:iam::" + ours + ":root",
		"arn:aws:iam::" + ours + ":user/ann", "arn:aws:iam::" + ours + ":user/ann", "arn:aws:iam::" + theirs + ":user/p/ann",
		"arn:aws:sts::" + ours + ":assumed-role/app/one", "arn:aws:sts::" + ours + ":assumed-role/app/one",
		"arn:aws:sts::" + theirs + ":assumed-role/app/one", "arn:aws:iam::" + ours + ":role/p/app",
		"arn:aws:sts::" + ours + ":federated-user/guest", "arn:aws-cn:iam::" + ours + ":user/ann",
		"arn:aws:iam::" + ours + ":saml-provider/corp",
	}
	actions = []string{
		"s3:GetObject", "s3:GetObject", "s3:PutObject", "S3:getobject", "sqs:SendMessage", "s3-object-lambda:GetObject",
		"sts:AssumeRole", "sts:TagSession", "kms:Decrypt", "iam:PassRole", "sts:GetCallerIdentity", "sts:GetSessionToken",
		"iam:DeletePolicy", "kms:CreateAlias",
	}
	resources = []string{
		"arn:aws:s3:::b", "arn:aws:s3:::b/k", "arn:aws:s3:::b/ann/k", "arn:aws:s3:::b/*", "arn:aws:s3:::B/k:1", "*",
		"arn:aws:sqs:eu-west-1:" + ours + ":jobs", "arn:aws:sqs:eu-west-1:" + theirs + ":jobs", "arn:aws:s3:::b/${aws:username}",
		"arn:aws:iam::" + ours + ":policy/x", "arn:aws:s3:::b/é", "arn:aws:s3", "bucket",
	}
)

func (g *generator) request(c *testCase) {
	c.Principal, c.Action = g.one(principals...), g.one(actions...)
	c.Owner = g.one(ours, ours, theirs)
	if c.Principal == "arn:aws:sts::"+ours+":federated-user/guest" {
		c.Issuer = g.one("", "arn:aws:iam::"+ours+":user/ann")
	}
	c.Resource = g.one(resources...)
	switch c.Action {
	case "sts:AssumeRole", "sts:TagSession", "iam:PassRole":
		c.Resource = g.one("arn:aws:iam::"+c.Owner+":role/app", "arn:aws:iam::"+c.Owner+":role/aws-reserved/x", c.Resource)
	case "kms:Decrypt", "kms:CreateAlias":
		c.Resource = g.one("arn:aws:kms:eu-west-1:"+c.Owner+":key/1", "arn:aws:kms:eu-west-1:"+c.Owner+":alias/aws/s3", c.Resource)
	case "iam:DeletePolicy":
		c.Resource = g.one("arn:aws:iam::aws:policy/x", "arn:aws:iam::"+c.Owner+":policy/x")
	}
	c.Management, c.Linked, c.OwnerManagement = g.chance(5), g.chance(5), g.chance(5)
	c.Context = map[string][]string{}
	for _, k := range keys {
		if g.chance(45) {
			c.Context[g.recase(k.name)] = g.values(k)
		}
		if k.multi || g.chance(2) {
			c.Multi = append(c.Multi, g.recase(k.name))
		}
	}
}

func (g *generator) values(k key) []string {
	n := 1
	if k.multi || g.chance(4) {
		n = g.IntN(4)
	}
	values := []string{}
	for range n {
		values = append(values, g.one(k.values...))
	}
	return values
}

// recase writes a name now and then in other letters.
func (g *generator) recase(s string) string {
	switch g.IntN(6) {
	case 0:
		return strings.ToUpper(s)
	case 1:
		return strings.ToLower(s)
	}
	return s
}
