package referee

import "strings"

// sign is one element of a pattern: a character or a wildcard.
type sign struct {
	char  rune
	wild  rune // '*', '?' or 0
	inner bool // a wildcard that matches no colon
}

// glob is the definition of what a pattern matches.
func glob(p []sign, s []rune) bool {
	if len(p) == 0 {
		return len(s) == 0
	}
	switch p[0].wild {
	case '*':
		if glob(p[1:], s) {
			return true
		}
		return len(s) > 0 && !(p[0].inner && s[0] == ':') && glob(p, s[1:])
	case '?':
		return len(s) > 0 && !(p[0].inner && s[0] == ':') && glob(p[1:], s[1:])
	}
	return len(s) > 0 && s[0] == p[0].char && glob(p[1:], s[1:])
}

// signs reads a text with wildcards.
func signs(text string) []sign {
	var out []sign
	for _, r := range text {
		if r == '*' || r == '?' {
			out = append(out, sign{wild: r})
		} else {
			out = append(out, sign{char: r})
		}
	}
	return out
}

func plain(text string) []sign {
	var out []sign
	for _, r := range text {
		out = append(out, sign{char: r})
	}
	return out
}

func matchAction(pattern, action string) bool {
	if pattern != "" && strings.ReplaceAll(pattern, "*", "") == "" {
		return true
	}
	p := strings.SplitN(strings.ToLower(pattern), ":", 2)
	a := strings.SplitN(strings.ToLower(action), ":", 2)
	return len(p) == 2 && glob(signs(p[0]), []rune(a[0])) && glob(signs(p[1]), []rune(a[1]))
}

// matchResource matches a Resource pattern as the kind of policy reads it.
func (c *Case) matchResource(pattern, kind string, variables bool) bool {
	if pattern != "" && strings.ReplaceAll(pattern, "*", "") == "" {
		return true
	}
	if c.Resource == "*" {
		return false
	}
	p := strings.SplitN(pattern, ":", 6)
	if c.matchParts(p, variables) {
		return true
	}
	pad := false
	switch kind {
	case "identity", "session", "boundary":
		pad = true
	case "resource", "endpoint":
		pad = strings.Contains(pattern, "*")
	case "scp":
		pad = strings.HasSuffix(pattern, "*")
	}
	if len(p) == 6 || !pad {
		return false
	}
	for len(p) < 6 {
		p = append(p, "*")
	}
	return c.matchParts(p, variables)
}

func (c *Case) matchParts(p []string, variables bool) bool {
	var all []sign
	for i, part := range p {
		if i > 0 {
			all = append(all, sign{char: ':'})
		}
		if i == 5 {
			last, ok := c.substitute(part, variables, true)
			if !ok {
				return false
			}
			all = append(all, last...)
			continue
		}
		open := len(strings.TrimRight(part, "*")) // stars from here on close the part
		n := 0
		for j, r := range part {
			s := sign{char: r}
			if r == '*' || r == '?' {
				s = sign{wild: r, inner: r == '?' || j < open}
			}
			all = append(all, s)
			n++
		}
	}
	return glob(all, []rune(c.Resource))
}

// substitute replaces policy variables. If one has no value, ok is false.
func (c *Case) substitute(text string, variables, wildcards bool) (out []sign, ok bool) {
	read := plain
	if wildcards {
		read = signs
	}
	for variables {
		i := strings.Index(text, "${")
		if i < 0 {
			break
		}
		j := strings.Index(text[i:], "}")
		if j < 0 {
			break
		}
		out = append(out, read(text[:i])...)
		inside := text[i+2 : i+j]
		text = text[i+j+1:]
		if inside == "*" || inside == "?" || inside == "$" {
			out = append(out, plain(inside)...)
			continue
		}
		value, found := c.variable(inside)
		if !found {
			return nil, false
		}
		out = append(out, plain(value)...)
	}
	return append(out, read(text)...), true
}

// variable gives what stands between the braces its value.
func (c *Case) variable(inside string) (string, bool) {
	name, fallback, hasFallback := inside, "", false
	if i := strings.Index(inside, ", '"); i > 0 && strings.HasSuffix(inside[i+3:], "'") {
		middle := inside[i+3 : len(inside)-1]
		if !strings.Contains(middle, "'") {
			name, fallback, hasFallback = inside[:i], middle, true
		}
	}
	values, multi := c.values(name)
	if len(values) == 1 && !multi {
		return values[0], true
	}
	return fallback, hasFallback
}

// values of a context key, and whether it can have several.
func (c *Case) values(name string) (values []string, multi bool) {
	for k, v := range c.Context {
		if strings.ToLower(k) == strings.ToLower(name) {
			values = v
		}
	}
	for _, k := range c.Multi {
		multi = multi || strings.ToLower(k) == strings.ToLower(name)
	}
	return values, multi
}
