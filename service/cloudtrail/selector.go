package cloudtrail

import (
	"github.com/keyreeve/keyreeve/api/trailapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/trail/selector"
	"github.com/keyreeve/keyreeve/trails"
)

func selectorOperations() []service.Operation {
	return []service.Operation{
		service.Write(trailapi.PutEventSelectors, onTrail("PutEventSelectors", func(in *trailapi.PutEventSelectorsInput) string { return in.TrailName }), putEventSelectors),
		service.Read(trailapi.GetEventSelectors, onTrail("GetEventSelectors", func(in *trailapi.GetEventSelectorsInput) string { return in.TrailName }), getEventSelectors),
		service.Read(trailapi.GetInsightSelectors, insightTargets, getInsightSelectors),
	}
}

func putEventSelectors(c *service.Call, in *trailapi.PutEventSelectorsInput) (*trailapi.PutEventSelectorsOutput, error) {
	n, err := named(c, in.TrailName)
	if err != nil {
		return nil, err
	}
	t, err := edit(c).Select(n, selectorsOf(in))
	if err != nil {
		return nil, err
	}
	basic, advanced := newSelectors(t.Selectors)
	return &trailapi.PutEventSelectorsOutput{TrailARN: new(n.ARN(c.Tools.Site.Partition)), EventSelectors: basic, AdvancedEventSelectors: advanced}, nil
}

func getEventSelectors(c *service.Call, in *trailapi.GetEventSelectorsInput) (*trailapi.GetEventSelectorsOutput, error) {
	s, err := seen(c, in.TrailName)
	if err != nil {
		return nil, err
	}
	basic, advanced := newSelectors(s.Selectors)
	return &trailapi.GetEventSelectorsOutput{TrailARN: new(s.ARN(c.Tools.Site.Partition)), EventSelectors: basic, AdvancedEventSelectors: advanced}, nil
}

func selectorsOf(in *trailapi.PutEventSelectorsInput) (s selector.Set) {
	for _, e := range in.EventSelectors {
		b := selector.Basic{ReadWrite: service.Or(e.ReadWriteType, ""), NoManagement: !service.Or(e.IncludeManagementEvents, true), Excluded: e.ExcludeManagementEventSources}
		for _, r := range e.DataResources {
			b.Resources = append(b.Resources, selector.DataResource{Type: service.Or(r.Type, ""), Values: r.Values})
		}
		s.Basic = append(s.Basic, b)
	}
	for _, e := range in.AdvancedEventSelectors {
		a := selector.Advanced{Name: service.Or(e.Name, "")}
		for _, f := range e.FieldSelectors {
			a.Conditions = append(a.Conditions, selector.Condition(f))
		}
		s.Advanced = append(s.Advanced, a)
	}
	return s
}

// newSelectors shows selectors; those of a new trail are one event selector.
func newSelectors(s selector.Set) (basic []trailapi.EventSelector, advanced []trailapi.AdvancedEventSelector) {
	if !s.Custom() {
		s.Basic = []selector.Basic{{}}
	}
	for _, b := range s.Basic {
		e := trailapi.EventSelector{
			ReadWriteType: new(b.ReadWrite), IncludeManagementEvents: new(!b.NoManagement),
			DataResources: []trailapi.DataResource{}, ExcludeManagementEventSources: append([]string{}, b.Excluded...),
		}
		if b.ReadWrite == "" {
			e.ReadWriteType = new("All")
		}
		for _, r := range b.Resources {
			e.DataResources = append(e.DataResources, trailapi.DataResource{Type: new(r.Type), Values: append([]string{}, r.Values...)})
		}
		basic = append(basic, e)
	}
	for _, a := range s.Advanced {
		e := trailapi.AdvancedEventSelector{Name: service.Optional(a.Name)}
		for _, c := range a.Conditions {
			e.FieldSelectors = append(e.FieldSelectors, trailapi.AdvancedFieldSelector(c))
		}
		advanced = append(advanced, e)
	}
	return basic, advanced
}

func insightTargets(c *service.Call, in *trailapi.GetInsightSelectorsInput) ([]authz.Target, error) {
	return onNamed(c, "GetInsightSelectors")(insightTrail(c, in)), nil
}

// insightTrail is the trail that is asked about; there are no event data stores.
func insightTrail(c *service.Call, in *trailapi.GetInsightSelectorsInput) (trails.Name, error) {
	switch {
	case in.EventDataStore != nil && in.TrailName != nil:
		return trails.Name{}, apierror.New(trails.InvalidCombination, "You cannot specify both TrailName and EventDataStore.")
	case in.TrailName == nil:
		return trails.Name{}, apierror.New(trails.Unsupported, "Event data stores are not supported: specify TrailName.")
	}
	return named(c, *in.TrailName)
}

// getInsightSelectors: no trail has Insights, which are not built.
func getInsightSelectors(c *service.Call, in *trailapi.GetInsightSelectorsInput) (*trailapi.GetInsightSelectorsOutput, error) {
	n, err := insightTrail(c, in)
	if err != nil {
		return nil, err
	}
	s, err := here(c).Get(n)
	if err != nil {
		return nil, err
	}
	return nil, apierror.New(trails.InsightNotEnabled, "Trail %s does not have Insights enabled. Edit the trail settings to enable Insights, and then try the operation again.", s.ARN(c.Tools.Site.Partition))
}
