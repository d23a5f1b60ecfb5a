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
	buckets := delivery.Buckets{Named: map[string]delivery.Bucket{"logs": delivery.Folder{Name: "logs", Dir: dir}}}
	fmt.Println(buckets.Check(context.Background(), "logs"))
	fmt.Println(buckets.Check(context.Background(), "others"))
	// Output:
	// <nil>
	// S3BucketDoesNotExistException: S3 bucket others does not exist!
}
