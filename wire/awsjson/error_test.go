package awsjson

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/api/trailapi"
	"github.com/keyreeve/keyreeve/apierror"
)

func TestAppendError(t *testing.T) {
	for _, c := range []struct {
		service *api.Service
		err     error
		status  int
		want    string
	}{
		{orgapi.Service, apierror.New(apierror.AccessDenied, "no"), 400, `{"__type":"AccessDeniedException","Message":"no"}`},
		{nil, apierror.New(apierror.AccessDenied, "no"), 400, `{"__type":"AccessDeniedException","message":"no"}`},
		{trailapi.Service, apierror.New("TrailNotFoundException", "Unknown trail: x"), 400, `{"__type":"TrailNotFoundException","Message":"Unknown trail: x"}`},
		{orgapi.Service, apierror.New("TargetNotFoundException", "a \"quote\"\n").Reason("NONE"), 400, `{"__type":"TargetNotFoundException","Message":"a \"quote\"\n"}`},
		{orgapi.Service, apierror.New("ServiceException", "later"), 500, `{"__type":"ServiceException","Message":"later"}`},
		{orgapi.Service, apierror.New(apierror.InvalidClientTokenId, "who?"), 400, `{"__type":"UnrecognizedClientException","message":"who?"}`},
		{orgapi.Service, apierror.New(apierror.NotImplemented, "later"), 501, `{"__type":"NotImplemented","message":"later"}`},
		{orgapi.Service, errors.New("the disk is on fire"), 500, `{"__type":"InternalFailure","message":"` + internalMessage + `"}`},
		{
			orgapi.Service, fmt.Errorf("wrapped: %w", apierror.New("AccessDeniedForDependencyException", "no").Reason("ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE")), 400,
			`{"__type":"AccessDeniedForDependencyException","Message":"no","Reason":"ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE"}`,
		},
	} {
		got, status := AppendError(nil, c.service, c.err)
		if string(got) != c.want || status != c.status {
			t.Errorf("%v\ngot  %d %s\nwant %d %s", c.err, status, got, c.status, c.want)
		}
	}
}

func TestNamed(t *testing.T) {
	cause := errors.New("cause")
	err := Named(apierror.New(apierror.Throttling, "slow").Because(cause))
	if !errors.Is(err, apierror.Code("ThrottlingException")) || !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if Named(cause) != cause || Named(nil) != nil {
		t.Error("an error that is not for callers was changed")
	}
}

func TestAppendTime(t *testing.T) {
	for at, want := range map[time.Time]string{
		time.Unix(0, 0): "0", time.Unix(1777777777, 0): "1777777777", time.Unix(1777777777, 120_000_000): "1777777777.12",
		time.Unix(-1, 500_000_000): "-0.5", time.Unix(-3, 250_000_000): "-2.75", time.Unix(-7, 0): "-7",
	} {
		if got := string(appendTime(nil, at)); got != want {
			t.Errorf("%v is %s, want %s", at, got, want)
		}
	}
}
