package sts

import (
	"regexp"
	"strings"
	"sync"

	"github.com/keyreeve/keyreeve/catalog"
)

// claimTable tells which claims of a provider's tokens are condition keys beyond those
// of OpenID Connect. AWS publishes them with the action's condition keys, for example
// "gitlab.com:project_id" or "token.actions.${Domain}.ghe.com:repository".
type claimTable struct {
	exact    map[string][]string // by URL without https://
	patterns []claimPattern
}

// claimPattern is for providers of which each customer has one of their own.
type claimPattern struct {
	begin  string // of the URL, before its first variable
	url    *regexp.Regexp
	claims []string
}

var variable = regexp.MustCompile(`\\\$\\\{[^}]*\\\}`)

var publishedClaims = sync.OnceValue(func() *claimTable {
	t := &claimTable{exact: map[string][]string{}}
	action, _ := catalog.Default().Action("sts:AssumeRoleWithWebIdentity")
	places := map[string]int{}
	for _, key := range action.ConditionKeys {
		url, claim, ok := strings.Cut(key, ":")
		if !ok || !strings.Contains(url, ".") { // aws: and sts: are no providers
			continue
		}
		begin, _, isPattern := strings.Cut(url, "${")
		if !isPattern {
			t.exact[url] = append(t.exact[url], claim)
			continue
		}
		at, known := places[url]
		if !known {
			at = len(t.patterns)
			places[url] = at
			expression := variable.ReplaceAllString(regexp.QuoteMeta(url), `[^/:]+`)
			t.patterns = append(t.patterns, claimPattern{begin: begin, url: regexp.MustCompile("^" + expression + "$")})
		}
		t.patterns[at].claims = append(t.patterns[at].claims, claim)
	}
	return t
})

// of are the claims of a provider's tokens.
func (t *claimTable) of(url string) []string {
	if claims, ok := t.exact[url]; ok {
		return claims
	}
	for _, p := range t.patterns {
		if strings.HasPrefix(url, p.begin) && p.url.MatchString(url) {
			return p.claims
		}
	}
	return nil
}
