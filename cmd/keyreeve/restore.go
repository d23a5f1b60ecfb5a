package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/keyreeve/keyreeve/server"
)

func restoreCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "restore --from FOLDER", Args: cobra.NoArgs,
		Short: "Make a data folder from a backup; all sessions issued before are invalid then",
	}
	dir := onData(cmd, env)
	from := cmd.Flags().String("from", "", "folder of a backup")
	cmd.MarkFlagRequired("from")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := server.Restore(cmd.Context(), *from, dir()); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s holds what %s held. Sessions that were issued before are invalid.\n", dir(), *from)
		return nil
	}
	return cmd
}
