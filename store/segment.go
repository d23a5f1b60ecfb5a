package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// segments are the databases that hold events, one for each day of UTC:
// events/2026-01-31.db. Retention removes files, never rows.
type segments struct {
	dir string
	log *slog.Logger
	// files is held for reading by who uses a segment's file, and for writing
	// by who removes one.
	files sync.RWMutex

	mu     sync.Mutex // guards writing, and open
	open   map[string]*writer
	recent []string                // keys of open, the last opened one at the end
	fault  func(step string) error // of tests
	fresh  int                     // of tests: instead of maxFresh
	newest string                  // the day of which postings may be fresh
}

const (
	dayLayout      = "2006-01-02"
	maxOpenWriters = 4
)

func dayOf(t time.Time) string { return t.UTC().Format(dayLayout) }

// dayStart is when the day of UTC begins that a time is in.
func dayStart(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }

func (g *segments) path(day string) string { return filepath.Join(g.dir, day+".db") }

// openSegments makes the folder, and refuses segments that are none.
func (s *Store) openSegments(ctx context.Context) error {
	if err := makeFolder(s.segments.dir); err != nil {
		return err
	}
	days, err := s.segments.days()
	if err != nil {
		return err
	}
	for _, day := range days {
		version, err := checkHeader(s.segments.path(day), segmentApplicationID)
		if err != nil {
			return err
		}
		if err := removeDatabase(s.segments.path(day) + besides); err != nil { // left by a migration that was killed
			return err
		}
		if version == segmentFormat {
			continue
		}
		if err := s.segments.migrate(ctx, day); err != nil {
			return fmt.Errorf("events of %s: %w", day, err)
		}
	}
	return nil
}

// days lists the days of which there are segments, oldest first.
func (g *segments) days() ([]string, error) {
	entries, err := os.ReadDir(g.dir)
	if err != nil {
		return nil, err
	}
	var days []string
	for _, e := range entries {
		day, ok := strings.CutSuffix(e.Name(), ".db")
		if !ok {
			continue
		}
		if _, err := time.Parse(dayLayout, day); err != nil {
			continue
		}
		days = append(days, day)
	}
	return days, nil
}

// write makes events durable in the segments of their days. An event that is there already
// may be there twice then: who reads sees one.
func (g *segments) write(ctx context.Context, events []Event) error {
	byDay := map[string][]Event{}
	for len(events) > 0 { // those of one day come after each other, as a rule
		day, n := dayStart(events[0].Time), 1
		for n < len(events) && dayStart(events[n].Time).Equal(day) {
			n++
		}
		name := dayOf(day)
		byDay[name], events = append(byDay[name], events[:n]...), events[n:]
	}
	g.files.RLock()
	defer g.files.RUnlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	for day, events := range byDay {
		if err := g.writeDay(ctx, day, events); err != nil {
			return fmt.Errorf("events of %s: %w", day, err)
		}
	}
	return nil
}

func (g *segments) writeDay(ctx context.Context, day string, events []Event) error {
	w, err := g.writer(ctx, day)
	if err != nil {
		return err
	}
	fresh := 0
	if day == g.newest {
		fresh = cmp.Or(g.fresh, maxFresh)
	}
	var damaged error
	err = w.transact(ctx, func(ctx context.Context) (err error) {
		damaged, err = writeEvents(ctx, w, events, fresh)
		return err
	})
	if err == nil && damaged != nil {
		g.disordered(day, damaged)
	}
	return err
}

// disordered says that a part of a day's index is not where it should be.
func (g *segments) disordered(day string, cause error) {
	g.log.Error("the index of a day's events could not be put in order", "day", day, "cause", cause)
}

// writeEvents writes blocks and postings of events, and sorts them for it. The postings of
// as many writes as fresh says may be fresh; damaged is that of [writePostings].
func writeEvents(ctx context.Context, w *writer, events []Event, fresh int) (damaged, err error) {
	slices.SortFunc(events, compareEvents)
	blocks := inBlocks(events)
	part := newPart()
	err = w.execMany(ctx, insertBlocks, len(blocks), func(to []any, i int) []any {
		b := &blocks[i]
		return append(to, b.wide, b.last, part+int64(i), b.first, b.heads, b.asked, b.records)
	})
	if err != nil {
		return nil, err
	}
	return writePostings(ctx, w, events, part, fresh)
}

