package signin

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"sync"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/dpop"
)

// tokenRequest is the body of CreateOAuth2Token, in the names of its API model.
type tokenRequest struct {
	ClientID     string `json:"clientId"`
	GrantType    string `json:"grantType"`
	Code         string `json:"code"`
	RedirectURI  string `json:"redirectUri"`
	CodeVerifier string `json:"codeVerifier"`
	RefreshToken string `json:"refreshToken"`
}

type tokenResponse struct {
	AccessToken struct {
		AccessKeyID     string `json:"accessKeyId"`
		SecretAccessKey string `json:"secretAccessKey"`
		SessionToken    string `json:"sessionToken"`
	} `json:"accessToken"`
	TokenType    string `json:"tokenType"`
	ExpiresIn    int    `json:"expiresIn"`
	RefreshToken string `json:"refreshToken"`
	IDToken      string `json:"idToken,omitempty"`
}

// refresh is what a refresh token holds: whose it is, and whose key it needs.
type refresh struct {
	Session Session `json:"s"`
	Client  string  `json:"c"`
	Key     string  `json:"k"` // thumbprint
}

// oauthError is an error of CreateOAuth2Token: the exception and the code are those of
// its API model.
type oauthError struct {
	status          int
	exception, code string
	message         string
}

func (e *oauthError) Error() string { return e.code + ": " + e.message }

func invalid(message string) error {
	return &oauthError{http.StatusBadRequest, "ValidationException", "INVALID_REQUEST", message}
}

var (
	errCode        = &oauthError{http.StatusUnauthorized, "AccessDeniedException", "AUTHCODE_EXPIRED", "The authorization code is not valid, was used, or has expired."}
	errToken       = &oauthError{http.StatusUnauthorized, "AccessDeniedException", "TOKEN_EXPIRED", "The refresh token is not valid or has expired."}
	errCredentials = &oauthError{http.StatusForbidden, "AccessDeniedException", "USER_CREDENTIALS_CHANGED", "The password or the user has changed since the sign-in."}
	errTooMany     = &oauthError{http.StatusTooManyRequests, "TooManyRequestsError", "INVALID_REQUEST", "Rate exceeded"}
)

// token is CreateOAuth2Token.
func (h *handler) token(w http.ResponseWriter, r *http.Request) {
	out, err := h.exchange(w, r)
	head := w.Header()
	head.Set("Content-Type", "application/json")
	head.Set("Cache-Control", "no-store")
	if err == nil {
		json.NewEncoder(w).Encode(out)
		return
	}
	e := shown(err)
	head.Set("X-Amzn-Errortype", e.exception)
	w.WriteHeader(e.status)
	json.NewEncoder(w).Encode(map[string]string{"error": e.code, "message": e.message})
}

// shown is an error as the program sees it.
func shown(err error) *oauthError {
	if e, ok := errors.AsType[*oauthError](err); ok {
		return e
	}
	switch {
	case errors.Is(err, ErrOver):
		return errToken
	case errors.Is(err, ErrChanged):
		return errCredentials
	case errors.Is(err, apierror.AccessDenied):
		return &oauthError{http.StatusForbidden, "AccessDeniedException", "INSUFFICIENT_PERMISSIONS", apierror.Of(err).Message}
	case errors.Is(err, apierror.Throttling):
		return errTooMany
	}
	return &oauthError{http.StatusInternalServerError, "InternalServerException", "server_error", "Something went wrong here; the log has its cause."}
}

func (h *handler) exchange(w http.ResponseWriter, r *http.Request) (*tokenResponse, error) {
	in, err := readToken(w, r)
	if err != nil {
		return nil, err
	}
	now := h.accounts.Now()
	proof, err := dpop.Verify(r.Header.Get("DPoP"), r.Method, r.URL.Path, now)
	if err != nil {
		return nil, invalid(err.Error())
	}
	if in.ClientID != sameDevice && in.ClientID != crossDevice {
		return nil, invalid("clientId is not known")
	}
	t := refresh{Client: in.ClientID, Key: proof.Key}
	switch in.GrantType {
	case "authorization_code":
		g, ok := h.codes.redeem(in.Code, now)
		if !ok || g.client != in.ClientID || g.redirect != in.RedirectURI || !g.verifies(in.CodeVerifier) {
			return nil, errCode
		}
		t.Session = g.Session
	case "refresh_token":
		var before refresh
		if !h.open(in.RefreshToken, forRefresh, &before) || before.Client != t.Client || before.Key != t.Key {
			return nil, errToken
		}
		t.Session = before.Session
	default:
		return nil, invalid("grantType must be authorization_code or refresh_token")
	}
	// Only now: what is remembered of proofs is of those who had something to redeem.
	if err := h.proofs.use(proof, now); err != nil {
		return nil, err
	}
	return h.give(r, t, in.GrantType == "authorization_code")
}

