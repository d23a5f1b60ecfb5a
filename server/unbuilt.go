package server

import (
	"net/http"
	"slices"

	"github.com/keyreeve/keyreeve/api/coverage"
	"github.com/keyreeve/keyreeve/apierror"
)

// unbuiltServices are services whose API models are known and that speak a
// protocol that is not built yet: by the name that requests are signed for.
var unbuiltServices = map[string]string{"access-analyzer": "accessanalyzer"}

// unbuilt answers a signed call of a service that is known and not built. Its calls
// are named by method and path.
func unbuilt(r *http.Request, signedFor string) error {
	id, ok := unbuiltServices[signedFor]
	if !ok {
		return nil
	}
	return notImplemented(r.Method+" "+r.URL.Path[:min(len(r.URL.Path), 128)], id)
}

func notImplemented(name, service string) error {
	return apierror.New(apierror.NotImplemented, "The operation %s of %s is not implemented.", name, service)
}

// known tells whether a service of AWS has an operation.
func known(service, operation string) bool {
	for _, m := range coverage.Models {
		if m.ID == service {
			return slices.Contains(m.Operations, operation)
		}
	}
	return false
}
