package trails_test

import (
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/trails"
)

func Example() {
	empty := func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }
	draft := state.NewDraft(empty)
	e := trails.Edit(draft, identity.Site{Partition: "aws"}, "111122223333", trails.Env{
		Now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC), Region: "us-east-1", Quotas: func(string) int { return 5 },
	})
	e.Create(trails.Trail{Name: "everything", Bucket: "our-logs", MultiRegion: true, GlobalEvents: true})
	name, _ := trails.ParseName("everything", "aws", "111122223333", "us-east-1")
	e.Start(name)
	t, _ := e.Get(name)
	fmt.Println(t.ARN("aws"), t.Logging())

	_, err := e.Create(trails.Trail{Name: "to-nowhere", Bucket: "Our Logs"})
	fmt.Println(err)
	// Output:
	// arn:aws:cloudtrail:us-east-1:111122223333:trail/everything true
	// InvalidS3BucketNameException: The bucket name "Our Logs" is not valid.
}
