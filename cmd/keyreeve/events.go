package main

import (
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"
)

func eventsCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "events [--since TIME] [--until TIME]", Args: cobra.NoArgs,
		Short: "Print the audit records, one JSON object a line, oldest first",
	}
	dir := onData(cmd, env)
	since := cmd.Flags().String("since", "24h", "a time (2026-11-25T12:00:00Z) or how long ago (90m)")
	until := cmd.Flags().String("until", "", "a time or how long ago; now if left out")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
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
		for {
			var out struct {
				Records     []string `xml:"ListEventsResult>Records>member"`
				Marker      string   `xml:"ListEventsResult>Marker"`
				IsTruncated bool     `xml:"ListEventsResult>IsTruncated"`
			}
			if err := operate(cmd.Context(), dir(), "ListEvents", params, &out); err != nil {
				return err
			}
			for _, record := range out.Records {
				fmt.Fprintln(cmd.OutOrStdout(), record)
			}
			if !out.IsTruncated {
				return nil
			}
			params.Set("Marker", out.Marker)
		}
	}
	return cmd
}

// moment reads a time, or a duration as that long ago.
func moment(text string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither a time such as 2026-11-25T12:00:00Z nor a duration such as 90m", text)
}
