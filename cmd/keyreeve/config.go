package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/trail/selector"
)

// config is how a server is set up. Each field is a flag, an environment variable
// (KEYREEVE_ and the flag's name in capitals) and a key of the configuration
// file; the flag counts before the variable, the variable before the file.
type config struct {
	Listen         string        // address for everything AWS
	MetricsListen  string        // address for /metrics, /healthz and /readyz; empty: the main one
	Pprof          string        // loopback address for profiles; empty: none
	Data           string        // data folder
	AccountID      string        // of the first account; empty: one is drawn
	Partition      string        // in ARNs
	TLSCertificate string        // certificate file, read again when it changes
	TLSKey         string        // key file of the certificate
	Insecure       bool          // plain HTTP on other than loopback addresses
	TrustedProxies []string      // networks whose X-Forwarded-For is believed
	SAMLAddresses  []string      // of this deployment, for SAML providers to name
	Quotas         []string      // NAME=VALUE
	Retention      time.Duration // of audit events; 0: for good
	RetentionBytes int64         // that audit events may take; 0: no bound
	Memory         int           // MiB for loaded accounts before idle ones are dropped
	AccountRate    float64       // calls a second that each account may make; 0: no bound

	FederationPublicOnly bool   // identity providers must have public addresses
	IssuerURL            string // address under which others reach this server; empty: where it listens
	FederationCA         string // file of authorities trusted for identity providers beside the system's

	TrailFolders        []string      // BUCKET=FOLDER: buckets of trails that are folders of this machine
	TrailBucketAccounts []string      // BUCKET=ACCOUNT: a bucket takes trails of these accounts only
	TrailS3Endpoint     string        // S3-compatible server of all other buckets; empty: none
	TrailS3Region       string        // that requests to it are signed for
	TrailS3Credentials  string        // file with its credentials, as credential_process prints them; empty: from the environment
	TrailInterval       time.Duration // how often events are delivered
	TrailDigestInterval time.Duration // how often digest files are

	WebhookURL    string          // that is told of events; empty: none
	WebhookSecret string          // file with the secret that deliveries are signed with
	Webhook       selector.Filter // which events

	LogFormat string // text or json
	LogLevel  string // debug, info, warn or error
}

// flags binds c to a flag set.
func (c *config) flags(f *pflag.FlagSet) {
	f.StringVar(&c.Listen, "listen", "127.0.0.1:8787", "address to listen on")
	f.StringVar(&c.MetricsListen, "metrics-listen", "", "address of its own for /metrics, /healthz and /readyz")
	f.StringVar(&c.Pprof, "pprof", "", "loopback address for Go's profiles, for developers (none if empty)")
	f.StringVar(&c.Data, "data", "data", "data folder")
	f.StringVar(&c.AccountID, "account-id", "", "12 digits for the first account (drawn if empty; used at the first start)")
	f.StringVar(&c.Partition, "partition", "aws", "partition in ARNs")
	f.StringVar(&c.TLSCertificate, "tls-certificate", "", "file with the TLS certificate chain, read again when it changes")
	f.StringVar(&c.TLSKey, "tls-key", "", "file with the key of the TLS certificate")
	f.BoolVar(&c.Insecure, "insecure", false, "allow plain HTTP on addresses other than loopback")
	f.StringSliceVar(&c.TrustedProxies, "trusted-proxies", nil, "networks of proxies whose X-Forwarded-For is believed")
	f.StringSliceVar(&c.SAMLAddresses, "saml-address", nil, "https address of this deployment that SAML providers may name as recipient and audience beside AWS's (repeated)")
	f.StringSliceVar(&c.Quotas, "quota", nil, "NAME=VALUE of a quota, for example UsersQuota=200000 (repeated)")
	f.DurationVar(&c.Retention, "retention", 0, "how long audit events are kept, for example 2160h (0: for good)")
	f.Int64Var(&c.RetentionBytes, "retention-bytes", 0, "how many bytes audit events may take on disk before the oldest days go (0: no bound)")
	f.IntVar(&c.Memory, "memory", 1024, "MiB for loaded accounts before idle ones are dropped")
	f.Float64Var(&c.AccountRate, "account-rate", 0, "calls a second that each account may make (0: no bound)")
	f.BoolVar(&c.FederationPublicOnly, "federation-public-only", false, "refuse identity providers on loopback, private and other addresses that are not public")
	f.StringVar(&c.IssuerURL, "issuer-url", "", "https address under which others reach this server, for the tokens of GetWebIdentityToken (where it listens if empty)")
	f.StringVar(&c.FederationCA, "federation-ca", "", "file with certificates of authorities that are trusted for identity providers, beside the system's")
	c.trailFlags(f)
	c.webhookFlags(f)
	f.StringVar(&c.LogFormat, "log-format", "text", "text or json")
	f.StringVar(&c.LogLevel, "log-level", "info", "debug, info, warn or error")
}

// fill sets what no flag has set: from the environment, then from the file.
func fill(f *pflag.FlagSet, env environment, file string) error {
	var errs []error
	given := map[string]bool{}
	f.Visit(func(flag *pflag.Flag) { given[flag.Name] = true })
	f.VisitAll(func(flag *pflag.Flag) {
		name := variable(flag.Name)
		if v, ok := env(name); ok && !given[flag.Name] && isSetting(flag) {
			given[flag.Name] = true
			if err := f.Set(flag.Name, v); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
		}
	})
	if file != "" {
		errs = append(errs, fillFromFile(f, file, given))
	}
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	return nil
}

