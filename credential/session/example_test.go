package session_test

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/credential/seal"
	"github.com/keyreeve/keyreeve/credential/session"
)

// Alice assumes the role Deploy for an hour.
func Example() {
	now := time.Now()
	keyring, _ := seal.New(now, rand.Reader)
	issuer := session.NewIssuer(keyring)

	given, _, _ := issuer.Issue(session.Record{
		Kind: session.Role, Account: "111122223333", SessionName: "alice",
		PrincipalARN: "arn:aws:sts::111122223333:assumed-role/Deploy/alice",
		RoleARN:      "arn:aws:iam::111122223333:role/Deploy",
		IssuedAt:     now, ExpiresAt: now.Add(time.Hour),
	}, rand.Reader)

	record, secret, _ := issuer.Open(given.SessionToken, given.AccessKeyID, now.Add(time.Minute))
	fmt.Println(record.PrincipalARN, secret == given.SecretAccessKey)

	_, _, err := issuer.Open(given.SessionToken, given.AccessKeyID, now.Add(2*time.Hour))
	fmt.Println(err)
	// Output:
	// arn:aws:sts::111122223333:assumed-role/Deploy/alice true
	// ExpiredToken: The security token included in the request is expired
}
