package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyreeve/keyreeve/api/keyreeveapi"
	"github.com/keyreeve/keyreeve/server"
)

// operate calls an operator's operation on the running server of a data folder
// and reads its result into out, which may be nil.
func operate(ctx context.Context, dir, action string, params url.Values, out any) error {
	socket := filepath.Join(dir, server.SocketFile)
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	if params == nil {
		params = url.Values{}
	}
	params.Set("Action", action)
	params.Set("Version", keyreeveapi.Service.Version)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://operator/", strings.NewReader(params.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("no server answers on %s: is one running on the data folder %s? (%w)", socket, dir, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return operatorError(answer)
	}
	if out == nil {
		return nil
	}
	return xml.Unmarshal(answer, out)
}

func operatorError(answer []byte) error {
	var e struct {
		Message string `xml:"Error>Message"`
		Code    string `xml:"Error>Code"`
	}
	if err := xml.Unmarshal(answer, &e); err != nil {
		return err
	}
	return fmt.Errorf("%s: %s", e.Code, e.Message)
}

// onData adds the flag --data to a command and gives its value, also from the
// environment.
func onData(cmd *cobra.Command, env environment) func() string {
	dir := cmd.Flags().String("data", "data", "data folder")
	return func() string {
		if v, ok := env("KEYREEVE_DATA"); ok && !cmd.Flags().Changed("data") {
			return v
		}
		return *dir
	}
}

func accountCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "account", Short: "Make and list accounts"}
	cmd.AddCommand(accountCreateCommand(env), accountListCommand(env))
	return cmd
}

func accountCreateCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "create --name NAME [--id ID] [--email ADDRESS]", Args: cobra.NoArgs,
		Short: "Make an account and print its id; its root key is had by keyreeve env --account ID",
	}
	dir := onData(cmd, env)
	name := cmd.Flags().String("name", "", "name of the account")
	id := cmd.Flags().String("id", "", "12 digits; drawn if left out")
	email := cmd.Flags().String("email", "", "e-mail address of the root user, which Organizations shows and may invite")
	cmd.MarkFlagRequired("name")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		params := url.Values{"Name": {*name}}
		if *email != "" {
			params.Set("Email", *email)
		}
		if *id != "" {
			params.Set("AccountId", *id)
		}
		var out struct {
			ID string `xml:"CreateAccountResult>Account>Id"`
		}
		if err := operate(cmd.Context(), dir(), "CreateAccount", params, &out); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), out.ID)
		return nil
	}
	return cmd
}

func accountListCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the accounts", Args: cobra.NoArgs}
	dir := onData(cmd, env)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var out struct {
			Accounts []struct{ Id, Name, CreateDate, Alias string } `xml:"ListAccountsResult>Accounts>member"`
		}
		if err := operate(cmd.Context(), dir(), "ListAccounts", nil, &out); err != nil {
			return err
		}
		for _, a := range out.Accounts {
			fmt.Fprintln(cmd.OutOrStdout(), strings.TrimRight(strings.Join([]string{a.Id, a.CreateDate, a.Name, a.Alias}, "\t"), "\t"))
		}
		return nil
	}
	return cmd
}

func quotaCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "quota", Short: "Show and set quotas"}
	list := &cobra.Command{Use: "list", Short: "List the quotas in force", Args: cobra.NoArgs}
	listDir, listAccount := onData(list, env), quotaAccount(list)
	list.RunE = func(cmd *cobra.Command, _ []string) error {
		var out struct {
			Quotas []struct {
				Name  string
				Value int
			} `xml:"ListQuotasResult>Quotas>member"`
		}
		if err := operate(cmd.Context(), listDir(), "ListQuotas", ofAccount(listAccount), &out); err != nil {
			return err
		}
		for _, q := range out.Quotas {
			fmt.Fprintf(cmd.OutOrStdout(), "%s=%d\n", q.Name, q.Value)
		}
		return nil
	}
	set := &cobra.Command{Use: "set NAME=VALUE", Short: "Set a quota", Args: cobra.ExactArgs(1)}
	setDir, setAccount := onData(set, env), quotaAccount(set)
	set.RunE = func(cmd *cobra.Command, args []string) error {
		name, value, ok := strings.Cut(args[0], "=")
		if !ok {
			return usageError{errors.New("want NAME=VALUE")}
		}
		params := ofAccount(setAccount)
		params.Set("Name", name)
		params.Set("Value", value)
		return operate(cmd.Context(), setDir(), "SetQuota", params, nil)
	}
	cmd.AddCommand(list, set)
	return cmd
}

// quotaAccount adds the flag for the account that a quota is meant for.
func quotaAccount(cmd *cobra.Command) *string {
	return cmd.Flags().String("account", "", "the account, where not all are meant that have no quota of their own")
}

func ofAccount(account *string) url.Values {
	if *account == "" {
		return url.Values{}
	}
	return url.Values{"AccountId": {*account}}
}

func resetRootCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "reset-root --account ID", Args: cobra.NoArgs,
		Short: "Replace the access keys of an account's root user by a new one",
	}
	dir := onData(cmd, env)
	account := cmd.Flags().String("account", "", "account id")
	cmd.MarkFlagRequired("account")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var out struct {
			File string `xml:"ResetRootResult>CredentialsFile"`
		}
		if err := operate(cmd.Context(), dir(), "ResetRoot", url.Values{"AccountId": {*account}}, &out); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "The root user of %s has a new access key, in %s. All others are gone.\n", *account, out.File)
		return nil
	}
	return cmd
}

func endSessionsCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "end-sessions --account ID", Args: cobra.NoArgs,
		Short: "Make all temporary credentials of an account invalid",
	}
	dir := onData(cmd, env)
	account := cmd.Flags().String("account", "", "account id")
	cmd.MarkFlagRequired("account")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return operate(cmd.Context(), dir(), "EndSessions", url.Values{"AccountId": {*account}}, nil)
	}
	return cmd
}

func backupCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "backup --to FOLDER", Args: cobra.NoArgs,
		Short: "Copy a running deployment, its key file included, to a new folder",
	}
	dir := onData(cmd, env)
	to := cmd.Flags().String("to", "", "folder that does not exist yet")
	cmd.MarkFlagRequired("to")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		folder, err := filepath.Abs(*to)
		if err != nil {
			return err
		}
		if err := operate(cmd.Context(), dir(), "Backup", url.Values{"Folder": {folder}}, nil); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "The backup is in %s. It holds the key file: keep it as safe as the data folder.\n", folder)
		return nil
	}
	return cmd
}

func rotateKeyCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "rotate-key", Args: cobra.NoArgs,
		Short: "Make a new key that seals secrets and sessions, and seal all secrets again",
	}
	dir := onData(cmd, env)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var out struct {
			Accounts int `xml:"RotateKeyResult>Accounts"`
		}
		if err := operate(cmd.Context(), dir(), "RotateKey", nil, &out); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "A new key seals from now on; the secrets of %d accounts were sealed again. Sessions issued under the old key stay valid for 36 hours at most.\n", out.Accounts)
		return nil
	}
	return cmd
}
