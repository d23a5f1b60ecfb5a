package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"time"
)

// The programs that may ask (Sign-In API reference, AuthorizeOAuth2Access).
const (
	sameDevice  = "arn:aws:signin:::devtools/same-device"
	crossDevice = "arn:aws:signin:::devtools/cross-device"
)

// confirmation is the end of the redirect URI of a program on another device: there
// the code is shown, to be copied.
const confirmation = "/v1/sessions/confirmation"

// request is an authorization that a program asks for.
type request struct {
	client    string
	redirect  string
	state     string
	challenge string
}

func (q request) remote() bool { return q.client == crossDevice }

// The pattern of code challenges and verifiers (Sign-In API reference).
var pkce = regexp.MustCompile(`^[A-Za-z0-9\-._~]{43,128}$`)

// parseRequest reads the query of an authorization.
func parseRequest(query string) (request, error) {
	if len(query) > maxQuery {
		return request{}, errors.New("the request is too long")
	}
	v, err := url.ParseQuery(query)
	if err != nil {
		return request{}, errors.New("the request is not a query string")
	}
	for name, values := range v {
		if len(values) != 1 {
			return request{}, errors.New(name + " is there more than once")
		}
	}
	q := request{client: v.Get("client_id"), redirect: v.Get("redirect_uri"), state: v.Get("state"), challenge: v.Get("code_challenge")}
	switch {
	case v.Get("response_type") != "code":
		return request{}, errors.New("response_type must be code")
	case q.client != sameDevice && q.client != crossDevice:
		return request{}, errors.New("client_id is not known")
	case v.Get("code_challenge_method") != "SHA-256":
		return request{}, errors.New("code_challenge_method must be SHA-256")
	case !pkce.MatchString(q.challenge):
		return request{}, errors.New("code_challenge must have 43 to 128 characters of base64url")
	case len(q.state) > 1024:
		return request{}, errors.New("state is too long")
	case len(q.redirect) > 2048 || !q.redirectAllowed():
		return request{}, errors.New("redirect_uri must be a loopback address with the path /oauth/callback, or the confirmation page of this server")
	}
	return q, nil
}

// redirectAllowed tells whether a code may go to the redirect URI. A program on this
// device listens on a loopback address (RFC 8252, 7.3). One on another device names a
// page of this server, to which nothing is sent: the code is shown.
func (q request) redirectAllowed() bool {
	u, err := url.Parse(q.redirect)
	if err != nil || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "" {
		return false
	}
	if q.remote() {
		return u.Path == confirmation
	}
	host := u.Hostname()
	return u.Scheme == "http" && (host == "127.0.0.1" || host == "::1" || host == "localhost") && u.Path == "/oauth/callback"
}

// device is how the page names where the program runs.
func (q request) device() string {
	if q.remote() {
		return "another device"
	}
	return "this device"
}

// ask shows whom a program wants to act for. Who is not signed in signs in first.
func (h *handler) ask(w http.ResponseWriter, r *http.Request) {
	q, err := parseRequest(r.URL.RawQuery)
	if err != nil {
		h.refuse(w, http.StatusBadRequest, "The program's request is not valid: "+err.Error()+".")
		return
	}
	_, arn, ok := h.session(r)
	if !ok {
		h.show(w, http.StatusOK, "form", view{Authorize: r.URL.RawQuery})
		return
	}
	h.show(w, http.StatusOK, "ask", view{ARN: arn, Client: q.device(), Authorize: r.URL.RawQuery})
}

// authorize gives a code to the program that whoever is signed in has let act.
func (h *handler) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.PostForm.Get("authorize")
	q, err := parseRequest(query)
	if err != nil {
		h.refuse(w, http.StatusBadRequest, "The program's request is not valid: "+err.Error()+".")
		return
	}
	s, _, ok := h.session(r)
	if !ok {
		h.show(w, http.StatusOK, "form", view{Authorize: query})
		return
	}
	if err := h.accounts.Allow(r.Context(), h.accounts.Origin(r), s, Use{Action: "AuthorizeOAuth2Access", Client: q.client, Remote: q.remote()}); err != nil {
		status, text := told(err)
		h.refuse(w, status, text)
		return
	}
	code, err := h.codes.give(grant{Session: s, request: q, until: h.accounts.Now().Add(codeDuration)}, h.accounts.Now())
	if err != nil {
		h.refuse(w, http.StatusTooManyRequests, err.Error())
		return
	}
	answer := url.Values{"code": {code}, "state": {q.state}}.Encode()
	if q.remote() {
		h.show(w, http.StatusOK, "code", view{Code: base64.StdEncoding.EncodeToString([]byte(answer))})
		return
	}
	w.Header().Set("Location", q.redirect+"?"+answer)
	w.WriteHeader(http.StatusSeeOther)
}

// grant is what a code stands for.
type grant struct {
	Session
	request
	until time.Time
}

// codes are the authorization codes that nobody has redeemed yet. They are in
// memory: one is good once, and only for minutes.
type codes struct {
	mu     sync.Mutex
	grants map[[sha256.Size]byte]grant
}

// maxCodes is how many codes there may be at a time.
const maxCodes = 10_000

func (c *codes) give(g grant, now time.Time) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for digest, old := range c.grants {
		if now.After(old.until) {
			delete(c.grants, digest)
		}
	}
	if len(c.grants) >= maxCodes {
		return "", errors.New("too many programs wait for their user; try again in a few minutes")
	}
	if c.grants == nil {
		c.grants = map[[sha256.Size]byte]grant{}
	}
	code := rand.Text() + rand.Text()
	c.grants[sha256.Sum256([]byte(code))] = g
	return code, nil
}

// redeem uses a code up: also one that is then found not to be for the program.
func (c *codes) redeem(code string, now time.Time) (grant, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	digest := sha256.Sum256([]byte(code))
	g, ok := c.grants[digest]
	delete(c.grants, digest)
	return g, ok && !now.After(g.until)
}

// verifies tells whether a verifier is the one that a challenge was made of.
func (q request) verifies(verifier string) bool {
	if !pkce.MatchString(verifier) {
		return false
	}
	digest := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(digest[:])), []byte(q.challenge)) == 1
}
