package server_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/tools/txtar"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// TestEscalation plays the published ways in which somebody who may do a little comes
// to do everything, one file in testdata/escalation each. Mallory tries each four times:
//
//   - without the permission that the way needs, she is refused at the first step, and
//     nothing has changed;
//   - with it, but with a Deny of it as well, the same;
//   - with it, and with a permissions boundary that allows it and no more, she takes the
//     steps and has won nothing, unless the way leads to somebody else's credentials
//     ("others"): these are not under her boundary, which is why such permissions are
//     given to administrators only;
//   - with it and no more, it works, as it does on AWS: a rule that refused it would
//     break what administrators do all day.
//
// The parts: "setup" is root's, "needs" are the actions, "steps" are Mallory's, and
// "prize" is a call that she may not make before. A line that begins with "boss>" is
// signed by the key that was last made for boss, one that begins with "role>" by the
// session that was last issued. "signin boss PASSWORD" signs in at the page, as boss.
func TestEscalation(t *testing.T) {
	files, err := filepath.Glob("testdata/escalation/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no ways", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			way, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			parts := map[string]string{}
			for _, f := range way.Files {
				parts[f.Name] = strings.TrimSpace(string(f.Data))
			}
			tryEscalation(t, parts)
		})
	}
}

func tryEscalation(t *testing.T, parts map[string]string) {
	needs := strings.Fields(parts["needs"])
	allow, deny := statement("Allow", needs), statement("Deny", needs)
	_, others := parts["others"]

	for _, refused := range []struct{ name, policy string }{
		{"without the permission", document(statement("Allow", []string{"sts:GetCallerIdentity"}))},
		{"with a Deny", document(allow, deny)},
	} {
		t.Run(refused.name, func(t *testing.T) {
			e := prepareEscalation(t, parts, refused.policy)
			before := e.revision(servertest.Account)
			e.by(t, "mallory", lines(parts["steps"])[0]).want(t, lines(parts["steps"])[0], "AccessDenied")
			if now := e.revision(servertest.Account); now != before {
				t.Error("the refused step has changed the account")
			}
		})
	}
	t.Run("with a boundary", func(t *testing.T) {
		e := prepareEscalation(t, parts, document(allow))
		e.call(t, e.Root, "iam:CreatePolicy PolicyName=boundary PolicyDocument="+e.keep("boundary", document(allow))).want(t, "boundary", "")
		e.call(t, e.Root, "iam:PutUserPermissionsBoundary UserName=mallory PermissionsBoundary=arn:aws:iam::111122223333:policy/boundary").want(t, "boundary", "")
		for _, step := range lines(parts["steps"]) {
			e.by(t, "mallory", step).want(t, step, "")
		}
		want := "AccessDenied"
		if others {
			want = ""
		}
		e.by(t, "mallory", parts["prize"]).want(t, "the prize", want)
	})
	t.Run("with the permission", func(t *testing.T) {
		e := prepareEscalation(t, parts, document(allow))
		if !strings.Contains(parts["prize"], ">") {
			e.by(t, "mallory", parts["prize"]).want(t, "the prize before", "AccessDenied")
		}
		for _, step := range lines(parts["steps"]) {
			e.by(t, "mallory", step).want(t, step, "")
		}
		e.by(t, "mallory", parts["prize"]).want(t, "the prize", "")
	})
}

// escalation is a try as far as it has come.
type escalation struct {
	*cell
	keys map[string]aws.Credentials // by user, and of the last session as "role"
}

func prepareEscalation(t *testing.T, parts map[string]string, policy string) *escalation {
	t.Helper()
	e := &escalation{&cell{world: start(t), vars: map[string]string{}}, map[string]aws.Credentials{}}
	for name, text := range parts {
		e.vars[name] = text
	}
	e.vars["trust"], e.vars["all"] = trustAccount, allow("*")
	e.keys["mallory"] = e.User(t, "mallory", policy).Credentials
	for _, line := range lines(parts["setup"]) {
		e.take(t, e.call(t, e.Root, line).want(t, line, ""), line)
	}
	return e
}

// keep names a text that a call can then use.
func (e *escalation) keep(name, text string) string {
	e.vars[name] = text
	return "$" + name
}

// by makes a call that somebody signs, if the line does not name somebody else.
func (e *escalation) by(t *testing.T, who, line string) answer {
	t.Helper()
	if name, rest, ok := strings.Cut(line, "> "); ok && !strings.Contains(name, " ") {
		who, line = name, rest
	}
	if words := strings.Fields(line); words[0] == "signin" {
		b := e.browser(t)
		b.signIn(t, words[1], words[2]).in(t, line, true)
		e.keys[words[1]] = b.credentials(t)
		return answer{status: http.StatusOK}
	}
	a := e.call(t, e.keys[who], line)
	if a.code == "" {
		e.take(t, a, line)
	}
	return a
}

// take keeps the credentials that a call answered.
func (e *escalation) take(t *testing.T, a answer, line string) {
	t.Helper()
	switch call := strings.Fields(line); call[0] {
	case "iam:CreateAccessKey":
		user := strings.TrimPrefix(call[1], "UserName=")
		e.vars["AccessKeyId"] = a.element(t, "AccessKeyId")
		e.keys[user] = aws.Credentials{AccessKeyID: e.vars["AccessKeyId"], SecretAccessKey: a.element(t, "SecretAccessKey")}
	case "iam:CreateVirtualMFADevice":
		d := deviceOf(t, a.element(t, "Base32StringSeed"))
		for i, code := range d.codes(2) {
			e.vars["code"+string(rune('1'+i))] = code
		}
	case "sts:AssumeRole":
		e.keys["role"] = a.credentials(t)
	}
}

func lines(text string) (list []string) {
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		if line := strings.TrimSpace(s.Text()); line != "" {
			list = append(list, line)
		}
	}
	return list
}

func statement(effect string, actions []string) map[string]any {
	return map[string]any{"Effect": effect, "Action": actions, "Resource": "*"}
}

func document(statements ...map[string]any) string {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err)
	}
	return string(text)
}
