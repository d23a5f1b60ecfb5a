package workload

import "strings"

var (
	stars = strings.Repeat("*a", 1400)
	few   = strings.Repeat("*a", 90)
)

// hostile are statements of somebody who wants decisions to be slow.
func hostile() []string {
	return append(bombs(),
		`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:*?`+few+`*b*:*:*"}`,
		`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:`+stars+`b*:*:*"}`,
		`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::`+strings.Repeat("?*", 1400)+`b*"}`,
		`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::*`+strings.Repeat("${aws:username}*", 300)+`b*"}`,
		`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:*a?a*:*:*"}`,
	)
}

// bombs are those of them whose only wildcard is "*", where it matches whatever
// there is.
func bombs() []string {
	return []string{
		`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::` + few + `*b*"}`,
		`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*", "Condition": {"StringLike": {"aws:UserAgent": "` + few + `*b*"}}}`,
		`{"Effect": "Allow", "Action": "s3:` + stars + `b*", "Resource": "*"}`,
		`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::` + stars + `b*"}`,
		`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*", "Condition": {"StringLike": {"aws:UserAgent": "` + stars + `b*"}}}`,
		`{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*", "Condition": {"StringEquals": {"aws:UserAgent": [` +
			strings.TrimSuffix(strings.Repeat(`"`+strings.Repeat("a", 199)+`b", `, 25), ", ") + `]}}}`,
	}
}

// hostile is a user with such policies, one of each. What the answer must be is clear from how
// they are made; the referee would take years.
func (w *Workload) hostile(g *Generator, statements []string) {
	p := Principal{ARN: userARN(1)}
	for _, s := range statements {
		p.Policies = append(p.Policies, w.add(g.document([]string{s})))
	}
	w.Principals = []Principal{p}
	for i := range 64 {
		_, context := g.request()
		context["aws:UserAgent"] = strings.Repeat("a", 200)
		r := Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::" + strings.Repeat("a", 200+i)}
		w.in(&r, context)
		w.Requests = append(w.Requests, r)
	}
	w.known = "implicitDeny"
}
