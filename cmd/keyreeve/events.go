package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/keyreeve/keyreeve/trail/ocsf"
	"github.com/keyreeve/keyreeve/trail/selector"
)

func eventsCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "events [--since TIME] [--until TIME] [--follow] [filters]", Args: cobra.NoArgs,
		Short: "Print the audit records, one JSON object a line, oldest first",
	}
	dir := onData(cmd, env)
	f := cmd.Flags()
	since := f.String("since", "24h", "a time (2026-11-25T12:00:00Z) or how long ago (90m)")
	until := f.String("until", "", "a time or how long ago; now if left out")
	follow := f.Bool("follow", false, "go on with what is recorded from now on, until interrupted")
	format := f.String("format", "json", "json (records as CloudTrail's) or ocsf (API Activity events)")
	var filter selector.Filter
	filterFlags(f, &filter)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		p := &eventPrinter{dir: dir(), filter: filter, out: cmd.OutOrStdout(), ocsf: *format == "ocsf"}
		if err := filter.Check(); err != nil {
			return usageError{err}
		}
		if *format != "json" && *format != "ocsf" {
			return usageError{fmt.Errorf("--format is json or ocsf, and not %q", *format)}
		}
		if *follow && *until != "" {
			return usageError{fmt.Errorf("--follow has no end: it does not go together with --until")}
		}
		params := url.Values{}
		for name, text := range map[string]string{"StartTime": *since, "EndTime": *until} {
			if text == "" {
				continue
			}
			t, err := moment(text, time.Now())
			if err != nil {
				return usageError{err}
			}
			params.Set(name, t.UTC().Format(time.RFC3339))
		}
		if !*follow {
			return p.print(cmd.Context(), params)
		}
		return p.follow(cmd.Context(), params)
	}
	return cmd
}

// filterFlags binds a filter to flags.
func filterFlags(f *pflag.FlagSet, filter *selector.Filter) {
	f.StringSliceVar(&filter.Accounts, "account", nil, "only of this account (repeated)")
	f.StringSliceVar(&filter.Names, "name", nil, "only operations of this name; * and ? stand for any letters (repeated)")
	f.StringSliceVar(&filter.Sources, "source", nil, "only of this service, for example iam (repeated)")
	f.StringSliceVar(&filter.Users, "user", nil, "only by this user, role or session (repeated)")
	f.BoolVar(&filter.Changes, "changes", false, "only what changes something")
	f.BoolVar(&filter.Errors, "errors", false, "only what was refused or failed")
}

// eventPrinter prints the records that a filter chooses.
type eventPrinter struct {
	dir    string
	filter selector.Filter
	ocsf   bool
	out    io.Writer
	// seen are the events that were read lately, when others are followed; nil otherwise.
	seen map[string]time.Time
}

// print prints the records of a time, page by page.
func (p *eventPrinter) print(ctx context.Context, params url.Values) error {
	params.Del("Marker")
	for {
		var out struct {
			Records     []string `xml:"ListEventsResult>Records>member"`
			Marker      string   `xml:"ListEventsResult>Marker"`
			IsTruncated bool     `xml:"ListEventsResult>IsTruncated"`
		}
		if err := operate(ctx, p.dir, "ListEvents", params, &out); err != nil {
			return err
		}
		for _, record := range out.Records {
			if err := p.record(record); err != nil {
				return err
			}
		}
		if !out.IsTruncated {
			return nil
		}
		params.Set("Marker", out.Marker)
	}
}

func (p *eventPrinter) record(record string) error {
	e, err := selector.Read([]byte(record))
	if err != nil {
		return err
	}
	if p.seen != nil {
		if _, again := p.seen[e.ID]; again || e.Source == "keyreeve.amazonaws.com" && e.Name == "ListEvents" {
			return nil // those of followers themselves would never end
		}
		p.seen[e.ID] = time.Now()
	}
	if !p.filter.Match(&e) {
		return nil
	}
	line := []byte(record)
	if p.ocsf {
		if line, err = ocsf.APIActivity(line); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(p.out, "%s\n", line)
	return err
}

// An event is recorded when its call has ended, so one that began earlier may come later:
// followers look back so far.
const (
	lookBack  = 2 * time.Minute
	pollEvery = 2 * time.Second
)

// follow prints records and goes on with what comes.
func (p *eventPrinter) follow(ctx context.Context, params url.Values) error {
	p.seen = map[string]time.Time{}
	for {
		began := time.Now()
		if err := p.print(ctx, params); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		params.Set("StartTime", began.Add(-lookBack).UTC().Format(time.RFC3339))
		for id, at := range p.seen {
			if began.Sub(at) > 2*lookBack {
				delete(p.seen, id)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pollEvery):
		}
	}
}

// moment reads a time, or a duration as that long ago.
func moment(text string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	if days, err := strconv.Atoi(strings.TrimSuffix(text, "d")); err == nil && strings.HasSuffix(text, "d") && days >= 0 {
		return now.AddDate(0, 0, -days), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither a time such as 2026-11-25T12:00:00Z nor a duration such as 90m or 90d", text)
}