// isSetting tells whether a flag is a setting of the server and not one of the
// command line alone.
func isSetting(flag *pflag.Flag) bool {
	return flag != nil && flag.Name != "config" && flag.Name != "help"
}

// variable is the environment variable for a flag.
func variable(flag string) string {
	return "KEYREEVE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fillFromFile reads lines of the form "name = value". A name may stand more than
// once where the flag may; # begins a comment line.
func fillFromFile(f *pflag.FlagSet, file string, given map[string]bool) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	var errs []error
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("%s:%d: want name = value", file, n))
		case !isSetting(f.Lookup(name)):
			errs = append(errs, fmt.Errorf("%s:%d: there is no setting %q", file, n, name))
		case !given[name]:
			if err := f.Set(name, strings.TrimSpace(value)); err != nil {
				errs = append(errs, fmt.Errorf("%s:%d: %s: %w", file, n, name, err))
			}
		}
	}
	return errors.Join(append(errs, lines.Err())...)
}

// check refuses a configuration that cannot work, and names all that is wrong
// with it.
func (c *config) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for flag, addr := range map[string]string{"listen": c.Listen, "metrics-listen": c.MetricsListen} {
		if addr == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(addr); err != nil {
			wrong("%s: %v", flag, err)
		}
	}
	if c.Pprof != "" && !loopback(c.Pprof) {
		wrong("pprof: profiles show what is in memory, secrets too: %s is not a loopback address", c.Pprof)
	}
	if c.AccountID != "" && !deployment.ValidAccountID(c.AccountID) {
		wrong("account-id: %q has not 12 digits", c.AccountID)
	}
	if !slices.Contains([]string{"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"}, c.Partition) {
		wrong("partition: %q is no partition", c.Partition)
	}
	if (c.TLSCertificate == "") != (c.TLSKey == "") {
		wrong("tls-certificate and tls-key are given together or not at all")
	} else if c.TLSCertificate != "" {
		if _, err := tls.LoadX509KeyPair(c.TLSCertificate, c.TLSKey); err != nil {
			wrong("tls-certificate: %v", err)
		}
	}
	if c.TLSCertificate == "" && !c.Insecure && !loopback(c.Listen) {
		wrong("listen: plain HTTP on %s would send requests in the clear: give tls-certificate and tls-key, or allow it with insecure", c.Listen)
	}
	if _, err := c.proxies(); err != nil {
		wrong("trusted-proxies: %v", err)
	}
	for _, a := range c.SAMLAddresses {
		if u, err := url.Parse(a); err != nil || u.Scheme != "https" || u.Host == "" {
			wrong("saml-address: %q is no https address", a)
		}
	}
	if _, err := c.quotas(); err != nil {
		wrong("quota: %v", err)
	}
	if c.AccountRate < 0 {
		wrong("account-rate: %v is less than 0", c.AccountRate)
	}
	if c.IssuerURL != "" && (identity.CheckIssuer(c.IssuerURL) != nil || strings.HasSuffix(c.IssuerURL, "/")) {
		wrong("issuer-url: %q is no https address without a slash at its end", c.IssuerURL)
	}
	if _, err := c.providers(); err != nil {
		wrong("federation-ca: %v", err)
	}
	if err := c.checkTrails(); err != nil {
		wrong("%v", err)
	}
	if err := c.checkWebhook(); err != nil {
		wrong("%v", err)
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		wrong("log-format: %q is neither text nor json", c.LogFormat)
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel) {
		wrong("log-level: %q is none of debug, info, warn, error", c.LogLevel)
	}
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	return nil
}

// loopback tells whether only this machine reaches an address.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (c *config) proxies() ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range c.TrustedProxies {
		if ip, err := netip.ParseAddr(text); err == nil {
			list = append(list, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

func (c *config) quotas() (map[string]int, error) {
	set := map[string]int{}
	for _, text := range c.Quotas {
		name, value, ok := strings.Cut(text, "=")
		n, err := strconv.Atoi(value)
		if !ok || err != nil {
			return nil, fmt.Errorf("%q is not of the form NAME=VALUE", text)
		}
		if err := deployment.CheckQuota(name, n); err != nil {
			return nil, err
		}
		set[name] = n
	}
	return set, nil
}

// configured adds the flags of a configuration to a command and gives a function
// that completes and checks it.
func configured(cmd *cobra.Command, env environment) func() (*config, error) {
	c := new(config)
	c.flags(cmd.Flags())
	file := cmd.Flags().String("config", "", "configuration file: lines of the form name = value, with these names")
	return func() (*config, error) {
		if v, ok := env("KEYREEVE_CONFIG"); ok && *file == "" {
			*file = v
		}
		if err := fill(cmd.Flags(), env, *file); err != nil {
			return nil, err
		}
		return c, c.check()
	}
}

func configCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Look at the configuration"}
	check := &cobra.Command{
		Use: "check", Short: "Check a configuration without starting a server", Args: cobra.NoArgs,
	}
	complete := configured(check, env)
	check.RunE = func(cmd *cobra.Command, _ []string) error {
		if _, err := complete(); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), "the configuration is good")
		return nil
	}
	cmd.AddCommand(check)
	return cmd
}
