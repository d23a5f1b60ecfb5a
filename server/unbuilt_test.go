package server_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// A service whose protocol is not built names the operation and says so, in the
// form that its clients read.
func TestServicesThatAreNotBuilt(t *testing.T) {
	s := servertest.Start(t)
	for _, c := range []struct {
		name, service, method, path, target, wantType, wantMessage string
		status                                                     int
	}{
		{"an operation of CloudTrail", "cloudtrail", "POST", "/", "CloudTrail_20131101.PutInsightSelectors", "NotImplemented", "The operation PutInsightSelectors of cloudtrail is not implemented.", 501},
		{"an operation of CloudTrail that our model does not have", "cloudtrail", "POST", "/", "CloudTrail_20131101.CreateChannel", "NotImplemented", "The operation CreateChannel of cloudtrail is not implemented.", 501},
		{"by its long name", "cloudtrail", "POST", "/", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.CreateChannel", "NotImplemented", "The operation CreateChannel of cloudtrail is not implemented.", 501},
		{"no service", "cloudtrail", "POST", "/", "Trails.CreateChannel", "UnknownOperationException", "X-Amz-Target names no service that is here.", 400},
		{"no operation at all", "organizations", "POST", "/", "", "UnknownOperationException", "X-Amz-Target names no service that is here.", 400},
		{"signed for another service", "cloudtrail", "POST", "/", "AWSOrganizationsV20161128.ListAccounts", "InvalidSignatureException", "Credential should be scoped to correct service: 'organizations'. ", 400},
		{"no operation of Organizations", "organizations", "POST", "/", "AWSOrganizationsV20161128.Conquer", "UnknownOperationException", "The operation that X-Amz-Target names is not one of organizations.", 400},
		{"an operation of Access Analyzer", "access-analyzer", "GET", "/analyzer", "", "NotImplemented", "The operation GET /analyzer of accessanalyzer is not implemented.", 501},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := []byte("{}")
			r, err := http.NewRequest(c.method, s.URL+c.path, bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
			if c.target != "" {
				r.Header.Set("X-Amz-Target", c.target)
			}
			sum := sha256.Sum256(body)
			if err := v4.NewSigner().SignHTTP(context.Background(), s.Root, r, hex.EncodeToString(sum[:]), c.service, "us-east-1", time.Now()); err != nil {
				t.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var got struct {
				Type    string `json:"__type"`
				Message string `json:"message"`
			}
			if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != c.status || got.Type != c.wantType || got.Message != c.wantMessage {
				t.Errorf("answer %d %+v, want %d %s", resp.StatusCode, got, c.status, c.wantType)
			}
		})
	}
}
