package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// proposal is a change as the command line says it.
type proposal struct {
	policy, attach, detach, boundary, scp, rcp string
	principal, name, target                    string
}

func impactCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "impact CHANGE [--since TIME] [--until TIME] [--fail-on WHAT] [--output text|json]", Args: cobra.NoArgs,
		Short: "Tell which past calls a change of policies would refuse or newly allow; exit code 0 is none, 3 is some",
		Long: `impact decides the calls of a time again, as things are and as they would be with a change. Nothing is changed.

The change is one of
  --policy FILE --for ARN [--name NAME]   an inline policy of a user, group or role, another
                                          document of a managed policy, or of an SCP or RCP
  --attach ARN --for ARN                  a managed policy attached to a user, group or role
  --detach ARN [--for ARN]                a managed policy detached, from all if --for is left out
  --boundary FILE|ARN --for ARN           a permissions boundary of a user or role
  --scp FILE --target ID                  a new SCP on a root, an organizational unit or an account
  --rcp FILE --target ID                  a new RCP likewise
  --attach ID --target ID                 an SCP or RCP attached
  --detach ID [--target ID]               an SCP or RCP detached`,
	}
	dir := onData(cmd, env)
	f := cmd.Flags()
	var p proposal
	f.StringVar(&p.policy, "policy", "", "file with a policy document")
	f.StringVar(&p.attach, "attach", "", "ARN of a managed policy, or id of an SCP or RCP")
	f.StringVar(&p.detach, "detach", "", "ARN of a managed policy, or id of an SCP or RCP")
	f.StringVar(&p.boundary, "boundary", "", "file with a policy document, or ARN of a managed policy")
	f.StringVar(&p.scp, "scp", "", "file with an SCP")
	f.StringVar(&p.rcp, "rcp", "", "file with an RCP")
	f.StringVar(&p.principal, "for", "", "ARN of the user, group, role or policy that is changed")
	f.StringVar(&p.name, "name", "", "name of the inline policy")
	f.StringVar(&p.target, "target", "", "id of a root, an organizational unit or an account")
	since := f.String("since", "90d", "a time (2026-11-25T12:00:00Z) or how long ago (90d, 36h)")
	until := f.String("until", "", "a time or how long ago; now if left out")
	failOn := f.String("fail-on", "any", "exit with 3 if calls would be refused, newly allowed, any of both, or never: refused, allowed, any or none")
	most := f.Int("max", 1000, "effects shown")
	output := outputFlag(cmd, "text")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		form, err := output()
		if err != nil {
			return err
		}
		params, err := p.params()
		if err != nil {
			return err
		}
		if err := spanParams(params, *since, *until); err != nil {
			return err
		}
		fails, ok := impactFails[*failOn]
		if !ok {
			return usageError{fmt.Errorf("--fail-on %q is none of refused, allowed, any and none", *failOn)}
		}
		params.Set("MaxEffects", strconv.Itoa(*most))
		var i impactReport
		if err := operate(cmd.Context(), dir(), "CheckImpact", params, &i); err != nil {
			return err
		}
		if form == "json" {
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetEscapeHTML(false)
			out.SetIndent("", "  ")
			if err := out.Encode(i.listed()); err != nil {
				return err
			}
		} else {
			i.print(cmd.OutOrStdout(), coloursFor(cmd.OutOrStdout(), env))
		}
		return i.verdict(fails)
	}
	return cmd
}

// verdict is what the exit code says: 3 for calls of which it was asked to. A report that
// is not whole is no good news.
func (i impactReport) verdict(fails func(impactReport) bool) error {
	switch {
	case fails(i):
		return exitCode(3)
	case i.Unreadable > 0:
		return fmt.Errorf("%s could not be read, so the report is not whole", calls(i.Unreadable))
	}
	return nil
}

// impactFails tells by the value of --fail-on whether the exit code says so.
var impactFails = map[string]func(impactReport) bool{
	"refused": func(i impactReport) bool { return i.Refused > 0 },
	"allowed": func(i impactReport) bool { return i.Allowed > 0 },
	"any":     func(i impactReport) bool { return i.Refused+i.Allowed > 0 },
	"none":    func(impactReport) bool { return false },
}

// spanParams are the bounds of a time.
func spanParams(params url.Values, since, until string) error {
	for name, text := range map[string]string{"StartTime": since, "EndTime": until} {
		if text == "" {
			continue
		}
		t, err := moment(text, time.Now())
		if err != nil {
			return usageError{err}
		}
		params.Set(name, t.UTC().Format(time.RFC3339Nano))
	}
	return nil
}

// params are the parameters of the one change that was asked for.
func (p proposal) params() (url.Values, error) {
	values := url.Values{}
	n := 0
	for kind, value := range map[string]string{"put": p.policy, "attach": p.attach, "detach": p.detach, "boundary": p.boundary, "scp": p.scp, "rcp": p.rcp} {
		if value == "" {
			continue
		}
		n++
		values.Set("ChangeType", kind)
		if kind == "attach" || kind == "detach" || kind == "boundary" && strings.HasPrefix(value, "arn:") {
			values.Set("Policy", value)
			continue
		}
		text, err := os.ReadFile(value)
		if err != nil {
			return nil, err
		}
		values.Set("PolicyDocument", string(text))
	}
	if n != 1 {
		return nil, usageError{fmt.Errorf("want one change: --policy, --attach, --detach, --boundary, --scp or --rcp")}
	}
	for name, value := range map[string]string{"For": p.principal, "PolicyName": p.name, "Target": p.target} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values, p.complete(values.Get("ChangeType"))
}

// complete tells what is missing, or is said and would not count.
func (p proposal) complete(kind string) error {
	control := kind == "scp" || kind == "rcp" || strings.HasPrefix(p.attach+p.detach, "p-") || strings.Contains(p.attach+p.detach, ":organizations:")
	switch {
	case control && p.principal != "":
		return usageError{fmt.Errorf("SCPs and RCPs are for a --target, not --for somebody")}
	case !control && p.target != "":
		return usageError{fmt.Errorf("--target is for SCPs and RCPs; say --for whom the change is")}
	case control && p.target == "" && kind != "detach":
		return usageError{fmt.Errorf("say the --target: a root, an organizational unit or an account")}
	case !control && p.principal == "" && kind != "detach":
		return usageError{fmt.Errorf("say --for whom the change is")}
	case p.name != "" && kind != "put":
		return usageError{fmt.Errorf("--name is the name of an inline policy and goes with --policy")}
	}
	return nil
}
