package main

import (
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

func mfaCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "mfa", Short: "Take hardware tokens into an account, and out of it"}
	cmd.AddCommand(mfaImportCommand(env), mfaRemoveCommand(env))
	return cmd
}

// mfaImportCommand reads the seed from standard input: in the arguments of a process
// others could see it.
func mfaImportCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "import --account ID --serial SERIAL < SEED", Args: cobra.NoArgs,
		Short: "Take a hardware token into an account; its seed, in base32, is read from standard input",
	}
	dir := onData(cmd, env)
	account := cmd.Flags().String("account", "", "account id")
	serial := cmd.Flags().String("serial", "", "serial number, as printed on the token")
	cmd.MarkFlagRequired("account")
	cmd.MarkFlagRequired("serial")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		const longest = 1024
		seed, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), longest))
		if err != nil {
			return err
		}
		return operate(cmd.Context(), dir(), "ImportMFADevice", url.Values{
			"AccountId": {*account}, "SerialNumber": {*serial}, "Base32StringSeed": {strings.TrimSpace(string(seed))},
		}, nil)
	}
	return cmd
}

func mfaRemoveCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "remove --account ID --serial SERIAL", Args: cobra.NoArgs,
		Short: "Take a hardware token out of an account, also one that is assigned",
	}
	dir := onData(cmd, env)
	account := cmd.Flags().String("account", "", "account id")
	serial := cmd.Flags().String("serial", "", "serial number")
	cmd.MarkFlagRequired("account")
	cmd.MarkFlagRequired("serial")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return operate(cmd.Context(), dir(), "RemoveMFADevice", url.Values{"AccountId": {*account}, "SerialNumber": {*serial}}, nil)
	}
	return cmd
}
