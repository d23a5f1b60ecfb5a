package server

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
)

// issuerPath is below what the discovery documents stand of the accounts' tokens.
const issuerPath = "/issuer/"

// issuerOf is the issuer of the tokens that GetWebIdentityToken gives out in an
// account.
func (s *Server) issuerOf(account string) string { return s.issuerBase() + issuerPath + account }

// isOwnIssuer tells whether an issuer is that of an account, or could be.
func (s *Server) isOwnIssuer(issuer string) bool {
	rest, ok := strings.CutPrefix(issuer, s.issuerBase())
	return ok && strings.HasPrefix(rest, issuerPath)
}

func (s *Server) issuerBase() string {
	if s.IssuerURL != "" {
		return s.IssuerURL
	}
	return s.host.url()
}

// addIssuers serves the documents by which others verify tokens. Anybody may read
// them; they tell nothing but public keys.
func (s *Server) addIssuers(mux *http.ServeMux) {
	mux.HandleFunc("GET "+issuerPath+"{account}/.well-known/openid-configuration", s.serveDiscovery)
	mux.HandleFunc("GET "+issuerPath+"{account}/.well-known/jwks.json", s.serveKeys)
}

// outboundKeys are the published keys of the account that a request asks for; there
// are none of an account that does not exist or has never enabled them.
func (s *Server) outboundKeys(r *http.Request) []*identity.OutboundKey {
	view, account := s.store.View(), r.PathValue("account")
	if _, ok := deployment.In(view).Active(account); !ok {
		return nil
	}
	keys := identity.In(view, s.host.Site, account).OutboundKeys()
	if view.Err() != nil {
		return nil
	}
	return keys
}

func (s *Server) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	if len(s.outboundKeys(r)) == 0 {
		http.NotFound(w, r)
		return
	}
	issuer := s.issuerOf(r.PathValue("account"))
	publish(w, map[string]any{
		"issuer": issuer, "jwks_uri": issuer + "/.well-known/jwks.json",
		"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256", "ES384"},
		"claims_supported":                      []string{"iss", "sub", "aud", "exp", "iat", "jti", "https://sts.amazonaws.com/"},
	})
}

func (s *Server) serveKeys(w http.ResponseWriter, r *http.Request) {
	keys := s.outboundKeys(r)
	if len(keys) == 0 {
		http.NotFound(w, r)
		return
	}
	list := make([]json.RawMessage, len(keys))
	for i, k := range keys {
		list[i] = k.Public
	}
	publish(w, map[string]any{"keys": list})
}

func publish(w http.ResponseWriter, document map[string]any) {
	text, err := json.Marshal(document)
	if err != nil {
		http.Error(w, "internal failure", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Write(text)
}
