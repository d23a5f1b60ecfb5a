package signin

import (
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
)

//go:embed pages.html
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages.html"))

// maxForm is how large the body of a form may be, in bytes.
const maxForm = 16 << 10

// view is what a page shows.
type view struct {
	Problem   string
	Account   string
	UserName  string
	Root      bool
	Authorize string // query of the authorization that is asked for, or empty
	Choice    string // sealed session of whoever has to choose another password
	ARN       string
	Client    string
	Code      string
}

// page is a handler of pages: bounded, for this site only, with headers that let
// nobody frame it or keep it.
func (h *handler) page(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; "+
			"form-action 'self' http://127.0.0.1:* http://localhost:*")
		head.Set("X-Frame-Options", "DENY")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cache-Control", "no-store")
		if r.TLS != nil {
			head.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if err := h.origins.Check(r); err != nil {
			h.refuse(w, http.StatusForbidden, "This form was sent from another site.")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if r.Method == http.MethodPost {
			if err := r.ParseForm(); err != nil || !plain(r.PostForm) {
				h.refuse(w, http.StatusBadRequest, "The form could not be read.")
				return
			}
		}
		serve(w, r)
	}
}

// plain tells whether each field is there once at most, and not too long.
func plain(form url.Values) bool {
	for _, values := range form {
		if len(values) != 1 || len(values[0]) > maxQuery {
			return false
		}
	}
	return true
}

// maxQuery is how long the query of an authorization may be: a redirect URI alone has
// up to 2,048 characters.
const maxQuery = 8 << 10

func (h *handler) show(w http.ResponseWriter, status int, name string, v view) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	pages.ExecuteTemplate(w, name, v)
}

func (h *handler) refuse(w http.ResponseWriter, status int, problem string) {
	h.show(w, status, "refused", view{Problem: problem})
}

func (h *handler) form(w http.ResponseWriter, r *http.Request) {
	h.show(w, http.StatusOK, "form", view{Account: r.FormValue("account")})
}

// signIn takes the form: the first one, or the one with a new password.
func (h *handler) signIn(w http.ResponseWriter, r *http.Request) {
	o, f := h.accounts.Origin(r), r.PostForm
	v := view{Account: f.Get("account"), UserName: f.Get("username"), Root: f.Get("as") == "root", Authorize: f.Get("authorize")}
	var s Session
	var err error
	if choice := f.Get("choice"); choice != "" {
		if s, err = h.choose(r, choice); err != nil {
			v.Choice = choice
		}
	} else {
		var proof *KeyProof
		if proof, err = h.proof(r, ""); err == nil {
			s, err = h.accounts.SignIn(r.Context(), o, Attempt{
				Account: v.Account, Root: v.Root, UserName: v.UserName, Password: f.Get("password"), Code: f.Get("mfacode"), Key: proof,
			})
		}
	}
	if errors.Is(err, ErrOver) || errors.Is(err, ErrChanged) {
		h.show(w, http.StatusForbidden, "form", view{Problem: "That took too long, or something has changed. Sign in again.", Authorize: v.Authorize})
		return
	}
	if errors.Is(err, ErrReplace) {
		if v.Choice, err = h.seal(s, forChoice); err == nil {
			h.show(w, http.StatusOK, "choice", v)
			return
		}
	}
	if err != nil {
		status, text := told(err)
		v.Problem = text
		name := "form"
		if v.Choice != "" {
			name = "choice"
		}
		h.show(w, status, name, v)
		return
	}
	cookie, err := h.seal(s, forCookie)
	if err != nil {
		status, text := told(err)
		h.refuse(w, status, text)
		return
	}
	h.setCookie(w, o, cookie, SessionDuration)
	to := "/signin/session"
	if v.Authorize != "" {
		to = "/v1/authorize?" + v.Authorize
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// choose sets the new password of somebody who has shown the old one.
func (h *handler) choose(r *http.Request, choice string) (Session, error) {
	var s Session
	if !h.open(choice, forChoice, &s) || h.accounts.Now().Sub(s.At) > choiceDuration {
		return Session{}, ErrOver
	}
	return h.accounts.ReplacePassword(r.Context(), h.accounts.Origin(r), s, r.PostForm.Get("newpassword"))
}

func (h *handler) shown(w http.ResponseWriter, r *http.Request) {
	_, arn, ok := h.session(r)
	if !ok {
		http.Redirect(w, r, "/signin", http.StatusSeeOther)
		return
	}
	h.show(w, http.StatusOK, "session", view{ARN: arn})
}

func (h *handler) signOut(w http.ResponseWriter, r *http.Request) {
	h.setCookie(w, h.accounts.Origin(r), "", -1)
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}
