package federation

import (
	"context"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

// vouched tells whether somebody vouches for the certificates that a server shows:
// the roots, or else a thumbprint of one of them, from which a chain must lead to the
// server's own as from a root.
func vouched(host string, shown []*x509.Certificate, roots *x509.CertPool, thumbprints []string, now time.Time) (pinned bool, err error) {
	if len(shown) == 0 {
		return false, ErrUntrusted
	}
	o := x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: now}
	for _, c := range shown[1:] {
		o.Intermediates.AddCert(c)
	}
	_, byRoots := shown[0].Verify(o)
	if byRoots == nil {
		return false, nil
	}
	for _, c := range shown {
		if !slices.Contains(thumbprints, thumbprint(c)) {
			continue
		}
		o.Roots = x509.NewCertPool()
		o.Roots.AddCert(c)
		if _, err := shown[0].Verify(o); err == nil {
			return true, nil
		}
	}
	return false, fmt.Errorf("%w: %v", ErrUntrusted, byRoots)
}

// thumbprint is as AWS has it. Whoever wants to be taken for a certificate needs
// another one with the same digest, which is beyond reach for SHA-1 too; what has
// been done is to make two at once.
func thumbprint(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw)
	return hex.EncodeToString(sum[:])
}

// Thumbprint asks a provider for its certificates and gives the thumbprint of the
// last one that it shows: the top intermediate certificate authority (IAM User Guide,
// "Obtain the thumbprint for an OpenID Connect identity provider"). Who shows it is
// not proven; that is what the caller asks for.
func (p *Providers) Thumbprint(ctx context.Context, issuer string) (string, error) {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" {
		return "", answer("%q is no issuer", issuer)
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	v := &visit{publicOnly: p.PublicOnly}
	conn, err := v.dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return "", classify(err)
	}
	defer conn.Close()
	c := tls.Client(conn, &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12, InsecureSkipVerify: true})
	if err := c.HandshakeContext(ctx); err != nil {
		return "", classify(err)
	}
	shown := c.ConnectionState().PeerCertificates
	return thumbprint(shown[len(shown)-1]), nil
}

// notPublic are the networks that are not reached over the internet, or that lead
// on to such as are not (IANA's special-purpose address registries).
var notPublic = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
)

// publicV6 is all of IPv6 that is given out; notPublicV6 what is not public of it.
var (
	publicV6    = netip.MustParsePrefix("2000::/3")
	notPublicV6 = prefixes("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)

func prefixes(list ...string) []netip.Prefix {
	p := make([]netip.Prefix, len(list))
	for i, text := range list {
		p[i] = netip.MustParsePrefix(text)
	}
	return p
}

// public tells whether an address is on the internet.
func public(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	within := func(p netip.Prefix) bool { return p.Contains(ip) }
	if ip.Is4() {
		return !slices.ContainsFunc(notPublic, within)
	}
	return publicV6.Contains(ip) && !slices.ContainsFunc(notPublicV6, within)
}

// never tells whether an address is asked in no case.
func never(ip netip.Addr) bool {
	return ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast() ||
		ip == netip.MustParseAddr("fd00:ec2::254") // EC2's instance metadata
}
