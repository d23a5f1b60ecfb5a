package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"
)

// asOfCommand takes a time before the command that is asked for then.
func asOfCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "as-of TIME explain|get ...", Args: cobra.MinimumNArgs(2),
		Short: "Tell what was true at a time, or what would have been decided then, and why",
		Long: `as-of TIME explain FLAGS   what explain would have said then
as-of TIME get ARN         what was true of a policy, role, user, group, account (by its
                           root's ARN) or policy of an organization

TIME is a time (2026-11-25T12:00:00Z) or how long ago (90m).`,
	}
	cmd.Flags().SetInterspersed(false) // flags behind explain are explain's
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		at, err := moment(args[0], time.Now())
		if err != nil {
			return usageError{err}
		}
		var then *cobra.Command
		switch args[1] {
		case "explain":
			then = explainCommand(env, asOf(at))
		case "get":
			then = getCommand(env, asOf(at))
		default:
			return usageError{fmt.Errorf("as-of TIME %s: it is explain or get", args[1])}
		}
		then.SilenceErrors, then.SilenceUsage = true, true
		then.SetFlagErrorFunc(cmd.FlagErrorFunc())
		then.SetArgs(args[2:])
		then.SetIn(cmd.InOrStdin())
		then.SetOut(cmd.OutOrStdout())
		then.SetErr(cmd.ErrOrStderr())
		return then.ExecuteContext(cmd.Context())
	}
	return cmd
}

// asOf is the parameter of operations that look back.
func asOf(at time.Time) url.Values { return url.Values{"AsOf": {at.UTC().Format(time.RFC3339Nano)}} }

func getCommand(env environment, params url.Values) *cobra.Command {
	cmd := &cobra.Command{Use: "get ARN", Args: cobra.ExactArgs(1)}
	dir := onData(cmd, env)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		params.Set("Resource", args[0])
		var out struct {
			Document string `xml:"GetAsOfResult>Document"`
		}
		if err := operate(cmd.Context(), dir(), "GetAsOf", params, &out); err != nil {
			return err
		}
		var b bytes.Buffer
		if err := json.Indent(&b, []byte(out.Document), "", "  "); err != nil {
			return err
		}
		_, err := b.WriteTo(cmd.OutOrStdout())
		return err
	}
	return cmd
}
