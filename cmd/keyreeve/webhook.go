package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"

	"github.com/spf13/pflag"

	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/server/webhook"
)

// webhookFlags binds what is about the webhook to a flag set.
func (c *config) webhookFlags(f *pflag.FlagSet) {
	f.StringVar(&c.WebhookURL, "webhook-url", "", "https address that is told of events")
	f.StringVar(&c.WebhookSecret, "webhook-secret-file", "", "file with the secret that what is sent there is signed with, 16 letters at least")
	f.StringSliceVar(&c.Webhook.Accounts, "webhook-account", nil, "of events of this account (repeated)")
	f.StringSliceVar(&c.Webhook.Names, "webhook-name", nil, "of operations of this name; * and ? stand for any letters (repeated)")
	f.StringSliceVar(&c.Webhook.Sources, "webhook-source", nil, "of calls of this service, for example iam (repeated)")
	f.StringSliceVar(&c.Webhook.Users, "webhook-user", nil, "of calls by this user, role or session (repeated)")
	f.BoolVar(&c.Webhook.Changes, "webhook-changes", false, "of what changes something only")
	f.BoolVar(&c.Webhook.Errors, "webhook-errors", false, "of what was refused or failed only")
}

// checkWebhook refuses a webhook that events would be sent to in the clear, or unsigned.
func (c *config) checkWebhook() error {
	if c.WebhookURL == "" {
		return nil
	}
	u, err := url.Parse(c.WebhookURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("webhook-url: %q is no https address", c.WebhookURL)
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	if u.Scheme == "http" && !c.Insecure && !loopback(net.JoinHostPort(u.Hostname(), port)) {
		return fmt.Errorf("webhook-url: plain HTTP to %s would send events in the clear: give an https address, or allow it with insecure", u.Host)
	}
	if err := c.Webhook.Check(); err != nil {
		return fmt.Errorf("webhook-name: %w", err)
	}
	_, err = c.webhookSecret()
	return err
}

// webhookSecret reads the secret of the webhook.
func (c *config) webhookSecret() ([]byte, error) {
	if c.WebhookSecret == "" {
		return nil, errors.New("webhook-secret-file: a webhook needs a secret")
	}
	text, err := os.ReadFile(c.WebhookSecret)
	if err != nil {
		return nil, fmt.Errorf("webhook-secret-file: %w", err)
	}
	secret := bytes.TrimSpace(text)
	if len(secret) < 16 {
		return nil, errors.New("webhook-secret-file: the secret has less than 16 letters")
	}
	return secret, nil
}

// notify begins to tell the webhook of events, if there is one, until stop is called.
func (c *config) notify(s *server.Server, h *server.Host, log *slog.Logger) (stop func(), err error) {
	if c.WebhookURL == "" {
		return func() {}, nil
	}
	secret, err := c.webhookSecret()
	if err != nil {
		return nil, err
	}
	n := webhook.New(webhook.Config{Store: h.Store, Source: s, URL: c.WebhookURL, Secret: secret, Filter: c.Webhook, Log: log})
	s.Watch("keyreeve_webhook_events_given_up", "Events that the webhook was not told of, because it did not take them.", func() float64 { return float64(n.GivenUp()) })
	return background(n.Run), nil
}

// background runs something until stop is called, which waits for its end.
func background(run func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}
