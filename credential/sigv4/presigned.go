package sigv4

import (
	"strconv"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
)

// maxExpires is the most that X-Amz-Expires may say: seven days.
const maxExpires = 7 * 24 * time.Hour

// queryAuth is the parameters of a presigned request, decoded.
type queryAuth struct {
	parts
	algorithm, date, expires, token string

	present bool // any of them is there, if only empty
	seen    map[string]bool
}

// names of the parameters.
const (
	paramAlgorithm     = "X-Amz-Algorithm"
	paramCredential    = "X-Amz-Credential"
	paramDate          = "X-Amz-Date"
	paramExpires       = "X-Amz-Expires"
	paramSignedHeaders = "X-Amz-SignedHeaders"
	paramSignature     = "X-Amz-Signature"
	paramToken         = "X-Amz-Security-Token"
)

// scanQuery finds the parameters of a presigned request. Escapes that are none
// are an error, for what they mean depends on the reader.
func scanQuery(query string) (queryAuth, error) {
	var q queryAuth
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(pair, "=")
		name, ok := unescape(name)
		value, okValue := unescape(value)
		if !ok || !okValue {
			return q, apierror.New(apierror.MalformedQueryString, "The query string contains a syntax error.")
		}
		into := q.named(name)
		if into == nil {
			continue
		}
		if q.seen[name] {
			return q, repeated(name)
		}
		if q.seen == nil {
			q.seen = make(map[string]bool, 8)
		}
		q.present, q.seen[name], *into = true, true, value
	}
	return q, nil
}

func (q *queryAuth) named(name string) *string {
	switch name {
	case paramAlgorithm:
		return &q.algorithm
	case paramCredential:
		return &q.credential
	case paramDate:
		return &q.date
	case paramExpires:
		return &q.expires
	case paramSignedHeaders:
		return &q.signedHeaders
	case paramSignature:
		return &q.signature
	case paramToken:
		return &q.token
	default:
		return nil
	}
}

// unescape decodes a name or value of a query string, where "+" is a space.
func unescape(text string) (string, bool) {
	if !strings.ContainsAny(text, "%+") {
		return text, true
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c, size := decoded(text, i, true)
		if size == 0 {
			return "", false
		}
		out = append(out, c)
		i += size - 1
	}
	return string(out), true
}

// decoded gives the byte that stands at text[i:] and how many characters it
// takes: three if it is escaped, none if the escape is none.
func decoded(text string, i int, plusIsSpace bool) (c byte, size int) {
	switch {
	case text[i] == '+' && plusIsSpace:
		return ' ', 1
	case text[i] != '%':
		return text[i], 1
	case i+2 >= len(text):
		return 0, 0
	}
	high, low := unhex(text[i+1]), unhex(text[i+2])
	if high < 0 || low < 0 {
		return 0, 0
	}
	return byte(high<<4 | low), 3
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	default:
		return -1
	}
}

// parseQuery reads the presigned form.
func (s *Signature) parseQuery(q *queryAuth) error {
	var lacking []string
	if q.algorithm == "" {
		lacking = append(lacking, paramAlgorithm)
	}
	lacking = append(lacking, q.lacking(paramCredential, paramSignature, paramSignedHeaders)...)
	if q.date == "" {
		lacking = append(lacking, paramDate)
	}
	if len(lacking) > 0 {
		return queryLacks(lacking)
	}
	if q.algorithm != algorithm {
		return badAlgorithm(clip(q.algorithm))
	}
	// The query says these; a header that says otherwise would be a second opinion.
	for _, name := range []string{"X-Amz-Date", "X-Amz-Security-Token"} {
		if _, twice := s.request.Header[name]; twice {
			return repeated(name)
		}
	}
	s.Presigned, s.SessionToken = true, q.token
	if q.seen[paramExpires] {
		seconds, err := strconv.ParseUint(q.expires, 10, 32)
		if s.Expires = time.Duration(seconds) * time.Second; err != nil || seconds == 0 || s.Expires > maxExpires {
			return badExpires()
		}
	}
	return s.fill(q.parts, q.date)
}
