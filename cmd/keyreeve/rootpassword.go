package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

func rootPasswordCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "root-password --account ID", Args: cobra.NoArgs,
		Short: "Set the password with which an account's root user signs in, read from standard input",
	}
	dir := onData(cmd, env)
	account := cmd.Flags().String("account", "", "account id")
	cmd.MarkFlagRequired("account")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		password, err := readLine(cmd.InOrStdin())
		if err != nil {
			return err
		}
		if err := operate(cmd.Context(), dir(), "SetRootPassword", url.Values{"AccountId": {*account}, "Password": {password}}, nil); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "The root user of %s has a new password.\n", *account)
		return nil
	}
	return cmd
}

// readLine reads the first line: a password on the command line would be seen by
// everybody on the machine.
func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", usageError{errors.New("there is no password on standard input")}
	}
	return line, nil
}
