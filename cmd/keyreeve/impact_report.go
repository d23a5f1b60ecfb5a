package main

import (
	"fmt"
	"io"
	"strings"
)

// impactReport is what a change would have done to past calls, as it is printed.
type impactReport struct {
	From        string `xml:"CheckImpactResult>StartTime" json:"from"`
	To          string `xml:"CheckImpactResult>EndTime" json:"to"`
	Calls       int    `xml:"CheckImpactResult>Calls" json:"calls"` // that were recorded
	First       string `xml:"CheckImpactResult>FirstCall" json:"firstCall,omitempty"`
	Last        string `xml:"CheckImpactResult>LastCall" json:"lastCall,omitempty"`
	Refused     int    `xml:"CheckImpactResult>Refused" json:"refused"`
	Allowed     int    `xml:"CheckImpactResult>Allowed" json:"allowed"`
	OfOthers    int    `xml:"CheckImpactResult>OfOthers" json:"ofOtherAccounts"`
	Gone        int    `xml:"CheckImpactResult>Gone" json:"gone"`
	Otherwise   int    `xml:"CheckImpactResult>Otherwise" json:"otherwiseWithoutTheChange"`
	Unreadable  int    `xml:"CheckImpactResult>Unreadable" json:"unreadable"`
	EffectCount int    `xml:"CheckImpactResult>EffectCount" json:"effectCount"` // also of those that are not shown

	Effects []impactEffect `xml:"CheckImpactResult>Effects>member" json:"effects"`
}

type impactEffect struct {
	Outcome   string   `json:"outcome"` // refused or allowed
	Principal string   `json:"principal"`
	Action    string   `xml:"ActionName" json:"action"`
	Resource  string   `json:"resource"`
	Count     int      `json:"count"`
	First     string   `xml:"FirstCall" json:"firstCall"`
	Last      string   `xml:"LastCall" json:"lastCall"`
	Events    []string `xml:"EventIds>member" json:"events"`
}

// listed has empty lists in place of none.
func (i impactReport) listed() impactReport {
	if i.Effects == nil {
		i.Effects = []impactEffect{}
	}
	return i
}

// print writes the report for people: what would be refused, what would be allowed, and
// what nothing can be said of.
func (i impactReport) print(w io.Writer, paint colours) {
	fmt.Fprintf(w, "%s recorded from %s to %s", calls(i.Calls), i.From, i.To)
	if i.Calls > 0 {
		fmt.Fprintf(w, ", the first at %s", i.First)
	}
	fmt.Fprintln(w)
	i.printOutcome(w, "refused", paint.red(fmt.Sprintf("%s would be refused", calls(i.Refused))), i.Refused)
	i.printOutcome(w, "allowed", paint.green(fmt.Sprintf("%s would be newly allowed", calls(i.Allowed))), i.Allowed)
	if i.Refused+i.Allowed == 0 {
		fmt.Fprintln(w, "\nthe change makes no difference to any of them")
	}
	if more := i.EffectCount - len(i.Effects); more > 0 {
		fmt.Fprintf(w, "\nmore effects: %d, see --max %d\n", more, i.EffectCount)
	}
	i.printUntold(w)
}

func (i impactReport) printOutcome(w io.Writer, outcome, title string, n int) {
	if n == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, e := range i.Effects {
		if e.Outcome != outcome {
			continue
		}
		fmt.Fprintf(w, "  %s by %s\n    %s on %s\n", calls(e.Count), e.Principal, e.Action, e.Resource)
		fmt.Fprintf(w, "    %s, events %s\n", span(e.First, e.Last), strings.Join(e.Events, " "))
	}
}

// printUntold says which calls the report cannot speak of.
func (i impactReport) printUntold(w io.Writer) {
	for _, u := range []struct {
		n    int
		what string
	}{
		{i.OfOthers, "of accounts that the change is not for"},
		{i.Gone, "of users and roles that are not there any more: they are not decided anew"},
		{i.Otherwise, "would be decided otherwise today than they were, without the change"},
		{i.Unreadable, "could not be read: nothing is known of them"},
	} {
		if u.n > 0 {
			fmt.Fprintf(w, "\n%s %s\n", calls(u.n), u.what)
		}
	}
}

func calls(n int) string {
	if n == 1 {
		return "1 call"
	}
	return fmt.Sprintf("%d calls", n)
}

func span(first, last string) string {
	if first == last {
		return "at " + first
	}
	return "from " + first + " to " + last
}
