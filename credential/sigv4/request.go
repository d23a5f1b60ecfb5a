package sigv4

import (
	"net/http"
	"strings"
)

// Request is what of a request is signed, as it arrived.
type Request struct {
	Method   string
	Path     string      // the request target up to the question mark, undecoded
	RawQuery string      // the request target after it, undecoded
	Host     string      // the Host header or :authority
	Header   http.Header // names in canonical form, Host not among them
}

// FromHTTP gives the Request of a request that a server has received.
func FromHTTP(r *http.Request) Request {
	path, query := target(r)
	return Request{Method: r.Method, Path: path, RawQuery: query, Host: r.Host, Header: r.Header}
}

// target takes the request target apart.
func target(r *http.Request) (path, query string) {
	path, query, _ = strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(path, "/") { // absolute form, or a request that a client made
		path, query = r.URL.EscapedPath(), r.URL.RawQuery
	}
	if path == "" {
		path = "/"
	}
	return path, query
}

// values gives the values of the header with a lower-case name. The header's names
// are in canonical form (checkHeaders).
func (r *Request) values(name string) []string {
	var room [64]byte
	if len(name) <= len(room) {
		return r.Header[string(appendCanonicalName(room[:0], name))]
	}
	for key, values := range r.Header {
		if equalLower(key, name) {
			return values
		}
	}
	return nil
}

// appendCanonicalName appends a lower-case name with its first letter, and those
// after hyphens, in upper case.
func appendCanonicalName(b []byte, name string) []byte {
	first := true
	for i := range len(name) {
		c := name[i]
		if first && 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		b, first = append(b, c), c == '-'
	}
	return b
}

// equalLower compares a header's key with a name in lower case, ASCII only.
func equalLower(key, lower string) bool {
	if len(key) != len(lower) {
		return false
	}
	for i := range len(key) {
		if toLower(key[i]) != lower[i] {
			return false
		}
	}
	return true
}

func toLower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// isCanonical reports whether a header's name is a token of RFC 9110 in canonical
// form: the first letter, and those after hyphens, in upper case, all others not.
func isCanonical(name string) bool {
	first := true
	for i := range len(name) {
		c := name[i]
		if !tokenByte[c] || first && 'a' <= c && c <= 'z' || !first && 'A' <= c && c <= 'Z' {
			return false
		}
		first = c == '-'
	}
	return name != ""
}

// tokenByte has the bytes of tokens.
var tokenByte = func() (is [256]bool) {
	for c := range is {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		is[c] = letter || c < 0x80 && strings.IndexByte("!#$%&'*+-.^_`|~", byte(c)) >= 0
	}
	return is
}()

// one gives the value of a header of which there may be one at most. It is false
// if there are more.
func (r *Request) one(canonicalName string) (string, bool) {
	switch values := r.Header[canonicalName]; len(values) {
	case 0:
		return "", true
	case 1:
		return values[0], true
	default:
		return "", false
	}
}
