package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

func record(s *store.Store, id string, at time.Time) {
	s.Record(store.Event{ID: id, Time: at, Account: alpha.Name(), Record: []byte("{}")})
}

func segmentFiles(t *testing.T, o store.Options) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(o.Dir, "events", "*.db"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	return files
}

func TestEventsComeOldestFirstWhereverTheyAre(t *testing.T) {
	s := open(t, options(newDir(t)))
	record(s, "d", noon.Add(time.Second))
	record(s, "b", noon.AddDate(0, 0, -1))
	mustPut(t, s, alpha, "Rex") // staged, at noon
	record(s, "c", noon)
	record(s, "a", noon.AddDate(0, 0, -1))
	record(s, "e", noon.AddDate(0, 0, 1))
	record(s, "e", noon.AddDate(0, 0, 1))
	want := []string{"a", "b", "c", "put-Rex", "d", "e"}
	if diff := cmp.Diff(want, eventIDs(t, s)); diff != "" {
		t.Error(diff)
	}
	if err := s.MoveStaged(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, eventIDs(t, s)); diff != "" {
		t.Errorf("after moving: %s", diff)
	}
}

func TestEventsOfASpan(t *testing.T) {
	s := open(t, options(newDir(t)))
	for i := range 6 {
		record(s, fmt.Sprint(i), noon.Add(time.Duration(i-3)*6*time.Hour))
	}
	mustPut(t, s, alpha, "Rex")
	for _, c := range []struct {
		name     string
		from, to time.Duration
		max      int
		want     []string
	}{
		{"from is in it and to is not", -6 * time.Hour, 6 * time.Hour, 99, []string{"2", "3", "put-Rex"}},
		{"over midnight", 6 * time.Hour, 99 * time.Hour, 99, []string{"4", "5"}},
		{"empty", time.Minute, time.Hour, 99, nil},
		{"until it is enough", -99 * time.Hour, 99 * time.Hour, 2, []string{"0", "1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			err := s.Events(t.Context(), noon.Add(c.from), noon.Add(c.to), func(e store.Event) bool {
				got = append(got, e.ID)
				return len(got) < c.max
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEventKeepsItsContent(t *testing.T) {
	s := open(t, options(newDir(t)))
	want := store.Event{ID: "e", Time: noon.Add(123456789), Account: "444455556666", Record: []byte(`{"ä":1}`)}
	s.Record(want)
	err := s.Events(t.Context(), noon, noon.Add(time.Second), func(got store.Event) bool {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An event that the database would refuse must not hold up those after it.
func TestUnsoundEventsAreStoredAllTheSame(t *testing.T) {
	s := open(t, options(newDir(t)))
	s.Record(store.Event{})
	s.Record(store.Event{})
	s.Record(store.Event{ID: "far", Time: noon.AddDate(9000, 0, 0)})
	err := s.Update(t.Context(), []state.AggregateID{alpha}, func(d *state.Draft) (*store.Event, error) {
		users.Put(d, alpha, "rex", &user{Name: "Rex"})
		return &store.Event{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(eventIDs(t, s)); n != 4 {
		t.Errorf("%d events, want 4", n)
	}
}

func TestRetentionRemovesWholeDays(t *testing.T) {
	o := options(newDir(t))
	o.EventRetention = 48 * time.Hour
	s := open(t, o)
	for d := range 7 { // more days than files are kept open
		record(s, fmt.Sprint(d), noon.AddDate(0, 0, -d))
	}
	if n := len(eventIDs(t, s)); n != 7 {
		t.Fatalf("%d events, want 7", n)
	}
	if err := s.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2", "1", "0"}, eventIDs(t, s)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"2026-03-12.db", "2026-03-13.db", "2026-03-14.db"}, segmentFiles(t, o)); diff != "" {
		t.Error(diff)
	}
	entries, err := os.ReadDir(filepath.Join(o.Dir, "events"))
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), "2026-03-11") }) {
		t.Error("something of a removed segment is left")
	}
}

// What is beyond the bound goes, the oldest days first, and today's never.
func TestRetentionByBytes(t *testing.T) {
	o := options(newDir(t))
	s := open(t, o)
	large := make([]byte, 1<<20) // of noise, which no compression makes smaller
	rand.NewChaCha8([32]byte{}).Read(large)
	for d := range 4 {
		s.Record(store.Event{ID: fmt.Sprint(d), Time: noon.AddDate(0, 0, -d), Account: alpha.Name(), Record: large})
	}
	if n := len(eventIDs(t, s)); n != 4 {
		t.Fatalf("%d events, want 4", n)
	}
	for _, c := range []struct {
		bytes int64
		want  []string
	}{{100 << 20, []string{"3", "2", "1", "0"}}, {0, []string{"3", "2", "1", "0"}}, {3 << 20, []string{"1", "0"}}, {1, []string{"0"}}} {
		o.EventBytes = c.bytes
		s = reopen(t, s, o)
		if err := s.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, eventIDs(t, s)); diff != "" {
			t.Errorf("%d bytes: %s", c.bytes, diff)
		}
	}
}

// Removing old days waits for nobody and lets nobody wait.
func TestRetentionLeavesReadersAlone(t *testing.T) {
	o := options(newDir(t))
	o.EventRetention = 24 * time.Hour
	s := open(t, o)
	record(s, "old", noon.AddDate(0, 0, -5))
	err := s.Events(t.Context(), time.Unix(0, 0), noon, func(store.Event) bool {
		if err := s.Prune(t.Context()); err != nil {
			t.Error(err)
		}
		return true
	})
	if n := len(segmentFiles(t, o)); err != nil || n != 1 {
		t.Errorf("%d segments while reading, want 1 (%v)", n, err)
	}
	if err := s.Prune(t.Context()); err != nil || len(segmentFiles(t, o)) != 0 {
		t.Errorf("the old day is still there: %v", err)
	}
}

func TestEventsThatFindNoRoomAreCounted(t *testing.T) {
	o := options(newDir(t))
	o.EventQueue, o.EventWait = 4, time.Nanosecond
	s := open(t, o)
	s.SetSegmentFault(func(string) error { return errDisk })
	for i := range 6 {
		record(s, fmt.Sprint(i), noon)
	}
	stats := s.Stats()
	if stats.EventsBlocked != 2 || stats.EventsLost != 2 || stats.EventQueue != 4 {
		t.Errorf("%d blocked, %d lost and %d waiting, want 2, 2 and 4", stats.EventsBlocked, stats.EventsLost, stats.EventQueue)
	}
	if diff := cmp.Diff([]string{"0", "1", "2", "3"}, eventIDs(t, s)); diff != "" {
		t.Errorf("what waits is to be read all the same: %s", diff)
	}
}

// One account's storm fills the queue and then loses its own events only.
func TestStormOfOneAccountLosesNoOthersEvents(t *testing.T) {
	o := options(newDir(t))
	o.EventQueue, o.EventWait = 64, time.Nanosecond
	s := open(t, o)
	f := new(faults)
	f.breaks("begin")
	s.SetSegmentFault(f.step)
	storm := func(n int) {
		for i := range n {
			s.Record(store.Event{ID: fmt.Sprintf("storm-%03d", i), Time: noon, Account: alpha.Name()})
		}
	}
	storm(100)
	want := []string{}
	for i := range 20 {
		id := fmt.Sprintf("quiet-%03d", i)
		want = append(want, id)
		s.Record(store.Event{ID: id, Time: noon, Account: beta.Name()})
	}
	if stats := s.Stats(); stats.EventsLost != 36 || stats.EventQueue != 84 {
		t.Errorf("%d lost and %d waiting, want 36 of the storm and 84", stats.EventsLost, stats.EventQueue)
	}
	f.breaks()
	ids := eventIDs(t, s) // writes them
	if diff := cmp.Diff(want, ids[:20]); len(ids) != 84 || diff != "" {
		t.Errorf("%d events are there: %s", len(ids), diff)
	}
	f.breaks("begin") // else some of the next are written before they are counted
	storm(65)
	if stats := s.Stats(); stats.EventsLost != 37 || stats.EventQueue != 64 {
		t.Errorf("%d lost and %d waiting after there was room, want 37 and 64", stats.EventsLost, stats.EventQueue)
	}
}

// When a day begins, the index of the day before is put in order. If that fails, events are
// written all the same, and the log says so.
func TestIndexOfTheDayBefore(t *testing.T) {
	segment := func(o store.Options) string { return filepath.Join(o.Dir, "events", noon.Format(time.DateOnly)+".db") }
	fresh := func(o store.Options) (n int) {
		t.Helper()
		db, err := sql.Open("sqlite", segment(o))
		if err == nil {
			err = db.QueryRowContext(t.Context(), `SELECT count(*) FROM fresh`).Scan(&n)
		}
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, damaged := range []bool{false, true} {
		o := options(newDir(t))
		var log bytes.Buffer
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		s := open(t, o)
		record(s, "before", noon)
		if diff := cmp.Diff([]string{"before"}, eventIDs(t, s)); diff != "" || fresh(o) != 1 {
			t.Fatal(diff, fresh(o))
		}
		if damaged {
			execSQL(t, segment(o), `UPDATE fresh SET pieces = x'00'`)
		}
		record(s, "after", noon.AddDate(0, 0, 1))
		if diff := cmp.Diff([]string{"before", "after"}, eventIDs(t, s)); diff != "" {
			t.Error(diff)
		}
		if said := strings.Contains(log.String(), "could not be put in order"); said != damaged || (fresh(o) == 1) != damaged {
			t.Errorf("damaged: %v; %d fresh, and the log: %s", damaged, fresh(o), log.String())
		}
		if !damaged {
			checkIndex(t, s)
		}
	}
}

// Where a part of the day's index is damaged, events are written all the same and the rest of
// the index comes to its places, the log says so, and look-ups do not pass over it in silence.
func TestDamagedIndexHoldsNoEventsUp(t *testing.T) {
	o := options(newDir(t))
	var log bytes.Buffer
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	s := open(t, o)
	s.SetMaxFresh(3)
	var want []string
	write := func(id string) {
		t.Helper()
		record(s, id, noon.Add(time.Duration(len(want))*time.Second))
		want = append(want, id)
		if diff := cmp.Diff(want, eventIDs(t, s)); diff != "" { // writes it
			t.Fatal(diff)
		}
	}
	segment := filepath.Join(o.Dir, "events", noon.Format(time.DateOnly)+".db")
	write("a")
	execSQL(t, segment, `UPDATE fresh SET pieces = x'00'`)
	for _, id := range []string{"b", "c", "d", "e", "f"} {
		write(id)
	}
	if n := strings.Count(log.String(), "could not be put in order"); n != 2 { // with c and e
		t.Errorf("the log says so %d times, want 2:\n%s", n, log.String())
	}
	lookup := store.Lookup{Accounts: []string{alpha.Name()}, To: noon.AddDate(0, 0, 1), Limit: 50}
	if _, _, err := s.Lookup(t.Context(), lookup); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("a look-up over what is damaged: %v", err)
	}
	execSQL(t, segment, `DELETE FROM fresh WHERE pieces = x'00'`) // and with it where a is
	found, _, err := s.Lookup(t.Context(), lookup)
	got := ids(found)
	slices.Sort(got)
	if diff := cmp.Diff(want[1:], got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// The background does what the tests above did by hand.
func TestBackgroundWritesWithinASecondAndAMinute(t *testing.T) {
	dir := newDir(t)
	synctest.Test(t, func(t *testing.T) {
		o := options(dir)
		o.EventInterval, o.UsageInterval = 0, 0 // the defaults
		s, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		record(s, "read", noon)
		mustPut(t, s, alpha, "Rex")
		s.Touch(store.Usage{Account: alpha.Name(), Kind: "key", Subject: "AKIA1", Time: noon})
		time.Sleep(time.Second) // of the bubble
		synctest.Wait()
		if n := s.Stats().Events; n != 2 {
			t.Errorf("%d events in segments after a second, want 2", n)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := s.UsageInMemory(); n != 0 {
			t.Errorf("%d uses are still in memory only after a minute", n)
		}
	})
}

func TestUsageMergesByMaximum(t *testing.T) {
	o := options(newDir(t))
	s := open(t, o)
	touch := func(subject, service string, at time.Duration) {
		s.Touch(store.Usage{Account: alpha.Name(), Kind: "key", Subject: subject, Service: service, Region: "us-east-1", Time: noon.Add(at)})
	}
	check := func(when string, want ...string) {
		t.Helper()
		all, err := s.Usages(t.Context(), alpha.Name(), "key")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, u := range all {
			one, ok, err := s.Usage(t.Context(), u.Account, u.Kind, u.Subject)
			if diff := cmp.Diff(u, one); !ok || err != nil || diff != "" {
				t.Errorf("%s: one is not as in the list: %v, %s", when, err, diff)
			}
			got = append(got, fmt.Sprint(u.Subject, " ", u.Service, " ", u.Time.Sub(noon)))
			var wantBelow []store.Usage
			for _, other := range all {
				if strings.HasPrefix(other.Subject, u.Subject) {
					wantBelow = append(wantBelow, other)
				}
			}
			below, err := s.UsagesBelow(t.Context(), u.Account, u.Kind, u.Subject)
			if diff := cmp.Diff(wantBelow, below); err != nil || diff != "" {
				t.Errorf("%s: below %s: %v, %s", when, u.Subject, err, diff)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	flush := func() {
		t.Helper()
		if err := s.FlushUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	touch("AKIA1", "s3", 2*time.Second)
	touch("AKIA1", "iam", time.Second) // late
	touch("AKIA2", "sts", 0)
	s.Touch(store.Usage{Account: beta.Name(), Kind: "key", Subject: "AKIA3", Time: noon})
	s.Touch(store.Usage{Account: alpha.Name(), Kind: "role", Subject: "AROA1", Time: noon})
	check("in memory", "AKIA1 s3 2s", "AKIA2 sts 0s")
	flush()
	check("on disk", "AKIA1 s3 2s", "AKIA2 sts 0s")
	touch("AKIA1", "iam", 1*time.Second)
	touch("AKIA2", "ec2", 3*time.Second)
	check("in both", "AKIA1 s3 2s", "AKIA2 ec2 3s")
	s = reopen(t, s, o) // writes on Close
	check("after Close", "AKIA1 s3 2s", "AKIA2 ec2 3s")
	if _, ok, err := s.Usage(t.Context(), alpha.Name(), "key", "AKIA9"); ok || err != nil {
		t.Errorf("an unused key was used: %v, %v", ok, err)
	}
}

func TestUsageIsKeptWhenItCannotBeWritten(t *testing.T) {
	s, f := openFaulty(t)
	s.Touch(store.Usage{Account: alpha.Name(), Kind: "key", Subject: "AKIA1", Time: noon})
	f.breaks("commit")
	if err := s.FlushUsage(t.Context()); err == nil {
		t.Error("no error tells of it")
	}
	if _, ok, err := s.Usage(t.Context(), alpha.Name(), "key", "AKIA1"); !ok || err != nil {
		t.Errorf("the use is gone: %v, %v", ok, err)
	}
	f.breaks()
	if err := s.FlushUsage(t.Context()); err != nil {
		t.Error(err)
	}
}