// newPart tells the rows of a write apart from those of others. Up to 2^24 may be counted
// on from it.
func newPart() int64 { return int64(rand.Uint32()) << 24 }

// writer opens a day's segment, and makes it if it is the first time. mu is held.
func (g *segments) writer(ctx context.Context, day string) (*writer, error) {
	if w, ok := g.open[day]; ok {
		return w, nil
	}
	if there, err := exists(g.path(day)); err != nil {
		return nil, err
	} else if !there {
		if err := makeDatabase(ctx, g.path(day), segmentApplicationID, segmentSchema, markSegment); err != nil {
			return nil, err
		}
	}
	db, err := openWriter(g.path(day))
	if err != nil {
		return nil, err
	}
	if len(g.recent) == maxOpenWriters {
		if err := g.closeDay(g.recent[0]); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	if g.open == nil {
		g.open = map[string]*writer{}
	}
	w := &writer{db: db, fault: g.fault}
	g.open[day], g.recent = w, append(g.recent, day)
	days, err := g.days()
	if i := slices.Index(days, day); i == len(days)-1 && err == nil {
		g.newest = day
		if i > 0 {
			g.settle(ctx, days[i-1])
		}
	}
	return w, nil
}

// settle brings the postings of a day to their places which are fresh still, and those that
// come late at once: only the newest day has fresh ones, so that a look-up over many days
// need not read those of each. If it fails, they are found where they are, and what comes
// next is written all the same. mu is held.
func (g *segments) settle(ctx context.Context, day string) {
	w, err := g.writer(ctx, day)
	var damaged error
	if err == nil {
		err = w.transact(ctx, func(ctx context.Context) (err error) {
			damaged, err = writePostings(ctx, w, nil, newPart(), 0)
			return err
		})
	}
	if err := cmp.Or(explain(err), damaged); err != nil {
		g.disordered(day, err)
	}
}

// closeDay closes the writer of a day, if there is one. mu is held.
func (g *segments) closeDay(day string) error {
	w, ok := g.open[day]
	if !ok {
		return nil
	}
	delete(g.open, day)
	for i, d := range g.recent {
		if d == day {
			g.recent = append(g.recent[:i:i], g.recent[i+1:]...)
			break
		}
	}
	return w.close()
}

func (g *segments) close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	var errs []error
	for day := range g.open {
		errs = append(errs, g.closeDay(day))
	}
	return errors.Join(errs...)
}

// removeBefore removes the segments of days before one. While somebody reads or
// copies segments it does nothing, rather than make those who write wait behind
// it: there is another day.
func (g *segments) removeBefore(day string) (removed int, err error) {
	return g.remove(func(days []string) (int, error) {
		n, _ := slices.BinarySearch(days, day)
		return n, nil
	})
}

// removeBeyond removes the oldest segments until all take no more bytes than most, but
// none of today or later.
func (g *segments) removeBeyond(most int64, today string) (removed int, err error) {
	return g.remove(func(days []string) (n int, err error) {
		size := int64(0)
		sizes := make([]int64, len(days))
		for i, day := range days {
			if sizes[i], err = databaseSize(g.path(day)); err != nil {
				return 0, err
			}
			size += sizes[i]
		}
		for n < len(days) && days[n] < today && size > most {
			size -= sizes[n]
			n++
		}
		return n, nil
	})
}

// remove removes the oldest segments, as many as choose says.
func (g *segments) remove(choose func(days []string) (int, error)) (removed int, err error) {
	if !g.files.TryLock() {
		return 0, nil
	}
	defer g.files.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	days, err := g.days()
	if err != nil {
		return 0, err
	}
	n, err := choose(days)
	if err != nil {
		return 0, err
	}
	for _, d := range days[:n] {
		if err := errors.Join(g.closeDay(d), removeDatabase(g.path(d))); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// databaseSize is what a database takes on disk, with what is still in its log.
func databaseSize(path string) (size int64, err error) {
	for _, suffix := range []string{"", "-wal"} {
		info, err := os.Stat(path + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		size += info.Size()
	}
	return size, nil
}
