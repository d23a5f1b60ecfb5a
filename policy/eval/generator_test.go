package eval_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// key is a condition key with the values that requests and policies give it.
type key struct {
	name      string
	multi     bool
	operators []string
	values    []string
	patterns  []string
}

var (
	stringOps = []string{
		"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
		"StringLike", "StringNotLike", "Null", "Bool", "BinaryEquals",
	}
	numericOps = []string{
		"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
		"NumericGreaterThanEquals", "Null", "StringEquals",
	}
	dateOps = []string{
		"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
		"NumericLessThan", "Null",
	}
	arnOps = []string{"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringLike", "StringNotLike", "StringEquals", "Null"}
)

var keys = []key{
	{name: "aws:username", operators: stringOps,
		values:   []string{"ann", "Ann", "", "a*n", "bob"},
		patterns: []string{"ann", "a*", "?nn", "", "*", "${aws:username}", "${*}", "a${*}n", "${aws:PrincipalTag/Team, 'ann'}", "bob", "YW5u"}},
	{name: "aws:PrincipalTag/Team", operators: stringOps,
		values:   []string{"red", "RED", "ann", "true", "b"},
		patterns: []string{"red", "r?d", "${aws:username}", "${AWS:principaltag/TEAM}", "${ aws:username}", "${missing, ''}", "true", "cmVk", "${aws:username"}},
	{name: "aws:TagKeys", multi: true, operators: stringOps,
		values:   []string{"Team", "team", "Cost", ""},
		patterns: []string{"Team", "cost", "T*", "", "*", "${aws:username, 'Team'}", "true", "false"}},
	{name: "aws:MultiFactorAuthPresent", operators: []string{"Bool", "Bool", "Null", "StringEquals"},
		values:   []string{"true", "false", "TRUE", "yes"},
		patterns: []string{"true", "false", "False", "yes", "${aws:MultiFactorAuthPresent}"}},
	{name: "aws:MultiFactorAuthAge", operators: numericOps,
		values:   []string{"5", "5.0", "-5", "0", "1e2", "100", "10abc", "", "007", "5.25", "-0"},
		patterns: []string{"5", "5.00", "+5", "50e-1", "-5", "100", "0x10", "", "0", "5.250", "-0.0", "${aws:MultiFactorAuthAge}"}},
	{name: "aws:CurrentTime", operators: dateOps,
		values:   []string{"2024-05-01T00:00:00Z", "1714521600", "2024", "2024-05-01T02:00:00+02:00", "2024-05-01T00:00:00.5Z", "soon", "2024-02-30"},
		patterns: []string{"2024-05-01", "2024-05", "1714521600", "2024", "2024-05-01T01:00Z", "2025-01-01T00:00:00-01:00", "never", "2024-05-01T00:00:00.500Z"}},
	{name: "aws:SourceIp", operators: []string{"IpAddress", "NotIpAddress", "StringLike", "Null"},
		values:   []string{"10.0.0.1", "10.0.1.1", "::ffff:10.0.0.1", "2001:db8::1", "2001:DB8:0::1", "10.0.0", "10.0.0.1/32"},
		patterns: []string{"10.0.0.0/24", "10.0.0.7/24", "10.0.0.1", "2001:db8::/32", "2001:db8::1", "::/0", "0.0.0.0/0", "10.0.0.0/33", "::ffff:10.0.0.0/120", "x"}},
	{name: "aws:SourceArn", operators: arnOps,
		values: []string{"arn:aws:sns:eu-west-1:" + ours + ":t", "arn:aws:sns:eu-west-1:" + ours + ":t:u", "arn:aws:iam::" + ours + ":role/app", "t", ""},
		patterns: []string{"arn:aws:sns:*:" + ours + ":*", "arn:aws:sns:*:" + ours + ":t", "arn:aws:sns:*:t", "*", "**", "arn:aws:iam::" + ours + ":role/${aws:username, 'app'}",
			"${aws:SourceArn}", "arn:*:*:eu-????-1:*:t?u", "t"}},
	{name: "s3:prefix", multi: true, operators: stringOps,
		values:   []string{"home/ann", "home/", "é", "true"},
		patterns: []string{"home/*", "home/${aws:username}", "?", "home/${aws:username, 'x'}", "true"}},
}