// give gives credentials to a program, and the token to ask again with.
func (h *handler) give(r *http.Request, t refresh, first bool) (*tokenResponse, error) {
	u := Use{Action: "CreateOAuth2Token", Client: t.Client, Remote: t.Client == crossDevice}
	creds, arn, err := h.accounts.Credentials(r.Context(), h.accounts.Origin(r), t.Session, u, accessDuration)
	if err != nil {
		return nil, err
	}
	now := h.accounts.Now()
	out := &tokenResponse{TokenType: "aws_sigv4", ExpiresIn: max(1, int(creds.Expiration.Sub(now)/time.Second))}
	out.AccessToken.AccessKeyID, out.AccessToken.SecretAccessKey, out.AccessToken.SessionToken = creds.AccessKeyID, creds.SecretAccessKey, creds.SessionToken
	if out.RefreshToken, err = h.seal(t, forRefresh); err != nil {
		return nil, err
	}
	if first {
		out.IDToken, err = h.idToken(arn, t.Client, now)
	}
	return out, err
}

// idToken tells the program whom it acts for: a JSON Web Token whose subject is the
// ARN. Its key lives as long as the process and is published nowhere: the program has
// the token from this server itself.
func (h *handler) idToken(arn, client string, now time.Time) (string, error) {
	part := func(v any) string {
		text, _ := json.Marshal(v) // maps of strings and numbers
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := part(map[string]any{"alg": "ES256", "typ": "JWT"}) + "." + part(map[string]any{
		"iss": "keyreeve", "sub": arn, "aud": client, "iat": now.Unix(), "exp": now.Add(accessDuration).Unix(),
	})
	digest := sha256.Sum256([]byte(signed))
	x, y, err := ecdsa.Sign(rand.Reader, h.identity, digest[:])
	if err != nil {
		return "", err
	}
	var signature [64]byte
	x.FillBytes(signature[:32])
	y.FillBytes(signature[32:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature[:]), nil
}

// readToken reads the body of a request for a token.
func readToken(w http.ResponseWriter, r *http.Request) (tokenRequest, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return tokenRequest{}, invalid("the body must be of the type application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		return tokenRequest{}, invalid("the body could not be read")
	}
	return parseToken(body)
}

// parseToken reads the body, which is within the limits of the API model.
func parseToken(body []byte) (tokenRequest, error) {
	var in tokenRequest
	if err := json.Unmarshal(body, &in); err != nil {
		return tokenRequest{}, invalid("the body is not JSON")
	}
	if len(in.Code) > 512 || len(in.RefreshToken) > 2048 || len(in.RedirectURI) > 2048 || len(in.CodeVerifier) > 128 {
		return tokenRequest{}, invalid("a member of the body is too long")
	}
	return in, nil
}

// proofs are the proofs that were used, for as long as they would be good.
type proofs struct {
	mu   sync.Mutex
	used map[dpop.Proof]time.Time
}

// maxProofs is how many are remembered; whoever comes beyond has to wait.
const maxProofs = 100_000

// use takes a proof once.
func (p *proofs) use(proof dpop.Proof, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.used) >= maxProofs {
		for old, at := range p.used {
			if now.Sub(at) > 2*dpop.Window {
				delete(p.used, old)
			}
		}
		if len(p.used) >= maxProofs {
			return errTooMany
		}
	}
	if at, ok := p.used[proof]; ok && now.Sub(at) <= 2*dpop.Window {
		return invalid("the DPoP proof was used before")
	}
	if p.used == nil {
		p.used = map[dpop.Proof]time.Time{}
	}
	p.used[proof] = now
	return nil
}

// credentials gives temporary credentials to whoever has the cookie, in the form that
// a credential_process prints.
func (h *handler) credentials(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Type", "application/json")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	refuse := func(status int, message string) {
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]string{"message": message})
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		refuse(http.StatusForbidden, "The request came from another site.")
		return
	}
	s, _, ok := h.session(r)
	if !ok {
		refuse(http.StatusUnauthorized, "Nobody is signed in.")
		return
	}
	c, _, err := h.accounts.Credentials(r.Context(), h.accounts.Origin(r), s, Use{Action: "GetCredentials"}, consoleDuration)
	if err != nil {
		status, text := told(err)
		refuse(status, text)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{
		"Version": 1, "AccessKeyId": c.AccessKeyID, "SecretAccessKey": c.SecretAccessKey, "SessionToken": c.SessionToken,
		"Expiration": c.Expiration.UTC().Format(time.RFC3339),
	})
}
