package impact

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/authz/asked"
)

// What a change does to a call.
const (
	Refused = "refused" // it is allowed now, and would not be
	Allowed = "allowed" // it is refused now, and would be allowed
)

// Report is what a change would have done to recorded calls.
type Report struct {
	Calls       int       // that were recorded
	First, Last time.Time // of them; zero if there are none
	Unconcerned int       // of other accounts than the change is for
	Unreadable  int       // written by a newer program, or damaged: of these nothing is known
	// Gone are calls of users and roles that are not there any more, and Otherwise are
	// calls that would now be decided otherwise than they were, without the change.
	Gone, Otherwise int

	Refused, Allowed int // calls that the change makes a difference to
	Effects          []Effect
}

// Effect is the same difference to calls of the same sort.
type Effect struct {
	Outcome     string // Refused or Allowed
	Principal   string // ARN; of role sessions it is the role
	Action      string // that is refused, with the change or without it
	Resource    string
	Count       int
	First, Last time.Time
	Events      []string // ids of some
}

// group is what the calls of an effect have in common.
type group struct{ outcome, principal, action, resource string }

const (
	// eventsShown is how many events an effect names.
	eventsShown = 3
	// maxGroups bounds how many resources are told apart: what comes when there are so
	// many effects is counted as of [OtherResources].
	maxGroups = 20_000
)

// OtherResources stands for more resources than are told apart.
const OtherResources = "(other resources)"

func (p *Report) seen(at time.Time) {
	p.Calls++
	if p.First.IsZero() || at.Before(p.First) {
		p.First = at
	}
	if at.After(p.Last) {
		p.Last = at
	}
}

// count notes a call that the change makes a difference to, because of one target.
func (r *Replay) count(id string, at time.Time, c *asked.Call, outcome string, t *authz.Target) {
	if outcome == Refused {
		r.report.Refused++
	} else {
		r.report.Allowed++
	}
	g := group{outcome, c.Principal(), t.Action, t.Resource}
	e, ok := r.groups[g]
	if !ok && len(r.groups) >= maxGroups {
		g.resource = OtherResources
		e, ok = r.groups[g]
	}
	if !ok {
		// What was read shares its memory with all of the call.
		g = group{outcome, strings.Clone(g.principal), strings.Clone(g.action), strings.Clone(g.resource)}
		e = &Effect{Outcome: g.outcome, Principal: g.principal, Action: g.action, Resource: g.resource, First: at, Last: at}
		r.groups[g] = e
	}
	e.Count++
	if at.Before(e.First) {
		e.First = at
	}
	if at.After(e.Last) {
		e.Last = at
	}
	if len(e.Events) < eventsShown {
		e.Events = append(e.Events, id)
	}
}

// Report ends the replay. Effects stand in order of outcome (what is refused first), then
// of how many calls they are of.
func (r *Replay) Report() (Report, error) {
	if err := r.err(); err != nil {
		return Report{}, err
	}
	p := r.report
	p.Effects = make([]Effect, 0, len(r.groups))
	for _, e := range r.groups {
		p.Effects = append(p.Effects, *e)
	}
	slices.SortFunc(p.Effects, func(a, b Effect) int {
		return cmp.Or(
			-strings.Compare(a.Outcome, b.Outcome), cmp.Compare(b.Count, a.Count),
			strings.Compare(a.Principal, b.Principal), strings.Compare(a.Action, b.Action), strings.Compare(a.Resource, b.Resource),
		)
	})
	return p, nil
}
