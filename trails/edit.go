package trails

import (
	"slices"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/trail/selector"
)

// Env is what a rule depends on beside the world.
type Env struct {
	Now    time.Time
	Region string // of the call
	// Quotas gives a limit of the account by its name, [deployment.TrailsQuota].
	Quotas identity.Quotas
}

// Editor is an account whose trails a draft may change.
type Editor struct {
	Account
	Env
	draft     *state.Draft
	aggregate state.AggregateID
}

// Edit is the account with a number as a draft may change it.
func Edit(draft *state.Draft, site identity.Site, id string, env Env) Editor {
	return Editor{Account: In(draft, site, id), Env: env, draft: draft, aggregate: state.Account(id)}
}

// Service is CloudTrail, as trusted access names it.
const Service = "cloudtrail.amazonaws.com"

// Create makes a trail in the region of the call. It does not log yet. The deployment is
// changed by an account's first trail.
func (e Editor) Create(t Trail) (*Trail, error) {
	if err := CheckName(t.Name); err != nil {
		return nil, err
	}
	if err := e.check(&t); err != nil {
		return nil, err
	}
	for _, s := range e.All() {
		if s.Owner == e.ID && s.Name == t.Name && (s.Region == e.Region || s.MultiRegion || t.MultiRegion) {
			return nil, apierror.New(AlreadyExists, "Trail %s already exists for customer: %s", t.Name, e.ID)
		}
	}
	if limit := e.Quotas(deployment.TrailsQuota); len(e.At(e.Region)) >= limit {
		return nil, apierror.New(TooMany, "User: %s already has %d trails in %s.", e.ID, limit, e.Region)
	}
	if err := checkTags(t.Tags); err != nil {
		return nil, err
	}
	t.Region, t.CreateDate = e.Region, e.Now
	trailKind.Put(e.draft, e.aggregate, t.Key(), &t)
	if !owners.Has(e.world.Snapshot(state.Deployment), e.ID) {
		owners.Put(e.draft, state.Deployment, e.ID, &owner{e.ID})
	}
	return &t, nil
}

// check refuses a trail that cannot be.
func (e Editor) check(t *Trail) error {
	if err := CheckBucket(t.Bucket); err != nil {
		return err
	}
	if err := checkPrefix(t.Prefix); err != nil {
		return err
	}
	if t.MultiRegion && !t.GlobalEvents {
		return apierror.New(InvalidCombination, "Multi-Region trail must include global service events.")
	}
	if t.Organization {
		return e.checkOrganization()
	}
	return nil
}

// checkOrganization refuses organization trails of accounts that cannot have any. The
// sentences are those of the API reference.
func (e Editor) checkOrganization() error {
	o, ok := organization.OfAccount(e.world, e.ID)
	switch {
	case !ok:
		return apierror.New(NotInUse, "This operation cannot be performed because your AWS account is not a member of an organization.")
	case o.Facts().Management != e.ID:
		return apierror.New(NotManagement, "You must be the management account of the organization to perform this operation.")
	case !o.Facts().AllFeatures:
		return apierror.New(NotAllFeatures, "Organizations is not configured to support all features. All features must be enabled in Organizations to support creating an organization trail.")
	case !o.Trusts(Service):
		return apierror.New(AccessNotEnabled, "Trusted access has not been enabled between CloudTrail and Organizations. Enable it for the service principal %s.", Service)
	}
	return nil
}

// own finds a trail that can be changed by the call: one of the account, at home in the
// region of the call.
func (e Editor) own(n Name) (*Trail, error) {
	s, err := e.Get(n)
	switch {
	case err != nil:
		return nil, err
	case s.Owner != e.ID:
		return nil, apierror.New(NotManagement, "The trail %s is an organization trail: only the management account can change it.", s.ARN(e.Site.Partition))
	case s.Region != e.Region:
		return nil, apierror.New(InvalidHomeRegion, "The operation can only be performed on the trail %s in its home region, %s.", s.ARN(e.Site.Partition), s.Region)
	}
	return s.Trail, nil
}

// change puts a changed copy of a trail.
func (e Editor) change(n Name, by func(*Trail) error) (*Trail, error) {
	t, err := e.own(n)
	if err != nil {
		return nil, err
	}
	next := *t
	if err := by(&next); err != nil {
		return nil, err
	}
	trailKind.Put(e.draft, e.aggregate, next.Key(), &next)
	return &next, nil
}

// Update changes settings of a trail.
func (e Editor) Update(n Name, by func(*Trail)) (*Trail, error) {
	return e.change(n, func(t *Trail) error {
		before := *t
		by(t)
		if err := e.check(t); err != nil {
			return err
		}
		if t.MultiRegion && !before.MultiRegion {
			for _, o := range e.Own() {
				if o.Name == t.Name && o.Region != t.Region {
					return apierror.New(AlreadyExists, "Trail %s already exists for customer: %s", t.Name, e.ID)
				}
			}
		}
		if before.Validation && !t.Validation { // the chain is broken by it
			e.forgetChains(t)
		}
		return nil
	})
}

// Delete removes a trail, and of an account's last one the deployment's note. What it has delivered stays where it is.
func (e Editor) Delete(n Name) error {
	t, err := e.own(n)
	if err != nil {
		return err
	}
	e.forgetDelivery(t)
	trailKind.Delete(e.draft, e.aggregate, t.Key())
	if trailKind.Count(e.snapshot()) == 0 {
		owners.Delete(e.draft, state.Deployment, e.ID)
	}
	return nil
}

// Start begins logging: the events from now on. A trail that logs already goes on.
func (e Editor) Start(n Name) error {
	_, err := e.change(n, func(t *Trail) error {
		if !t.Logging() {
			t.Spans = append(e.recent(t.Spans), Span{From: e.Now})
		}
		return nil
	})
	return err
}

// Stop ends logging: the events up to now are the last ones.
func (e Editor) Stop(n Name) error {
	_, err := e.change(n, func(t *Trail) error {
		if t.Logging() {
			t.Spans = slices.Clone(t.Spans)
			t.Spans[len(t.Spans)-1].To = e.Now
		}
		return nil
	})
	return err
}

// recent are the spans of the last month: by then their events were delivered, or will
// not be any more.
func (e Editor) recent(spans []Span) []Span {
	return slices.DeleteFunc(slices.Clone(spans), func(s Span) bool { return e.Now.Sub(s.To) > 30*24*time.Hour })
}

// Select sets the event selectors of a trail.
func (e Editor) Select(n Name, s selector.Set) (*Trail, error) {
	return e.change(n, func(t *Trail) error {
		if wrong := s.Check(); wrong != "" {
			return apierror.New(InvalidSelectors, "%s", wrong)
		}
		t.Selectors = s
		return nil
	})
}
