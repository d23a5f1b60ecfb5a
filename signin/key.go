package signin

import (
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/keyreeve/keyreeve/credential/webauthn"
)

// KeyProof is what a security key or a passkey shows beside a password.
type KeyProof struct {
	Party     webauthn.Party
	Challenge []byte
	Response  []byte
	// Fresh uses the challenge up, and tells whether it was not used before. However
	// often it is asked, the answer is one: an attempt may be carried out again.
	Fresh func() bool
}

//go:embed key.js
var keyScript []byte

// asked is a challenge that was given out, as the page carries it, sealed.
type asked struct {
	Challenge []byte    `json:"c"`
	Owner     string    `json:"o,omitempty"` // of the session that a key is registered in
	At        time.Time `json:"t"`
	Process   string    `json:"p"` // which remembers the challenges that were used
}

// challengeDuration is how long the user may take.
const challengeDuration = 5 * time.Minute

// party is this server under the name by which the browser has reached it. Keys are for
// one name, and the browser sees to it that no other page than this server's uses them.
func party(r *http.Request, secure bool) webauthn.Party {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	scheme := "http://"
	if secure {
		scheme = "https://"
	}
	return webauthn.Party{ID: host, Name: "Keyreeve " + host, Origins: []string{scheme + r.Host}}
}

// options are what a page hands to the browser, and the challenge that it sends back.
type options struct {
	Options   json.RawMessage `json:"options"`
	Challenge string          `json:"challenge"`
}

func (h *handler) askKey(w http.ResponseWriter, r *http.Request, owner string, of func(p webauthn.Party, challenge []byte) []byte) {
	challenge, err := webauthn.NewChallenge(rand.Reader)
	if err != nil {
		h.refuse(w, http.StatusInternalServerError, "Something went wrong here.")
		return
	}
	sealed, err := h.seal(asked{Challenge: challenge, Owner: owner, At: h.accounts.Now(), Process: h.process}, forKey)
	if err != nil {
		status, text := told(err)
		h.refuse(w, status, text)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(options{of(party(r, h.accounts.Origin(r).SecureTransport), challenge), sealed})
}

// keyOptions are those for signing in: of any key that the device has for this server.
func (h *handler) keyOptions(w http.ResponseWriter, r *http.Request) {
	h.askKey(w, r, "", webauthn.Party.RequestOptions)
}

// newKeyOptions are those for a new key of whoever is signed in.
func (h *handler) newKeyOptions(w http.ResponseWriter, r *http.Request) {
	s, arn, ok := h.session(r)
	if !ok {
		h.refuse(w, http.StatusForbidden, "Sign in first.")
		return
	}
	has, err := h.accounts.SecurityKeys(r.Context(), h.accounts.Origin(r), s)
	if err != nil {
		status, text := told(err)
		h.refuse(w, status, text)
		return
	}
	handle := sha256.Sum256([]byte(s.Account + " " + s.Owner))
	h.askKey(w, r, s.Owner, func(p webauthn.Party, challenge []byte) []byte {
		return p.CreationOptions(challenge, handle[:], arn, has)
	})
}

// proof reads what a form says of a security key; nil is nothing. The challenge must be
// one of this server's, not too old, and for this owner.
func (h *handler) proof(r *http.Request, owner string) (*KeyProof, error) {
	response := r.PostForm.Get("key")
	if response == "" {
		return nil, nil
	}
	var a asked
	if !h.open(r.PostForm.Get("keychallenge"), forKey, &a) || a.Process != h.process || a.Owner != owner ||
		h.accounts.Now().Sub(a.At) > challengeDuration {
		return nil, ErrOver
	}
	return &KeyProof{
		Party: party(r, h.accounts.Origin(r).SecureTransport), Challenge: a.Challenge, Response: []byte(response),
		Fresh: sync.OnceValue(func() bool { return h.challenges.use(a.Challenge, h.accounts.Now()) }),
	}, nil
}

// addKey registers a key of whoever is signed in.
func (h *handler) addKey(w http.ResponseWriter, r *http.Request) {
	s, arn, ok := h.session(r)
	if !ok {
		http.Redirect(w, r, "/signin", http.StatusSeeOther)
		return
	}
	proof, err := h.proof(r, s.Owner)
	if err == nil && proof == nil {
		err = ErrOver
	}
	var key webauthn.Key
	if err == nil {
		key, err = proof.Party.Register(proof.Challenge, proof.Response)
	}
	if err == nil && !proof.Fresh() {
		err = ErrOver
	}
	if err == nil {
		err = h.accounts.AddSecurityKey(r.Context(), h.accounts.Origin(r), s, r.PostForm.Get("label"), key)
	}
	if err != nil {
		status, text := told(err)
		if errors.Is(err, ErrOver) || errors.Is(err, webauthn.ErrRefused) {
			status, text = http.StatusBadRequest, "The security key was not registered. Try again."
		}
		h.show(w, status, "session", view{ARN: arn, Problem: text})
		return
	}
	http.Redirect(w, r, "/signin/session", http.StatusSeeOther)
}

func (h *handler) script(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Write(keyScript)
}

// challenges are those that were used, for as long as they could be used again.
type challenges struct {
	mu   sync.Mutex
	used map[string]time.Time
}

// use takes a challenge once.
func (c *challenges) use(challenge []byte, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for old, at := range c.used {
		if now.Sub(at) > challengeDuration {
			delete(c.used, old)
		}
	}
	if _, again := c.used[string(challenge)]; again {
		return false
	}
	if c.used == nil {
		c.used = map[string]time.Time{}
	}
	c.used[string(challenge)] = now
	return true
}
