package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyreeve/keyreeve/server"
)

func envCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "env [--account ID] [--format shell|process]", Args: cobra.NoArgs,
		Short: `Print root's credentials as shell commands: eval "$(keyreeve env --data DIR)"`,
	}
	dir := onData(cmd, env)
	account := cmd.Flags().String("account", "", "account id; the first account if left out")
	format := cmd.Flags().String("format", "shell", "shell, or process for credential_process in a profile of the aws CLI or an SDK")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *format != "shell" && *format != "process" {
			return usageError{fmt.Errorf("--format %q is neither shell nor process", *format)}
		}
		c, err := server.ReadRootCredentials(dir(), *account)
		if file, ok := errors.AsType[*fs.PathError](err); ok && strings.HasPrefix(filepath.Base(file.Path), "root-") {
			return fmt.Errorf("%w: the folder does not hold a key of that root user, as after a restore; keyreeve reset-root makes a new one", err)
		}
		if err != nil {
			return err
		}
		out := cmd.OutOrStdout()
		if *format == "process" {
			// AWS SDKs and Tools Reference Guide, "Process credential provider".
			return json.NewEncoder(out).Encode(struct {
				Version                      int
				AccessKeyId, SecretAccessKey string
			}{1, c.AccessKeyID, c.SecretAccessKey})
		}
		fmt.Fprintf(out, "export AWS_ACCESS_KEY_ID=%s\n", c.AccessKeyID)
		fmt.Fprintf(out, "export AWS_SECRET_ACCESS_KEY=%s\n", c.SecretAccessKey)
		fmt.Fprintf(out, "unset AWS_SESSION_TOKEN AWS_PROFILE\n")
		fmt.Fprintf(out, "export AWS_ENDPOINT_URL=%s\n", c.Endpoint)
		fmt.Fprintf(out, "export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1\n")
		return nil
	}
	return cmd
}
