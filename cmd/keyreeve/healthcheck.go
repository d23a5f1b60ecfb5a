package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

func healthcheckCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "healthcheck", Args: cobra.NoArgs,
		Short: "Ask a server whether it is ready; the exit code tells",
	}
	url := cmd.Flags().String("url", "", "address of the server (default: http:// and its listen address)")
	insecure := cmd.Flags().Bool("insecure-tls", false, "do not check the server's certificate")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *url == "" {
			listen, ok := env("KEYREEVE_LISTEN")
			if !ok {
				listen = "127.0.0.1:8787"
			}
			*url = "http://" + listen
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), 5*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, *url+"/readyz", nil)
		if err != nil {
			return usageError{err}
		}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: *insecure}}}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", *url, resp.Status)
		}
		fmt.Fprintln(cmd.OutOrStdout(), "ready")
		return nil
	}
	return cmd
}
