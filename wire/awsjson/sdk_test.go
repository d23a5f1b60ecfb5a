package awsjson

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/api/trailapi"
	"github.com/keyreeve/keyreeve/wire/wiretest"
)

// TestEveryOperationWithTheSDK calls every operation of Organizations and CloudTrail with
// the Go SDK, every member of the input set. Decoded, the request must be that input; the
// answer, every member of the output set, must be decoded by the SDK to that output.
func TestEveryOperationWithTheSDK(t *testing.T) {
	for _, s := range []*api.Service{orgapi.Service, trailapi.Service} {
		for _, op := range s.Operations() {
			t.Run(s.ID+"/"+op.Name, func(t *testing.T) { callWithSDK(t, op) })
		}
	}
}

func callWithSDK(t *testing.T, op *api.Operation) {
	wiretest.Exchange(t, op, func(answer api.Structure, decoded *api.Structure) any {
		return sdk(op.Service, func(r *http.Request, body []byte) (int, []byte) {
			if _, found, _ := FindOperation(r.Header.Get("X-Amz-Target"), orgapi.Service, trailapi.Service); found != op {
				t.Fatalf("%s found %v", r.Header.Get("X-Amz-Target"), found)
			}
			in, err := Decode(op, body)
			if err != nil {
				t.Fatalf("Decode(%s): %v", body, err)
			}
			*decoded = in
			return http.StatusOK, AppendResponse(nil, op, answer)
		})
	})
}

// sdk makes a client whose requests are answered by answer.
func sdk(s *api.Service, answer wiretest.Answer) any {
	cfg := wiretest.Config(ContentType, answer)
	if s == trailapi.Service {
		return cloudtrail.NewFromConfig(cfg)
	}
	return organizations.NewFromConfig(cfg)
}
