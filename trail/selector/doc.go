// Package selector says which events a trail logs: CloudTrail's event selectors and
// advanced event selectors, how they are written, and whether an event matches.
//
// A trail has selectors of one sort only. An event is logged if any of them matches it:
//
//   - A [Basic] selector takes management events that read, that write, or all of them,
//     without those of a few services, and data events of the resources that it names.
//   - An [Advanced] selector is a list of conditions on fields of the record, all of
//     which must hold. A condition holds if the field's value is, begins with or ends
//     with one of the texts that it names; of the negative operators, if it does so with
//     none of them. A field that the record has not matches no positive operator and
//     all negative ones.
//
// [Set.Check] refuses what CloudTrail refuses (API reference, "PutEventSelectors",
// "AdvancedFieldSelector"), as InvalidEventSelectorsException. A Set that was checked
// can be asked [Set.Match] for any record. The zero Set is that of a new trail: all
// management events, no others.
//
// A [Filter] is a simpler choice, for whoever looks at events: keyreeve events, webhooks.
//
// What is left to others: which trails there are, and who is told of an event.
package selector
