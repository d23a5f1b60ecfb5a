package operator

import (
	"math"
	"time"

	"github.com/keyreeve/keyreeve/api/keyreeveapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/impact"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

// effectsShown is how many effects CheckImpact tells if it is not said; how many there
// are, and of how many calls, is told always.
const effectsShown = 1000

// daysLookedAt is how far CheckImpact looks back if it is not said.
const daysLookedAt = 90

// checkImpact tells what a change would have done to the calls of a time.
func (o operations) checkImpact(c *service.Call, in *keyreeveapi.CheckImpactInput) (*keyreeveapi.CheckImpactOutput, error) {
	from, to, shown := c.Now.AddDate(0, 0, -daysLookedAt), c.Now, effectsShown
	if in.StartTime != nil {
		from = *in.StartTime
	}
	if in.EndTime != nil {
		to = *in.EndTime
	}
	if in.MaxEffects != nil {
		shown = int(*in.MaxEffects)
	}
	if !from.Before(to) {
		return nil, apierror.New(apierror.ValidationError, "The time from %s to %s is empty.", from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))
	}
	source := func(id state.AggregateID) (*state.Snapshot, error) { return c.World.Snapshot(id), nil }
	r, err := impact.New(source, changeOf(in), impact.Env{Site: c.Tools.Site, Now: c.Now, Random: c.Random, Quotas: c.QuotaOf})
	if err != nil {
		return nil, err
	}
	err = r.All(func(each func(string, time.Time, []byte) bool) error { return o.Asked(c.Context, from, to, each) })
	if err != nil {
		return nil, err
	}
	report, err := r.Report()
	if err != nil {
		return nil, err
	}
	return impactShape(report, from, to, shown), nil
}

func changeOf(in *keyreeveapi.CheckImpactInput) impact.Change {
	text := func(p *string) string {
		if p == nil {
			return ""
		}
		return *p
	}
	return impact.Change{
		Type: impact.Type(in.ChangeType), Document: text(in.PolicyDocument), Policy: text(in.Policy),
		For: text(in.For), Name: text(in.PolicyName), Target: text(in.Target),
	}
}

func impactShape(p impact.Report, from, to time.Time, shown int) *keyreeveapi.CheckImpactOutput {
	out := &keyreeveapi.CheckImpactOutput{
		StartTime: from, EndTime: to, Calls: number(p.Calls), Refused: number(p.Refused), Allowed: number(p.Allowed),
		OfOthers: number(p.Unconcerned), Gone: number(p.Gone), Otherwise: number(p.Otherwise), Unreadable: number(p.Unreadable),
		EffectCount: number(len(p.Effects)), Effects: []keyreeveapi.ImpactEffect{},
	}
	if p.Calls > 0 {
		out.FirstCall, out.LastCall = &p.First, &p.Last
	}
	for _, e := range p.Effects[:min(shown, len(p.Effects))] {
		out.Effects = append(out.Effects, keyreeveapi.ImpactEffect{
			Outcome: e.Outcome, Principal: e.Principal, ActionName: e.Action, Resource: e.Resource, Count: number(e.Count),
			FirstCall: e.First, LastCall: e.Last, EventIds: e.Events,
		})
	}
	return out
}

func number(n int) int32 { return int32(min(n, math.MaxInt32)) }
