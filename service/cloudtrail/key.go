package cloudtrail

import (
	"time"

	"github.com/keyreeve/keyreeve/api/trailapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/trails"
)

func keyOperations() []service.Operation {
	return []service.Operation{
		service.Read(trailapi.ListPublicKeys, onAll[trailapi.ListPublicKeysInput]("ListPublicKeys"), listPublicKeys),
	}
}

// keyDistance is how far ahead the validity of a key that signs is told, which has no
// end yet.
const keyDistance = 365 * 24 * time.Hour

// listPublicKeys lists the keys that signed digest files in the region at a time.
func listPublicKeys(c *service.Call, in *trailapi.ListPublicKeysInput) (*trailapi.ListPublicKeysOutput, error) {
	if in.NextToken != nil {
		return nil, apierror.New(trails.InvalidToken, "The token %s is not valid.", *in.NextToken)
	}
	from, to := service.Or(in.StartTime, c.Now), service.Or(in.EndTime, c.Now)
	if from.After(to) {
		return nil, apierror.New(trails.InvalidTimeRange, "The start time occurs after the end time.")
	}
	out := &trailapi.ListPublicKeysOutput{PublicKeyList: []trailapi.PublicKey{}}
	for _, k := range trails.PublicKeys(c.World, region(c), from, to) {
		until := k.Until
		if until.IsZero() {
			until = c.Now.Add(keyDistance)
		}
		out.PublicKeyList = append(out.PublicKeyList, trailapi.PublicKey{
			Fingerprint: &k.Fingerprint, Value: k.Public, ValidityStartTime: &k.From, ValidityEndTime: &until,
		})
	}
	return out, nil
}
