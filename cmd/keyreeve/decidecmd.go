package main

import "github.com/spf13/cobra"

func decideCommand() *cobra.Command {
	return &cobra.Command{
		Use: "decide", Args: cobra.NoArgs,
		Short: "Decide cases: JSON lines on standard input, one decision a line on standard output",
		RunE:  func(cmd *cobra.Command, _ []string) error { return decide(cmd.InOrStdin(), cmd.OutOrStdout()) },
	}
}
