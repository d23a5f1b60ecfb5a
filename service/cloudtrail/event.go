package cloudtrail

import (
	"fmt"
	"strconv"
	"time"

	"github.com/keyreeve/keyreeve/api/trailapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/trail"
	"github.com/keyreeve/keyreeve/trail/selector"
	"github.com/keyreeve/keyreeve/trails"
)

func eventOperations() []service.Operation {
	return []service.Operation{
		service.Read(trailapi.LookupEvents, onAll[trailapi.LookupEventsInput]("LookupEvents"), lookupEvents),
	}
}

const (
	// lookupSpan is how far back events can be looked up (API reference, "LookupEvents").
	lookupSpan = 90 * 24 * time.Hour
	// lookupPage is how many events a page has at most, and if nothing is said.
	lookupPage = 50
	// lookupEffort is about how many events one call looks at: those of other regions are
	// not shown. A page may have fewer events than it could, or none, and there is more.
	lookupEffort = 5000
)

// lookupEvents gives the events of the account in the region of the call, newest first.
func lookupEvents(c *service.Call, in *trailapi.LookupEventsInput) (*trailapi.LookupEventsOutput, error) {
	q, err := queryOf(c, in)
	if err != nil {
		return nil, err
	}
	out := &trailapi.LookupEventsOutput{Events: []trailapi.Event{}}
	if in.EventCategory != nil { // of insight, the only one that can be named, there are none
		return out, nil
	}
	purpose := lookupPurpose(c, in)
	if in.NextToken != nil {
		after, ok := c.Tools.Sealed.OpenText(*in.NextToken, purpose)
		if !ok {
			return nil, apierror.New(trails.InvalidNextToken, "Invalid token: it is of another call, or none of this service.")
		}
		q.After = after
	}
	size, looked, more := int(service.Or(in.MaxResults, lookupPage)), 0, true
	for more && len(out.Events) < size && looked < lookupEffort {
		q.Limit = size - len(out.Events)
		records, next, err := c.Tools.LookupEvents(c.Context, q)
		if err != nil {
			return nil, err
		}
		for _, record := range records {
			if shown, err := selector.Read(record); err == nil && shown.Region == region(c) {
				out.Events = append(out.Events, newEvent(record))
			}
		}
		looked += len(records)
		q.After, more = next, next != ""
	}
	if !more {
		return out, nil
	}
	sealed, err := c.Tools.Sealed.SealText(q.After, purpose, c.Random)
	out.NextToken = &sealed
	return out, err
}

// queryOf is what a call asks for.
func queryOf(c *service.Call, in *trailapi.LookupEventsInput) (service.EventQuery, error) {
	q := service.EventQuery{Account: c.Caller.Account, From: service.Or(in.StartTime, c.Now.Add(-lookupSpan)), To: c.Now.Add(time.Second)}
	if in.EndTime != nil {
		q.To = in.EndTime.Truncate(time.Second).Add(time.Second) // events at that second, too
	}
	if !q.From.Before(q.To) {
		return q, apierror.New(trails.InvalidTimeRange, "The start time occurs after the end time.")
	}
	if earliest := c.Now.Add(-lookupSpan); q.From.Before(earliest) {
		q.From = earliest
	}
	switch len(in.LookupAttributes) {
	case 0:
	case 1:
		a := in.LookupAttributes[0]
		key, ok := trail.ParseLookupKey(a.AttributeKey)
		if !ok || a.AttributeValue == "" {
			return q, apierror.New(trails.InvalidLookup, "The lookup attribute %s with the value %q is not valid.", a.AttributeKey, a.AttributeValue)
		}
		q.Key, q.Value = key, a.AttributeValue
	default:
		return q, apierror.New(trails.InvalidLookup, "You can specify one lookup attribute only.")
	}
	return q, nil
}

// lookupPurpose binds a token to the account, the region and what was asked for. Without a
// span the token keeps its place, wherever the span would begin and end by now.
func lookupPurpose(c *service.Call, in *trailapi.LookupEventsInput) string {
	span := func(t *time.Time) string {
		if t == nil {
			return "-"
		}
		return t.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("events %s %s %q %s %s", c.Caller.Account, region(c), in.LookupAttributes, span(in.StartTime), span(in.EndTime))
}

func newEvent(record []byte) trailapi.Event {
	s := trail.Summarize(record)
	e := trailapi.Event{
		EventId: &s.EventID, EventName: &s.EventName, EventSource: &s.EventSource, EventTime: &s.EventTime, ReadOnly: new(strconv.FormatBool(s.ReadOnly)),
		Username: service.Optional(s.Username), AccessKeyId: service.Optional(s.AccessKeyID), CloudTrailEvent: new(string(record)), Resources: []trailapi.Resource{},
	}
	for _, r := range s.Resources {
		e.Resources = append(e.Resources, trailapi.Resource{ResourceType: service.Optional(r.Type), ResourceName: service.Optional(r.Name)})
	}
	return e
}
