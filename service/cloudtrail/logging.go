package cloudtrail

import (
	"time"

	"github.com/keyreeve/keyreeve/api/trailapi"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/trails"
)

func loggingOperations() []service.Operation {
	return []service.Operation{
		service.Write(trailapi.StartLogging, onTrail("StartLogging", func(in *trailapi.StartLoggingInput) string { return in.Name }), startLogging),
		service.Write(trailapi.StopLogging, onTrail("StopLogging", func(in *trailapi.StopLoggingInput) string { return in.Name }), stopLogging),
		service.Read(trailapi.GetTrailStatus, onTrail("GetTrailStatus", func(in *trailapi.GetTrailStatusInput) string { return in.Name }), getTrailStatus),
	}
}

func startLogging(c *service.Call, in *trailapi.StartLoggingInput) (*trailapi.StartLoggingOutput, error) {
	n, err := named(c, in.Name)
	if err != nil {
		return nil, err
	}
	return &trailapi.StartLoggingOutput{}, edit(c).Start(n)
}

func stopLogging(c *service.Call, in *trailapi.StopLoggingInput) (*trailapi.StopLoggingOutput, error) {
	n, err := named(c, in.Name)
	if err != nil {
		return nil, err
	}
	return &trailapi.StopLoggingOutput{}, edit(c).Stop(n)
}

func getTrailStatus(c *service.Call, in *trailapi.GetTrailStatusInput) (*trailapi.GetTrailStatusOutput, error) {
	s, err := seen(c, in.Name)
	if err != nil {
		return nil, err
	}
	var started, stopped time.Time
	for _, span := range s.Spans {
		started = span.From
		if !span.To.IsZero() {
			stopped = span.To
		}
	}
	d := trails.In(c.World, c.Tools.Site, s.Owner).Delivery(s.Trail)
	if d == nil {
		d = new(trails.Delivery)
	}
	return &trailapi.GetTrailStatusOutput{
		IsLogging: new(s.Logging()), StartLoggingTime: service.Moment(started), StopLoggingTime: service.Moment(stopped),
		TimeLoggingStarted: text(started), TimeLoggingStopped: text(stopped),
		LatestDeliveryTime: service.Moment(d.Delivered), LatestDeliveryError: service.Optional(d.Error),
		LatestDeliveryAttemptTime: text(d.Attempted), LatestDeliveryAttemptSucceeded: text(d.Delivered),
		LatestDigestDeliveryTime: service.Moment(d.Digested), LatestDigestDeliveryError: service.Optional(d.DigestError),
		LatestNotificationAttemptTime: new(""), LatestNotificationAttemptSucceeded: new(""),
	}, nil
}
