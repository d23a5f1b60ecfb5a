package server

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/keyreeve/keyreeve/api/coverage"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/wire/awsquery"
)

// unbuiltServices are services whose API models are known and that speak a
// protocol that is not built yet: by the name that requests are signed for.
var unbuiltServices = map[string]string{
	"organizations": "organizations", "access-analyzer": "accessanalyzer",
}

// unbuilt answers a signed call of a service that is known and not built. An
// operation of X-Amz-Target is named if the model has it; REST calls are named by
// method and path.
func unbuilt(r *http.Request, signedFor string) error {
	id, ok := unbuiltServices[signedFor]
	if !ok {
		return nil
	}
	target := r.Header.Get("X-Amz-Target")
	name := target[strings.LastIndexByte(target, '.')+1:]
	switch {
	case target == "":
		name = r.Method + " " + r.URL.Path[:min(len(r.URL.Path), 128)]
	case !known(id, name):
		return apierror.New("UnknownOperationException", "The operation that X-Amz-Target names is not one of %s.", id)
	}
	return apierror.New(apierror.NotImplemented, "The operation %s of %s is not implemented.", name, id)
}

func known(service, operation string) bool {
	for _, m := range coverage.Models {
		if m.ID != service {
			continue
		}
		for _, name := range m.Operations {
			if name == operation {
				return true
			}
		}
	}
	return false
}

// answerJSON answers a refused call in the form of AWS's JSON protocols.
func answerJSON(w http.ResponseWriter, err error) int {
	shown := apierror.Of(err)
	if shown == nil {
		shown = apierror.New(apierror.InternalFailure, "The request processing has failed because of an unknown error, exception or failure.")
	}
	status, _ := awsquery.Status(nil, shown.Code)
	text, _ := json.Marshal(map[string]string{"__type": string(shown.Code), "message": shown.Message}) // strings can always be written
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Errortype", string(shown.Code))
	w.WriteHeader(status)
	w.Write(text)
	return status
}

// speaksJSON tells whether a caller expects JSON.
func speaksJSON(r *http.Request) bool {
	return r.Header.Get("X-Amz-Target") != "" || strings.Contains(r.Header.Get("Content-Type"), "json")
}
