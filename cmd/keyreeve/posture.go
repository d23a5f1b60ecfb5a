package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyreeve/keyreeve/posture"
)

// postures is the report on some accounts, as it is printed.
type postures struct {
	Accounts []accountPosture `json:"accounts"`
	// Unchecked is what good practice asks for and nobody can look up here.
	Unchecked []uncheckedPractice `json:"unchecked"`
}

type accountPosture struct {
	Account string         `json:"account"`
	Checks  []postureCheck `json:"checks"`
}

type postureCheck struct {
	ID       string           `xml:"Id" json:"id"`
	Title    string           `json:"title"`
	Severity string           `json:"severity"`
	Sources  []string         `xml:"Sources>member" json:"sources"`
	Why      string           `json:"why"`
	Count    int              `json:"count"` // of findings, also of those that are not shown
	Findings []postureFinding `xml:"Findings>member" json:"findings"`
}

type postureFinding struct {
	Resource string `json:"resource"`
	Evidence string `json:"evidence"`
	Mend     string `json:"mend"`
}

type uncheckedPractice struct {
	Source string `json:"source"`
	Title  string `json:"title"`
	Why    string `json:"why"`
}

func postureCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "posture [--account ID] [--fail-on SEVERITY] [--skip CHECK] [--output text|json]", Args: cobra.NoArgs,
		Short: "Check accounts against good practice; exit code 0 is nothing found, 3 is something",
	}
	dir := onData(cmd, env)
	f := cmd.Flags()
	account := f.String("account", "", "number of the account; all accounts if left out")
	failOn := f.String("fail-on", "low", "exit with 3 for findings of this severity and above: low, medium, high or critical")
	skip := f.StringArray("skip", nil, "id of a check that is not wanted (repeated)")
	most := f.Int("max", 100, "findings shown of each check")
	output := outputFlag(cmd, "text")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		form, err := output()
		if err != nil {
			return err
		}
		limit, err := posture.ParseSeverity(*failOn)
		if err != nil {
			return usageError{fmt.Errorf("--fail-on: %w", err)}
		}
		if err := knownChecks(*skip); err != nil {
			return err
		}
		p, err := posturesOf(cmd, dir(), *account, *most, *skip)
		if err != nil {
			return err
		}
		if form == "json" {
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetEscapeHTML(false)
			out.SetIndent("", "  ")
			if err := out.Encode(p); err != nil {
				return err
			}
		} else {
			p.print(cmd.OutOrStdout(), coloursFor(cmd.OutOrStdout(), env))
		}
		if p.worst() >= limit {
			return exitCode(3)
		}
		return nil
	}
	return cmd
}

func knownChecks(ids []string) error {
	for _, id := range ids {
		known := false
		for _, c := range posture.Checks {
			known = known || c.ID == id
		}
		if !known {
			return usageError{fmt.Errorf("--skip: there is no check %q", id)}
		}
	}
	return nil
}

// posturesOf asks the server about an account, or about all.
func posturesOf(cmd *cobra.Command, dir, account string, most int, skip []string) (postures, error) {
	p := postures{Accounts: []accountPosture{}, Unchecked: []uncheckedPractice{}}
	ids := []string{account}
	if account == "" {
		var list struct {
			IDs []string `xml:"ListAccountsResult>Accounts>member>Id"`
		}
		if err := operate(cmd.Context(), dir, "ListAccounts", nil, &list); err != nil {
			return p, err
		}
		ids = list.IDs
	}
	skipped := map[string]bool{}
	for _, id := range skip {
		skipped[id] = true
	}
	for _, id := range ids {
		var out struct {
			Checks    []postureCheck      `xml:"CheckPostureResult>Checks>member"`
			Unchecked []uncheckedPractice `xml:"CheckPostureResult>Unchecked>member"`
		}
		params := url.Values{"AccountId": {id}, "MaxFindings": {strconv.Itoa(most)}}
		if err := operate(cmd.Context(), dir, "CheckPosture", params, &out); err != nil {
			return p, err
		}
		a := accountPosture{Account: id, Checks: []postureCheck{}}
		for _, c := range out.Checks {
			if c.Findings == nil {
				c.Findings = []postureFinding{}
			}
			if !skipped[c.ID] {
				a.Checks = append(a.Checks, c)
			}
		}
		p.Accounts, p.Unchecked = append(p.Accounts, a), out.Unchecked
	}
	return p, nil
}

// worst is the highest severity of all findings, or 0.
func (p postures) worst() posture.Severity {
	var worst posture.Severity
	for _, a := range p.Accounts {
		for _, c := range a.Checks {
			if s, err := posture.ParseSeverity(c.Severity); err == nil && c.Count > 0 {
				worst = max(worst, s)
			}
		}
	}
	return worst
}

// print writes the report for people: first what fails, then in a line each what
// passes, then what was not looked at.
func (p postures) print(w io.Writer, paint colours) {
	for _, a := range p.Accounts {
		fmt.Fprintf(w, "%s\n", paint.bold("account "+a.Account))
		var passed []string
		for _, c := range a.Checks {
			if c.Count == 0 {
				passed = append(passed, c.ID)
				continue
			}
			c.print(w, paint)
		}
		if len(passed) > 0 {
			fmt.Fprintf(w, "  %s %s\n", paint.green("passed"), strings.Join(passed, ", "))
		}
	}
	for _, u := range p.Unchecked {
		fmt.Fprintf(w, "not checked: %s, %s: %s\n", u.Source, u.Title, u.Why)
	}
}

func (c postureCheck) print(w io.Writer, paint colours) {
	fmt.Fprintf(w, "  %s %s: %s\n", paint.red(c.Severity), paint.bold(c.ID), c.Title)
	fmt.Fprintf(w, "      %s (%s)\n", c.Why, strings.Join(c.Sources, "; "))
	for _, f := range c.Findings {
		fmt.Fprintf(w, "    - %s\n      %s\n      -> %s\n", f.Resource, f.Evidence, f.Mend)
	}
	if more := c.Count - len(c.Findings); more > 0 {
		fmt.Fprintf(w, "    and %d more: --max %d\n", more, c.Count)
	}
}
