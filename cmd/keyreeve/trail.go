package main

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyreeve/keyreeve/trail/digest"
)

func trailCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "trail", Short: "Look at what a trail has delivered"}
	cmd.AddCommand(trailValidateCommand())
	return cmd
}

// changed is the exit code where delivered files are not as they were.
const changed = exitCode(3)

func trailValidateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "validate FOLDER --keys FILE", Args: cobra.ExactArgs(1),
		Short: "Find files of a delivered trail that were changed, taken away or added; exit code 0 is none, 3 is some",
		Long: `Validate reads a folder that trails were delivered to, whole, and compares it with its digest
files. These are verified with the public keys of the regions, which are kept elsewhere:

    aws cloudtrail list-public-keys --start-time 2026-01-01 > keys.json

It needs no server. That the newest digest files were taken away together with what they list
cannot be seen in a folder: the last line tells up to when it is complete.`,
	}
	keyFiles := cmd.Flags().StringArray("keys", nil, "file with public keys, as list-public-keys prints them (repeated)")
	cmd.MarkFlagRequired("keys")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		keys, err := readTrailKeys(*keyFiles)
		if err != nil {
			return err
		}
		if info, err := os.Stat(args[0]); err != nil || !info.IsDir() {
			return fmt.Errorf("there is no folder %s", args[0])
		}
		r, err := digest.Validate(os.DirFS(args[0]), keys)
		if err != nil {
			return err
		}
		return printReport(cmd.OutOrStdout(), r)
	}
	return cmd
}

// printReport prints what is wrong, and how much is right.
func printReport(w io.Writer, r *digest.Report) error {
	for _, f := range r.Findings {
		fmt.Fprintln(w, f)
	}
	fmt.Fprintf(w, "%d digest files and %d log files are as they were delivered, %d findings\n", r.Digests, r.Logs, len(r.Findings))
	if len(r.Pending) > 0 {
		fmt.Fprintf(w, "%d log files are newer than the last digest file, which would vouch for them\n", len(r.Pending))
	}
	if r.Digests == 0 {
		return fmt.Errorf("there is no digest file that can be trusted: nothing is known of the log files")
	}
	fmt.Fprintf(w, "complete up to %s\n", r.Until.Format(time.RFC3339))
	if len(r.Findings) > 0 {
		return changed
	}
	return nil
}

// readTrailKeys reads public keys, by their fingerprints, which are computed anew.
func readTrailKeys(files []string) (map[string]*rsa.PublicKey, error) {
	keys := map[string]*rsa.PublicKey{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var list struct {
			PublicKeyList []struct{ Value []byte }
		}
		if err := json.Unmarshal(text, &list); err != nil {
			return nil, fmt.Errorf("%s holds no list of public keys: %w", file, err)
		}
		for _, k := range list.PublicKeyList {
			key, err := x509.ParsePKCS1PublicKey(k.Value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			keys[digest.Fingerprint(key)] = key
		}
	}
	return keys, nil
}
