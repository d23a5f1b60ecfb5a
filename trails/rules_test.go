package trails

import (
	"errors"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/trail/selector"
)

const account = "111122223333"

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// begin is an account without trails, at noon in us-east-1.
func begin() Editor {
	empty := func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }
	return Edit(state.NewDraft(empty), identity.Site{Partition: "aws"}, account, Env{Now: noon, Region: "us-east-1", Quotas: func(string) int { return 5 }})
}

func (e Editor) at(region string, now time.Time) Editor {
	e.Region, e.Now = region, now
	return e
}

func create(t *testing.T, e Editor, name string, change func(*Trail)) (Name, error) {
	t.Helper()
	trail := Trail{Name: name, Bucket: "logs", GlobalEvents: true}
	if change != nil {
		change(&trail)
	}
	_, err := e.Create(trail)
	return Name{Account: account, Region: e.Region, Name: name}, err
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, what string, err error, want apierror.Code) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

// A trail logs from each start to the stop after it. Stops of long ago are forgotten.
func TestWhenATrailLogs(t *testing.T) {
	e := begin()
	n, err := create(t, e, "audit", nil)
	must(t, err)
	hour := func(h int) time.Time { return noon.Add(time.Duration(h) * time.Hour) }
	must(t, e.at("us-east-1", hour(1)).Start(n), e.at("us-east-1", hour(2)).Start(n), e.at("us-east-1", hour(3)).Stop(n), e.at("us-east-1", hour(4)).Stop(n), e.at("us-east-1", hour(5)).Start(n))
	trail, _ := e.Find(n)
	for h, want := range []bool{false, true, true, false, false, true, true} {
		if got := trail.LoggedAt(hour(h)); got != want {
			t.Errorf("after %d hours it logs: %t, want %t", h, got, want)
		}
	}
	if !trail.Logging() || len(trail.Spans) != 2 {
		t.Errorf("%+v", trail.Spans)
	}
	later := hour(24 * 60)
	must(t, e.at("us-east-1", later).Stop(n), e.at("us-east-1", later).Start(n))
	if trail, _ = e.Find(n); len(trail.Spans) != 2 || !trail.Spans[0].From.Equal(hour(5)) || !trail.LoggedAt(later) {
		t.Errorf("two months later: %+v", trail.Spans)
	}
}

