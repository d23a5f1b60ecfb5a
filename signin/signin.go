package signin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/credential/webauthn"
)

// How long what is given out here lasts.
const (
	SessionDuration = 12 * time.Hour   // of a sign-in
	consoleDuration = time.Hour        // of credentials for a cookie
	accessDuration  = 15 * time.Minute // of access tokens
	codeDuration    = 5 * time.Minute  // of authorization codes
	choiceDuration  = 5 * time.Minute  // within which another password is to be chosen
)

// Attempt is what somebody claims and shows.
type Attempt struct {
	Account  string // number or alias
	Root     bool   // the account's root user, and not a user with a name
	UserName string
	Password string
	Code     string // of an MFA device
	Key      *KeyProof
}

// Session is what a right attempt opens.
type Session struct {
	Account string    `json:"a"`
	Owner   string    `json:"o"` // a user's unique id; root's is the account's number
	Stamp   string    `json:"s"` // of the password
	At      time.Time `json:"t"` // whole seconds
	MFA     bool      `json:"m,omitempty"`
	// Epoch and Incarnation are those of the account and of the store.
	Epoch       int    `json:"e"`
	Incarnation string `json:"i"`
}

// Ends is when a session is over at the latest.
func (s Session) Ends() time.Time { return s.At.Add(SessionDuration) }

// Use is what a program wants of a session.
type Use struct {
	Action string // the event's name, and the action where Client is not empty
	Client string // the program's client id, with which it must be allowed
	Remote bool   // the program runs on another device
}

// What is wrong with a session.
var (
	ErrOver    = errors.New("the session is over")
	ErrChanged = errors.New("the password or the user is another")
)

// ErrReplace comes with the session of somebody who must choose another password
// first; it opens nothing else.
var ErrReplace = errors.New("another password has to be chosen")

// Accounts answer what this package asks, and record it.
type Accounts interface {
	Origin(r *http.Request) authn.Origin
	Now() time.Time
	// SignIn tries what somebody shows. Whatever is wrong with it, the error is the
	// same; only too many attempts have another one (Throttling).
	SignIn(ctx context.Context, o authn.Origin, a Attempt) (Session, error)
	// ReplacePassword sets the password of a session that came with ErrReplace.
	ReplacePassword(ctx context.Context, o authn.Origin, s Session, password string) (Session, error)
	// Who gives the ARN of whom a session is, or ErrOver or ErrChanged.
	Who(ctx context.Context, o authn.Origin, s Session) (arn string, err error)
	// Allow tells whether the principal of a session may let a program act for it.
	Allow(ctx context.Context, o authn.Origin, s Session, u Use) error
	// Credentials gives credentials of a session, once it is allowed.
	Credentials(ctx context.Context, o authn.Origin, s Session, u Use, d time.Duration) (session.Credentials, string, error)
	// SecurityKeys are the keys that the owner of a session has.
	SecurityKeys(ctx context.Context, o authn.Origin, s Session) ([]webauthn.Key, error)
	// AddSecurityKey registers a key of the owner of a session, under a label, if the
	// owner may enable MFA devices.
	AddSecurityKey(ctx context.Context, o authn.Origin, s Session, label string, key webauthn.Key) error
	SealText(text, purpose string, random io.Reader) (string, error)
	OpenText(sealed, purpose string) (string, bool)
}

// handler serves the pages and the token endpoint.
type handler struct {
	accounts Accounts
	codes    codes
	proofs   proofs
	// Challenges for security keys are sealed into pages; those that were used are
	// remembered by this process, and are good in no other.
	challenges challenges
	process    string
	origins    *http.CrossOriginProtection
	identity   *ecdsa.PrivateKey // signs id tokens
}

// Register adds what is served to a mux.
func Register(mux *http.ServeMux, a Accounts) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // the system has no randomness
	}
	h := &handler{accounts: a, origins: http.NewCrossOriginProtection(), identity: key, process: rand.Text()}
	mux.HandleFunc("GET /signin", h.page(h.form))
	mux.HandleFunc("POST /signin", h.page(h.signIn))
	mux.HandleFunc("GET /signin/session", h.page(h.shown))
	mux.HandleFunc("GET /signin/credentials", h.credentials)
	mux.HandleFunc("POST /signin/out", h.page(h.signOut))
	mux.HandleFunc("GET /signin/key.js", h.page(h.script))
	mux.HandleFunc("GET /signin/key", h.page(h.keyOptions))
	mux.HandleFunc("GET /signin/newkey", h.page(h.newKeyOptions))
	mux.HandleFunc("POST /signin/newkey", h.page(h.addKey))
	mux.HandleFunc("GET /v1/authorize", h.page(h.ask))
	mux.HandleFunc("POST /v1/authorize", h.page(h.authorize))
	mux.HandleFunc("POST /v1/token", h.token)
}

// What sealed sessions are for: none of these is taken for another.
const (
	forCookie  = "console session"
	forChoice  = "choice of a password"
	forRefresh = "refresh token"
	forKey     = "challenge of a security key"
)

// seal makes a text of a value that nobody can read or alter.
func (h *handler) seal(v any, purpose string) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return h.accounts.SealText(string(text), purpose, rand.Reader)
}

// open reads what seal made.
func (h *handler) open(sealed, purpose string, v any) bool {
	text, ok := h.accounts.OpenText(sealed, purpose)
	return ok && json.Unmarshal([]byte(text), v) == nil
}

// cookieName is the session's cookie. Over TLS browsers keep one with the prefix
// __Host- to this host and to TLS.
func cookieName(secure bool) string {
	if secure {
		return "__Host-keyreeve-session"
	}
	return "keyreeve-session"
}

func (h *handler) setCookie(w http.ResponseWriter, o authn.Origin, value string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(o.SecureTransport), Value: value, Path: "/", MaxAge: int(age / time.Second),
		HttpOnly: true, Secure: o.SecureTransport, SameSite: http.SameSiteStrictMode,
	})
}

// session is that of a request's cookie, and whose it is.
func (h *handler) session(r *http.Request) (Session, string, bool) {
	o := h.accounts.Origin(r)
	cookie, err := r.Cookie(cookieName(o.SecureTransport))
	if err != nil {
		return Session{}, "", false
	}
	var s Session
	if !h.open(cookie.Value, forCookie, &s) {
		return Session{}, "", false
	}
	arn, err := h.accounts.Who(r.Context(), o, s)
	return s, arn, err == nil
}

// told is what may be said of an error on a page.
func told(err error) (status int, text string) {
	shown := apierror.Of(err)
	switch {
	case shown == nil:
		return http.StatusInternalServerError, "Something went wrong here; the log has its cause."
	case shown.Code == apierror.Throttling:
		return http.StatusTooManyRequests, shown.Message
	case shown.Code == apierror.ServiceUnavailable:
		return http.StatusServiceUnavailable, shown.Message
	}
	return http.StatusForbidden, shown.Message
}
