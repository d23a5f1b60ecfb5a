package eval_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/policy/eval/referee"
)

// A workload is questions about policies like those that people have, always the
// same ones:
//
//	a        a user, two groups, five policies, twenty statements
//	b        the same, four of five with conditions, a third with variables
//	c        ten managed policies of 6,144 characters, a boundary, three levels of SCPs,
//	         a resource-based policy: 555 statements
//	d        6,000 users and 4,000 sessions of roles with 1,500 policies between
//	         them, a random one each time
//	hostile  patterns made to be slow to match, and conditions with many values
type workload struct {
	questions []question
	floor     map[floorKey]bool // the answers, by principal and action
}

type question struct {
	mine, its *eval.Set
	request   eval.Request
	floor     floorKey
	check     func() string // what the answer must be
}

// floorKey is what a decision cannot cost less than: one look-up by it.
type floorKey struct{ principal, action string }

type maker struct {
	*rand.Rand
	tb         testing.TB
	conditions bool
	statements int
	contexts   map[string]*eval.Context
}

var workloadNames = []string{"a", "b", "c", "d", "hostile"}

func newWorkload(tb testing.TB, name string) *workload {
	m := &maker{Rand: rand.New(rand.NewPCG(3, 5)), tb: tb, contexts: map[string]*eval.Context{}}
	m.conditions = name != "a"
	w := &workload{}
	switch name {
	case "a", "b":
		w = m.one(5, 4, 512)
	case "c":
		w = m.layered()
	case "d":
		w = m.many()
	case "hostile":
		w = m.hostile()
	}
	w.floor = map[floorKey]bool{}
	for i := range w.questions {
		w.floor[w.questions[i].floor] = i%2 == 0
	}
	return w
}

var services = map[string][]string{
	"s3":       {"GetObject", "PutObject", "DeleteObject", "ListBucket", "GetBucketLocation", "GetObjectTagging", "PutObjectTagging"},
	"sqs":      {"SendMessage", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ListQueues"},
	"dynamodb": {"GetItem", "PutItem", "Query", "Scan", "UpdateItem", "DeleteItem", "DescribeTable"},
	"lambda":   {"InvokeFunction", "GetFunction", "ListFunctions", "UpdateFunctionCode"},
	"ec2":      {"DescribeInstances", "RunInstances", "StopInstances", "StartInstances", "TerminateInstances"},
	"logs":     {"PutLogEvents", "CreateLogStream", "GetLogEvents", "DescribeLogGroups"},
	"iam":      {"GetUser", "ListUsers", "PassRole", "GetRole", "CreateAccessKey"},
	"kms":      {"Decrypt", "Encrypt", "GenerateDataKey", "DescribeKey"},
	"sns":      {"Publish", "Subscribe", "ListTopics"},
	"ssm":      {"GetParameter", "GetParameters", "PutParameter"},
}

var serviceNames = []string{"s3", "sqs", "dynamodb", "lambda", "ec2", "logs", "iam", "kms", "sns", "ssm"}

func (m *maker) pick(in []string) string { return in[m.IntN(len(in))] }

func (m *maker) resource(service string, wild bool) string {
	name := fmt.Sprintf("app%d", m.IntN(8))
	tail := map[string]string{
		"s3": "arn:aws:s3:::" + name + "/in/", "sqs": "arn:aws:sqs:eu-west-1:" + ours + ":" + name + "-", "dynamodb": "arn:aws:dynamodb:eu-west-1:" + ours + ":table/" + name + "-",
		"lambda": "arn:aws:lambda:eu-west-1:" + ours + ":function:" + name + "-", "ec2": "arn:aws:ec2:eu-west-1:" + ours + ":instance/i-" + name,
		"logs": "arn:aws:logs:eu-west-1:" + ours + ":log-group:/" + name + "/", "iam": "arn:aws:iam::" + ours + ":user/" + name + "/", "kms": "arn:aws:kms:eu-west-1:" + ours + ":alias/" + name + "-",
		"sns": "arn:aws:sns:eu-west-1:" + ours + ":" + name + "-", "ssm": "arn:aws:ssm:eu-west-1:" + ours + ":parameter/" + name + "/",
	}[service]
	if wild {
		return tail + "*"
	}
	return tail + fmt.Sprintf("part%d", m.IntN(100))
}

func quoted(list []string) string { return `["` + strings.Join(list, `", "`) + `"]` }

// statement is one of ten that people write: some actions of a service on some
// of its resources.
func (m *maker) statement(effect string) string {
	service := m.pick(serviceNames)
	var actions []string
	for range 1 + m.IntN(4) {
		name := m.pick(services[service])
		switch m.IntN(6) {
		case 0:
			name = name[:3] + "*"
		case 1:
			name = strings.TrimRight(name, "abcdefghijklmnopqrstuvwxyz") + "*"
		}
		actions = append(actions, service+":"+name)
	}
	if m.IntN(12) == 0 {
		actions = []string{service + ":*"}
	}
	resources := []string{m.resource(service, true)}
	if m.IntN(3) == 0 {
		resources = append(resources, m.resource(service, true))
	}
	if m.conditions && m.IntN(3) == 0 {
		resources[0] = strings.TrimSuffix(resources[0], "*") + "${aws:username}/*"
	}
	if effect == "Allow" && m.IntN(8) == 0 {
		resources = []string{"*"}
	}
	return `{"Effect": "` + effect + `", "Action": ` + quoted(actions) + `, "Resource": ` + quoted(resources) + m.condition() + `}`
}

func (m *maker) condition() string {
	if !m.conditions || m.IntN(5) == 0 {
		return ""
	}
	return `, "Condition": {` + m.pick([]string{
		`"Bool": {"aws:SecureTransport": "true"}`,
		`"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16", "2001:db8::/32"]}`,
		`"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}`,
		`"StringEquals": {"aws:ResourceTag/owner": "${aws:username}"}`,
		`"StringLike": {"aws:PrincipalTag/team": ["blue*", "green-?"]}, "Bool": {"aws:SecureTransport": "true"}`,
		`"DateGreaterThan": {"aws:CurrentTime": "2024-01-01T00:00:00Z"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}`,
		`"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::` + ours + `:user/*"}`,
		`"Null": {"aws:TokenIssueTime": "true"}`,
	}) + `}`
}

func document(statements []string) string {
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ",\n") + `]}`
}

