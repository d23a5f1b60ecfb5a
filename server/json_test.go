package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/service"
)

// closeAccount is an operation in the place of the real one: it does nothing, and
// refuses one account for a reason.
func closeAccount() service.Operation {
	targets := func(c *service.Call, in *orgapi.CloseAccountInput) ([]authz.Target, error) {
		return []authz.Target{{Action: "organizations:CloseAccount", Resource: "*", Account: c.Caller.Account}}, nil
	}
	return service.Write(orgapi.CloseAccount, targets, func(c *service.Call, in *orgapi.CloseAccountInput) (*orgapi.CloseAccountOutput, error) {
		if in.AccountId == "999999999999" {
			return nil, apierror.New("ConstraintViolationException", "You cannot close that many accounts.").Reason("CLOSE_ACCOUNT_QUOTA_EXCEEDED")
		}
		return &orgapi.CloseAccountOutput{}, nil
	})
}

// TestJSONPipeline: a call of a service that speaks JSON goes the way of all calls; its
// errors have the names of such services, for the client and in the audit record.
func TestJSONPipeline(t *testing.T) {
	w := start(t, closeAccount())
	ctx := context.Background()
	powerless := w.User(t, "powerless").Organizations
	root := w.As(w.Root).Organizations
	closing := func(c *organizations.Client, id string) error {
		_, err := c.CloseAccount(ctx, &organizations.CloseAccountInput{AccountId: &id})
		return err
	}
	if err := closing(root, "123456789012"); err != nil {
		t.Fatal(err)
	}
	var denied *types.AccessDeniedException
	if err := closing(powerless, "123456789012"); !errors.As(err, &denied) {
		t.Errorf("without rights: %v", err)
	}
	var violated *types.ConstraintViolationException
	if err := closing(root, "999999999999"); !errors.As(err, &violated) || violated.Reason != "CLOSE_ACCOUNT_QUOTA_EXCEEDED" || *violated.Message != "You cannot close that many accounts." {
		t.Errorf("with a reason: %v", err)
	}
	var invalid *types.InvalidInputException
	if err := closing(root, "eleven"); !errors.As(err, &invalid) || invalid.Reason != types.InvalidInputExceptionReasonInvalidPattern {
		t.Errorf("a pattern: %v", err)
	}
	wrong := w.As(aws.Credentials{AccessKeyID: w.Root.AccessKeyID, SecretAccessKey: "wrong"}).Organizations
	if got := code(closing(wrong, "123456789012")); got != "InvalidSignatureException" {
		t.Errorf("a wrong signature: %s", got)
	}

	recorded := map[string]int{}
	for _, text := range w.events(t) {
		var e struct {
			EventSource, EventName, AWSRegion, ErrorCode string
			RequestParameters                            map[string]any
		}
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			t.Fatal(err)
		}
		if e.EventName == "CloseAccount" && e.EventSource == "organizations.amazonaws.com" && e.AWSRegion == "us-east-1" {
			recorded[e.ErrorCode]++
			if e.ErrorCode == "" && e.RequestParameters["accountId"] != "123456789012" {
				t.Errorf("recorded as %s", text)
			}
		} else if e.ErrorCode == "InvalidSignatureException" {
			recorded[e.ErrorCode]++
		}
	}
	for _, name := range []string{"", "AccessDeniedException", "ConstraintViolationException", "InvalidInputException", "InvalidSignatureException"} {
		if recorded[name] != 1 {
			t.Errorf("%d events with the error %q; all: %v", recorded[name], name, recorded)
		}
	}
}
