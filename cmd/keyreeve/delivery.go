package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/server/delivery"
)

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
