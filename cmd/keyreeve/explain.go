package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// explanation is the answer of the operation Explain.
type explanation struct {
	Decision   string               `xml:"ExplainResult>Decision" json:"decision"`
	PolicyKind string               `xml:"ExplainResult>PolicyKind" json:"policyKind"`
	Message    string               `xml:"ExplainResult>Message" json:"message,omitempty"`
	Policies   []string             `xml:"ExplainResult>Policies>member" json:"policies"`
	Statements []explainedStatement `xml:"ExplainResult>Statements>member" json:"statements"`
}

type explainedStatement struct {
	PolicyKind string `json:"policyKind"`
	Policy     string `json:"policy"`
	Sid        string `json:"sid,omitempty"`
	Effect     string `json:"effect"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	EndLine    int    `json:"endLine"`
	EndColumn  int    `json:"endColumn"`
	Text       string `json:"text"`
}

func explainCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "explain --principal ARN --action ACTION [--resource ARN] [--context KEY=VALUE]", Args: cobra.NoArgs,
		Short: "Tell whether a principal may do something now, and why; exit code 0 is allowed, 3 is denied",
	}
	dir := onData(cmd, env)
	f := cmd.Flags()
	principal := f.String("principal", "", "ARN of a user, a role or a root user")
	action := f.String("action", "", "for example s3:GetObject")
	resource := f.String("resource", "*", "ARN of the resource")
	account := f.String("resource-account", "", "account that owns the resource, where its ARN does not say")
	context := f.StringArray("context", nil, "KEY=VALUE of a condition key (repeated; a key that is repeated has several values)")
	asJSON := f.Bool("json", false, "print JSON")
	cmd.MarkFlagRequired("principal")
	cmd.MarkFlagRequired("action")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		params := url.Values{"Principal": {*principal}, "ActionName": {*action}, "Resource": {*resource}}
		if *account != "" {
			params.Set("ResourceAccount", *account)
		}
		if err := contextParams(params, *context); err != nil {
			return err
		}
		var e explanation
		if err := operate(cmd.Context(), dir(), "Explain", params, &e); err != nil {
			return err
		}
		if *asJSON {
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetEscapeHTML(false)
			out.SetIndent("", "  ")
			if err := out.Encode(e); err != nil {
				return err
			}
		} else {
			e.print(cmd.OutOrStdout(), *principal, *action, *resource)
		}
		if e.Decision != "allowed" {
			return exitCode(3)
		}
		return nil
	}
	return cmd
}

// contextParams adds condition keys to the parameters of Explain.
func contextParams(params url.Values, entries []string) error {
	var names []string
	values := map[string][]string{}
	for _, entry := range entries {
		key, value, ok := strings.Cut(entry, "=")
		if !ok {
			return usageError{fmt.Errorf("--context %q is not of the form KEY=VALUE", entry)}
		}
		if values[key] == nil {
			names = append(names, key)
		}
		values[key] = append(values[key], value)
	}
	for i, key := range names {
		prefix := fmt.Sprintf("Context.member.%d.", i+1)
		params.Set(prefix+"Key", key)
		for j, value := range values[key] {
			params.Set(fmt.Sprintf("%sValues.member.%d", prefix, j+1), value)
		}
	}
	return nil
}

// print tells an explanation to a person: who, what, on what, why, and the lines
// that decided.
func (e *explanation) print(w io.Writer, principal, action, resource string) {
	c := coloursFor(w)
	verdict := c.red(e.Decision)
	if e.Decision == "allowed" {
		verdict = c.green(e.Decision)
	}
	fmt.Fprintf(w, "%s\n\n", verdict)
	fmt.Fprintf(w, "  who        %s\n  what       %s\n  on         %s\n", principal, action, resource)
	fmt.Fprintf(w, "  why        %s\n", e.why(action))
	if e.Message != "" {
		fmt.Fprintf(w, "  the caller is told\n             %s\n", e.Message)
	}
	for _, s := range e.Statements {
		s.print(w, c)
	}
	if len(e.Statements) > 0 {
		return
	}
	if len(e.Policies) == 0 {
		fmt.Fprintf(w, "\n  no policy applies to this principal\n")
		return
	}
	fmt.Fprintf(w, "\n  looked at, without a statement that allows it:\n")
	for _, p := range e.Policies {
		fmt.Fprintf(w, "    %s\n", p)
	}
}

func (e *explanation) why(action string) string {
	switch e.Decision {
	case "allowed":
		if len(e.Statements) == 0 {
			return "the root user may do everything in its account"
		}
		return "a statement of the " + e.Statements[0].PolicyKind + " allows it, and none denies it"
	case "explicitDeny":
		return "a statement denies it, which no statement that allows it outweighs (" + e.PolicyKind + ")"
	}
	if e.PolicyKind == "none" {
		return "no policy says anything about it, and what nothing allows is denied"
	}
	return "no " + e.PolicyKind + " allows " + action + ", and what nothing allows is denied"
}

func (s explainedStatement) print(w io.Writer, c colours) {
	sid := ""
	if s.Sid != "" {
		sid = ", statement " + s.Sid
	}
	fmt.Fprintf(w, "\n  %s of %s%s, line %d, column %d:\n", s.Effect, c.bold(s.Policy), sid, s.Line, s.Column)
	for i, line := range strings.Split(s.Text, "\n") {
		fmt.Fprintf(w, "    %4d | %s\n", s.Line+i, line)
	}
}

// colours are used on a terminal only.
type colours bool

func coloursFor(w io.Writer) colours {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return colours(err == nil && info.Mode()&os.ModeCharDevice != 0)
}

func (c colours) paint(code, text string) string {
	if !c {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (c colours) red(text string) string   { return c.paint("31", text) }
func (c colours) green(text string) string { return c.paint("32", text) }
func (c colours) bold(text string) string  { return c.paint("1", text) }
