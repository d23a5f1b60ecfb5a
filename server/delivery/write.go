package delivery

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
	"github.com/keyreeve/keyreeve/trail/digest"
	"github.com/keyreeve/keyreeve/trails"
)

func (t *following) account(w state.World, site identity.Site) trails.Account {
	return trails.In(w, site, t.owner)
}

// errGone says that a trail was deleted while it was delivered.
var errGone = errors.New("the trail is there no more")

// note changes what is noted of a trail, unless it was deleted meanwhile.
func (d *Deliverer) note(ctx context.Context, t *following, by func(e trails.Editor, now *trails.Delivery)) error {
	return d.Store.Update(ctx, []state.AggregateID{state.Account(t.owner)}, func(draft *state.Draft) (*store.Event, error) {
		e := trails.Edit(draft, d.Site, t.owner, trails.Env{Now: d.Now(), Region: t.Region})
		s, ok := e.Find(trails.Name{Account: t.owner, Region: t.Region, Name: t.Name})
		if !ok || !s.CreateDate.Equal(t.CreateDate) {
			return nil, errGone
		}
		next := trails.Delivery{Until: t.until}
		if has := e.Delivery(s.Trail); has != nil {
			next = *has
		}
		by(e, &next)
		e.SetDelivery(s.Trail, &next)
		return nil, nil
	})
}

// logFile is a log file with what it holds.
type logFile struct {
	trails.File
	content []byte
}

// deliverTo delivers the events of a batch that a trail wants. The batch begins at the
// latest where the trail was read up to, and goes to end.
func (d *Deliverer) deliverTo(ctx context.Context, t *following, batch []portion, end time.Time) error {
	var before []trails.File
	if has := t.account(d.Store.View(), d.Site).Delivery(t.Trail); has != nil {
		before = has.Writing
	}
	files := d.files(t, batch, before)
	if len(files) == 0 {
		t.until = end
		d.mu.Lock()
		defer d.mu.Unlock()
		d.reached[t.key] = end
		return nil
	}
	noted := make([]trails.File, len(files))
	for i := range files {
		noted[i] = files[i].File
	}
	err := d.note(ctx, t, func(_ trails.Editor, now *trails.Delivery) {
		now.Until, now.Writing, now.Next, now.Attempted = t.until, noted, end, d.Now()
	})
	if err != nil {
		return err
	}
	if err := d.put(ctx, t, files); err != nil {
		return errors.Join(err, d.note(ctx, t, func(_ trails.Editor, now *trails.Delivery) { now.Error = reason(err) }))
	}
	err = d.note(ctx, t, func(e trails.Editor, now *trails.Delivery) {
		now.Until, now.Writing, now.Next, now.Delivered, now.Error = end, nil, time.Time{}, d.Now(), ""
		if t.Validation {
			chain(e, t, noted)
		}
	})
	if err == nil {
		t.until, t.rewrite = end, false
	}
	return err
}

// reason is an error in the words of GetTrailStatus, which names the code of S3's answer.
func reason(err error) string {
	if shown := apierror.Of(err); shown != nil {
		return string(shown.Code)
	}
	type coded interface{ ErrorCode() string }
	if c, ok := errors.AsType[interface {
		error
		coded
	}](err); ok {
		return c.ErrorCode()
	}
	return "The bucket cannot be written to."
}

func (d *Deliverer) put(ctx context.Context, t *following, files []logFile) error {
	for _, f := range files {
		if err := d.putFile(ctx, t, f.Bucket, f.Key, f.content, nil); err != nil {
			return err
		}
	}
	return nil
}

// patience is how long a file may take to be put into its bucket.
const patience = time.Minute

func (d *Deliverer) putFile(ctx context.Context, t *following, name, key string, content []byte, metadata map[string]string) error {
	bucket, err := d.Buckets.find(t.owner, name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return bucket.Put(ctx, key, digest.Compress(content), metadata)
}

// chain lists log files for the next digest files.
func chain(e trails.Editor, t *following, files []trails.File) {
	for _, f := range files {
		next := trails.Chain{Account: f.Account, Region: f.Region, Begin: e.Now.UTC().Truncate(time.Second)}
		if has := e.Chain(t.Trail, f.Account, f.Region); has != nil {
			next = *has
		}
		next.Files = append(slices.Clip(next.Files), f)
		e.SetChain(t.Trail, &next)
	}
}

// group is of whom the events of a log file are.
type group struct{ account, region string }

// files makes log files of the events that a trail wants. Those that were noted before
// and left half written keep their names; one of which nothing is wanted any more, because
// selectors have changed, is empty.
func (d *Deliverer) files(t *following, batch []portion, before []trails.File) []logFile {
	records := map[group][][]byte{}
	files := map[group]*logFile{}
	for _, f := range before {
		if f.Bucket == t.Bucket {
			files[group{f.Account, f.Region}] = &logFile{File: f}
		}
	}
	for i := range batch {
		p := &batch[i]
		if p.Time.Before(t.until) || !t.of[p.Account] || !t.LoggedAt(p.Time) || !t.Wants(&p.shown) {
			continue
		}
		g := group{p.Account, p.shown.Region}
		if files[g] == nil {
			files[g] = &logFile{File: d.newFile(t, g)}
		}
		f := files[g]
		if len(records[g]) == 0 {
			f.Oldest = p.Time
		}
		f.Newest = p.Time
		records[g] = append(records[g], p.Record)
	}
	var list []logFile
	for g, f := range files {
		f.content = digest.Records(records[g])
		f.Hash = digest.Hash(f.content)
		list = append(list, *f)
	}
	slices.SortFunc(list, func(a, b logFile) int { return cmp.Compare(a.Key, b.Key) })
	return list
}

// newFile names a log file.
func (d *Deliverer) newFile(t *following, g group) trails.File {
	return trails.File{Account: g.account, Region: g.region, Bucket: t.Bucket, Key: d.place(t, g).LogKey(d.Now(), rand.Text()[:16])}
}

func (d *Deliverer) place(t *following, g group) digest.Place {
	return digest.Place{Prefix: t.Prefix, Organization: t.organization, Account: g.account, Region: g.region}
}