// document makes a policy of n statements, one of six of them a Deny.
func (m *maker) document(n int) string {
	var statements []string
	for range n {
		effect := "Allow"
		if m.statements++; m.statements%6 == 5 {
			effect = "Deny"
		}
		statements = append(statements, m.statement(effect))
	}
	return document(statements)
}

func (m *maker) parse(text string) *policy.Document {
	doc, err := policy.Parse(text)
	if err != nil {
		m.tb.Fatalf("%v in %s", err, text)
	}
	return doc
}

// ask makes a question about a principal.
func (m *maker) ask(principal string) testCase {
	service := m.pick(serviceNames)
	c := testCase{}
	c.Principal, c.Owner = principal, ours
	c.Action, c.Resource = service+":"+m.pick(services[service]), m.resource(service, false)
	if m.conditions && m.IntN(3) == 0 {
		c.Resource = strings.TrimRight(m.resource(service, true), "*") + "ann/x"
	}
	c.Context = map[string][]string{
		"aws:username": {"ann"}, "aws:SecureTransport": {m.pick([]string{"true", "true", "false"})}, "aws:SourceIp": {"10.1.2.3"},
		"aws:RequestedRegion": {"eu-west-1"}, "aws:CurrentTime": {"2026-11-25T12:00:00Z"}, "aws:EpochTime": {"1795608000"},
		"aws:PrincipalTag/team": {"blue-1"}, "aws:ResourceTag/owner": {m.pick([]string{"ann", "bob"})}, "aws:MultiFactorAuthAge": {"120"},
		"aws:PrincipalArn": {userARN(1)}, "aws:PrincipalAccount": {ours}, "aws:UserAgent": {"aws-cli/2"}, "aws:ViaAWSService": {"false"},
		"aws:PrincipalType": {"User"}, "aws:userid": {"AIDAEXAMPLE"},
	}
	return c
}

func (m *maker) question(c testCase, mine, its *eval.Set) question {
	req, _ := c.forEval()
	// A request's context was made just now and is near, also among 20,000 questions.
	name := fmt.Sprint(c.Context)
	if m.contexts[name] == nil {
		m.contexts[name] = req.Context
	}
	req.Context = m.contexts[name]
	return question{
		mine: mine, its: its, request: *req, floor: floorKey{c.Principal, c.Action},
		check: func() string { return referee.Decide(&c.Case) },
	}
}

func userARN(i int) string { return fmt.Sprintf("arn:aws:iam::%s:user/u%d", ours, i) }

// one is one user with its policies and those of its groups, which count alike.
func (m *maker) one(policies, statements, questions int) *workload {
	var docs []*policy.Document
	for range policies {
		docs = append(docs, m.parse(m.document(statements)))
	}
	set := eval.Compose(eval.Policies{Identity: compile(docs)})
	w := &workload{}
	for range questions {
		c := m.ask(userARN(1))
		c.Identity = docs
		w.questions = append(w.questions, m.question(c, set, nil))
	}
	return w
}

