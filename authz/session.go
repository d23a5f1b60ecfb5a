package authz

import (
	"sync"

	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// sessionPolicies keeps compiled inline session policies by their text. They come
// with the session token of each request; without this each would be compiled
// again for every request.
type sessionPolicies struct {
	mu     sync.RWMutex
	byText map[string]*eval.Policy
}

// maxSessionPolicies is how many are kept; when there are more, all are dropped.
const maxSessionPolicies = 10_000

func newSessionPolicies() *sessionPolicies {
	return &sessionPolicies{byText: map[string]*eval.Policy{}}
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
	s.mu.RLock()
	p, ok := s.byText[text]
	s.mu.RUnlock()
	if ok {
		return p
	}
	src := eval.Source{ID: "session policy", Type: "Session Policy"}
	doc, err := policy.Parse(text)
	if err != nil {
		return identity.DenyAll(src)
	}
	p = eval.Compile(doc, src)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byText) >= maxSessionPolicies {
		clear(s.byText)
	}
	s.byText[text] = p
	return p
}
