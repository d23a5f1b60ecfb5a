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
		Use:   "import --account ID --serial SERIAL < SEED",
		Short: "Take a hardware token into an account; its seed, in base32, is read from standard input",
	}
	return onToken(cmd, env, "ImportMFADevice", func(params url.Values) error {
		const longest = 1024
		seed, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), longest))
		params.Set("Base32StringSeed", strings.TrimSpace(string(seed)))
		return err
	})
}

func mfaRemoveCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "remove --account ID --serial SERIAL",
		Short: "Take a hardware token out of an account, also one that is assigned",
	}
	return onToken(cmd, env, "RemoveMFADevice", func(url.Values) error { return nil })
}

// onToken makes a command of an operator's operation on a token, to whose parameters
// more adds what else it takes.
func onToken(cmd *cobra.Command, env environment, action string, more func(url.Values) error) *cobra.Command {
	cmd.Args = cobra.NoArgs
	dir := onData(cmd, env)
	account := cmd.Flags().String("account", "", "account id")
	serial := cmd.Flags().String("serial", "", "serial number, as printed on the token")
	cmd.MarkFlagRequired("account")
	cmd.MarkFlagRequired("serial")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		params := url.Values{"AccountId": {*account}, "SerialNumber": {*serial}}
		if err := more(params); err != nil {
			return err
		}
		return operate(cmd.Context(), dir(), action, params, nil)
	}
	return cmd
}
