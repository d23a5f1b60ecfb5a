// Package ocsf writes records as events of the Open Cybersecurity Schema Framework, class
// API Activity (6003), version 1.1.0, with the profile cloud. What collects security
// events from many sources reads these without knowing CloudTrail.
//
// The mapping is the one that OCSF's own examples give for CloudTrail
// (github.com/ocsf/examples, mappings/markdown/AWS/v1.1.0/CloudTrail/API Activity). The
// activity follows from the record: one that only reads is Read, others are Create, Update
// or Delete by the first word of their operation, or Other. What has no place in the class
// is in unmapped, under its name in the record. Sign-in events are API activities, too.
//
// Records are not checked: what is no JSON object is an error, and what a record lacks is
// left out, but for what the class requires.
package ocsf
