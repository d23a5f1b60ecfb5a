package delivery

import (
	"context"
	"fmt"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/trails"
)

// Bucket is where files are put.
type Bucket interface {
	// Put makes a file durable under a key, in the place of one that is there.
	Put(ctx context.Context, key string, content []byte, metadata map[string]string) error
	// Check tells whether the bucket is there and can be written to.
	Check(ctx context.Context) error
}

// Buckets finds buckets by their names.
type Buckets struct {
	// Named are buckets with a place of their own.
	Named map[string]Bucket
	// Others gives those that are not among them; nil: there are no others.
	Others func(name string) Bucket
}

// find gives a bucket.
func (b Buckets) find(name string) (Bucket, error) {
	if found, ok := b.Named[name]; ok {
		return found, nil
	}
	if b.Others != nil {
		return b.Others(name), nil
	}
	return nil, fmt.Errorf("no bucket %s", name)
}

// Check implements service.Buckets.
func (b Buckets) Check(ctx context.Context, name string) error {
	bucket, err := b.find(name)
	if err != nil {
		return trails.MissingBucket(name)
	}
	err = bucket.Check(ctx)
	if err == nil || apierror.Of(err) != nil {
		return err
	}
	return apierror.New(trails.BucketRefused, "Files cannot be put into the bucket %s.", name).Because(err)
}
