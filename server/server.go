package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/sigv4"
	"github.com/keyreeve/keyreeve/federation"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/service/operator"
	"github.com/keyreeve/keyreeve/signin"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// Config is how a server is put together.
type Config struct {
	// Tables are the operations that are built.
	Tables []service.Operation
	// Models are the API models of the services, also of operations that are not
	// built.
	Models []*api.Service
	// TrustedProxies are the peers whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// SAMLAddresses are the addresses of this deployment that SAML providers may name
	// as recipient and audience.
	SAMLAddresses []string
	// Quotas overlays the quotas that are stored.
	Quotas map[string]int
	// AccountRate is how many calls a second each account may make; 0 is no bound.
	AccountRate float64
	// MetricsElsewhere says that Monitoring is served by another listener, so that
	// the main one tells no figures to whoever can reach it.
	MetricsElsewhere bool
	// Providers asks identity providers; federation.New's with no options if nil.
	Providers service.Providers
	// Buckets are where trails can be delivered to; nil: nowhere, and no trail can be made.
	Buckets service.Buckets
	// IssuerURL is the address under which others reach the server, for the tokens that
	// it gives out; if empty, the one that was announced.
	IssuerURL string
	Log       *slog.Logger
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// signingKeys is how many derived signing keys are kept: one for each access key,
// day, region and service.
const signingKeys = 100_000

// Server carries out calls.
type Server struct {
	Config
	host       *Host
	store      *store.Store
	authn      *authn.Authenticator
	authz      *authz.Authorizer
	tools      *service.Tools
	models     []*api.Service
	operations map[*api.Operation]service.Operation
	failures   *limiter
	rates      *accountRates
	metrics    *metrics
	flight     flight
}

// New makes the server of an opened data folder.
func New(h *Host, c Config) *Server {
	s := &Server{
		Config: c, host: h, store: h.Store, models: c.Models,
		operations: map[*api.Operation]service.Operation{}, failures: newLimiter(),
		rates: &accountRates{perSec: c.AccountRate},
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Providers == nil {
		s.Providers = federation.New(federation.Options{})
	}
	for _, op := range append(c.Tables, operator.Operations(h)...) {
		s.operations[op.API] = op
	}
	s.authn = &authn.Authenticator{Site: h.Site, Open: h.open, OpenSession: authn.NewSessionCache(h.openSession).Open, Incarnation: h.Store.Incarnation(), Keys: sigv4.NewKeyCache(signingKeys)}
	s.authz = authz.New(h.Site)
	s.tools = &service.Tools{
		Site: h.Site, Authorizer: s.authz, Quotas: c.Quotas, Seal: h.seal, Open: h.open, Sealed: h,
		Hasher: service.NewHasher(service.HashesAtOnce()), IssueSession: h.issueSession, Providers: s.Providers, IssuerOf: s.issuerOf, IsOwnIssuer: s.isOwnIssuer, LastUsed: s.lastUsed, Accesses: s.accesses,
		CredentialUses: s.credentialUses, SAMLAddresses: c.SAMLAddresses, Buckets: c.Buckets, LookupEvents: s.lookupEvents,
	}
	s.metrics = newMetrics(h.Store, s.operations)
	return s
}

// lastUsed tells when something was last used.
func (s *Server) lastUsed(account, kind, subject string) (service.Use, bool) {
	u, ok, err := s.store.Usage(context.Background(), account, kind, subject)
	if err != nil || !ok {
		return service.Use{}, false
	}
	return service.Use{Time: u.Time, Service: u.Service, Region: u.Region}, true
}

// credentialUses tells when each access key and password of an account was last used.
func (s *Server) credentialUses(account string) identity.CredentialUses {
	keys, err := s.store.Usages(context.Background(), account, "access-key")
	passwords, e := s.store.Usages(context.Background(), account, "password")
	if err := errors.Join(err, e); err != nil {
		s.Log.Error("last uses of credentials could not be read", "account", account, "cause", err)
	}
	uses := identity.CredentialUses{Keys: make(map[string]identity.KeyUse, len(keys)), Passwords: make(map[string]time.Time, len(passwords))}
	for _, u := range keys {
		uses.Keys[u.Subject] = identity.KeyUse{Time: u.Time, Service: u.Service, Region: u.Region}
	}
	for _, u := range passwords {
		uses.Passwords[u.Subject] = u.Time
	}
	return uses
}

// fewEntities is up to how many users and roles are sooner asked for one by one than
// with all others of their account.
const fewEntities = 32

// accesses tells what users and roles have tried to use.
func (s *Server) accesses(account string, entityIDs []string) map[string][]identity.Access {
	var used []store.Usage
	var err error
	if entityIDs == nil || len(entityIDs) > fewEntities {
		used, err = s.store.Usages(context.Background(), account, accessUsage)
	} else {
		for _, id := range entityIDs {
			some, e := s.store.UsagesBelow(context.Background(), account, accessUsage, state.KeyPrefix(id))
			used, err = append(used, some...), errors.Join(err, e)
		}
	}
	if err != nil {
		s.Log.Error("last accesses could not be read", "account", account, "cause", err)
	}
	byEntity := map[string][]identity.Access{}
	for _, u := range used {
		parts := state.KeyParts(u.Subject)
		id, action := parts[0], parts[len(parts)-1]
		byEntity[id] = append(byEntity[id], identity.Access{Service: u.Service, Action: action, Region: u.Region, Time: u.Time})
	}
	return byEntity
}

// Handler serves everything AWS and health, and metrics unless these have a
// listener of their own.
func (s *Server) Handler() http.Handler {
	mux := s.health()
	if !s.MetricsElsewhere {
		s.addMetrics(mux)
	}
	s.addIssuers(mux)
	signin.Register(mux, entrance{s})
	mux.Handle("/", http.HandlerFunc(s.serveAWS))
	return s.through(mux)
}

// OperatorHandler serves the operators' socket.
func (s *Server) OperatorHandler() http.Handler { return s.through(http.HandlerFunc(s.serveOperator)) }

// RoomForGarbage is memory that is never used, so that it takes none: as long as it
// is kept, the garbage collector counts it as alive and lets about as much garbage
// come together before it runs. Without it a server with a small state would collect
// many times a second.
func RoomForGarbage() []byte { return make([]byte, 64<<20) }

// Hashes tells how many hashes of passwords were computed, and how many at once at
// most.
func (s *Server) Hashes() (all, atOnce int64) { return s.tools.Hasher.Computed() }
