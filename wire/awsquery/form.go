package awsquery

import (
	"strings"
	"unicode/utf8"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/apierror"
)

// MaxParameters is how many parameters a form may have. The largest honest requests
// are simulations with some thousand actions.
const MaxParameters = 10000

// Param is one decoded parameter.
type Param struct{ Name, Value string }

// Form is a request's parameters in the order in which they came. No name is there
// twice.
type Form []Param

// Get gives the value of a parameter, "" if it is absent.
func (f Form) Get(name string) string {
	v, _ := f.Lookup(name)
	return v
}

// Lookup gives the value of a parameter and whether it is there.
func (f Form) Lookup(name string) (string, bool) {
	for i := range f {
		if f[i].Name == name {
			return f[i].Value, true
		}
	}
	return "", false
}

// ParseForm parses the raw parts of a request's form, which are its query string and
// its body, as one. Empty pairs are skipped.
func ParseForm(parts ...string) (Form, error) {
	n := 0
	for _, part := range parts {
		n += strings.Count(part, "&") + 1
	}
	if n > MaxParameters+len(parts) {
		return nil, tooMany()
	}
	form := make(Form, 0, n)
	var seen map[string]struct{} // names in form, where they are many
	if n > fewParameters {
		seen = make(map[string]struct{}, n)
	}
	for _, part := range parts {
		for pair := range strings.SplitSeq(part, "&") {
			if pair == "" {
				continue
			}
			p, err := parsePair(pair)
			if err != nil {
				return nil, err
			}
			if form.has(p.Name, seen) {
				return nil, apierror.New(apierror.InvalidQueryParameter, "The parameter %s is given more than once.", clip(p.Name))
			}
			if seen != nil {
				seen[p.Name] = struct{}{}
			}
			form = append(form, p)
		}
	}
	if len(form) > MaxParameters {
		return nil, tooMany()
	}
	return form, nil
}

// fewParameters is up to how many names are sooner compared than hashed.
const fewParameters = 12

// has reports whether a name is there. Seen has all names, or is nil.
func (f Form) has(name string, seen map[string]struct{}) bool {
	if seen == nil {
		_, there := f.Lookup(name)
		return there
	}
	_, there := seen[name]
	return there
}

func tooMany() error {
	return apierror.New(apierror.MalformedQueryString, "The request has more than %d parameters.", MaxParameters)
}

func parsePair(pair string) (Param, error) {
	name, value, _ := strings.Cut(pair, "=")
	p := Param{}
	var ok bool
	if p.Name, ok = unescape(name); !ok || p.Name == "" {
		return p, apierror.New(apierror.MalformedQueryString, "The query string has a malformed parameter name.")
	}
	if p.Value, ok = unescape(value); !ok {
		return p, apierror.New(apierror.MalformedQueryString, "The value of the parameter %s is malformed.", clip(p.Name))
	}
	return p, nil
}

// unescape undoes percent-encoding. It refuses what is no UTF-8, and NUL.
func unescape(s string) (string, bool) {
	if strings.IndexByte(s, '%') >= 0 || strings.IndexByte(s, '+') >= 0 {
		var b strings.Builder
		b.Grow(len(s))
		for i := 0; i < len(s); i++ {
			switch c := s[i]; c {
			case '+':
				b.WriteByte(' ')
			case '%':
				if i+2 >= len(s) {
					return "", false
				}
				hi, lo := unhex(s[i+1]), unhex(s[i+2])
				if hi > 15 || lo > 15 {
					return "", false
				}
				b.WriteByte(hi<<4 | lo)
				i += 2
			default:
				b.WriteByte(c)
			}
		}
		s = b.String()
	}
	return s, utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// unhex gives the value of a hexadecimal digit, or more than 15.
func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 0xFF
}

// clip bounds what an error repeats of a parameter's name.
func clip(name string) string {
	const limit = 100
	if len(name) <= limit {
		return name
	}
	return strings.ToValidUTF8(name[:limit], "") + "…"
}

// FindOperation gives the operation that Action and Version of a form name, among the
// operations of services. The messages are AWS's (aws/aws-cli#37).
func FindOperation(f Form, services ...*api.Service) (*api.Operation, error) {
	action, ok := f.Lookup("Action")
	if !ok || action == "" {
		return nil, apierror.New(apierror.MissingAction, "The request is missing an action or a required parameter.")
	}
	version := f.Get("Version")
	for _, s := range services {
		if s.Version != version {
			continue
		}
		if op := s.Operation(action); op != nil {
			return op, nil
		}
	}
	if version == "" {
		version = "NO_VERSION_SPECIFIED"
	}
	return nil, apierror.New(apierror.InvalidAction, "Could not find operation %s for version %s", clip(action), clip(version))
}
