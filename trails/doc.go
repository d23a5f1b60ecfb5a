// Package trails holds the rules of CloudTrail's trails: which there are, what they log,
// and where it is delivered to.
//
// A [Trail] belongs to one account and has a home region, in which alone it can be
// changed. A multi-region trail is seen in all regions and logs the events of all; an
// organization trail belongs to the management account, is seen in all member accounts
// and logs their events as well. What is seen of a trail elsewhere is its shadow.
//
// A trail that was created does not log: [Editor.Start] begins and [Editor.Stop] ends
// it. What it logs say its event selectors ([Trail.Wants]). [Delivery] says how far its
// events are delivered, and a [Chain] what of the log files no digest file lists yet.
//
// Rules are used as identity's: [In] reads in a world, [Edit] changes by a draft. Errors
// have CloudTrail's codes, its wording where it was seen, and the sentences of its
// documentation elsewhere.
//
// What is left to others: reading events and writing files (server/delivery), the form
// of the files (trail/digest), and whether there is a bucket.
package trails
