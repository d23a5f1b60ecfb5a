package awsquery

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/wire/wiretest"
)

// TestEveryOperationWithTheSDK calls every operation of IAM and STS with the Go SDK,
// every member of the input set. Decoded, the request must be that input; the answer,
// every member of the output set, must be decoded by the SDK to that output.
func TestEveryOperationWithTheSDK(t *testing.T) {
	for _, s := range []*api.Service{iamapi.Service, stsapi.Service} {
		for _, op := range s.Operations() {
			t.Run(s.ID+"/"+op.Name, func(t *testing.T) { callWithSDK(t, op) })
		}
	}
}

func callWithSDK(t *testing.T, op *api.Operation) {
	wiretest.Exchange(t, op, func(answer api.Structure, decoded *api.Structure) any {
		return sdk(op.Service, func(_ *http.Request, body []byte) (int, []byte) {
			form, err := ParseForm(string(body))
			if err != nil {
				t.Fatal(err)
			}
			if found, err := FindOperation(form, iamapi.Service, stsapi.Service); found != op {
				t.Fatalf("found %v, %v", found, err)
			}
			in, err := Decode(op, form)
			if err != nil {
				t.Fatalf("Decode(%s): %v", body, err)
			}
			*decoded = in
			return http.StatusOK, AppendResponse(nil, op, answer, "id")
		})
	})
}

// sdk makes a client whose requests are answered by answer.
func sdk(s *api.Service, answer wiretest.Answer) any {
	cfg := wiretest.Config(ContentType, answer)
	if s == stsapi.Service {
		return sts.NewFromConfig(cfg)
	}
	return iam.NewFromConfig(cfg)
}
