package sigv4

import (
	"net/http"
	"net/textproto"
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
func FromHTTP(r *http.Request) *Request {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(path, "/") { // absolute form, or a request that a client made
		path, query = r.URL.EscapedPath(), r.URL.RawQuery
	}
	if path == "" {
		path = "/"
	}
	return &Request{Method: r.Method, Path: path, RawQuery: query, Host: r.Host, Header: r.Header}
}

// check refuses requests that could be read in more than one way.
func (r *Request) check() error {
	if r.Method == "" || !strings.HasPrefix(r.Path, "/") {
		return mismatch()
	}
	for name := range r.Header {
		// Another spelling would be a second header of the same name, which one
		// reader sees and another does not.
		if textproto.CanonicalMIMEHeaderKey(name) != name || !isToken(name) || name == "Host" {
			return mismatch()
		}
	}
	return nil
}

// values gives the values of the header with a lower-case name.
func (r *Request) values(name string) []string {
	for key, values := range r.Header {
		if equalLower(key, name) {
			return values
		}
	}
	return nil
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

// isToken reports whether text is a token of RFC 9110, as a header's name has to be.
func isToken(text string) bool {
	for i := range len(text) {
		c := toLower(text[i])
		if letter := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'; !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return text != ""
}

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