// layered is a principal of a large organization.
func (m *maker) layered() *workload {
	var c testCase
	for range 10 {
		c.Identity = append(c.Identity, m.parse(m.document(44)))
	}
	allow := `{"Effect": "Allow", "Action": "*", "Resource": "*"}`
	c.Boundary = []*policy.Document{m.parse(document([]string{allow, m.statement("Deny"), m.statement("Deny"), m.statement("Deny"), m.statement("Deny")}))}
	for range 3 {
		level := []string{allow}
		for range 19 {
			level = append(level, m.statement("Deny"))
		}
		c.SCPs = append(c.SCPs, []*policy.Document{m.parse(document(level))})
	}
	var bucket []string
	for range 50 {
		s := strings.TrimSuffix(m.statement("Allow"), "}")
		bucket = append(bucket, s+fmt.Sprintf(`, "Principal": {"AWS": ["arn:aws:iam::%s:role/app%d", "%s"]}}`, ours, m.IntN(9), userARN(m.IntN(9))))
	}
	c.ResourcePolicy = m.parse(document(bucket))
	_, pol := c.forEval()
	mine := *pol
	mine.Resource = nil
	set, its := eval.Compose(mine), eval.Compose(eval.Policies{Resource: pol.Resource})
	w := &workload{}
	for range 512 {
		q := m.ask(userARN(1))
		q.Identity, q.Boundary, q.SCPs, q.ResourcePolicy = c.Identity, c.Boundary, c.SCPs, c.ResourcePolicy
		w.questions = append(w.questions, m.question(q, set, its))
	}
	return w
}

// many is an account with many principals.
func (m *maker) many() *workload {
	var docs []*policy.Document
	var compiled []*eval.Policy
	for range 1500 {
		d := m.parse(m.document(4))
		docs, compiled = append(docs, d), append(compiled, eval.Compile(d, eval.Source{}))
	}
	type principal struct {
		arn  string
		docs []*policy.Document
		set  *eval.Set
	}
	all := make([]principal, 10_000)
	for i := range all {
		p := principal{arn: userARN(i)}
		if i >= 6000 {
			p.arn = fmt.Sprintf("arn:aws:sts::%s:assumed-role/r%d/s", ours, i)
		}
		var own []*eval.Policy
		for range 2 + m.IntN(4) {
			k := m.IntN(len(docs))
			p.docs, own = append(p.docs, docs[k]), append(own, compiled[k])
		}
		p.set = eval.Compose(eval.Policies{Identity: own})
		all[i] = p
	}
	w := &workload{}
	for range 20_000 {
		p := all[m.IntN(len(all))]
		c := m.ask(p.arn)
		c.Identity = p.docs
		w.questions = append(w.questions, m.question(c, p.set, nil))
	}
	return w
}

// hostile is policies of somebody who wants decisions to be slow. What the
// answer must be is clear from how they are made; the referee would take years.
func (m *maker) hostile() *workload {
	stars := strings.Repeat("*a", 1400)
	few := strings.Repeat("*a", 90)
	texts := []string{
		document([]string{`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::` + few + `*b*"}`}),
		document([]string{`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:*?` + few + `*b*:*:*"}`}),
		document([]string{`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*", "Condition": {"StringLike": {"aws:UserAgent": "` + few + `*b*"}}}`}),
		document([]string{`{"Effect": "Allow", "Action": "s3:` + stars + `b*", "Resource": "*"}`}),
		document([]string{`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::` + stars + `b*"}`}),
		document([]string{`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:` + stars + `b*:*:*"}`}),
		document([]string{`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::` + strings.Repeat("?*", 1400) + `b*"}`}),
		document([]string{`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::*` + strings.Repeat("${aws:username}*", 300) + `b*"}`}),
		document([]string{`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*", "Condition": {"StringLike": {"aws:UserAgent": "` + stars + `b*"}}}`}),
		document([]string{`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:*a?a*:*:*"}`}),
		document([]string{`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*", "Condition": {"StringEquals": {"aws:UserAgent": [` +
			strings.TrimSuffix(strings.Repeat(`"`+strings.Repeat("a", 199)+`b", `, 25), ", ") + `]}}}`}),
	}
	var pol eval.Policies
	for _, text := range texts {
		pol.Identity = append(pol.Identity, eval.Compile(m.parse(text), eval.Source{}))
	}
	set := eval.Compose(pol)
	w := &workload{}
	for i := range 64 {
		c := m.ask(userARN(1))
		c.Action, c.Resource = "s3:GetObject", "arn:aws:s3:::"+strings.Repeat("a", 200+i)
		c.Context["aws:UserAgent"] = []string{strings.Repeat("a", 200)}
		q := m.question(c, set, nil)
		q.check = func() string { return "implicitDeny" }
		w.questions = append(w.questions, q)
	}
	return w
}
