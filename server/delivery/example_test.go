package delivery_test

import (
	"context"
	"fmt"
	"os"

	"github.com/keyreeve/keyreeve/server/delivery"
)

// A folder is a bucket: files appear in it whole.
func Example() {
	dir, err := os.MkdirTemp("", "logs")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	buckets := delivery.Buckets{
		Named:    map[string]delivery.Bucket{"logs": delivery.Folder{Name: "logs", Dir: dir}},
		Accounts: map[string][]string{"logs": {"111122223333"}},
	}
	ctx := context.Background()
	fmt.Println(buckets.Check(ctx, "111122223333", "logs"))
	fmt.Println(buckets.Check(ctx, "444455556666", "logs"))
	fmt.Println(buckets.Check(ctx, "111122223333", "others"))
	// Output:
	// <nil>
	// InsufficientS3BucketPolicyException: Incorrect S3 bucket policy is detected for bucket: logs
	// S3BucketDoesNotExistException: S3 bucket others does not exist!
}
