package trail_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/trail"
)

// Alice creates an access key; the record shows its id and not its secret.
func Example() {
	line, _ := trail.Event{
		UserIdentity: trail.User("111122223333", "AIDAEXAMPLE", "arn:aws:iam::111122223333:user/alice", "alice", "AKIAEXAMPLE", nil),
		EventTime:    time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		EventSource:  "iam.amazonaws.com", EventName: "CreateAccessKey",
		ResponseElements: trail.Map{"accessKey": map[string]any{"accessKeyId": "AKIANEW", "secretAccessKey": "wJalrXUtnFEMI"}},
	}.Encode(nil)

	var record struct {
		EventTime        string
		UserIdentity     struct{ UserName string }
		ResponseElements json.RawMessage
	}
	_ = json.Unmarshal(line, &record)
	fmt.Println(record.EventTime, record.UserIdentity.UserName)
	fmt.Println(string(record.ResponseElements))
	// Output:
	// 2026-03-01T12:00:00Z alice
	// {"accessKey":{"accessKeyId":"AKIANEW"}}
}
