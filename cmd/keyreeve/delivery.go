package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/pflag"

	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/server/delivery"
)

// trailFlags binds what is about trails to a flag set.
func (c *config) trailFlags(f *pflag.FlagSet) {
	f.StringSliceVar(&c.TrailFolders, "trail-folder", nil, "BUCKET=FOLDER: a folder that trails can be delivered to as a bucket (repeated)")
	f.StringSliceVar(&c.TrailBucketAccounts, "trail-bucket-account", nil, "BUCKET=ACCOUNT: a bucket that takes trails of this account only, and of others that are named for it (repeated)")
	f.StringVar(&c.TrailS3Endpoint, "trail-s3-endpoint", "", "address of an S3-compatible server whose buckets trails can be delivered to")
	f.StringVar(&c.TrailS3Region, "trail-s3-region", "us-east-1", "region of the S3-compatible server")
	f.StringVar(&c.TrailS3Credentials, "trail-s3-credentials", "", "file with credentials for it, in the JSON of credential_process (KEYREEVE_TRAIL_S3_ACCESS_KEY_ID and KEYREEVE_TRAIL_S3_SECRET_ACCESS_KEY if empty)")
	f.DurationVar(&c.TrailInterval, "trail-interval", 5*time.Minute, "how often events are delivered to trails")
	f.DurationVar(&c.TrailDigestInterval, "trail-digest-interval", time.Hour, "how often digest files are delivered")
}

// checkTrails refuses settings of trails that cannot work.
func (c *config) checkTrails() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if _, err := c.trailFolders(); err != nil {
		wrong("trail-folder: %v", err)
	}
	if _, err := c.trailAccounts(); err != nil {
		wrong("trail-bucket-account: %v", err)
	}
	if u, err := url.Parse(c.TrailS3Endpoint); c.TrailS3Endpoint != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		wrong("trail-s3-endpoint: %q is no http or https address", c.TrailS3Endpoint)
	}
	if c.TrailInterval < time.Second || c.TrailDigestInterval < time.Second {
		wrong("trail-interval and trail-digest-interval are a second at least")
	}
	return errors.Join(errs...)
}

// trailFolders are the folders that are buckets, by the buckets' names.
func (c *config) trailFolders() (map[string]delivery.Bucket, error) {
	buckets := map[string]delivery.Bucket{}
	for _, pair := range c.TrailFolders {
		name, dir, ok := strings.Cut(pair, "=")
		if !ok || name == "" || dir == "" {
			return nil, fmt.Errorf("%q is not BUCKET=FOLDER", pair)
		}
		buckets[name] = delivery.Folder{Name: name, Dir: dir}
	}
	return buckets, nil
}

// trailAccounts are the accounts whose trails a bucket takes, by the buckets' names.
func (c *config) trailAccounts() (map[string][]string, error) {
	accounts := map[string][]string{}
	for _, pair := range c.TrailBucketAccounts {
		name, account, ok := strings.Cut(pair, "=")
		if !ok || name == "" || !deployment.ValidAccountID(account) {
			return nil, fmt.Errorf("%q is not BUCKET=ACCOUNT", pair)
		}
		accounts[name] = append(accounts[name], account)
	}
	return accounts, nil
}

// buckets are those that trails can be delivered to.
func (c *config) buckets(env environment) (delivery.Buckets, error) {
	folders, err := c.trailFolders()
	accounts, wrong := c.trailAccounts()
	b := delivery.Buckets{Named: folders, Accounts: accounts}
	if err := errors.Join(err, wrong); err != nil || c.TrailS3Endpoint == "" {
		return b, err
	}
	credentials, err := c.trailCredentials(env)
	b.Others = delivery.S3(delivery.S3Config{Endpoint: c.TrailS3Endpoint, Region: c.TrailS3Region, Credentials: credentials})
	return b, err
}

// trailCredentials are those for the S3-compatible server. A file is read each time, so
// that they can be replaced.
func (c *config) trailCredentials(env environment) (aws.CredentialsProvider, error) {
	id, _ := env("KEYREEVE_TRAIL_S3_ACCESS_KEY_ID")
	secret, _ := env("KEYREEVE_TRAIL_S3_SECRET_ACCESS_KEY")
	file := c.TrailS3Credentials
	if file == "" && (id == "" || secret == "") {
		return nil, errors.New("trail-s3-endpoint needs credentials: give trail-s3-credentials, or KEYREEVE_TRAIL_S3_ACCESS_KEY_ID and KEYREEVE_TRAIL_S3_SECRET_ACCESS_KEY")
	}
	provider := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		if file == "" {
			return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, nil
		}
		return readCredentials(file)
	})
	_, err := provider.Retrieve(context.Background())
	return provider, err
}

func readCredentials(file string) (aws.Credentials, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return aws.Credentials{}, err
	}
	var c struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	if err := json.Unmarshal(text, &c); err != nil || c.AccessKeyId == "" || c.SecretAccessKey == "" {
		return aws.Credentials{}, fmt.Errorf("%s holds no credentials", file)
	}
	return aws.Credentials{AccessKeyID: c.AccessKeyId, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}, nil
}

// deliver begins to deliver the events of trails, until stop is called, which waits for
// the pass that is under way.
func (c *config) deliver(s *server.Server, h *server.Host, b delivery.Buckets, log *slog.Logger) (stop func()) {
	d := delivery.New(delivery.Config{
		Store: h.Store, Site: h.Site, Source: s, Keys: h, Buckets: b, Every: c.TrailInterval, DigestEvery: c.TrailDigestInterval, Log: log,
	})
	s.Watch("keyreeve_trails_failing", "Trails that could not be delivered the last time.", func() float64 { return float64(d.Failing()) })
	s.Watch("keyreeve_trail_lag_seconds", "How far the last trail was behind, after the last delivery.", func() float64 { return d.Lag().Seconds() })
	return background(d.Run)
}
