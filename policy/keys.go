package policy

import (
	"strings"

	"github.com/keyreeve/keyreeve/policy/condition"
)

// ContextKeys lists the condition keys that decisions by the documents may ask
// for: those of conditions and those of policy variables, each as written where
// it first stands, in that order. Keys that differ only in case are one.
func ContextKeys(docs ...*Document) []string {
	k := keys{seen: map[string]bool{}}
	for _, d := range docs {
		for _, s := range d.Statements {
			k.statement(s, d.Variables())
		}
	}
	return k.names
}

type keys struct {
	seen  map[string]bool
	names []string
}

func (k *keys) add(name string) {
	if folded := strings.ToLower(name); name != "" && !k.seen[folded] {
		k.seen[folded] = true
		k.names = append(k.names, name)
	}
}

func (k *keys) variables(text string) {
	t := condition.ParseTemplate(text, true, false)
	for _, name := range t.Variables() {
		k.add(name)
	}
}

func (k *keys) statement(s *Statement, variables bool) {
	if s.Resource != nil && variables {
		for _, v := range s.Resource.Values {
			if _, tail := CutResource(v.Value); tail != "" {
				k.variables(tail)
			}
		}
	}
	for _, b := range s.Condition {
		op, ok := condition.ParseOperator(b.Operator.Value)
		for _, kv := range b.Keys {
			k.add(kv.Key.Value)
			if !ok || !variables || !op.Variables() {
				continue
			}
			for _, v := range kv.Values {
				k.variables(v.Value)
			}
		}
	}
}

// CutResource cuts a resource pattern behind its fifth colon. Policy variables
// exist only in the tail, which is empty if there are fewer colons.
func CutResource(pattern string) (head, tail string) {
	at := 0
	for range 5 {
		i := strings.IndexByte(pattern[at:], ':')
		if i < 0 {
			return pattern, ""
		}
		at += i + 1
	}
	return pattern[:at], pattern[at:]
}
