package authz

import (
	"github.com/keyreeve/keyreeve/cache"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// sessionPolicies keeps compiled inline session policies by their text. They come
// with the session token of each request; without this each would be compiled
// again for every request.
type sessionPolicies struct {
	byText *cache.Map[string, *eval.Policy]
}

// maxSessionPolicies is how many are kept.
const maxSessionPolicies = 10_000

func newSessionPolicies() *sessionPolicies {
	return &sessionPolicies{cache.New[string, *eval.Policy](maxSessionPolicies)}
}

// asTask makes the session policies of a session of AssumeRoot of its task policy. That
// only denies: all that is not part of the task, to the root user who may otherwise do
// everything. Without one nothing is allowed.
func asTask(task []*eval.Policy) []*eval.Policy {
	if len(task) == 0 {
		return []*eval.Policy{identity.DenyAll(taskSource)}
	}
	return append(task, everything)
}

var (
	taskSource = eval.Source{ID: "task policy", Type: "Session Policy"}
	everything = mustCompile(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)
)

// mustCompile compiles a policy that stands in the program.
func mustCompile(text string) *eval.Policy {
	doc, err := policy.Parse(text)
	if err != nil {
		panic(err)
	}
	return eval.Compile(doc, taskSource)
}

func (s *sessionPolicies) compiled(text string) *eval.Policy {
	if p, ok := s.byText.Get(text); ok {
		return p
	}
	src := eval.Source{ID: "session policy", Type: "Session Policy"}
	doc, err := policy.Parse(text)
	if err != nil {
		return identity.DenyAll(src)
	}
	p := eval.Compile(doc, src)
	s.byText.Put(text, p)
	return p
}