func TestWhatATrailWants(t *testing.T) {
	event := func(source, region string) *selector.Event {
		return &selector.Event{Source: source, Region: region, Category: "Management"}
	}
	for _, c := range []struct {
		name  string
		trail Trail
		event *selector.Event
		want  bool
	}{
		{"of its region", Trail{Region: "eu-west-1"}, event("sts.amazonaws.com", "eu-west-1"), true},
		{"of another region", Trail{Region: "eu-west-1", GlobalEvents: true}, event("iam.amazonaws.com", "us-east-1"), false},
		{"of another region, multi-region", Trail{Region: "eu-west-1", MultiRegion: true, GlobalEvents: true}, event("iam.amazonaws.com", "us-east-1"), true},
		{"global, without global events", Trail{Region: "us-east-1"}, event("iam.amazonaws.com", "us-east-1"), false},
		{"regional, without global events", Trail{Region: "us-east-1"}, event("organizations.amazonaws.com", "us-east-1"), true},
		{"sts elsewhere, without global events", Trail{Region: "eu-west-1"}, event("sts.amazonaws.com", "eu-west-1"), true},
		{"what selectors do not match", Trail{Region: "us-east-1", GlobalEvents: true, Selectors: selector.Set{Basic: []selector.Basic{{ReadWrite: "ReadOnly"}}}}, event("iam.amazonaws.com", "us-east-1"), false},
	} {
		if got := c.trail.Wants(c.event); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
}

// Names are taken where the trail that has them is seen.
func TestNamesOfTrails(t *testing.T) {
	e := begin()
	ireland := e.at("eu-west-1", noon)
	home, err := create(t, e, "audit", nil)
	must(t, err)
	_, err = create(t, ireland, "audit", nil)
	must(t, err) // each is seen in its own region only
	_, err = e.Update(home, func(t *Trail) { t.MultiRegion = true })
	wantCode(t, "a shadow beside another trail", err, AlreadyExists)
	_, err = create(t, e, "all", func(t *Trail) { t.MultiRegion = true })
	must(t, err)
	_, err = create(t, ireland, "all", nil)
	wantCode(t, "a trail beside a shadow", err, AlreadyExists)
	if got := len(ireland.At("eu-west-1")); got != 2 {
		t.Errorf("%d trails are seen in Ireland, want 2", got)
	}
	wantCode(t, "stopped from elsewhere", ireland.Stop(Name{Account: account, Region: "us-east-1", Name: "all"}), InvalidHomeRegion)
	wantCode(t, "one that is not there", e.Delete(Name{Account: account, Region: "us-east-1", Name: "none"}), NotFound)
}

// What is noted of deliveries goes with the trail, and the chain with validation.
func TestWhatIsForgotten(t *testing.T) {
	e := begin()
	n, err := create(t, e, "audit", func(t *Trail) { t.Validation = true })
	must(t, err)
	other, err := create(t, e, "audit2", func(t *Trail) { t.Validation = true })
	must(t, err)
	note := func(n Name) Seen {
		s, _ := e.Find(n)
		e.SetDelivery(s.Trail, &Delivery{Until: noon})
		e.SetChain(s.Trail, &Chain{Account: account, Region: "us-east-1"})
		e.SetChain(s.Trail, &Chain{Account: account, Region: "eu-west-1"})
		return s
	}
	s, o := note(n), note(other)
	_, err = e.Update(n, func(t *Trail) { t.Validation = false })
	must(t, err)
	if e.Chain(s.Trail, account, "us-east-1") != nil || e.Chain(s.Trail, account, "eu-west-1") != nil || e.Delivery(s.Trail) == nil {
		t.Error("without validation there is a chain still, or no delivery any more")
	}
	note(n)
	must(t, e.Delete(n))
	if e.Chain(s.Trail, account, "us-east-1") != nil || e.Delivery(s.Trail) != nil {
		t.Error("the delivery of a deleted trail is there still")
	}
	if e.Chain(o.Trail, account, "us-east-1") == nil || e.Delivery(o.Trail) == nil {
		t.Error("the other trail has lost its chain")
	}
	if got := Owners(e.world); len(got) != 1 {
		t.Errorf("with a trail left the owners are %v", got)
	}
	must(t, e.Delete(other))
	if got := Owners(e.world); len(got) != 0 {
		t.Errorf("without trails the owners are %v", got)
	}
}

// A key signs for a year; then its private part is gone, and its public part stays.
func TestKeysOfDigestFiles(t *testing.T) {
	e := begin()
	add := func(fingerprint, region string, at time.Time) {
		AddKey(e.draft, &Key{Fingerprint: fingerprint, Region: region, Public: []byte(fingerprint)}, []byte("sealed "+fingerprint), at)
	}
	signing := func(region string, at time.Time) string {
		if k, sealed, ok := SigningKey(e.world, region, at); ok {
			return k.Fingerprint + " by " + string(sealed)
		}
		return ""
	}
	year := noon.AddDate(1, 0, 1)
	add("one", "us-east-1", noon)
	add("else", "eu-west-1", noon)
	if got := signing("us-east-1", noon); got != "one by sealed one" {
		t.Errorf("at first %q signs", got)
	}
	if got := signing("us-east-1", year); got != "" {
		t.Errorf("after a year %q signs", got)
	}
	add("two", "us-east-1", year)
	if got := signing("us-east-1", year); got != "two by sealed two" {
		t.Errorf("then %q signs", got)
	}
	if keySecrets.Count(e.world.Snapshot(state.Deployment)) != 2 {
		t.Error("the private part of the first key is there still")
	}
	for _, c := range []struct {
		from, to time.Time
		want     string
	}{
		{noon, noon.Add(time.Hour), "one "},
		{noon.AddDate(0, -1, 0), noon.AddDate(0, -1, 1), ""},
		{year, year, "one two "}, // until a day after its last signature
		{year.AddDate(0, 0, 2), year.AddDate(0, 0, 2), "two "},
		{noon, year.AddDate(1, 0, 0), "one two "},
	} {
		got := ""
		for _, k := range PublicKeys(e.world, "us-east-1", c.from, c.to) {
			got += k.Fingerprint + " "
		}
		if got != c.want {
			t.Errorf("from %s to %s: %q, want %q", c.from, c.to, got, c.want)
		}
	}

	open := func(sealed []byte, owner string) ([]byte, error) { return append([]byte(owner+" "), sealed...), nil }
	seal := func(text []byte, owner string) ([]byte, error) { return append([]byte("again "), text...), nil }
	must(t, ResealKeys(e.draft, open, seal))
	if got := signing("eu-west-1", noon); got != "else by again trail key eu-west-1 else sealed else" {
		t.Errorf("sealed again: %q", got)
	}
}
