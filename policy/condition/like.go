package condition

import (
	"strings"

	"github.com/keyreeve/keyreeve/arn"
)

// like is an ARN pattern. If a variable stands before the fifth colon and its
// value holds a colon, then the substituted text decides where the parts are,
// and the pattern is compiled when asked. No real account or region does.
type like struct {
	text    Template
	pattern arn.Like
	early   bool // a variable stands before the fifth colon
}

func newLike(text Template) like {
	l := like{text: text, pattern: arn.NewLike(text.Tokens())}
	colons := 0
	for _, token := range text.Tokens() {
		colons += strings.Count(token.Text, ":")
		l.early = l.early || token.Kind == arn.Hole && colons < 5
	}
	return l
}

func (l *like) match(value string, c *Context) bool {
	var buf [4]string
	holes, ok := l.text.Values(c, buf[:])
	if !ok {
		return false
	}
	if l.early && anyColon(holes) {
		pattern := arn.NewLike(l.text.substituted(holes))
		return pattern.Match(value, nil)
	}
	return l.pattern.Match(value, holes)
}

func anyColon(texts []string) bool {
	for _, s := range texts {
		if strings.IndexByte(s, ':') >= 0 {
			return true
		}
	}
	return false
}
