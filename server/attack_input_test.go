package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// bounded fails a test whose call took far longer than any honest one: it is no
// measurement, but shows work without a bound.
func bounded(t testing.TB, what string, do func()) {
	t.Helper()
	begin := time.Now()
	do()
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("%s took %v", what, took)
	}
}

// Somebody sends what fills a mebibyte and is cheap to make: very many
// parameters, very deep names, very large indexes.
func TestAttackParameters(t *testing.T) {
	w := start(t)
	user := w.User(t, "mallory", allow("*")).Credentials
	tags := "Action=TagUser&Version=" + iamVersion + "&UserName=mallory"
	many := func(n int, format string) string {
		var b strings.Builder
		b.WriteString(tags)
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for what, c := range map[string]struct{ body, want string }{
		"100,000 parameters":            {many(100_000, "&p%d"), "MalformedQueryString"},
		"100,000 times the same":        {tags + strings.Repeat("&a=b", 100_000), "MalformedQueryString"},
		"9,000 times the same":          {tags + strings.Repeat("&a=b", 9_000), "InvalidQueryParameter"},
		"9,000 parameters nobody knows": {many(9_000, "&p%d=1"), "any"},
		"4,000 tags":                    {many(4_000, "&Tags.member.%[1]d.Key=k%[1]d&Tags.member.%[1]d.Value=v"), "any"},
		"an index beyond all":           {tags + "&Tags.member.99999999999999999999.Key=a", "any"},
		"an index of many members":      {tags + "&Tags.member.2147483647.Key=a&Tags.member.2147483647.Value=b", ""},
		"a negative index":              {tags + "&Tags.member.-1.Key=a", "any"},
		"a very deep name":              {tags + "&" + strings.Repeat("Tags.member.1.", 50_000) + "Key=a", "any"},
		"a name of a mebibyte":          {tags + "&" + strings.Repeat("a", 1<<20-200) + "=1", "any"},
		"NUL in a value":                {tags + "&Tags.member.1.Key=a%00b&Tags.member.1.Value=c", "MalformedQueryString"},
		"NUL in a name":                 {tags + "&Tags%00=1", "MalformedQueryString"},
		"a raw NUL":                     {tags + "&Tags.member.1.Key=a\x00b", "MalformedQueryString"},
		"invalid UTF-8":                 {tags + "&Tags.member.1.Key=%ff%fe", "MalformedQueryString"},
		"an overlong slash":             {tags + "&Tags.member.1.Key=%c0%af", "MalformedQueryString"},
		"a surrogate":                   {tags + "&Tags.member.1.Key=%ed%a0%80", "MalformedQueryString"},
		"half an escape":                {tags + "&Tags.member.1.Key=%4", "MalformedQueryString"},
		"an empty name":                 {tags + "&=1", "MalformedQueryString"},
	} {
		var a answer
		bounded(t, what, func() { a = w.send(t, w.request(t, signedCall{creds: user, scope: "iam", body: c.body})) })
		switch {
		case c.want != "any":
			a.want(t, what, c.want)
		case a.status == http.StatusOK || a.status >= 500:
			t.Errorf("%s: %d %q", what, a.status, a.code)
		}
		if len(a.body) > 64<<10 {
			t.Errorf("%s: an answer of %d bytes", what, len(a.body))
		}
	}
	w.iam(t, user, "ListUserTags", "UserName", "mallory").want(t, "afterwards", "")
}

// Names that could mean something to a file system, a log, XML or HTML, or that
// look like other names, are refused or come back as what they are.
func TestAttackNames(t *testing.T) {
	w := start(t)
	for _, name := range []string{"../root", "a/b", "a b", "a\nb", "<b>", "ａlice", "аlice", "a\u202eb", "a\u200b", "a%2fb", strings.Repeat("a", 65), "", "*", "?", "${aws:username}", "a:b", "user/x", "\uFEFFa"} {
		a := w.iam(t, w.Root, "CreateUser", "UserName", name)
		if a.code != "ValidationError" && a.code != "InvalidInput" {
			t.Errorf("CreateUser %q: %d %q %s", name, a.status, a.code, a.message)
		}
	}
	w.iam(t, w.Root, "CreateUser", "UserName", "alice", "Tags.member.1.Key", "note", "Tags.member.1.Value", "a b").want(t, "CreateUser", "")
	evil := `</Description><Arn>x</Arn>]]><!--&amp;`
	w.iam(t, w.Root, "CreateRole", "RoleName", "evil", "AssumeRolePolicyDocument", trustAccount, "Description", evil).want(t, "CreateRole", "")
	if a := w.iam(t, w.Root, "GetRole", "RoleName", "evil"); strings.Contains(a.body, "<Arn>x</Arn>") || !strings.Contains(a.body, "&lt;/Description&gt;") {
		t.Errorf("the description is not escaped: %s", a.body)
	}
	// What an error repeats of the request is escaped too: read parses it.
	w.iam(t, w.Root, "GetUser"+evil).want(t, "an action that is XML", "InvalidAction")
	w.iam(t, w.Root, "GetUser", "UserName", evil).want(t, "a name that is XML", "ValidationError")
}

// Documents that are small to send and large to read, or that two readers would
// read differently.
func TestAttackDocuments(t *testing.T) {
	w := start(t)
	statement := `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`
	before := w.revision(servertest.Account)
	for what, document := range map[string]string{
		"nested lists":                      `{"Version":"2012-10-17","Statement":` + strings.Repeat("[", 60_000) + strings.Repeat("]", 60_000) + `}`,
		"nested objects":                    strings.Repeat(`{"Statement":`, 10_000) + "1" + strings.Repeat("}", 10_000),
		"nested conditions":                 `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":` + strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000) + `}}`,
		"not closed":                        strings.Repeat(`{"Statement":[`, 5_000),
		"two effects":                       `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Effect":"Allow","Action":"s3:*","Resource":"*"}}`,
		"two effects, one escaped":          `{"Version":"2012-10-17","Statement":{"Effect":"Deny","\u0045ffect":"Allow","Action":"s3:*","Resource":"*"}}`,
		"two effects, one in lower case":    `{"Version":"2012-10-17","Statement":{"Effect":"Deny","effect":"Allow","Action":"s3:*","Resource":"*"}}`,
		"two statements members":            `{"Version":"2012-10-17","Statement":` + statement + `,"Statement":` + statement + `}`,
		"two versions":                      `{"Version":"2012-10-17","Version":"2008-10-17","Statement":` + statement + `}`,
		"the same condition key twice":      `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:username":"a","aws:username":"b"}}}}`,
		"the same operator twice":           `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:username":"a"},"StringEquals":{"aws:userid":"b"}}}}`,
		"more after it":                     `{"Version":"2012-10-17","Statement":` + statement + `} {"Statement":` + statement + `}`,
		"a comment":                         `{"Version":"2012-10-17",/* */"Statement":` + statement + `}`,
		"a NaN":                             `{"Version":NaN,"Statement":` + statement + `}`,
		"a lone surrogate":                  `{"Version":"2012-10-17","Statement":{"Sid":"\ud800","Effect":"Allow","Action":"s3:*","Resource":"*"}}`,
		"an unknown member":                 `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Unless":"x"}}`,
		"an unknown operator":               `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringLooksLike":{"aws:username":"a"}}}}`,
		"an unknown version":                `{"Version":"2012-10-18","Statement":` + statement + `}`,
		"nothing":                           `{}`,
		"a list":                            `[]`,
		"a byte order mark":                 "\uFEFF" + `{"Version":"2012-10-17","Statement":` + statement + `}`,
		"more statements than there fit":    `{"Version":"2012-10-17","Statement":[` + strings.TrimSuffix(strings.Repeat(statement+",", 2_000), ",") + `]}`,
		"more wildcards than there fit":     strings.Replace(allow("s3:X"), "X", strings.Repeat("*a", 50_000), 1),
		"a principal in an identity policy": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`,
	} {
		bounded(t, what, func() {
			a := w.iam(t, w.Root, "CreatePolicy", "PolicyName", "attack", "PolicyDocument", document)
			if a.code != "MalformedPolicyDocument" && a.code != "LimitExceeded" && a.code != "ValidationError" {
				t.Errorf("%s: %d %q %s", what, a.status, a.code, a.message)
			}
			if len(a.message) > 4096 {
				t.Errorf("%s: a message of %d bytes", what, len(a.message))
			}
		})
	}
	if now := w.revision(servertest.Account); now != before {
		t.Error("one of them was stored")
	}
}

// Patterns with very many wildcards against very long names that almost match:
// with a matcher that backtracks this takes longer than the universe lasts.
func TestAttackWildcards(t *testing.T) {
	w := start(t)
	bomb := strings.Repeat("a*", 900) + "b"
	almost := strings.Repeat("a", 2000)
	document := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + bomb +
		`","Condition":{"StringLike":{"aws:UserAgent":"` + bomb + `"}}}}`
	user := w.User(t, "mallory", allow("iam:SimulateCustomPolicy", "sts:AssumeRole")).Credentials
	bounded(t, "a simulation", func() {
		a := w.iam(t, user, "SimulateCustomPolicy", "PolicyInputList.member.1", document, "ActionNames.member.1", "s3:GetObject",
			"ResourceArns.member.1", "arn:aws:s3:::"+almost, "ContextEntries.member.1.ContextKeyName", "aws:UserAgent",
			"ContextEntries.member.1.ContextKeyType", "string", "ContextEntries.member.1.ContextKeyValues.member.1", almost).want(t, "a simulation", "")
		if !strings.Contains(a.body, "implicitDeny") {
			t.Errorf("%s", a.body)
		}
	})
	// The same in a trust policy, matched against what the caller chooses.
	// Trust policies have room for 2,048 characters.
	half := strings.Repeat("a*", 800) + "b"
	trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole","Condition":{"StringLike":{"sts:ExternalId":"` + half + `"}}}}`
	w.iam(t, w.Root, "CreateRole", "RoleName", "attacked", "AssumeRolePolicyDocument", trust).want(t, "CreateRole", "")
	bounded(t, "AssumeRole", func() {
		w.sts(t, user, "AssumeRole", "RoleArn", attackedRole, "RoleSessionName", "xx", "ExternalId", strings.Repeat("a", 1224)).want(t, "AssumeRole", "AccessDenied")
	})
	// Asterisks in what a request names are no wildcards. Mallory may assume the
	// one role only, and asks for all.
	only := w.User(t, "only", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::111122223333:user/only"}}`).Credentials
	for _, name := range []string{"*", "o*", "onl?", "only*"} {
		if a := w.iam(t, only, "GetUser", "UserName", name); a.status == http.StatusOK {
			t.Errorf("GetUser %q: %s", name, a.body)
		}
	}
	w.iam(t, only, "SimulateCustomPolicy", "PolicyInputList.member.1", allow("*"), "ActionNames.member.1", "iam:*").want(t, "a simulation as an oracle", "AccessDenied")
}

// Policy variables: a user whose name or tag is a wildcard would match all if
// values were inserted before the pattern is read.
func TestAttackVariables(t *testing.T) {
	w := start(t)
	user := w.User(t, "mallory", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::111122223333:user/${aws:PrincipalTag/owns}"}}`).Credentials
	w.iam(t, w.Root, "CreateUser", "UserName", "victim").want(t, "CreateUser", "")
	get := func() answer { return w.iam(t, user, "GetUser", "UserName", "victim") }
	get().want(t, "without the tag", "AccessDenied")
	// Tag values cannot hold an asterisk; what they can hold is no wildcard.
	if a := w.iam(t, w.Root, "TagUser", "UserName", "mallory", "Tags.member.1.Key", "owns", "Tags.member.1.Value", "*"); a.status == http.StatusOK {
		get().want(t, "with an asterisk", "AccessDenied")
	}
	w.iam(t, w.Root, "TagUser", "UserName", "mallory", "Tags.member.1.Key", "owns", "Tags.member.1.Value", "").want(t, "TagUser", "")
	get().want(t, "with an empty tag", "AccessDenied")
	w.iam(t, w.Root, "TagUser", "UserName", "mallory", "Tags.member.1.Key", "owns", "Tags.member.1.Value", "victim").want(t, "TagUser", "")
	get().want(t, "with the right tag", "")
}

// A marker says where a list goes on. One that was altered, or made for another
// list, another filter or another account, would show what should not be seen,
// or make the server read what the caller wrote.
func TestAttackMarkers(t *testing.T) {
	w := start(t)
	other := w.makeOtherAccount(t)
	for _, name := range []string{"a1", "a2", "a3"} {
		w.iam(t, w.Root, "CreateUser", "UserName", name).want(t, "CreateUser", "")
		w.iam(t, other, "CreateUser", "UserName", name).want(t, "CreateUser", "")
		w.iam(t, w.Root, "CreateGroup", "GroupName", name).want(t, "CreateGroup", "")
	}
	marker := w.iam(t, w.Root, "ListUsers", "MaxItems", "1").element(t, "Marker")
	if a := w.iam(t, w.Root, "ListUsers", "Marker", marker).want(t, "the marker itself", ""); strings.Contains(a.body, "user/a1<") || !strings.Contains(a.body, "user/a2<") {
		t.Errorf("the second page: %s", a.body)
	}
	flipped := []byte(marker)
	flipped[len(flipped)/2] ^= 1
	for what, refused := range map[string]answer{
		"altered":                 w.iam(t, w.Root, "ListUsers", "Marker", string(flipped)),
		"cut":                     w.iam(t, w.Root, "ListUsers", "Marker", marker[:len(marker)-2]),
		"made up":                 w.iam(t, w.Root, "ListUsers", "Marker", "a2"),
		"of another list":         w.iam(t, w.Root, "ListGroups", "Marker", marker),
		"of another filter":       w.iam(t, w.Root, "ListUsers", "PathPrefix", "/team/", "Marker", marker),
		"of another account":      w.iam(t, other, "ListUsers", "Marker", marker),
		"as an encoded message":   w.sts(t, w.Root, "DecodeAuthorizationMessage", "EncodedMessage", marker),
		"an escaped one, escaped": w.iam(t, w.Root, "ListUsers", "Marker", url.QueryEscape(marker+"=")),
	} {
		if refused.status != http.StatusBadRequest {
			t.Errorf("a marker %s: %d %q %s", what, refused.status, refused.code, refused.body)
		}
	}
}
