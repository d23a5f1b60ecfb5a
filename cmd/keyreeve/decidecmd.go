package main

import "github.com/spf13/cobra"

func decideCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "decide", Args: cobra.NoArgs,
		Short: "Decide cases from standard input: JSON lines, one decision a line; or --output text for people",
	}
	output := outputFlag(cmd, "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		form, err := output()
		if err != nil {
			return err
		}
		out := cmd.OutOrStdout()
		if form == "text" {
			return decideForPeople(cmd.InOrStdin(), out, coloursFor(out, env))
		}
		return decide(cmd.InOrStdin(), out)
	}
	return cmd
}
