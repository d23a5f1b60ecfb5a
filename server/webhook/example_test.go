package webhook_test

import (
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/server/webhook"
)

// A receiver finds out whether a delivery is genuine.
func ExampleVerify() {
	secret, body := []byte("sixteen letters or more"), []byte(`{"Records":[]}`)
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	header := webhook.Sign(secret, now, body)
	fmt.Println(webhook.Verify(secret, header, body, now.Add(time.Second)))
	fmt.Println(webhook.Verify(secret, header, []byte(`{"Records":[{}]}`), now))
	fmt.Println(webhook.Verify(secret, header, body, now.Add(time.Hour)))
	// Output:
	// <nil>
	// the signature is not by this secret
	// it was signed at another time: 1h0m0s off
}
