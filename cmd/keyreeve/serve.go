package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/api/keyreeveapi"
	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/api/trailapi"
	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/service/cloudtrail"
	"github.com/keyreeve/keyreeve/service/iam"
	"github.com/keyreeve/keyreeve/service/organizations"
	"github.com/keyreeve/keyreeve/service/sts"
)

// drain is how long a server that was told to end goes on with calls that it has
// taken.
const drain = 8 * time.Second

func serveCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "serve", Args: cobra.NoArgs,
		Short: "Start a server on a data folder, which is made if it is not there",
	}
	complete := configured(cmd, env)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := complete()
		if err != nil {
			return err
		}
		return serve(cmd.Context(), c, env, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}

// serve runs a server until ctx ends.
func serve(ctx context.Context, c *config, env environment, stdout, stderr io.Writer) (err error) {
	room := server.RoomForGarbage()
	defer runtime.KeepAlive(room)
	log := c.logger(stderr)
	host, err := server.OpenHost(ctx, c.host(env, log))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, host.Close()) }()

	sc, err := c.server(log)
	if err != nil {
		return err
	}
	buckets, err := c.buckets(env)
	if err != nil {
		return err
	}
	sc.Buckets = buckets
	s := server.New(host, sc)
	listeners, err := c.listen(ctx, s, host, log)
	if err != nil {
		return err
	}
	if err := host.Announce(listeners.url); err != nil {
		return err
	}
	defer c.deliver(s, host, buckets, log)()
	stop, err := c.notify(s, host, log)
	if err != nil {
		return err
	}
	defer stop()
	welcome(stdout, c, host, listeners.url)
	return listeners.run(ctx)
}

// host is how the data folder is opened.
func (c *config) host(env environment, log *slog.Logger) server.HostConfig {
	h := server.HostConfig{
		Dir: c.Data, AccountID: c.AccountID, Partition: c.Partition, Retention: c.Retention, RetentionBytes: c.RetentionBytes,
		CacheBytes: int64(c.Memory) << 20, Version: version(), Log: log,
	}
	h.RootAccessKeyID, _ = env("KEYREEVE_ROOT_ACCESS_KEY_ID")
	h.RootSecretAccessKey, _ = env("KEYREEVE_ROOT_SECRET_ACCESS_KEY")
	return h
}

// server is how the server is put together: here the tables are named.
func (c *config) server(log *slog.Logger) (server.Config, error) {
	proxies, err := c.proxies()
	if err != nil {
		return server.Config{}, err
	}
	providers, err := c.providers()
	if err != nil {
		return server.Config{}, err
	}
	quotas, err := c.quotas()
	return server.Config{
		Tables:         slices.Concat(iam.Operations(), sts.Operations(), organizations.Operations(), cloudtrail.Operations()),
		Models:         []*api.Service{iamapi.Service, stsapi.Service, orgapi.Service, trailapi.Service, keyreeveapi.Service},
		SAMLAddresses:  c.SAMLAddresses,
		TrustedProxies: proxies, Quotas: quotas, AccountRate: c.AccountRate,
		MetricsElsewhere: c.MetricsListen != "", Log: log, Providers: providers, IssuerURL: c.IssuerURL,
	}, err
}

func (c *config) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	level.UnmarshalText([]byte(c.LogLevel)) // checked before
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// welcome says what is enforced and, at the first start, how to begin.
func welcome(w io.Writer, c *config, h *server.Host, url string) {
	fmt.Fprintf(w, "keyreeve enforces IAM and STS on %s: every call must be signed, is decided by policies (default deny) and is recorded in %s\n", url, c.Data)
	if !h.First {
		return
	}
	fmt.Fprintf(w, `
Account %s was made. To work as its root user, in another shell:

    eval "$(keyreeve env --data %s)"
    aws sts get-caller-identity
    aws iam create-user --user-name alice
    aws iam list-users

`, h.FirstAccount, c.Data)
}

// listening is a set of servers that run and end together.
type listening struct {
	url     string // of the main one
	servers []*http.Server
	serve   []func() error
}

// listen opens all listeners: the main one, the one for monitoring if it has an
// address of its own, and the operators' socket.
func (c *config) listen(ctx context.Context, s *server.Server, h *server.Host, log *slog.Logger) (*listening, error) {
	l := new(listening)
	main, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, err
	}
	scheme := "http"
	srv := newHTTPServer(s.Handler(), log)
	if c.TLSCertificate != "" {
		scheme = "https"
		if srv.TLSConfig, err = reloadingTLS(c.TLSCertificate, c.TLSKey); err != nil {
			return nil, errors.Join(err, main.Close())
		}
		l.add(srv, func() error { return srv.ServeTLS(main, "", "") })
	} else {
		l.add(srv, func() error { return srv.Serve(main) })
	}
	l.url = scheme + "://" + reachable(main.Addr().String())
	if c.MetricsListen != "" {
		monitoring, err := net.Listen("tcp", c.MetricsListen)
		if err != nil {
			return nil, errors.Join(err, main.Close())
		}
		ms := newHTTPServer(s.Monitoring(), log)
		l.add(ms, func() error { return ms.Serve(monitoring) })
	}
	if c.Pprof != "" {
		profiles, err := net.Listen("tcp", c.Pprof)
		if err != nil {
			return nil, errors.Join(err, main.Close())
		}
		ps := newHTTPServer(profileHandler(), log)
		ps.WriteTimeout = 0 // a profile takes as long as was asked for
		l.add(ps, func() error { return ps.Serve(profiles) })
	}
	socket, err := h.ListenOperators()
	if err != nil {
		return nil, errors.Join(err, main.Close())
	}
	ops := newHTTPServer(s.OperatorHandler(), log)
	ops.WriteTimeout = 0 // a backup takes as long as it takes
	l.add(ops, func() error { return ops.Serve(socket) })
	return l, nil
}

// profileHandler serves Go's profiles.
func profileHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// reachable is an address that a client on this machine can use.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// newHTTPServer bounds what a client can hold: the time to send a request and to
// take the answer, and the size of headers.
func newHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

func (l *listening) add(s *http.Server, serve func() error) {
	l.servers = append(l.servers, s)
	l.serve = append(l.serve, serve)
}

// run serves until ctx ends or a server fails, then ends all and waits for the
// calls that were taken.
func (l *listening) run(ctx context.Context) error {
	failed := make(chan error, len(l.serve))
	for _, serve := range l.serve {
		go func() { failed <- serve() }()
	}
	var cause error
	select {
	case <-ctx.Done():
	case cause = <-failed:
	}
	ending, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	for _, s := range l.servers {
		if err := s.Shutdown(ending); err != nil {
			s.Close()
		}
	}
	if errors.Is(cause, http.ErrServerClosed) {
		return nil
	}
	return cause
}
