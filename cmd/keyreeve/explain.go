package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

// explainCommand asks with parameters that the command line does not have, such as the
// time of an earlier state.
func explainCommand(env environment, more url.Values) *cobra.Command {
	cmd := &cobra.Command{
		Use: "explain --principal ARN --action ACTION [--resource ARN] [--context KEY=VALUE]", Args: cobra.NoArgs,
		Short: "Tell whether a principal may do something now, and why; exit code 0 is allowed, 3 is denied",
	}
	dir := onData(cmd, env)
	f := cmd.Flags()
	principal := f.String("principal", "", "ARN of a user, a role or a root user")
	action := f.String("action", "", "for example s3:GetObject")
	resource := f.String("resource", "*", "ARN of the resource")
	account := f.String("resource-account", "", "account that owns the resource, where its ARN does not say")
	context := f.StringArray("context", nil, "KEY=VALUE of a condition key (repeated; a key that is repeated has several values)")
	output := outputFlag(cmd, "text")
	asJSON := f.Bool("json", false, "short for --output json")
	cmd.MarkFlagRequired("principal")
	cmd.MarkFlagRequired("action")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		form, err := output()
		if err != nil {
			return err
		}
		params := url.Values{"Principal": {*principal}, "ActionName": {*action}, "Resource": {*resource}}
		maps.Copy(params, more)
		if *account != "" {
			params.Set("ResourceAccount", *account)
		}
		if err := contextParams(params, *context); err != nil {
			return err
		}
		var e explanation
		if err := operate(cmd.Context(), dir(), "Explain", params, &e); err != nil {
			return err
		}
		e.Principal, e.Action, e.Resource = *principal, *action, *resource
		e.listAll()
		if form == "json" || *asJSON {
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetEscapeHTML(false)
			out.SetIndent("", "  ")
			if err := out.Encode(e); err != nil {
				return err
			}
		} else {
			e.print(cmd.OutOrStdout(), coloursFor(cmd.OutOrStdout(), env))
			e.printUntold(cmd.OutOrStdout())
		}
		if e.Decision != "allowed" {
			return exitCode(3)
		}
		return nil
	}
	return cmd
}

// contextParams adds condition keys to the parameters of Explain.
func contextParams(params url.Values, entries []string) error {
	var names []string
	values := map[string][]string{}
	for _, entry := range entries {
		key, value, ok := strings.Cut(entry, "=")
		if !ok {
			return usageError{fmt.Errorf("--context %q is not of the form KEY=VALUE", entry)}
		}
		if values[key] == nil {
			names = append(names, key)
		}
		values[key] = append(values[key], value)
	}
	for i, key := range names {
		prefix := fmt.Sprintf("Context.member.%d.", i+1)
		params.Set(prefix+"Key", key)
		for j, value := range values[key] {
			params.Set(fmt.Sprintf("%sValues.member.%d", prefix, j+1), value)
		}
	}
	return nil
}

// outputFlag adds the flag --output and gives its value.
func outputFlag(cmd *cobra.Command, value string) func() (string, error) {
	output := cmd.Flags().String("output", value, "text, for people, or json")
	return func() (string, error) {
		if *output != "text" && *output != "json" {
			return "", usageError{fmt.Errorf("--output %q is neither text nor json", *output)}
		}
		return *output, nil
	}
}