type object = map[string]any

// document makes a policy of a kind that is likely to have something to say to
// the request.
func (g *generator) document(kind string, c *testCase) string {
	var statements []any
	for range 1 + g.IntN(3) {
		s := g.statement(kind, c)
		named := s["Principal"] != nil || s["NotPrincipal"] != nil
		if known := g.statements[named]; len(known) > 0 && g.chance(30) {
			s = g.twin(known[g.IntN(len(known))], s)
		}
		if s["Resource"] != nil || s["NotResource"] != nil { // which only resource-based policies may do without
			g.statements[named] = append(g.statements[named], s)
		}
		statements = append(statements, s)
	}
	if kind == "scp" && g.chance(60) {
		statements = append(statements, g.fullAccess())
	}
	d := object{"Statement": statements}
	if len(statements) == 1 && g.chance(50) {
		d["Statement"] = statements[0]
	}
	switch g.IntN(8) {
	case 0:
		d["Version"] = "2008-10-17"
	case 1:
	default:
		d["Version"] = "2012-10-17"
	}
	text, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (g *generator) statement(kind string, c *testCase) object {
	s := object{"Effect": "Allow"}
	denies := 20
	if kind == "rcp" {
		denies = 40
	}
	if g.chance(denies) {
		s["Effect"] = "Deny"
	}
	narrow := s["Effect"] == "Deny"
	s[g.maybeNot("Action", 10)] = g.list(func() string { return g.action(c) })
	if kind != "resource" || g.chance(80) {
		s[g.maybeNot("Resource", 10)] = g.list(func() string { return g.resource(c) })
	}
	switch kind {
	case "resource", "rcp", "endpoint":
		s[g.maybeNot("Principal", 12)] = g.principal(c)
	}
	if g.chance(35) || narrow && g.chance(50) {
		s["Condition"] = g.condition()
	}
	return s
}

// twin is a statement that the case has had before, as it was, or with an element of
// another statement instead of its own.
func (g *generator) twin(old, other object) object {
	if g.chance(50) {
		return old
	}
	element := g.one(elements...)
	s := maps.Clone(old)
	for _, name := range []string{element, "Not" + element} {
		delete(s, name)
		if v, ok := other[name]; ok {
			s[name] = v
		}
	}
	// What some kinds must have, and others may not, stays.
	if had, has := s["Not"+element] != nil || s[element] != nil, old["Not"+element] != nil || old[element] != nil; has && !had {
		return old
	}
	return s
}

var elements = []string{"Effect", "Action", "Resource", "Principal", "Condition"}

// fullAccess is what a level of SCPs usually has, or almost that.
func (g *generator) fullAccess() object {
	s := object{"Effect": "Allow", g.maybeNot("Action", 5): "*", g.maybeNot("Resource", 5): g.one("*", "*", "**")}
	if g.chance(5) {
		s["Condition"] = g.condition()
	}
	return s
}

func (g *generator) maybeNot(name string, percent int) string {
	if g.chance(percent) {
		return "Not" + name
	}
	return name
}

// list is a string or a list of up to three.
func (g *generator) list(make func() string) any {
	if g.chance(50) {
		return make()
	}
	values := []any{}
	for range 1 + g.IntN(3) {
		values = append(values, make())
	}
	return values
}

// action is a pattern, most often one that matches the request's action.
func (g *generator) action(c *testCase) string {
	vendor, name, _ := strings.Cut(c.Action, ":")
	switch g.IntN(10) {
	case 0, 1:
		return "*"
	case 2, 3:
		return vendor + ":*"
	case 4:
		return g.recase(c.Action)
	case 5:
		return vendor + ":" + g.blur(name)
	case 6:
		return g.one("s3*", "*:*", " "+c.Action, "s?:*", "**", "s3:Get", c.Action+"s")
	}
	return g.one(g.one(actions...), "s3:Get*", "sts:*", "s3:?etObject")
}

func (g *generator) resource(c *testCase) string {
	switch g.IntN(10) {
	case 0, 1, 2:
		return "*"
	case 3:
		return c.Resource
	case 4, 5:
		return g.blur(c.Resource)
	case 6:
		return g.one("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/${aws:username, 'ann'}/k", "arn:aws:s3:::${missing}*",
			"arn:aws:s3:::b/${*}", "arn:aws:s3:::b/${$}{aws:username}", "arn:${aws:username}:s3:::b*", "arn:aws:s3:::b/${aws:TagKeys, 'k'}", "${aws:username}")
	case 7:
		return g.one("arn:aws:s3", "arn:*:s3", "arn:aws:s3*", "arn:*", "arn:aws:sqs:*:jobs", "arn:aws:sqs:*", "?", "", "b*", "arn:aws:sqs:eu-*-1:*", "arn:aws:sqs:eu-*:jobs", "**")
	}
	return g.one(resources...)
}

// blur puts wildcards into a text, in places where they may match or not.
func (g *generator) blur(s string) string {
	r := []rune(s)
	for range 1 + g.IntN(3) {
		if len(r) == 0 {
			break
		}
		i := g.IntN(len(r))
		j := min(len(r), i+g.IntN(8))
		switch g.IntN(3) {
		case 0:
			r = append(append(append([]rune{}, r[:i]...), '*'), r[j:]...)
		case 1:
			r[i] = '?'
		default:
			r = append(r[:i:i], '*')
		}
	}
	return string(r)
}

func (g *generator) principal(c *testCase) any {
	if g.chance(30) {
		return "*"
	}
	aws := func() string {
		return g.one(c.Principal, "*", ours, theirs, "arn:aws:iam::"+ours+":root", "arn:aws-cn:iam::"+ours+":root",
			"arn:aws:iam::"+ours+":user/ann", "arn:aws:iam::"+ours+":role/app", "arn:aws:iam::"+ours+":role/q/app",
			"arn:aws:iam::"+theirs+":role/app", "arn:aws:iam::"+ours+":user/*", "arn:aws:iam::"+ours+":group/g", "AIDAEXAMPLE")
	}
	p := object{}
	if g.chance(85) {
		p["AWS"] = g.list(aws)
	}
	if g.chance(20) || len(p) == 0 {
		p["Service"] = g.list(func() string { return g.one("s3.amazonaws.com", "*", "ec2.amazonaws.com") })
	}
	if g.chance(15) {
		p["Federated"] = g.one("arn:aws:iam::"+ours+":saml-provider/corp", "accounts.google.com")
	}
	return p
}

// condition is a Condition element; many statements have one that others of the case have,
// too.
func (g *generator) condition() object {
	if n := len(g.conditions); n > 0 && g.chance(40) {
		return g.conditions[g.IntN(n)]
	}
	c := g.newCondition()
	g.conditions = append(g.conditions, c)
	return c
}

func (g *generator) newCondition() object {
	c := object{}
	for range 1 + g.IntN(2) {
		k := keys[g.IntN(len(keys))]
		op := g.one(k.operators...)
		switch {
		case k.multi && g.chance(70), g.chance(15):
			op = g.one("ForAllValues:", "ForAnyValue:", "forallvalues:") + op
		}
		if g.chance(20) {
			op += "IfExists"
		}
		if g.chance(3) {
			op = "StringIs"
		}
		block, _ := c[op].(object)
		if block == nil {
			block = object{}
		}
		patterns := k.patterns
		if strings.HasSuffix(op, "Null") {
			patterns = []string{"true", "false", "TRUE", "x"}
		}
		block[g.recase(k.name)] = g.conditionValues(patterns)
		c[op] = block
	}
	return c
}

func (g *generator) conditionValues(patterns []string) any {
	n := g.IntN(8)
	switch {
	case n == 0:
		return []any{}
	case n < 4:
		return g.jsonValue(g.one(patterns...))
	}
	values := []any{}
	for range 1 + g.IntN(3) {
		values = append(values, g.jsonValue(g.one(patterns...)))
	}
	return values
}

// jsonValue writes numbers and booleans now and then as such.
func (g *generator) jsonValue(s string) any {
	var v any
	if g.chance(30) && json.Unmarshal([]byte(s), &v) == nil {
		switch v.(type) {
		case float64, bool:
			return json.RawMessage(s)
		}
	}
	return fmt.Sprint(s)
}
