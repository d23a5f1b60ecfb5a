package samltest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/server/samltest"
)

// A provider says who somebody is, and which role they may have.
func Example() {
	p := samltest.New(new(testing.T), "https://idp.example.com/saml")
	login := samltest.Login{Subject: "alice", Issued: time.Now()}.For("arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:saml-provider/corp", "alice")
	response := p.Response(login)
	fmt.Println(samltest.Assertion(response).FindElement(".//NameID").Text())
	// Output: alice
}
