package condition

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/arn"
)

// Template is a text of a policy in which policy variables may stand:
//
//	${key}              the value that the request context has for key
//	${key, 'default'}   the same, or default if the key is absent
//	${*} ${?} ${$}      the characters * ? $ themselves
//
// What is substituted is literal text, its stars are no wildcards. Only keys
// with a single value can be used. Anything between `${` and the next `}` that
// has another form is taken as the name of a key, which no request has; a `${`
// that is never closed is plain text.
//
// Variables exist only in documents of version 2012-10-17; in others ${x} is
// plain text.
type Template struct {
	tokens []arn.Token
	holes  []hole
}

type hole struct {
	key        Key
	name       string // as written
	fallback   string
	hasDefault bool
}

// ParseTemplate reads text. If wildcards is set, `*` and `?` outside of
// variables are wildcards; if variables is not, there are no variables.
func ParseTemplate(text string, variables, wildcards bool) Template {
	var t Template
	for variables {
		before, rest, found := strings.Cut(text, "${")
		if !found {
			break
		}
		content, after, closed := strings.Cut(rest, "}")
		if !closed {
			break
		}
		t.plain(before, wildcards)
		t.variable(content)
		text = after
	}
	t.plain(text, wildcards)
	return t
}

func (t *Template) plain(text string, wildcards bool) {
	switch {
	case text == "":
	case wildcards:
		t.tokens = append(t.tokens, arn.Tokens(text)...)
	default:
		t.tokens = append(t.tokens, arn.Token{Text: text})
	}
}

func (t *Template) variable(content string) {
	switch content {
	case "*", "?", "$":
		t.tokens = append(t.tokens, arn.Token{Text: content})
		return
	}
	h := parseHole(content)
	i := slices.Index(t.holes, h) // a variable that stands twice is looked up once
	if i < 0 {
		i, t.holes = len(t.holes), append(t.holes, h)
	}
	t.tokens = append(t.tokens, arn.Token{Kind: arn.Hole, Index: i})
}

func parseHole(content string) hole {
	if name, tail, found := strings.Cut(content, ", '"); found {
		if fallback, ok := strings.CutSuffix(tail, "'"); ok && name != "" && !strings.Contains(fallback, "'") {
			return hole{key: NewKey(name), name: name, fallback: fallback, hasDefault: true}
		}
	}
	return hole{key: NewKey(content), name: content}
}

// Tokens is the text as a pattern; a variable is a hole.
func (t *Template) Tokens() []arn.Token { return t.tokens }

// Variables lists the keys that the template uses, as written.
func (t *Template) Variables() []string {
	var names []string
	for _, h := range t.holes {
		names = append(names, h.name)
	}
	return names
}

// Fixed reports whether there are no variables.
func (t *Template) Fixed() bool { return len(t.holes) == 0 }

// Values gives what the variables stand for in a request, in the order of the
// holes. It uses buf if that is long enough. If one of them has neither value
// nor default, ok is false: the text is then null and fits nothing.
func (t *Template) Values(c *Context, buf []string) (values []string, ok bool) {
	if len(t.holes) == 0 {
		return nil, true
	}
	values = buf[:0]
	for i := range t.holes {
		h := &t.holes[i]
		v, found := c.variable(h.key)
		if !found {
			if !h.hasDefault {
				return nil, false
			}
			v = h.fallback
		}
		values = append(values, v)
	}
	return values, true
}

// equals reports whether the template's text in a request is value, if folded
// without regard to case. It must have no wildcards. A variable without value
// makes it equal to nothing.
func (t *Template) equals(value string, c *Context, folded bool) bool {
	var buf [4]string
	values, ok := t.Values(c, buf[:])
	if !ok {
		return false
	}
	if folded {
		return t.equalsFolded(value, values)
	}
	for _, token := range t.tokens {
		if value, ok = strings.CutPrefix(value, piece(&token, values)); !ok {
			return false
		}
	}
	return value == ""
}

// equalsFolded compares piece by piece, too, as long as letters keep their
// length in both cases, which outside of ASCII some do not.
func (t *Template) equalsFolded(value string, values []string) bool {
	rest := value
	for _, token := range t.tokens {
		p := piece(&token, values)
		if isASCII(p) && len(p) > len(rest) {
			return false // more characters than are left
		}
		if !isASCII(p) || !isASCII(rest[:len(p)]) {
			return strings.EqualFold(t.literal(values), value)
		}
		if !strings.EqualFold(rest[:len(p)], p) {
			return false
		}
		rest = rest[len(p):]
	}
	return rest == ""
}

func piece(token *arn.Token, values []string) string {
	if token.Kind == arn.Hole {
		return values[token.Index]
	}
	return token.Text
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func (t *Template) literal(values []string) string {
	if len(t.tokens) == 1 && t.tokens[0].Kind == arn.Literal {
		return t.tokens[0].Text
	}
	var b strings.Builder
	for _, token := range t.tokens {
		if token.Kind == arn.Hole {
			b.WriteString(values[token.Index])
		} else {
			b.WriteString(token.Text)
		}
	}
	return b.String()
}

// substituted gives the tokens with the variables' values as literals.
func (t *Template) substituted(values []string) []arn.Token {
	out := make([]arn.Token, len(t.tokens))
	for i, token := range t.tokens {
		if token.Kind == arn.Hole {
			token = arn.Token{Text: values[token.Index]}
		}
		out[i] = token
	}
	return out
}
