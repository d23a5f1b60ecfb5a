package operator

import (
	"time"

	"github.com/keyreeve/keyreeve/api/keyreeveapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/posture"
	"github.com/keyreeve/keyreeve/service"
)

// findingsShown is how many findings of a check CheckPosture tells if it is not said;
// the number of all of them is told always.
const findingsShown = 100

func postureTargets(c *service.Call, in *keyreeveapi.CheckPostureInput) ([]authz.Target, error) {
	return target(c, "CheckPosture", "account/"+in.AccountId), nil
}

// checkPosture checks an account against good practice.
func checkPosture(c *service.Call, in *keyreeveapi.CheckPostureInput) (*keyreeveapi.CheckPostureOutput, error) {
	if _, ok := c.Deployment().Account(in.AccountId); !ok {
		return nil, apierror.New(apierror.NoSuchEntity, "There is no account %s.", in.AccountId)
	}
	shown := findingsShown
	if in.MaxFindings != nil {
		shown = int(*in.MaxFindings)
	}
	results := posture.Of(c.OtherAccount(in.AccountId), c.Now, func(kind, subject string) (time.Time, bool) {
		use, ok := c.Tools.LastUsed(in.AccountId, kind, subject)
		return use.Time, ok
	})
	out := &keyreeveapi.CheckPostureOutput{Checks: []keyreeveapi.PostureCheck{}, Unchecked: []keyreeveapi.UncheckedPractice{}}
	for _, r := range results {
		out.Checks = append(out.Checks, postureShape(r, shown))
	}
	for _, u := range posture.Unchecked {
		out.Unchecked = append(out.Unchecked, keyreeveapi.UncheckedPractice{Source: u.Source, Title: u.Title, Why: u.Why})
	}
	return out, nil
}

func postureShape(r posture.Result, shown int) keyreeveapi.PostureCheck {
	s := keyreeveapi.PostureCheck{
		Id: r.ID, Title: r.Title, Severity: r.Severity.String(), Sources: r.Sources, Why: r.Why,
		Count: int32(len(r.Findings)), Findings: []keyreeveapi.PostureFinding{},
	}
	for _, f := range r.Findings[:min(shown, len(r.Findings))] {
		s.Findings = append(s.Findings, keyreeveapi.PostureFinding{Resource: f.Resource, Evidence: f.Evidence, Mend: f.Mend})
	}
	return s
}
