// Package cloudtrail is the AWS CloudTrail API, as far as it is about trails and their
// events: a table of operations, one file a family (trails, their logging, event
// selectors, tags, public keys, events).
//
// Operations of event data stores, channels, dashboards, queries, imports and Insights
// are not built: they answer NotImplemented.
//
// A trail is named by its name, which is one of the caller's account and of the region
// that the request is signed for, or by its ARN, which may be a shadow of a trail of
// another region or of the organization. What may be done with it is asked of the
// caller's policies by its ARN.
package cloudtrail
