package delivery

import (
	"context"
	"slices"

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
	// Accounts are whose trails a bucket takes, by its name; all accounts' if it is not
	// among them.
	Accounts map[string][]string
}

// find gives a bucket for the trails of an account.
func (b Buckets) find(account, name string) (Bucket, error) {
	if of, some := b.Accounts[name]; some && !slices.Contains(of, account) {
		return nil, apierror.New(trails.BucketRefused, "Incorrect S3 bucket policy is detected for bucket: %s", name)
	}
	if found, ok := b.Named[name]; ok {
		return found, nil
	}
	if b.Others != nil {
		return b.Others(name), nil
	}
	return nil, trails.MissingBucket(name)
}

// Check implements service.Buckets.
func (b Buckets) Check(ctx context.Context, account, name string) error {
	bucket, err := b.find(account, name)
	if err != nil {
		return err
	}
	err = bucket.Check(ctx)
	if err == nil || apierror.Of(err) != nil {
		return err
	}
	return apierror.New(trails.BucketRefused, "Files cannot be put into the bucket %s.", name).Because(err)
}
