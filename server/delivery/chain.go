package delivery

import (
	"context"
	"errors"
	"time"

	"github.com/keyreeve/keyreeve/trail/digest"
	"github.com/keyreeve/keyreeve/trails"
)

// digests writes the digest files of a trail that are due, and those that were left
// unwritten.
func (d *Deliverer) digests(ctx context.Context, t *following) error {
	if !t.Validation {
		return nil
	}
	view := d.Store.View()
	a := t.account(view, d.Site)
	var due []*trails.Chain
	home := false
	for _, c := range a.Chains(t.Trail) {
		due = append(due, c)
		home = home || c.Account == t.owner && c.Region == t.Region
	}
	if err := view.Err(); err != nil {
		return err
	}
	if t.Logging() && !home {
		return d.note(ctx, t, func(e trails.Editor, _ *trails.Delivery) {
			e.SetChain(t.Trail, &trails.Chain{Account: t.owner, Region: t.Region, Begin: d.Now().UTC().Truncate(time.Second)})
		})
	}
	var errs []error
	for _, c := range due {
		errs = append(errs, d.digest(ctx, t, c))
	}
	return errors.Join(errs...)
}

// digest brings a chain up to date: the digest file that is not known to be in its place
// first, then the next one if it is due.
func (d *Deliverer) digest(ctx context.Context, t *following, c *trails.Chain) error {
	if c.Unwritten != nil {
		return d.write(ctx, t, c)
	}
	isHome := c.Account == t.owner && c.Region == t.Region && t.Logging()
	now := d.Now().UTC().Truncate(time.Second)
	if now.Sub(c.Begin) < max(d.DigestEvery, time.Second) || len(c.Files) == 0 && !isHome {
		return nil
	}
	key, err := d.Keys.TrailKey(ctx, c.Region, now)
	if err != nil {
		return err
	}
	f := &digest.File{Account: c.Account, Start: c.Begin, End: now, Bucket: t.Bucket}
	f.Key = d.place(t, group{c.Account, c.Region}).DigestKey(now, t.Name, t.Region)
	if c.Last != nil {
		f.After(&digest.Previous{Bucket: c.Last.Bucket, Key: c.Last.Key, Hash: c.Last.Hash, Signature: c.Last.Signature})
	}
	for _, l := range c.Files {
		f.Add(l.Bucket, l.Key, l.Hash, l.Oldest, l.Newest)
	}
	content, signature, err := f.Sign(key)
	if err != nil {
		return err
	}
	next := &trails.Chain{
		Account: c.Account, Region: c.Region, Begin: now, Unwritten: content,
		Last: &trails.Digest{Bucket: f.Bucket, Key: f.Key, Hash: digest.Hash(content), Signature: signature},
	}
	if err := d.note(ctx, t, func(e trails.Editor, _ *trails.Delivery) { e.SetChain(t.Trail, next) }); err != nil {
		return err
	}
	return d.write(ctx, t, next)
}

// write puts the last digest file of a chain into its place.
func (d *Deliverer) write(ctx context.Context, t *following, c *trails.Chain) error {
	err := d.putFile(ctx, t, c.Last.Bucket, c.Last.Key, c.Unwritten, map[string]string{
		digest.Signature: c.Last.Signature, digest.Algorithm: digest.SignatureAlgorithm,
	})
	if err != nil {
		return errors.Join(err, d.note(ctx, t, func(_ trails.Editor, now *trails.Delivery) { now.DigestError = reason(err) }))
	}
	return d.note(ctx, t, func(e trails.Editor, now *trails.Delivery) {
		written := *c
		written.Unwritten = nil
		e.SetChain(t.Trail, &written)
		now.Digested, now.DigestError = d.Now(), ""
	})
}
