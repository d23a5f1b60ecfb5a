package ocsf_test

import (
	"encoding/json"
	"fmt"

	"github.com/keyreeve/keyreeve/trail/ocsf"
)

func Example() {
	event, err := ocsf.APIActivity([]byte(`{"eventTime":"2026-11-26T12:00:00Z","eventSource":"iam.amazonaws.com","eventName":"DeleteUser",
		"sourceIPAddress":"192.0.2.7","errorCode":"AccessDenied","userIdentity":{"type":"IAMUser","userName":"alice"}}`))
	if err != nil {
		panic(err)
	}
	var e struct {
		TypeName string `json:"type_name"`
		Status   string
		Time     int64
	}
	if err := json.Unmarshal(event, &e); err != nil {
		panic(err)
	}
	fmt.Println(e.TypeName, e.Status, e.Time)
	// Output: API Activity: Delete Failure 1795694400000
}
