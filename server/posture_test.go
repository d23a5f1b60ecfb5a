package server_test

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/keyreeve/keyreeve/posture"
	"github.com/keyreeve/keyreeve/server/servertest"
)

// TestPosture plays the stories in testdata/posture. A story is called like the check
// that it is about, and has at least one finding of it; what complies stands beside it.
//
// The part "story" has a step on each line:
//
//	iam:CreateUser UserName=ann        a call by root; $name in a value is a part of the
//	                                   story, or the last value answered under that name
//	forward 91d                        time goes on
//	use ann                            the user's newest access key signs a call
//	sign-in ann PASSWORD               ann signs in
//	assume auditor ann                 ann takes on the role auditor, and calls as it
//
// The part "want" has the findings, each on two lines: where and what, and what mends it.
func TestPosture(t *testing.T) {
	files, err := filepath.Glob("testdata/posture/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories", err)
	}
	told := map[string]bool{}
	for _, file := range files {
		id := strings.TrimSuffix(filepath.Base(file), ".txtar")
		told[id] = true
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			tellPosture(t, id, file)
		})
	}
	for _, c := range posture.Checks {
		if !told[c.ID] {
			t.Errorf("the check %s has no story", c.ID)
		}
	}
}

func tellPosture(t *testing.T, id, file string) {
	story, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := newPostureStory(t)
	var steps, want string
	for _, f := range story.Files {
		switch text := string(f.Data); f.Name {
		case "story":
			steps = text
		case "want":
			want = text
		default:
			p.vars[f.Name] = strings.TrimSpace(text)
		}
	}
	for lines := bufio.NewScanner(strings.NewReader(steps)); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); line != "" && !strings.HasPrefix(line, "#") {
			p.step(t, line)
		}
	}
	got := p.findings(t, id)
	if got == "" {
		t.Error("the story finds nothing")
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		if *update {
			renewWant(t, file, story, got)
		}
		t.Errorf("the findings differ (-want +got):\n%s", diff)
	}
}

func renewWant(t *testing.T, file string, story *txtar.Archive, got string) {
	for i := range story.Files {
		if story.Files[i].Name == "want" {
			story.Files[i].Data = []byte(got)
		}
	}
	if err := os.WriteFile(file, txtar.Format(story), 0o644); err != nil {
		t.Fatal(err)
	}
}

func newPostureStory(t *testing.T) *postureStory {
	t.Helper()
	p := &postureStory{cell: &cell{world: start(t), vars: map[string]string{"trust": trustAccount, "ssh": sshTestKey}}, keys: map[string]aws.Credentials{}}
	p.vars["certificate"], p.vars["key"] = selfSigned(t, "server")
	return p
}

// postureStory is a story as far as it has been told.
type postureStory struct {
	*cell
	keys map[string]aws.Credentials // the newest of each user
}

func (p *postureStory) step(t *testing.T, line string) {
	t.Helper()
	words := strings.Fields(line)
	switch words[0] {
	case "forward":
		var n int
		if _, err := fmt.Sscanf(words[1], "%dd", &n); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		p.clock.forward(time.Duration(n) * 24 * time.Hour)
	case "sign-in":
		p.browser(t).signIn(t, words[1], words[2]).in(t, line, true)
	case "use":
		p.sts(t, p.keys[words[1]], "GetCallerIdentity").want(t, line, "")
	case "assume":
		session := p.sts(t, p.keys[words[2]], "AssumeRole", "RoleArn", "arn:aws:iam::"+servertest.Account+":role/"+words[1], "RoleSessionName", "story")
		p.sts(t, session.want(t, line, "").credentials(t), "GetCallerIdentity").want(t, line, "")
	default:
		p.ask(t, line)
	}
}

// answered are the elements of answers that later steps can name.
var answered = []string{"AccessKeyId", "SSHPublicKeyId", "ServiceSpecificCredentialId", "SerialNumber"}

func (p *postureStory) ask(t *testing.T, line string) {
	t.Helper()
	a := p.call(t, p.Root, line)
	a.want(t, line, "")
	for _, name := range answered {
		if strings.Contains(a.body, "<"+name+">") {
			p.vars[name] = a.element(t, name)
		}
	}
	if strings.HasPrefix(line, "iam:CreateAccessKey UserName=") {
		user := strings.TrimPrefix(line, "iam:CreateAccessKey UserName=")
		p.keys[user] = aws.Credentials{AccessKeyID: p.vars["AccessKeyId"], SecretAccessKey: a.element(t, "SecretAccessKey")}
	}
	if strings.Contains(a.body, "<Base32StringSeed>") {
		d := deviceOf(t, a.element(t, "Base32StringSeed"))
		for i, code := range d.codes(2) {
			p.vars[fmt.Sprintf("code%d", i+1)] = code
		}
	}
}

// drawn are ids that are drawn at random: a story names them by their prefix.
var drawn = regexp.MustCompile(`\b(AKIA|ACCA|APKA)[A-Z0-9]{16,17}\b`)

// findings are those of one check, as the operator is told.
func (p *postureStory) findings(t *testing.T, id string) string {
	t.Helper()
	var out struct {
		Checks []struct {
			Id, Severity string
			Findings     []struct{ Resource, Evidence, Mend string } `xml:"Findings>member"`
		} `xml:"CheckPostureResult>Checks>member"`
	}
	a := p.operate(t, "CheckPosture", "AccountId", servertest.Account)
	a.want(t, "CheckPosture", "")
	if err := xml.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, c := range out.Checks {
		for _, f := range c.Findings {
			if c.Id == id {
				fmt.Fprintf(&text, "%s: %s\n  -> %s\n", f.Resource, f.Evidence, f.Mend)
			}
		}
	}
	return drawn.ReplaceAllString(text.String(), "$1...")
}
