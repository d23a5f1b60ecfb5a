package federation

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/keyreeve/keyreeve/credential/jwt"
)

const (
	// patience is how long a provider may take for the discovery document and the
	// keys together.
	patience = 10 * time.Second
	// maxDocument is how many bytes a discovery document may have. Those of large
	// providers have about five thousand.
	maxDocument = 256 << 10
	// maxRedirects is how many redirects are followed.
	maxRedirects = 3
)

// fetch asks a provider for its keys.
func (p *Providers) fetch(issuer string, thumbprints []string) (*jwt.KeySet, bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	v := &visit{roots: p.Roots, thumbprints: thumbprints, publicOnly: p.PublicOnly, now: p.Now}
	document, err := v.get(ctx, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", maxDocument)
	if err != nil {
		return nil, false, err
	}
	var discovered struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(document, &discovered); err != nil {
		return nil, false, answer("the discovery document: %v", err)
	}
	if discovered.Issuer != issuer {
		return nil, false, answer("the discovery document is that of the issuer %q", discovered.Issuer)
	}
	v.publicOnly = v.publicOnly || v.wasPublic
	set, err := v.get(ctx, discovered.JWKSURI, jwt.MaxKeySet)
	if err != nil {
		return nil, false, err
	}
	keys, err := jwt.ParseKeySet(set)
	if err != nil {
		return nil, false, answer("the key set: %v", err)
	}
	return keys, v.pinned, nil
}

func answer(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrAnswer}, args...)...)
}

// get fetches a document.
func (v *visit) get(ctx context.Context, address string, limit int64) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, answer("%q is no address to fetch anything from", address)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, answer("%q: %v", address, err)
	}
	r.Header.Set("Accept", "application/json")
	resp, err := v.client(u).Do(r)
	if err != nil {
		return nil, classify(err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode >= 500:
		return nil, fmt.Errorf("%w: %s: status %d", ErrUnreachable, address, resp.StatusCode)
	case resp.StatusCode != http.StatusOK:
		return nil, answer("%s: status %d", address, resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, classify(err)
	}
	if int64(len(body)) > limit {
		return nil, answer("%s: more than %d bytes", address, limit)
	}
	return body, nil
}

// classify tells what a failure is that is not one of ours.
func classify(err error) error {
	if errors.Is(err, ErrUntrusted) || errors.Is(err, ErrAnswer) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

// visit is one way to a provider: to its discovery document and to its keys.
type visit struct {
	roots       *x509.CertPool
	thumbprints []string
	publicOnly  bool
	now         func() time.Time

	pinned    bool // a thumbprint vouched for a certificate
	wasPublic bool // the last server had a public address
}

// client is for one server: the connection ends with the answer.
func (v *visit) client(u *url.URL) *http.Client {
	return &http.Client{
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects || r.URL.Scheme != "https" || r.URL.Host != u.Host || r.URL.User != nil {
				return answer("%s sends us elsewhere", u)
			}
			return nil
		},
		Transport: &http.Transport{
			DialContext:            v.dial,
			TLSClientConfig:        v.tls(u.Hostname()),
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: 64 << 10,
		},
	}
}

// dial connects with an address that may be asked. The address is looked at after
// the name was resolved, so that no name can lead elsewhere.
func (v *visit) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		return v.mayAsk(address)
	}}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if to, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
		v.wasPublic = public(to.Addr())
	}
	return conn, nil
}

func (v *visit) mayAsk(address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return answer("%s is no address", address)
	}
	ip := to.Addr().Unmap().WithZone("")
	if never(ip) || v.publicOnly && !public(ip) {
		return answer("the address %s may not be asked", ip)
	}
	return nil
}

// tls trusts as the package says. The certificate is verified by VerifyConnection,
// and by nothing else: what crypto/tls does by itself knows no thumbprints.
func (v *visit) tls(host string) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			pinned, err := vouched(host, s.PeerCertificates, v.roots, v.thumbprints, v.now())
			v.pinned = v.pinned || pinned
			return err
		},
	}
}
