package delivery

import (
	"bytes"
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/keyreeve/keyreeve/trails"
)

// S3Config says where the S3-compatible server is.
type S3Config struct {
	Endpoint    string // its address
	Region      string
	Credentials aws.CredentialsProvider
}

// S3 gives the buckets of an S3-compatible server, which are named in the path.
func S3(c S3Config) func(name string) Bucket {
	client := s3.New(s3.Options{
		BaseEndpoint: &c.Endpoint, Region: c.Region, Credentials: c.Credentials, UsePathStyle: true,
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	})
	return func(name string) Bucket { return s3Bucket{client, name} }
}

type s3Bucket struct {
	client *s3.Client
	name   string
}

// Check implements Bucket.
func (b s3Bucket) Check(ctx context.Context) error {
	_, err := b.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &b.name})
	if _, ok := errors.AsType[*types.NotFound](err); ok {
		return trails.MissingBucket(b.name)
	}
	return err
}

// Put implements Bucket.
func (b s3Bucket) Put(ctx context.Context, key string, content []byte, metadata map[string]string) error {
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.name, Key: &key, Body: bytes.NewReader(content), Metadata: metadata,
		ContentType: aws.String("application/json"), ContentEncoding: aws.String("gzip"),
	})
	return err
}
