package workload

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/keyreeve/keyreeve/policy"
)

// Generator makes policies and requests, one after the other, the same ones from
// every new generator.
type Generator struct {
	random     *rand.Rand
	conditions bool
	statements int
	err        error
}

// NewGenerator makes a generator of policies with conditions and variables, or
// without.
func NewGenerator(conditions bool) *Generator {
	return &Generator{random: rand.New(rand.NewPCG(3, 5)), conditions: conditions}
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

// Actions are all actions that there are in the world of the workloads.
func Actions() []string {
	var all []string
	for _, service := range serviceNames {
		for _, name := range services[service] {
			all = append(all, service+":"+name)
		}
	}
	return all
}

func (g *Generator) pick(in []string) string { return in[g.random.IntN(len(in))] }

func (g *Generator) resource(service string, wild bool) string {
	name := fmt.Sprintf("app%d", g.random.IntN(8))
	head := map[string]string{
		"s3": "arn:aws:s3:::" + name + "/in/", "sqs": "arn:aws:sqs:eu-west-1:" + Account + ":" + name + "-",
		"dynamodb": "arn:aws:dynamodb:eu-west-1:" + Account + ":table/" + name + "-",
		"lambda":   "arn:aws:lambda:eu-west-1:" + Account + ":function:" + name + "-",
		"ec2":      "arn:aws:ec2:eu-west-1:" + Account + ":instance/i-" + name,
		"logs":     "arn:aws:logs:eu-west-1:" + Account + ":log-group:/" + name + "/", "iam": "arn:aws:iam::" + Account + ":user/" + name + "/",
		"kms": "arn:aws:kms:eu-west-1:" + Account + ":alias/" + name + "-", "sns": "arn:aws:sns:eu-west-1:" + Account + ":" + name + "-",
		"ssm": "arn:aws:ssm:eu-west-1:" + Account + ":parameter/" + name + "/",
	}[service]
	if wild {
		return head + "*"
	}
	return head + fmt.Sprintf("part%d", g.random.IntN(100))
}

func quoted(list []string) string { return `["` + strings.Join(list, `", "`) + `"]` }

// statement is one of ten that people write: some actions of a service on some
// of its resources.
func (g *Generator) statement(effect string) string {
	service := g.pick(serviceNames)
	var actions []string
	for range 1 + g.random.IntN(4) {
		name := g.pick(services[service])
		switch g.random.IntN(6) {
		case 0:
			name = name[:3] + "*"
		case 1:
			name = strings.TrimRight(name, "abcdefghijklmnopqrstuvwxyz") + "*"
		}
		actions = append(actions, service+":"+name)
	}
	if g.random.IntN(12) == 0 {
		actions = []string{service + ":*"}
	}
	resources := []string{g.resource(service, true)}
	if g.random.IntN(3) == 0 {
		resources = append(resources, g.resource(service, true))
	}
	if g.conditions && g.random.IntN(3) == 0 {
		resources[0] = strings.TrimSuffix(resources[0], "*") + "${aws:username}/*"
	}
	if effect == "Allow" && g.random.IntN(8) == 0 {
		resources = []string{"*"}
	}
	return `{"Effect": "` + effect + `", "Action": ` + quoted(actions) + `, "Resource": ` + quoted(resources) + g.condition() + `}`
}

func (g *Generator) condition() string {
	if !g.conditions || g.random.IntN(5) == 0 {
		return ""
	}
	return `, "Condition": {` + g.pick([]string{
		`"Bool": {"aws:SecureTransport": "true"}`,
		`"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16", "2001:db8::/32"]}`,
		`"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}`,
		`"StringEquals": {"aws:ResourceTag/owner": "${aws:username}"}`,
		`"StringLike": {"aws:PrincipalTag/team": ["blue*", "green-?"]}, "Bool": {"aws:SecureTransport": "true"}`,
		`"DateGreaterThan": {"aws:CurrentTime": "2024-01-01T00:00:00Z"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}`,
		`"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::` + Account + `:user/*"}`,
		`"Null": {"aws:TokenIssueTime": "true"}`,
	}) + `}`
}

// Policy makes a policy of so many statements, one of six of them a Deny.
func (g *Generator) Policy(statements int) *policy.Document {
	var all []string
	for range statements {
		effect := "Allow"
		if g.statements++; g.statements%6 == 5 {
			effect = "Deny"
		}
		all = append(all, g.statement(effect))
	}
	return g.document(all)
}

// limit makes a policy that allows everything but for so many statements.
func (g *Generator) limit(denies int) *policy.Document {
	all := []string{`{"Effect": "Allow", "Action": "*", "Resource": "*"}`}
	for range denies {
		all = append(all, g.statement("Deny"))
	}
	return g.document(all)
}

// resourcePolicy makes a policy that allows things to a role and a user each.
func (g *Generator) resourcePolicy(statements int) *policy.Document {
	var all []string
	for range statements {
		s := strings.TrimSuffix(g.statement("Allow"), "}")
		all = append(all, s+fmt.Sprintf(`, "Principal": {"AWS": ["arn:aws:iam::%s:role/app%d", "%s"]}}`, Account, g.random.IntN(9), userARN(g.random.IntN(9))))
	}
	return g.document(all)
}

func (g *Generator) document(statements []string) *policy.Document {
	return g.parse(`{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ",\n") + `]}`)
}

func (g *Generator) parse(text string) *policy.Document {
	doc, err := policy.Parse(text)
	if err != nil && g.err == nil {
		g.err = fmt.Errorf("%w in %s", err, text)
	}
	return doc
}

// request makes a request and its condition keys.
func (g *Generator) request() (Request, map[string]string) {
	service := g.pick(serviceNames)
	r := Request{Action: service + ":" + g.pick(services[service])}
	r.Resource = g.resource(service, false)
	if g.conditions && g.random.IntN(3) == 0 {
		r.Resource = strings.TrimRight(g.resource(service, true), "*") + "ann/x"
	}
	return r, map[string]string{
		"aws:username": "ann", "aws:SecureTransport": g.pick([]string{"true", "true", "false"}), "aws:SourceIp": "10.1.2.3",
		"aws:RequestedRegion": "eu-west-1", "aws:CurrentTime": "2026-11-25T12:00:00Z", "aws:EpochTime": "1795608000",
		"aws:PrincipalTag/team": "blue-1", "aws:ResourceTag/owner": g.pick([]string{"ann", "bob"}), "aws:MultiFactorAuthAge": "120",
		"aws:PrincipalArn": userARN(1), "aws:PrincipalAccount": Account, "aws:UserAgent": "aws-cli/2", "aws:ViaAWSService": "false",
		"aws:PrincipalType": "User", "aws:userid": "AIDAEXAMPLE",
	}
}
