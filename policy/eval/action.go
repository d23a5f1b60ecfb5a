package eval

import (
	"cmp"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/policy"
)

// action is an action pattern, service and name. Letters of ASCII are in lower
// case.
type action struct {
	text          string // as written
	lower         string
	service, name arn.Fold
	exact         bool // neither has a wildcard, and neither is empty
}

func (a *action) match(asked *asked) bool {
	return a.service.Match(asked.service) && a.name.Match(asked.name)
}

// vendor is the service of the pattern as text.
func (a *action) vendor() string { return a.lower[:strings.IndexByte(a.lower, ':')] }

func (s *statement) compileActions(values []policy.Text) {
	for _, v := range values {
		lower := strings.ToLower(v.Value)
		if lower != "" && strings.Trim(lower, "*") == "" {
			s.everything = true
			continue
		}
		// Without a colon it is no pattern of an action and matches none.
		service, name, ok := strings.Cut(lower, ":")
		if !ok {
			continue
		}
		a := action{text: v.Value, lower: lower, service: arn.NewFold(service), name: arn.NewFold(name)}
		if _, ascii := foldHash(v.Value); !ascii {
			a.text = lower // as requests are compared then
		}
		a.exact = service != "" && name != "" && !strings.ContainsAny(lower, "*?")
		if strings.ContainsAny(service, "*?") {
			s.free = append(s.free, a)
		} else {
			s.own = append(s.own, a)
		}
	}
	slices.SortStableFunc(s.own, func(a, b action) int { return cmp.Compare(a.vendor(), b.vendor()) })
}

// ofService are the patterns that name the service.
func (s *statement) ofService(service string) []action {
	low, _ := slices.BinarySearchFunc(s.own, service, func(a action, v string) int { return cmp.Compare(a.vendor(), v) })
	high := low
	for high < len(s.own) && s.own[high].vendor() == service {
		high++
	}
	return s.own[low:high]
}

// matchesAction is the plain answer, which needs no index.
func (s *statement) matchesAction(a *asked) bool {
	if s.everything {
		return !s.notAction
	}
	for i := range s.own {
		if s.own[i].match(a) {
			return !s.notAction
		}
	}
	for i := range s.free {
		if s.free[i].match(a) {
			return !s.notAction
		}
	}
	return s.notAction
}

// asked is the action of a request. Letters of ASCII may be in any case; if
// there are others, all is in lower case.
type asked struct {
	text          string
	service, name string
	hash          uint64
}

// ask reads an action. Without service or name it is none.
func ask(text string) (a asked, ok bool) {
	hash, ascii := foldHash(text)
	if !ascii {
		text = strings.ToLower(text)
		hash, _ = foldHash(text)
	}
	i := strings.IndexByte(text, ':')
	if i <= 0 || i == len(text)-1 {
		return asked{}, false
	}
	return asked{text: text, service: text[:i], name: text[i+1:], hash: hash}, true
}
